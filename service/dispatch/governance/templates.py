"""Templates: stored in versions, refused when they are stored and not when they are sent; accepted notices keep their version.

What ships stands as version 0 and is used where nothing of its name is stored."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from channels.content.render import NoticeText, NotOnChannel, render
from channels.content.shipped import template_texts
from channels.content.template import Template, TemplateInvalid, parse_template
from channels.message import Channel, Content, EmailContent, SmsContent
from service.dispatch.access.keys import check_unlimited
from service.dispatch.governance.wording import text_of
from service.dispatch.in_force import SHIPPED
from service.dispatch.runtime import Runtime
from service.errors import Fault, InvalidRequest, NotFound
from service.log.append import Entry, append
from service.model.actor import Actor
from service.model.notice import Debt
from service.store import templates
from service.store.database import Row
from service.store.wake import wake_shelves

_INVALID = "the document is no template; nothing was stored"


async def put_template(
    runtime: Runtime, name: str, document: str, actor: Actor
) -> tuple[dict[str, Any], bool]:
    """Store a document as a new version; the same text as the newest one's is that version again. Returns it, and whether it is
    new. Raises InvalidRequest with every fault."""
    check_unlimited(actor)
    template = await asyncio.to_thread(_parsed, document)
    if template.name != name:
        fault = Fault(pointer="/name", detail=f"expected {name}, as in the path", code="other-name")
        raise InvalidRequest("the document is no template of this name; nothing was stored", faults=[fault])
    at = runtime.clock.now()
    async with runtime.database.transaction() as connection:
        await templates.hold_name(connection, name)
        known = await templates.versions(connection, name)
        if known and known[0]["document"] == document:
            return _document(known[0], template), False
        version = known[0]["version"] + 1 if known else 1
        digest = bytes.fromhex(template.digest)
        await templates.insert(
            connection, name=name, version=version, document=document, digest=digest, at=at, actor=actor.name
        )
        public = {"template": name, "version": version, "digest": template.digest}
        await append(connection, [Entry(kind="template.stored", at=at, actor=actor.name, public=public)])
        await wake_shelves(connection)
        row = (await templates.versions(connection, name))[0]
    async with runtime.database.connection() as connection:
        await runtime.in_force.refresh(connection, runtime.clock.now())
    return _document(row, template), True


def _parsed(document: str) -> Template:
    try:
        return parse_template(document)
    except TemplateInvalid as error:
        faults = [Fault(pointer=one.pointer, detail=one.detail) for one in error.faults]
    except (TypeError, ValueError, RecursionError):
        faults = [Fault(pointer="", detail="expected plain texts as values")]
    raise InvalidRequest(_INVALID, faults=faults)


async def list_templates(runtime: Runtime) -> list[dict[str, Any]]:
    """Every template by name, with the version that a new notice uses."""
    async with runtime.database.connection() as connection:
        stored = {row["name"]: row for row in await templates.summaries(connection)}
    found = []
    for name in sorted({*runtime.in_force.shipped_templates, *stored}):
        row, shipped = stored.get(name), name in runtime.in_force.shipped_templates
        latest = row["latest"] if row is not None else SHIPPED
        template = runtime.in_force.template(name, latest)
        found.append(
            {
                "name": name,
                "categories": list(template.categories),
                "content": template.content,
                "languages": list(template.languages),
                "channels": list(template.channels()),
                "shipped": shipped,
                "versions": (row["versions"] if row is not None else 0) + int(shipped),
                "latest_version": latest,
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
    if shipped is not None:
        versions.append(
            {
                "name": name,
                "version": SHIPPED,
                "digest": shipped.digest,
                "created_at": None,
                "created_by": "forbear",
                "document": template_texts()[name],
            }
        )
    return {"name": name, "latest_version": versions[0]["version"], "versions": versions}


def _document(row: Row, template: Template | None) -> dict[str, Any]:
    document = {
        "name": row["name"],
        "version": row["version"],
        "digest": row["digest"].hex(),
        "created_at": row["created_at"],
        "created_by": row["created_by"],
        "document": row["document"],
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
    """A rendering, with its SMS segments. Raises NotFound, and InvalidRequest where the template has no text for the channel."""
    version = specimen.version
    if version is None:
        try:
            version = runtime.in_force.template_version(name)
        except InvalidRequest:
            raise NotFound("there is no such template") from None
    try:
        template = runtime.in_force.template(name, version)
    except KeyError:
        raise NotFound("there is no such version of this template") from None
    try:
        content = render(template, _text(runtime, specimen), Channel(specimen.channel), specimen.language)
    except NotOnChannel:
        fault = Fault(
            pointer="/channel",
            detail=f"expected a channel of this template: {', '.join(template.channels())}",
            code="no-text",
        )
        raise InvalidRequest("the template has no text for this channel", faults=[fault]) from None
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
        receipt_url=f"{runtime.base_url}/v1/receipts/specimen",
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
        case _:
            return {"twiml": content.twiml, "text": content.text}
