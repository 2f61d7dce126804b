"""Policies: their documents, and the steps from a draft to one that binds."""

from __future__ import annotations

import json
from typing import Annotated, Any

import fastapi
from pydantic import Field
from starlette.requests import Request

from service.api.answers import Answer, answer, page
from service.api.bodies import body_of, read_text
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, takes, takes_text
from service.api.parameters import DEFAULT_PAGE, Limit, ListQuery, PathName, PathShippedVersion, PathVersion
from service.api.schemas.governing import CaseRun, PolicyPage, PolicyVersion, PolicyVersions, SimulationAnswer
from service.api.schemas.words import Closed, FilledLine, Instant
from service.dispatch.governance.policies import (
    activate_policy,
    approve_policy,
    list_policies,
    put_policy,
    read_policy,
    run_cases,
)
from service.dispatch.governance.withdrawal import retire_policy, roll_back_policy
from service.dispatch.what_if.reach import with_reach
from service.dispatch.what_if.simulate import Range, simulate_version
from service.errors import Conflict, FieldError, InvalidRequest

policies = router("policies")

YAML = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain")
EXAMPLE = """\
name: evening-rest
version: "1"
title: "No message after supper"
citation: "house policy"
force: house
verified_on: 2026-11-01
confidence: high
rules:
  - id: hours
    kind: clock_window
    citation: "house policy: 09:00 to 19:00 in every candidate zone"
    hours:
      daily: 09:00-19:00
cases:
  - id: at-noon
    borrower: {zones_by_source: {address: [Europe/Rome]}}
    debt_ids: [d1]
    proposed: {at: "2026-11-03T12:00:00+01:00", channel: sms}
    expected: {verdict: allow}
"""
"""A policy that is taken as it stands."""


class ActivateBody(Closed):
    """From when; without it, from now on."""

    from_: Annotated[Instant | None, Field(alias="from")] = None


class ReasonBody(Closed):
    """Why; it stands in the log."""

    reason: FilledLine


async def reason_of(request: Request) -> ReasonBody:
    """Why; no body at all is a body without a reason. Raises InvalidRequest."""
    if not await request.body():
        field_error = FieldError(
            pointer="/reason", detail="expected why, in one line; it stands in the log", code="missing"
        )
        raise InvalidRequest("the body does not fit; nothing was changed", field_errors=[field_error])
    return await body_of(request, ReasonBody)


class SimulateBody(Closed):
    """Which decisions to take again: those from `from` on, before `to`; and how many of the deliveries that
    change to list."""

    from_: Annotated[Instant, Field(alias="from")]
    to: Instant
    limit: Limit = DEFAULT_PAGE


@policies.get(
    "/v1/policies",
    operation_id="listPolicies",
    summary="List policies by name",
    responses=gives("What ships and what is stored."),
)
async def get_list(request: Request, query: Annotated[ListQuery, fastapi.Query()]) -> Answer[PolicyPage]:
    """With the version that binds now; 0 is the one that ships."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "policies", query.cursor)
    found = [one for one in await list_policies(runtime) if key is None or one["name"] > str(key[0])]
    shown = found[: query.limit]
    return page(
        PolicyPage,
        shown,
        make_cursor(runtime.vault, "policies", [shown[-1]["name"]] if len(found) > query.limit else None),
    )


@policies.get(
    "/v1/policies/{name}",
    operation_id="getPolicy",
    summary="Read a policy",
    responses=gives("Every version, the newest first."),
)
async def get(request: Request, name: PathName) -> Answer[PolicyVersions]:
    """With its documents and since when each is active."""
    runtime = state_of(request).runtime
    found = await read_policy(runtime, name)
    found["versions"] = [await with_reach(runtime, one) for one in found["versions"]]
    return answer(PolicyVersions, found)


@policies.put(
    "/v1/policies/{name}",
    operation_id="putPolicy",
    summary="Draft a new version",
    responses=gives("The newest version has this very text.") | gives("A new draft.", status=201),
    openapi_extra=takes_text(*YAML, example=EXAMPLE, description="A policy document."),
)
async def put(request: Request, name: PathName) -> Answer[PolicyVersion]:
    """A document that is none is refused with the path, the line and the reason of every error."""
    text, document = await read_text(request, YAML)
    text = text if document is None else json.dumps(document, ensure_ascii=False, indent=2)
    stored, created = await put_policy(state_of(request).runtime, name, text, actor_of(request))
    return answer(PolicyVersion, stored, status=201 if created else 200)


_VERSION = "/v1/policies/{name}/versions/{version}"
_STAMPED = gives("The version as it stands now.")


@policies.post(
    f"{_VERSION}/test",
    operation_id="testPolicy",
    summary="Run a version's own cases",
    responses=gives("Whether they pass, and what differs."),
)
async def post_test(request: Request, name: PathName, version: PathVersion) -> Answer[CaseRun]:
    """A draft whose cases all pass is `tested`."""
    return answer(CaseRun, await run_cases(state_of(request).runtime, name, version, actor_of(request)))


_SIMULATED = {
    "policy": "evening-rest",
    "version": 2,
    "digest": "5f0c…",
    "from": "2026-11-01T00:00:00Z",
    "to": "2026-11-24T00:00:00Z",
    "sentence": (
        "These 212 deliveries would have waited, on average 9 h; none would have gone that was stopped."
    ),
    "decisions": {
        "total": 4800,
        "judged": 4800,
        "bound": 4800,
        "changed": 212,
        "judged_by_other_text": 0,
        "not_judged": {"facts_erased": 0, "facts_unreadable": 0, "policy_gone": 0},
    },
    "changes": [
        {
            "effect": "waits",
            "from": "allow",
            "to": "defer",
            "decisions": 212,
            "deliveries": 212,
            "average_wait_hours": 9.0,
        }
    ],
    "deliveries": {"total": 212, "shown": 0, "items": []},
}


@policies.post(
    f"{_VERSION}/simulate",
    operation_id="simulatePolicy",
    summary="Take past decisions again by a version",
    responses=gives("Which would have come out otherwise.", example=_SIMULATED),
    openapi_extra=takes(SimulateBody, example={"from": "2026-11-01T00:00:00Z", "to": "2026-11-24T00:00:00Z"}),
)
async def post_simulate(
    request: Request, name: PathName, version: PathShippedVersion
) -> Answer[SimulationAnswer]:
    """Each decision of the log is judged again on the facts that it was taken on. 0 is the version that
    ships."""
    body = await body_of(request, SimulateBody)
    wanted = Range(since=body.from_, until=body.to)
    return answer(
        SimulationAnswer,
        await simulate_version(
            state_of(request).runtime, name, version, actor_of(request), wanted, show=body.limit
        ),
    )


@policies.post(
    f"{_VERSION}/approve",
    operation_id="approvePolicy",
    summary="Approve a tested version",
    responses=_STAMPED,
    openapi_extra=fails(Conflict),
)
async def post_approve(request: Request, name: PathName, version: PathVersion) -> Answer[PolicyVersion]:
    """By another key than the author's."""
    return answer(
        PolicyVersion, await approve_policy(state_of(request).runtime, name, version, actor_of(request))
    )


@policies.post(
    f"{_VERSION}/activate",
    operation_id="activatePolicy",
    summary="Let an approved version bind",
    responses=_STAMPED,
    openapi_extra=fails(Conflict)
    | takes(ActivateBody, example={"from": "2027-01-01T00:00:00Z"}, required=False),
)
async def post_activate(request: Request, name: PathName, version: PathVersion) -> Answer[PolicyVersion]:
    """The version before it binds until then."""
    begins = (await body_of(request, ActivateBody)).from_ if await request.body() else None
    stored = await activate_policy(
        state_of(request).runtime, name, version, actor_of(request), active_from=begins
    )
    return answer(PolicyVersion, await with_reach(state_of(request).runtime, stored))


_TWO_KEYS = gives("Done: the version as it stands now.") | gives(
    "Asked for: the same call by another key does it.", status=202
)
_WHY: dict[str, Any] = {"reason": "the regulator withdrew its letter of 3 March"}


@policies.post(
    f"{_VERSION}/retire",
    operation_id="retirePolicy",
    summary="Retire a version",
    responses=_TWO_KEYS,
    openapi_extra=fails(Conflict) | takes(ReasonBody, example=_WHY),
)
async def post_retire(request: Request, name: PathName, version: PathVersion) -> Answer[PolicyVersion]:
    """It binds no more; what ships does again where nothing else of this name is active. One that binds takes
    two keys."""
    body = await reason_of(request)
    stored, done = await retire_policy(
        state_of(request).runtime, name, version, actor_of(request), reason=body.reason
    )
    return answer(PolicyVersion, stored, status=200 if done else 202)


@policies.post(
    f"{_VERSION}/rollback",
    operation_id="rollBackPolicy",
    summary="Bind by the text of an earlier version again",
    responses=_TWO_KEYS,
    openapi_extra=fails(Conflict) | takes(ReasonBody, example=_WHY),
)
async def post_rollback(request: Request, name: PathName, version: PathVersion) -> Answer[PolicyVersion]:
    """As a new version, from now on. It takes two keys."""
    body = await reason_of(request)
    stored, done = await roll_back_policy(
        state_of(request).runtime, name, version, actor_of(request), reason=body.reason
    )
    return answer(PolicyVersion, stored, status=200 if done else 202)
