"""Webhook endpoints: seen, made, tried, switched on and off."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import read_form
from service.console.pages import page
from service.console.routes import console_of, router, visitor_of
from service.dispatch.webhooks import endpoints
from service.dispatch.webhooks.endpoints import EndpointDraft
from service.model.webhook import TYPES, WILDCARDS

ATTEMPTS = 20
webhooks = router()


@webhooks.get("/console/webhooks")
async def get_webhooks(request: Request) -> Response:
    """Every endpoint, with the last requests to the one that is asked for."""
    return await _shown(request, None, request.query_params.get("of"))


@webhooks.post("/console/webhooks")
async def post_webhooks(request: Request) -> Response:
    """Make one, or do something with one."""
    form, runtime, actor = await read_form(request), console_of(request).runtime, visitor_of(request).actor
    step, of = form.choice("step", ("test", "enable", "disable", "rotate")), form.word("of")
    if step is None or of is None:
        draft = EndpointDraft(
            url=form.one("url").strip(),
            types=tuple(dict.fromkeys(form.all("type"))) or ("delivery.*", "notice.*"),
            creditor=form.word("creditor"),
            description=form.one("description").strip()[:200],
        )
        made, secret = await endpoints.create(runtime, actor, draft)
        return await _shown(request, f"Made. The secret, shown this once: {secret}", made["id"])
    if step == "rotate":
        _, secret = await endpoints.rotate(runtime, actor, of)
        return await _shown(request, f"The new secret, shown this once: {secret}", of)
    if step == "test":
        came = await endpoints.test(runtime, actor, of)
        told = "It arrived." if came["delivered"] else f"It did not arrive: {came['error'] or came['status']}"
        return await _shown(request, told, of)
    changed = await endpoints.change(runtime, actor, of, EndpointDraft(enabled=step == "enable"))
    return await _shown(request, "Enabled." if changed["enabled"] else "Disabled.", of)


async def _shown(request: Request, told: str | None, of: str | None) -> Response:
    visitor, runtime = visitor_of(request), console_of(request).runtime
    found = await endpoints.listed(runtime, visitor.actor)
    attempts = []
    if of and any(one["id"] == of for one in found):
        rows = await endpoints.attempts(runtime, visitor.actor, of, before=None, limit=ATTEMPTS)
        attempts = [one for _, one in rows]
    return page(
        "webhooks.html", visitor, found=found, told=told, of=of, attempts=attempts, types=(*WILDCARDS, *TYPES)
    )
