"""Policies: their versions and texts, and the steps from a draft to one that binds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.console.forms import LONGEST_WORD, Form, misfit, read_form, read_query
from service.console.pages import page
from service.console.routes import ACCESS, console_of, router, visitor_of
from service.dispatch.governance.policies import (
    activate_policy,
    approve_policy,
    list_policies,
    put_policy,
    read_policy,
    run_cases,
)
from service.dispatch.governance.withdrawal import retire_policy, roll_back_policy
from service.dispatch.runtime import Runtime
from service.dispatch.what_if.simulate import Range, simulate_version
from service.errors import InvalidRequest, NotFound
from service.model.actor import Actor

CHANGES = 50
policies = router()


@policies.get("/console/policies")
async def get_policies(request: Request) -> Response:
    """By name, with the version that binds."""
    return page(
        "policies.html", visitor_of(request), policies=await list_policies(console_of(request).runtime)
    )


@policies.get("/console/policies/{name}")
async def get_policy(request: Request) -> Response:
    """One version's text, the one that binds where none is asked for, and all versions."""
    return await _shown(request)


@policies.post("/console/policies/{name}")
async def post_draft(request: Request) -> Response:
    """Store a text as a new draft. One that does not fit comes back with every error, and as it was written."""
    name, text = _name(request), (await read_form(request)).one("document").replace("\r\n", "\n")
    try:
        stored, _ = await put_policy(console_of(request).runtime, name, text, visitor_of(request).actor)
    except InvalidRequest as error:
        return await _shown(request, status=422, text=text, field_errors=error.field_errors)
    return RedirectResponse(f"/console/policies/{name}?version={stored['version']}", status_code=303)


@policies.post("/console/policies/{name}/{version}/{step}")
async def post_step(request: Request) -> Response:
    """Test, simulate, approve, activate or retire a version."""
    name, version = _name(request), _version(request.path_params["version"])
    step = _STEPS.get(request.path_params["step"])
    if step is None or version is None:
        raise NotFound("there is no such step")
    runtime, actor, form = console_of(request).runtime, visitor_of(request).actor, await read_form(request)
    report = await step(runtime, name, version, actor, form)
    if report is None:
        return RedirectResponse(f"/console/policies/{name}?version={version}", status_code=303)
    return await _shown(request, version=version, report=report)


Report = dict[str, Any] | None


async def _test(runtime: Runtime, name: str, version: int, actor: Actor, form: Form) -> Report:
    del form
    return {"cases": await run_cases(runtime, name, version, actor), "simulation": None}


async def _simulate(runtime: Runtime, name: str, version: int, actor: Actor, form: Form) -> Report:
    since, until = form.instant("from"), form.instant("to")
    if since is None or until is None:
        raise misfit("from" if since is None else "to", "expected an instant, such as 2026-11-01T00:00:00Z")
    return {
        "cases": None,
        "simulation": await simulate_version(
            runtime, name, version, actor, Range(since=since, until=until), show=CHANGES
        ),
    }


async def _approve(runtime: Runtime, name: str, version: int, actor: Actor, form: Form) -> Report:
    del form
    await approve_policy(runtime, name, version, actor)
    return None


async def _activate(runtime: Runtime, name: str, version: int, actor: Actor, form: Form) -> Report:
    await activate_policy(runtime, name, version, actor, active_from=form.instant("from"))
    return None


async def _retire(runtime: Runtime, name: str, version: int, actor: Actor, form: Form) -> Report:
    await retire_policy(runtime, name, version, actor, reason=_reason(form))
    return None


async def _roll_back(runtime: Runtime, name: str, version: int, actor: Actor, form: Form) -> Report:
    await roll_back_policy(runtime, name, version, actor, reason=_reason(form))
    return None


def _reason(form: Form) -> str:
    reason = form.one("reason").strip()
    if not reason:
        raise misfit("reason", "expected why, in one line; it stands in the log")
    return reason


_STEPS: dict[str, Callable[[Runtime, str, int, Actor, Form], Awaitable[Report]]] = {
    "test": _test,
    "simulate": _simulate,
    "approve": _approve,
    "activate": _activate,
    "retire": _retire,
    "rollback": _roll_back,
}


async def _shown(
    request: Request, *, status: int = 200, version: int | None = None, **further: Any
) -> Response:
    """A policy's page; one that does not exist yet has an empty text to begin with."""
    visitor, name = visitor_of(request), _name(request)
    may_change = visitor.key.role in (ACCESS["POST", "/console/policies/{name}"] or ())
    try:
        found = await read_policy(console_of(request).runtime, name)
    except NotFound:
        if not further.get("field_errors"):
            raise
        found = {"name": name, "active_version": None, "versions": []}
    wanted = version if version is not None else _version(read_query(request).one("version"))
    shown = _chosen(found, wanted)
    content = {"text": None, "field_errors": (), "report": None, **further}
    return page(
        "policy.html", visitor, status=status, policy=found, shown=shown, may_change=may_change, **content
    )


def _chosen(found: dict[str, Any], wanted: int | None) -> dict[str, Any] | None:
    """The version that is asked for, else the one that binds, else the newest. Raises NotFound."""
    versions: list[dict[str, Any]] = found["versions"]
    if wanted is None:
        wanted = found["active_version"]
    chosen = next((one for one in versions if wanted in {None, one["version"]}), None)
    if chosen is None and versions:
        raise NotFound("there is no such version")
    return chosen


def _name(request: Request) -> str:
    """The name in the path. Raises NotFound for what can be none."""
    name: str = request.path_params["name"]
    if not name.isprintable() or len(name) > LONGEST_WORD:
        raise NotFound("there is no such policy")
    return name


def _version(text: str) -> int | None:
    """A version's number; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004
