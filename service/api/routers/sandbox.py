"""What the sandbox adapters "sent", and what a borrower would answer, while one is on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import fastapi
from pydantic import BeforeValidator, Field
from starlette.requests import Request

from channels.receipt import Inbound
from service.api.answers import Answer, answer, page
from service.api.bodies import body_of
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, takes
from service.api.parameters import ListQuery, OptionalId
from service.api.schemas.answers import ReplyAnswer
from service.api.schemas.carried import SandboxPage
from service.api.schemas.words import Closed, PhoneNumber, Prose
from service.dispatch.access.keys import check_unlimited
from service.dispatch.receive.inbound import take_inbound
from service.errors import NotFound
from service.ids import event_id

sandbox = router("sandbox")


class SandboxQuery(ListQuery):
    """What the list can be narrowed to."""

    channel: Annotated[
        Literal["sms", "email", "voice", "whatsapp"] | None, BeforeValidator(lambda value: value or None)
    ] = None
    borrower: OptionalId = None


@sandbox.get(
    "/v1/sandbox/messages",
    operation_id="listSandboxMessages",
    summary="List what the sandbox sent, newest first",
    responses=gives("Whole messages."),
    openapi_extra=fails(NotFound),
)
async def get_messages(
    request: Request, query: Annotated[SandboxQuery, fastapi.Query()]
) -> Answer[SandboxPage]:
    """404 while no sandbox adapter is on."""
    state = state_of(request)
    check_unlimited(actor_of(request))
    if state.sandbox_messages is None:
        raise NotFound("no sandbox adapter is on")
    vault = state.runtime.vault
    key = read_cursor(vault, "sandbox", query.cursor)
    after = None if key is None else (datetime.fromisoformat(key[0]), str(key[1]))
    found = await state.sandbox_messages(
        channel=query.channel, borrower=query.borrower, after=after, limit=query.limit + 1
    )
    shown = found[: query.limit]
    last = (shown[-1]["at"], shown[-1]["attempt"]) if len(found) > query.limit else None
    return page(SandboxPage, shown, make_cursor(vault, "sandbox", last))


class ReplyBody(Closed):
    """A message from a borrower, as a text or by WhatsApp."""

    from_: Annotated[PhoneNumber, Field(alias="from")]
    words: Prose
    channel: Literal["sms", "whatsapp"] = "sms"


@sandbox.post(
    "/v1/sandbox/replies",
    operation_id="replyInSandbox",
    summary="Reply as a borrower would",
    responses=gives("Whom it came from, and what it was taken for."),
    openapi_extra=fails(NotFound) | takes(ReplyBody, example={"from": "+12025550123", "words": "STOP"}),
)
async def post_reply(request: Request) -> Answer[ReplyAnswer]:
    """The same as a text to the lender's number, without a provider to sign it: STOP and its like act at
    once. 404 where texts leave through a real provider: only what that signs is a borrower's word."""
    state = state_of(request)
    check_unlimited(actor_of(request))
    if state.sandbox_messages is None:
        raise NotFound("no sandbox adapter is on")
    if not state.sandbox_texts:
        raise NotFound("texts leave through a real provider: only what it signs is a borrower's word")
    body = await body_of(request, ReplyBody)
    inbound = Inbound(
        provider="sandbox",
        ref=event_id("reply"),
        from_address=body.from_,
        to_address="",
        words=body.words,
        channel=body.channel,
    )
    effect = await take_inbound(state.runtime, inbound)
    return answer(
        ReplyAnswer,
        {"borrowers": effect.borrowers, "taken_for": effect.taken_for, "probably": effect.probably},
    )
