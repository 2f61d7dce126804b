"""Experiments: plain order, what was learned, and nobody, side by side; the points old and new; and a button
that stops one at once."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import NOTHING_GIVEN, Draft, read_form
from service.console.pages import page
from service.console.routes import done, reshown, router, runtime_of, visitor_of
from service.dispatch.learning.experiment import read_experiment
from service.dispatch.learning.governance import list_policies, stop_policy
from service.dispatch.learning.snapshots import read_snapshot
from service.dispatch.runtime import Runtime
from service.model.actor import Actor

PATH = "/console/learning"
learning = router()


@learning.get(PATH)
async def get_learning(request: Request) -> Response:
    """Every learning policy that the key sees."""
    visitor = visitor_of(request)
    return page("learning.html", visitor, policies=await list_policies(runtime_of(request), visitor.actor))


@learning.get(f"{PATH}/{{name}}")
async def get_experiment(request: Request) -> Response:
    """One experiment, with its points."""
    visitor, runtime = visitor_of(request), runtime_of(request)
    found = await read_experiment(runtime, request.path_params["name"], visitor.actor)
    return page("experiment.html", visitor, one=found, points=await _points(runtime, visitor.actor, found))


async def _points(runtime: Runtime, actor: Actor, found: dict[str, Any]) -> list[dict[str, Any]]:
    """The points of the last snapshot beside those of the one before, the largest first."""
    if found["snapshot"] is None:
        return []
    new = (await read_snapshot(runtime, found["snapshot"]["digest"], actor))["named"]
    before = found["snapshot_before"]
    old = {} if before is None else (await read_snapshot(runtime, before, actor))["named"]
    names = sorted({*new, *old}, key=lambda name: -new.get(name, 0))
    return [{"name": name, "new": new.get(name), "old": old.get(name)} for name in names]


async def _stop_form(request: Request, draft: Draft = NOTHING_GIVEN) -> Response:
    visitor = visitor_of(request)
    found = await read_experiment(runtime_of(request), request.path_params["name"], visitor.actor)
    return page("experiment_stop.html", visitor, one=found, draft=draft)


@learning.get(f"{PATH}/{{name}}/stop")
async def get_stop(request: Request) -> Response:
    """Asks why."""
    return await _stop_form(request)


@learning.post(f"{PATH}/{{name}}/stop")
@reshown(_stop_form)
async def post_stop(request: Request) -> Response:
    """Stop it; no second person is needed."""
    form, name = await read_form(request), request.path_params["name"]
    await stop_policy(runtime_of(request), name, visitor_of(request).actor, reason=form.line("reason"))
    return done(request, f"{PATH}/{name}", "experiment-stopped")
