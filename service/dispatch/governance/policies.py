"""The life of a policy document: drafted, tested by its own cases, approved by a second key, active from a
date, retired.

Nothing is edited in place: another text is another version. What ships stands as version 0 and binds where no
stored version is active."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from policies.case import QuestionInvalid, differs, judge_case, parse_case
from policies.document_errors import DocumentError
from policies.draft import parse_draft
from policies.policy import Policy, PolicyInvalid, parse_policy
from service.clock import SKEW
from service.dispatch.access.keys import check_unlimited
from service.dispatch.governance.existing import existing
from service.dispatch.governance.second_key import asked_document, same_holder
from service.dispatch.runtime import Runtime
from service.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound
from service.log.append import Entry, append
from service.model.actor import Actor
from service.packs import pack_texts
from service.store import policies, second_keys
from service.store.database import Connection
from service.store.policies import StoredVersion
from service.store.wake import wake_in_force

SHIPPED = 0
"""The version number of what ships with the project."""


def field_errors_of(
    field_errors: tuple[DocumentError, ...], *, prefix: str = "", show_got: bool = True
) -> list[FieldError]:
    """Field errors from a document's. `show_got` must be False where a document may hold personal data."""
    return [
        FieldError(pointer=f"{prefix}{one.path}", detail=_sentence(one, show_got), code="invalid")
        for one in field_errors
    ]


def _sentence(field_error: DocumentError, show_got: bool) -> str:
    where = "" if field_error.line is None else f"line {field_error.line}: "
    got = f"; got {field_error.got}" if show_got and field_error.got else ""
    return f"{where}{field_error.expected}{got}"


async def put_policy(runtime: Runtime, name: str, document: str, actor: Actor) -> tuple[dict[str, Any], bool]:
    """Store a document as a new draft; the same text as the newest version's is that version again, unless it
    is retired. Returns it, and whether it is new. Raises InvalidRequest with every error."""
    check_unlimited(actor)
    policy = await asyncio.to_thread(_drafted, document)
    if policy.name != name:
        raise _misnamed(name)
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await policies.lock_name(connection, name)
        known = await policies.versions(connection, name)
        if known and known[0].document == document and not _over(known[0], at):
            return version_document(known[0], at), False
        version = known[0].version + 1 if known else 1
        await policies.insert(
            connection,
            name=name,
            version=version,
            document=document,
            digest=policy.digest,
            at=at,
            actor=actor.name,
        )
        await append(connection, [entry_of("policy.drafted", name, version, policy.digest, actor, at)])
        row = (await policies.versions(connection, name))[0]
    return version_document(row, at), True


def _drafted(document: str) -> Policy:
    try:
        return parse_draft(document)
    except PolicyInvalid as error:
        raise InvalidRequest(
            "the document is no policy; nothing was stored", field_errors=field_errors_of(error.errors)
        ) from None


def _misnamed(name: str) -> InvalidRequest:
    field_error = FieldError(pointer="/name", detail=f"expected {name}, as in the path", code="other-name")
    return InvalidRequest(
        "the document is no policy of this name; nothing was stored", field_errors=[field_error]
    )


async def list_policies(runtime: Runtime) -> list[dict[str, Any]]:
    """Every policy by name: what ships and what is stored, and which version binds now."""
    at = runtime.clock.now()
    async with runtime.database.connection() as connection:
        stored = {row.name: row for row in await policies.summaries(connection, at)}
    in_force = runtime.in_force.policies(at)
    found = []
    for name in sorted({*runtime.in_force.shipped_policies, *stored}):
        row, policy = stored.get(name), in_force.get(name)
        active = row.active if row is not None else None
        shipped = name in runtime.in_force.shipped_policies
        found.append(
            {
                "name": name,
                "title": None if policy is None else policy.document.title,
                "force": None if policy is None else policy.document.force,
                "shipped": shipped,
                "versions": (row.versions if row is not None else 0) + int(shipped),
                "latest_version": row.latest if row is not None else SHIPPED,
                "active_version": active if active is not None else SHIPPED if shipped else None,
                "digest": None if policy is None else policy.digest,
            }
        )
    return found


async def read_policy(runtime: Runtime, name: str) -> dict[str, Any]:
    """Every version of a policy, the newest first, with its text and since when it is active. Raises
    NotFound."""
    at = runtime.clock.now()
    async with runtime.database.connection() as connection:
        rows = await policies.versions(connection, name)
        waiting = {row.version: await waiting_for(connection, name, row.version) for row in rows}
    shipped = runtime.in_force.shipped_policies.get(name)
    if not rows and shipped is None:
        raise NotFound("there is no such policy")
    versions = [version_document(row, at) | waiting[row.version] for row in rows]
    if shipped is not None:
        versions.append(_shipped_document(shipped, bound=not any(one["in_force"] for one in versions)))
    in_force = next((one["version"] for one in versions if one["in_force"]), None)
    return {"name": name, "active_version": in_force, "versions": versions}


async def run_cases(runtime: Runtime, name: str, version: int, actor: Actor) -> dict[str, Any]:
    """Run a version's own cases. A draft whose cases all pass is tested; one without a case never is. Raises
    NotFound."""
    check_unlimited(actor)
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        row = existing(await policies.lock(connection, name, version))
        policy = parse_policy(row.document)
        differences = await asyncio.to_thread(
            _run_cases, policy, {**runtime.in_force.policies(at), name: policy}
        )
        cases = len(policy.document.cases)
        passed = cases > 0 and not differences
        if passed and row.state == "draft":
            await policies.mark_tested(connection, name, version, at)
        if row.state in {"draft", "tested"}:
            entry = entry_of(
                "policy.tested", name, version, row.digest, actor, at, cases=cases, passed=passed
            )
            await append(connection, [entry])
        row = existing(await policies.lock(connection, name, version))
    reasons = differences or ([] if cases else ["the document has no cases; a policy is tested by its own"])
    return {"passed": passed, "cases": cases, "differences": reasons, "version": version_document(row, at)}


def _run_cases(policy: Policy, known: Mapping[str, Policy]) -> list[str]:
    """What differs, a line for each case."""
    found: list[str] = []
    for position, document in enumerate(policy.document.cases):
        try:
            case = parse_case(document)
            line = differs(case, judge_case(case, known, policy))
        except QuestionInvalid as error:
            line = f"case {position + 1}: {error}"
        except KeyError as error:
            line = f"case {position + 1}: no policy is named {error.args[0]}"
        except (ValueError, OverflowError) as error:
            line = f"case {position + 1}: {type(error).__name__}"
        if line is not None:
            found.append(line)
    return found


async def approve_policy(runtime: Runtime, name: str, version: int, actor: Actor) -> dict[str, Any]:
    """A second key says yes. Raises Forbidden for the author's own, Conflict for a version that is not
    tested. Repeatable."""
    check_unlimited(actor)
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        row = existing(await policies.lock(connection, name, version))
        if await same_holder(connection, row.created_by, actor.name):
            raise Forbidden(
                "another key than the author's must approve; one that replaced it is the author's too"
            )
        if row.state != "approved":
            _need(row, "tested", "approved", at)
            await policies.mark_approved(connection, name, version, at, actor.name)
            await append(connection, [entry_of("policy.approved", name, version, row.digest, actor, at)])
            row = existing(await policies.lock(connection, name, version))
    return version_document(row, at)


async def activate_policy(
    runtime: Runtime, name: str, version: int, actor: Actor, *, active_from: datetime | None
) -> dict[str, Any]:
    """Let an approved version bind from an instant on (now without one); the version before it binds until
    then. Repeatable."""
    check_unlimited(actor)
    at = runtime.clock.now()
    if active_from is not None and active_from < at - SKEW:
        field_error = FieldError(
            pointer="/from",
            detail="expected an instant that is not in the past: decisions were made by then",
            code="past",
        )
        raise InvalidRequest("the body does not fit; nothing was changed", field_errors=[field_error])
    begins = max(at, active_from or at)
    async with runtime.database.transaction() as connection:
        await policies.lock_name(connection, name)
        row = existing(await policies.lock(connection, name, version))
        if (
            row.state == "active"
            and not _over(row, at)
            and (row.active_from == active_from if active_from else binds(row, at))
        ):
            return version_document(row, at)
        _need(row, "approved", "activated", at)
        await policies.activate(connection, name, version, begins)
        entry = entry_of(
            "policy.activated", name, version, row.digest, actor, at, active_from=begins.isoformat()
        )
        await append(connection, [entry])
        await wake_in_force(connection)
        row = existing(await policies.lock(connection, name, version))
    await refresh(runtime)
    return version_document(row, at)


def _need(row: StoredVersion, state: str, done: str, at: datetime) -> None:
    now = state_of(row, at)
    if now == "active" and row.active_from is not None and row.active_from > at:
        raise Conflict(
            f"this version is to bind from {row.active_from.isoformat()} on; retire it and draft it again "
            "for another instant"
        )
    if now != state:
        raise Conflict(f"only a version that is {state} can be {done}; this one is {now}")


def binds(row: StoredVersion, at: datetime) -> bool:
    """Whether a version is in force at `at`."""
    begins, ends = row.active_from, row.retired_at
    return bool(row.state == "active" and begins is not None and begins <= at and (ends is None or at < ends))


def _over(row: StoredVersion, at: datetime) -> bool:
    """Whether a version was retired, or gave way to another one."""
    return row.retired_at is not None and row.retired_at <= at


def state_of(row: StoredVersion, at: datetime) -> str:
    """Where a version stands at `at`."""
    return "retired" if _over(row, at) else str(row.state)


async def refresh(runtime: Runtime) -> None:
    """Put what just changed on this process's in_force at once; the others are told."""
    async with runtime.database.connection() as connection:
        await runtime.in_force.refresh(connection, runtime.clock.now())


def version_document(row: StoredVersion, at: datetime) -> dict[str, Any]:
    """A stored version as the API shows it."""
    return {
        "name": row.name,
        "version": row.version,
        "state": state_of(row, at),
        "in_force": binds(row, at),
        "digest": row.digest,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "tested_at": row.tested_at,
        "approved_at": row.approved_at,
        "approved_by": row.approved_by,
        "active_from": row.active_from,
        "retired_at": row.retired_at,
        "document": row.document,
    }


def _shipped_document(policy: Policy, *, bound: bool) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("created_at", "tested_at", "approved_at", "approved_by", "active_from", "retired_at")
    )
    return {
        "name": policy.name,
        "version": SHIPPED,
        "state": "active" if bound else "retired",
        "in_force": bound,
        "digest": policy.digest,
        **nothing,
        "created_by": "forbear",
        "document": pack_texts().get(policy.name, ""),
    }


def entry_of(
    kind: str, name: str, version: int, digest: str, actor: Actor, at: datetime, **further: Any
) -> Entry:
    """The log entry of a step in a version's life."""
    public = {"policy": name, "version": version, "digest": digest, **further}
    return Entry.of(kind, at, actor.name, policies=(f"{name}@{version}",), public=public)


RETIRE, ROLL_BACK = "policy.retire", "policy.roll_back"


async def waiting_for(connection: Connection, name: str, version: int) -> dict[str, Any]:
    """What of a version waits for a second key."""
    retire = await second_keys.waiting(connection, RETIRE, name)
    back = await second_keys.waiting(connection, ROLL_BACK, name)
    return {
        "retirement_asked": asked_document(retire.get(version)),
        "rollback_asked": asked_document(back.get(version)),
    }
