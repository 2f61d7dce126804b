"""Experiments: plain order, what was learned, and nobody, side by side; the points old and new; how the
choice fell on people of each language and place; and a button that stops one at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.console.forms import NOTHING_GIVEN, Draft, read_form, read_query
from service.console.pages import page
from service.console.policies import chosen, version_of
from service.console.routes import allowed, done, reshown, router, runtime_of, visitor_of
from service.console.times import day_of, local_parts
from service.dispatch.governance.pending import is_author
from service.dispatch.learning.disparity import LEAST, read_disparity
from service.dispatch.learning.experiment import read_experiment
from service.dispatch.learning.governance import list_policies, read_policy, stop_policy
from service.dispatch.learning.snapshots import read_snapshot
from service.dispatch.runtime import Runtime
from service.model.actor import Actor

PATH = "/console/learning"
SPAN = timedelta(days=56)
"""Of the disparity report, where none is named."""
learning = router()


@learning.get(PATH)
async def get_learning(request: Request) -> Response:
    """Every learning policy that the key sees."""
    visitor = visitor_of(request)
    return page(
        "learning.html",
        visitor,
        policies=await list_policies(runtime_of(request), visitor.actor),
        may_change=allowed(request, "POST", f"{PATH}/new"),
    )


@learning.get(f"{PATH}/{{name}}")
async def get_experiment(request: Request) -> Response:
    """One experiment, with its points; and the life of a version, the active one's where none is named."""
    visitor, runtime, name = visitor_of(request), runtime_of(request), request.path_params["name"]
    found = await read_experiment(runtime, name, visitor.actor)
    policy = await read_policy(runtime, name, visitor.actor)
    shown = chosen(policy, version_of(read_query(request).one("version")))
    return page(
        "experiment.html",
        visitor,
        one=found,
        policy=policy,
        shown=shown,
        is_mine=await is_author(runtime, shown["created_by"], visitor.actor),
        may_change=allowed(request, "POST", f"{PATH}/{{name}}"),
        may_look=allowed(request, "GET", f"{PATH}/{{name}}/disparity"),
        points=await _points(runtime, visitor.actor, found),
        lines=shown["document"].splitlines(),
    )


@learning.get(f"{PATH}/{{name}}/disparity")
async def get_disparity(request: Request) -> Response:
    """The auditors' report: computed apart, by language and place, and read by nothing that learns."""
    visitor, runtime, query = visitor_of(request), runtime_of(request), read_query(request)
    now = runtime.clock.now()
    since = day_of(query, "from", visitor.zone) or now - SPAN
    until = day_of(query, "to", visitor.zone, ends=True) or now
    found = await read_disparity(
        runtime, request.path_params["name"], visitor.actor, since=since, until=until
    )
    traits: dict[str, list[dict[str, Any]]] = {}
    for group in found["rows"]:
        traits.setdefault(group["trait"], []).append(group)
    return page(
        "disparity.html",
        visitor,
        one=found,
        traits=traits,
        least=LEAST,
        since=_shown(since, visitor.zone),
        until=_shown(until - timedelta(microseconds=1), visitor.zone),
    )


def _shown(at: datetime, zone: str) -> str:
    return local_parts(at, zone)[0]


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
