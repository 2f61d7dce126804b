"""The steps of a policy's version: tested, simulated, approved by another, activated from an instant,
retired, rolled back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.console.forms import NOTHING_GIVEN, Draft, Form, misfit, read_form
from service.console.pages import page
from service.console.policies import chosen, compared, name_of, version_of
from service.console.preferences import zones
from service.console.results import keep_result
from service.console.routes import done, reshown, router, runtime_of, visitor_of
from service.console.times import local_instant, local_parts
from service.dispatch.governance.pending import is_author
from service.dispatch.governance.policies import (
    SHIPPED,
    activate_policy,
    approve_policy,
    read_policy,
    run_cases,
)
from service.dispatch.governance.withdrawal import retire_policy, roll_back_policy
from service.dispatch.what_if.reach import with_reach
from service.dispatch.what_if.simulate import Range, simulate_version
from service.errors import NotFound

CHANGES = 100
USUAL_SPAN = timedelta(days=7)
PATH = "/console/policies/{name}/{version}/{step}"
policy_steps = router()
Step = Callable[[Request, str, int, Form], Awaitable[Response]]


def _here(name: str, version: int) -> str:
    return f"/console/policies/{name}?version={version}"


async def _test(request: Request, name: str, version: int, form: Form) -> Response:
    del form
    run = await run_cases(runtime_of(request), name, version, visitor_of(request).actor)
    shown = {key: run[key] for key in ("passed", "cases", "differences")}
    id_ = await keep_result(
        runtime_of(request), f"policy {name}", kind="cases", version=version, document=shown
    )
    return RedirectResponse(f"/console/policies/{name}/results/{id_}", status_code=303)


async def _simulate(request: Request, name: str, version: int, form: Form) -> Response:
    runtime, visitor = runtime_of(request), visitor_of(request)
    place = form.word("to_zone") or visitor.zone
    since, until = (local_instant(form, one, place) for one in ("from", "to"))
    if since is None or until is None:
        raise misfit("from_date" if since is None else "to_date", "expected a date")
    wanted = Range(since=since, until=until)
    found = await simulate_version(runtime, name, version, visitor.actor, wanted, show=CHANGES)
    id_ = await keep_result(runtime, f"policy {name}", kind="simulation", version=version, document=found)
    return RedirectResponse(f"/console/policies/{name}/results/{id_}", status_code=303)


async def _approve(request: Request, name: str, version: int, form: Form) -> Response:
    del form
    await approve_policy(runtime_of(request), name, version, visitor_of(request).actor)
    return done(request, _here(name, version), "approved", version=version)


async def _activate(request: Request, name: str, version: int, form: Form) -> Response:
    runtime, visitor = runtime_of(request), visitor_of(request)
    begins = None if form.one("when") == "now" else local_instant(form, "from", visitor.zone)
    if begins is None and form.one("when") == "later":
        raise misfit("from_date", "expected a date from which it binds")
    row = await activate_policy(runtime, name, version, visitor.actor, active_from=begins)
    reach = (await with_reach(runtime, row))["binds"]
    if begins is not None and begins > runtime.clock.now():
        return done(request, _here(name, version), "activation-set", version=version)
    return done(
        request,
        _here(name, version),
        "activated",
        version=version,
        bound=reach["open_deliveries"],
        of=reach["of"],
    )


async def _retire(request: Request, name: str, version: int, form: Form) -> Response:
    _, finished = await retire_policy(
        runtime_of(request), name, version, visitor_of(request).actor, reason=form.line("reason")
    )
    return done(request, _here(name, version), "retired" if finished else "asked", version=version)


async def _roll_back(request: Request, name: str, version: int, form: Form) -> Response:
    bound, finished = await roll_back_policy(
        runtime_of(request), name, version, visitor_of(request).actor, reason=form.line("reason")
    )
    return done(
        request, _here(name, bound["version"]), "rolled-back" if finished else "asked", version=version
    )


_STEPS: Mapping[str, Step] = {
    "test": _test,
    "simulate": _simulate,
    "approve": _approve,
    "activate": _activate,
    "retire": _retire,
    "rollback": _roll_back,
}


async def _asked(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    """The page of a step: what it does, and what it asks for."""
    name, version, step = (
        name_of(request),
        version_of(request.path_params["version"]),
        request.path_params["step"],
    )
    if version is None or step not in _STEPS or step == "test":
        raise NotFound("there is no such step")
    runtime, visitor = runtime_of(request), visitor_of(request)
    found = await read_policy(runtime, name)
    shown = chosen(found, version)
    if version == SHIPPED and step != "simulate":
        raise NotFound("what ships is no version that goes through steps")
    today = local_parts(runtime.clock.now(), visitor.zone)
    content: dict[str, Any] = {}
    if step in {"approve", "activate", "rollback"}:
        binds = found["active_version"]
        older = str(binds) if binds is not None and binds != version else ""
        content = await compared(found, older, str(version))
    return page(
        "policy_step.html",
        visitor,
        step=step,
        name=name,
        shown=shown,
        today=today[0],
        began=local_parts(runtime.clock.now() - USUAL_SPAN, visitor.zone)[0],
        zones=zones(),
        is_mine=await is_author(runtime, shown["created_by"], visitor.actor),
        draft=draft,
        **content,
    )


@policy_steps.get(PATH)
async def get_step(request: Request) -> Response:
    """Says what will happen, and asks for what is needed."""
    return await _asked(request)


@policy_steps.post(PATH)
@reshown(_asked)
async def post_step(request: Request) -> Response:
    """Take a step."""
    version, step = version_of(request.path_params["version"]), _STEPS.get(request.path_params["step"])
    if step is None or version is None:
        raise NotFound("there is no such step")
    return await step(request, name_of(request), version, await read_form(request))
