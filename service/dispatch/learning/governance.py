"""The life of a learning policy: drafted, tested on what the store holds, approved by a second key, active,
retired or stopped.

A stop needs one key and acts at the next claim; only a version that was approved since starts again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from service.dispatch.governance.second_key import same_holder
from service.dispatch.learning.frontier import frontier
from service.dispatch.runtime import Runtime
from service.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound
from service.learning.document import LearningPolicy, LearningPolicyInvalid, parse_learning_policy
from service.log.append import Entry, append
from service.model.actor import Actor
from service.store import learning
from service.store.database import Connection
from service.store.learning import PolicyRow
from service.store.wake import wake_in_force


async def put_policy(runtime: Runtime, name: str, document: str, actor: Actor) -> tuple[dict[str, Any], bool]:
    """Store a document as a new draft; the same text as the newest version's is that version again, unless it
    is over. Returns it, and whether it is new. Raises InvalidRequest with every error, and NotFound for a
    creditor that the key does not see."""
    policy = read_document(document)
    if policy.name != name:
        field_error = FieldError(
            pointer="/name", detail=f"expected {name}, as in the path", code="other-name"
        )
        raise InvalidRequest(
            "the document is no policy of this name; nothing was stored", field_errors=[field_error]
        )
    _check_sees(actor, policy.creditor)
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await learning.hold(connection, name)
        known = await learning.versions(connection, name)
        if known and known[0].creditor != policy.creditor:
            detail = f"expected {known[0].creditor}, whose policy this name is"
            field_error = FieldError(pointer="/creditor", detail=detail, code="other-creditor")
            raise InvalidRequest(
                "the document is another creditor's; nothing was stored", field_errors=[field_error]
            )
        if known and known[0].document == document and known[0].state not in {"retired", "stopped"}:
            return version_document(known[0]), False
        version = known[0].version + 1 if known else 1
        await learning.insert(
            connection,
            name=name,
            version=version,
            creditor=policy.creditor,
            document=document,
            digest=policy.digest,
            at=at,
            actor=actor.name,
        )
        row = (await learning.versions(connection, name))[0]
        await append(connection, [entry_of("learning.drafted", row, actor, at)])
    return version_document(row), True


def read_document(document: str) -> LearningPolicy:
    """The policy in a text. Raises InvalidRequest with every error."""
    try:
        return parse_learning_policy(document)
    except LearningPolicyInvalid as error:
        field_errors = [
            FieldError(
                pointer=one.path,
                detail=("" if one.line is None else f"line {one.line}: ")
                + one.expected
                + (f"; got {one.got}" if one.got else ""),
                code="invalid",
            )
            for one in error.errors
        ]
        raise InvalidRequest(
            "the document is no learning policy; nothing was stored", field_errors=field_errors
        ) from None


async def list_policies(runtime: Runtime, actor: Actor) -> list[dict[str, Any]]:
    """Of each name that the key sees the version in force, else the newest."""
    async with runtime.database.connection() as connection:
        rows = await learning.every(connection)
    return [version_document(row) for row in rows if actor.may_see(row.creditor)]


async def read_policy(runtime: Runtime, name: str, actor: Actor) -> dict[str, Any]:
    """Every version of a policy, the newest first. Raises NotFound."""
    async with runtime.database.connection() as connection:
        rows = await visible(connection, name, actor)
    active = next((row.version for row in rows if row.state == "active"), None)
    return {
        "name": name,
        "creditor": rows[0].creditor,
        "active_version": active,
        "versions": [version_document(row) for row in rows],
    }


async def visible(connection: Connection, name: str, actor: Actor) -> list[PolicyRow]:
    """Every version of a name that the key may see. Raises NotFound."""
    rows = await learning.versions(connection, name)
    if not rows or not actor.may_see(rows[0].creditor):
        raise NotFound("there is no such learning policy")
    return rows


async def test_policy(runtime: Runtime, name: str, version: int, actor: Actor) -> dict[str, Any]:
    """Say what a version means, in sentences, and on the rounds that are known what other weights would do. A
    draft is then tested."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        row = await _locked(connection, name, version, actor)
        policy = parse_learning_policy(row.document)
    found = await frontier(runtime, policy, at)
    async with runtime.database.transaction() as connection:
        row = await _locked(connection, name, version, actor)
        if row.state == "draft":
            await learning.mark_tested(connection, name, version, at)
            await append(connection, [entry_of("learning.tested", row, actor, at)])
            row = await _locked(connection, name, version, actor)
    return {"sentences": policy.sentences(), **found, "version": version_document(row)}


async def approve_policy(runtime: Runtime, name: str, version: int, actor: Actor) -> dict[str, Any]:
    """A second key says yes to the sentences. Raises Forbidden for the author's own key or what replaced it.
    Repeatable."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        row = await _locked(connection, name, version, actor)
        if await same_holder(connection, row.created_by, actor.name):
            raise Forbidden(
                "another key than the author's must approve; one that replaced it is the author's too"
            )
        if row.state != "approved":
            _need(row, "tested", "approved")
            await learning.mark_approved(connection, name, version, at, actor.name)
            await append(connection, [entry_of("learning.approved", row, actor, at)])
            row = await _locked(connection, name, version, actor)
    return version_document(row)


async def activate_policy(runtime: Runtime, name: str, version: int, actor: Actor) -> dict[str, Any]:
    """Let an approved version choose from now on; the creditor's policy before it is retired. Repeatable."""
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await learning.hold(connection, name)
        await _hold_creditor(connection, name, actor)
        row = await _locked(connection, name, version, actor)
        if row.state != "active":
            _need(row, "approved", "activated")
            await learning.activate(connection, row, at, actor.name)
            await append(connection, [entry_of("learning.activated", row, actor, at)])
            await wake_in_force(connection)
            row = await _locked(connection, name, version, actor)
    await refresh(runtime)
    return version_document(row)


async def retire_policy(
    runtime: Runtime, name: str, version: int, actor: Actor, *, reason: str
) -> dict[str, Any]:
    """End a version: the plain order holds from the next claim on, which one key may ask for. Repeatable."""
    return await _end(runtime, name, version, actor, "retired", reason)


async def stop_policy(runtime: Runtime, name: str, actor: Actor, *, reason: str) -> dict[str, Any]:
    """Stop what is active of a name at once. Raises Conflict where nothing is."""
    async with runtime.database.connection() as connection:
        rows = await visible(connection, name, actor)
    version = next((row.version for row in rows if row.state == "active"), None)
    if version is None:
        stopped = next((row for row in rows if row.state == "stopped"), None)
        if stopped is not None and stopped is rows[0]:
            return version_document(stopped)
        raise Conflict("no version of this policy is active")
    return await _end(runtime, name, version, actor, "stopped", reason)


async def _end(
    runtime: Runtime, name: str, version: int, actor: Actor, state: str, reason: str
) -> dict[str, Any]:
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await _hold_creditor(connection, name, actor)
        row = await _locked(connection, name, version, actor)
        if row.state not in {"retired", "stopped"}:
            row = await end_version(connection, row, state, actor=actor, reason=reason, at=at)
    await refresh(runtime)
    return version_document(row)


async def end_version(
    connection: Connection, row: PolicyRow, state: str, *, actor: Actor, reason: str, at: datetime
) -> PolicyRow:
    """End a version, which the caller holds, with an entry of the log; every process is told. After a stop
    whatever else of the creditor's was approved is tested and no more: who approved it did not know of the
    stop, and one key alone would undo it."""
    await learning.end(connection, row, state, at=at, actor=actor.name, reason=reason)
    if state == "stopped":
        await learning.take_back_approvals(connection, row.creditor)
    await append(connection, [entry_of(f"learning.{state}", row, actor, at, reason=reason)])
    await wake_in_force(connection)
    found = await learning.lock(connection, row.name, row.version)
    return found or row


async def _locked(connection: Connection, name: str, version: int, actor: Actor) -> PolicyRow:
    row = await learning.lock(connection, name, version)
    if row is None or not actor.may_see(row.creditor):
        raise NotFound("there is no such version of a learning policy")
    return row


def _check_sees(actor: Actor, creditor: str) -> None:
    if not actor.may_see(creditor):
        raise NotFound("the key is limited to other creditors")


async def _hold_creditor(connection: Connection, name: str, actor: Actor) -> None:
    """Let no other version of its creditor begin or be stopped meanwhile; taken before any version is
    locked."""
    await learning.hold(connection, f"of {(await visible(connection, name, actor))[0].creditor}")


def _need(row: PolicyRow, state: str, done: str) -> None:
    if row.state != state:
        raise Conflict(f"only a version that is {state} can be {done}; this one is {row.state}")


async def refresh(runtime: Runtime) -> None:
    """Put what just changed in force in this process at once; the others are told."""
    async with runtime.database.connection() as connection:
        await runtime.in_force.refresh(connection, runtime.clock.now())


def version_document(row: PolicyRow) -> dict[str, Any]:
    """A stored version as the API shows it."""
    policy = parse_learning_policy(row.document)
    return {
        **row._asdict(),
        "stage": policy.stage,
        "sentences": policy.sentences(),
    }


def entry_of(kind: str, row: PolicyRow, actor: Actor, at: datetime, **further: Any) -> Entry:
    """The log entry of a step in a version's life."""
    public = {
        "policy": row.name,
        "version": row.version,
        "digest": row.digest,
        "creditor": row.creditor,
        **further,
    }
    return Entry.of(kind, at, actor.name, policies=(f"{row.name}@{row.version}",), public=public)
