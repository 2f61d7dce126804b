"""The life of a template: drafted, previewed, approved by a second key, active; refused when it is stored and
not when it is sent.

Nothing is edited in place: another text is another version, and accepted notices keep theirs. What ships
stands as version 0 and is used where no stored version of its name is active."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from channels.content.render import NoticeText, NotOnChannel, render
from channels.content.shipped import template_texts
from channels.content.template import Template, TemplateInvalid, parse_template
from channels.message import Channel, Content, EmailContent, SmsContent, VoiceContent, WhatsAppContent
from service.dispatch.access.keys import check_unlimited
from service.dispatch.governance.existing import existing
from service.dispatch.governance.second_key import same_holder
from service.dispatch.governance.wording import text_of
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.in_force import SHIPPED
from service.errors import Conflict, FieldError, Forbidden, InvalidRequest, NotFound
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.notice import Debt
from service.store import templates
from service.store.templates import StoredVersion
from service.store.wake import wake_in_force

_INVALID = "the document is no template; nothing was stored"


async def put_template(
    runtime: Runtime, name: str, document: str, actor: Actor
) -> tuple[dict[str, Any], bool]:
    """Store a document as a new version; the same text as the newest one's is that version again. Returns it,
    and whether it is new. Raises InvalidRequest with every error."""
    check_unlimited(actor)
    template = await asyncio.to_thread(_parsed, document)
    if template.name != name:
        field_error = FieldError(
            pointer="/name", detail=f"expected {name}, as in the path", code="other-name"
        )
        raise InvalidRequest(
            "the document is no template of this name; nothing was stored", field_errors=[field_error]
        )
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await templates.lock_name(connection, name)
        known = await templates.versions(connection, name)
        if known and known[0].document == document:
            return _document(known[0], template), False
        version = known[0].version + 1 if known else 1
        digest = bytes.fromhex(template.digest)
        await templates.insert(
            connection, name=name, version=version, document=document, digest=digest, at=at, actor=actor.name
        )
        await append(connection, [_entry("template.drafted", name, version, digest, actor, at)])
        await wake_in_force(connection)
        row = (await templates.versions(connection, name))[0]
    await _refresh(runtime)
    return _document(row, template), True


async def approve_template(runtime: Runtime, name: str, version: int, actor: Actor) -> dict[str, Any]:
    """A second key says yes. Raises Forbidden for the author's own, Conflict for a version that is past that.
    Repeatable."""
    check_unlimited(actor)
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await templates.lock_name(connection, name)
        row = existing(await templates.lock(connection, name, version))
        if await same_holder(connection, row.created_by, actor.name):
            raise Forbidden(
                "another key than the author's must approve; one that replaced it is the author's too"
            )
        if row.state != "approved":
            _need(row, "draft", "approved")
            await templates.mark_approved(connection, name, version, at, actor.name)
            entry = _entry("template.approved", name, version, row.digest, actor, at)
            await append(connection, [entry])
            row = existing(await templates.lock(connection, name, version))
    return _document(row, None)


async def activate_template(
    runtime: Runtime, name: str, version: int, actor: Actor, *, reason: str
) -> dict[str, Any]:
    """Let new notices use an approved version from now on; `reason` stands in the log. Raises Conflict for
    one that is not approved. Repeatable."""
    check_unlimited(actor)
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await templates.lock_name(connection, name)
        row = existing(await templates.lock(connection, name, version))
        if row.state != "active":
            _need(row, "approved", "activated")
            await templates.activate(connection, name, version, at=at, actor=actor.name, reason=reason)
            entry = _entry("template.activated", name, version, row.digest, actor, at, reason=reason)
            await append(connection, [entry])
            await wake_in_force(connection)
            row = existing(await templates.lock(connection, name, version))
    await _refresh(runtime)
    return _document(row, None)


def _need(row: StoredVersion, state: str, done: str) -> None:
    if row.state != state:
        again = "; store its text again as a new version" if row.state == "superseded" else ""
        raise Conflict(f"only a version that is {state} can be {done}; this one is {row.state}{again}")


def _entry(
    kind: str, name: str, version: int, digest: bytes, actor: Actor, at: datetime, **further: str
) -> Entry:
    public = {"template": name, "version": version, "digest": digest.hex(), **further}
    return Entry.of(kind, at, actor.name, public=public)


async def _refresh(runtime: Runtime) -> None:
    """Put what just changed in force in this process at once; the others are told."""
    async with runtime.database.connection() as connection:
        await runtime.in_force.refresh(connection, runtime.clock.now())


def _parsed(document: str) -> Template:
    try:
        return parse_template(document)
    except TemplateInvalid as error:
        field_errors = [FieldError(pointer=one.pointer, detail=one.detail) for one in error.errors]
    except (TypeError, ValueError, RecursionError):
        field_errors = [FieldError(pointer="", detail="expected plain texts as values")]
    raise InvalidRequest(_INVALID, field_errors=field_errors)


async def list_templates(runtime: Runtime) -> list[dict[str, Any]]:
    """Every template by name, with the version that a new notice uses."""
    async with runtime.database.connection() as connection:
        stored = {row.name: row for row in await templates.summaries(connection)}
    found = []
    for name in sorted({*runtime.in_force.shipped_templates, *stored}):
        row, shipped = stored.get(name), name in runtime.in_force.shipped_templates
        latest = row.latest if row is not None else SHIPPED
        active = row.active if row is not None and row.active is not None else SHIPPED if shipped else None
        template = runtime.in_force.template(name, latest if active is None else active)
        found.append(
            {
                "name": name,
                "categories": list(template.categories),
                "content": template.content,
                "languages": list(template.languages),
                "channels": list(template.channels()),
                "shipped": shipped,
                "versions": (row.versions if row is not None else 0) + int(shipped),
                "latest_version": latest,
                "active_version": active,
            }
        )
    return found


async def read_template(runtime: Runtime, name: str) -> dict[str, Any]:
    """Every version of a template, the newest first, with its text. Raises NotFound."""
    async with runtime.database.connection() as connection:
        rows = await templates.versions(connection, name)
    shipped = runtime.in_force.shipped_templates.get(name)
    if not rows and shipped is None:
        raise NotFound("there is no such template")
    versions = [_document(row, None) for row in rows]
    active = next((one["version"] for one in versions if one["state"] == "active"), None)
    if shipped is not None:
        versions.append(_shipped_document(shipped, in_use=active is None))
        active = SHIPPED if active is None else active
    return {
        "name": name,
        "latest_version": versions[0]["version"],
        "active_version": active,
        "versions": versions,
    }


def _shipped_document(shipped: Template, *, in_use: bool) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("created_at", "approved_at", "approved_by", "activated_at", "activated_by", "reason")
    )
    return {
        "name": shipped.name,
        "version": SHIPPED,
        "state": "active" if in_use else "superseded",
        "digest": shipped.digest,
        **nothing,
        "created_by": "forbear",
        "document": template_texts()[shipped.name],
    }


def _document(row: StoredVersion, template: Template | None) -> dict[str, Any]:
    document = {
        "name": row.name,
        "version": row.version,
        "state": row.state,
        "digest": row.digest.hex(),
        "created_at": row.created_at,
        "created_by": row.created_by,
        "approved_at": row.approved_at,
        "approved_by": row.approved_by,
        "activated_at": row.activated_at,
        "activated_by": row.activated_by,
        "reason": row.reason,
        "document": row.document,
    }
    if template is not None:
        document |= {"languages": list(template.languages), "channels": list(template.channels())}
    return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A message that nobody will get, to see how a template reads."""

    channel: str
    language: str
    version: int | None = None
    borrower_name: str = field(default="Ana Ruiz", repr=False)
    sender_role: str = "original_creditor"
    first_communication: bool = False
    debt: Debt | None = None


SAMPLE_DEBT = Debt(
    id="L-77",
    account_id="A-9",
    creditor="first-inclusive-bank",
    currency="USD",
    principal=Decimal("12000.00"),
    due_on=date(2026, 11, 1),
    days_past_due=22,
    amount_due=Decimal("431.25"),
    late_fees=Decimal("15.00"),
)


async def preview_template(runtime: Runtime, name: str, specimen: Specimen) -> dict[str, Any]:
    """A rendering, with its SMS segments. Raises NotFound, and InvalidRequest where the template has no text
    for the channel."""
    version = specimen.version
    if version is None:
        version = runtime.in_force.newest_template(name)
        if version is None:
            raise NotFound("there is no such template")
    try:
        template = runtime.in_force.template(name, version)
    except KeyError:
        raise NotFound("there is no such version of this template") from None
    try:
        content = render(template, _text(runtime, specimen), Channel(specimen.channel), specimen.language)
    except NotOnChannel:
        field_error = FieldError(
            pointer="/channel",
            detail=f"expected a channel of this template: {', '.join(template.channels())}",
            code="no-text",
        )
        raise InvalidRequest(
            "the template has no text for this channel", field_errors=[field_error]
        ) from None
    return {
        "name": name,
        "version": version,
        "channel": specimen.channel,
        "language": specimen.language,
        "content": _content(content),
    }


def _text(runtime: Runtime, specimen: Specimen) -> NoticeText:
    debt = specimen.debt or SAMPLE_DEBT
    return text_of(
        runtime.in_force,
        debt,
        borrower_name=specimen.borrower_name,
        days_past_due=debt.days_past_due,
        sender_role=specimen.sender_role,
        first_communication=specimen.first_communication,
        unsubscribe_url=f"{runtime.base_url}/v1/unsubscribe/specimen",
    )


def cost_of(content: SmsContent) -> dict[str, Any]:
    """What a text costs, and what makes it dear."""
    return {
        "segments": content.segments,
        "encoding": content.encoding,
        "forced_by": list(content.forced_by),
    }


def _content(content: Content) -> dict[str, Any]:
    match content:
        case SmsContent():
            return {"body": content.body, **cost_of(content)}
        case EmailContent():
            return {
                "sender_name": content.sender_name,
                "subject": content.subject,
                "text": content.text,
                "html": content.html,
            }
        case VoiceContent():
            return {
                "text": content.text,
                "opening": content.opening.words,
                "message": content.message.words,
            }
        case WhatsAppContent():
            return {"text": content.text, "variables": dict(content.variables)}
