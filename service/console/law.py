"""The upkeep of the law: how old and how sure each reading is, what changes on a day to come, which citations
were replaced."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from policies.review import review
from service.console.pages import page
from service.console.routes import console_of, router, visitor_of

law = router()


@law.get("/console/law")
async def get_law(request: Request) -> Response:
    """What `forbear policy review` lists, of every policy at hand: the least sure readings first, and of
    these the oldest."""
    runtime = console_of(request).runtime
    at = runtime.clock.now()
    found = review(runtime.in_force.policies(at).values(), at.date())
    return page("law.html", visitor_of(request), review=found, near=len(found.reminders()))
