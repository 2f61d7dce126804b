"""Suppressions, which belong to an address whoever has it; and the messages that nobody has."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import fastapi
from pydantic import BeforeValidator, StringConstraints
from starlette.requests import Request

from service.api.answers import Answer, answer, page
from service.api.bodies import body_of
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, takes
from service.api.parameters import ListQuery, PathAny
from service.api.schemas.records import InboundPage, Suppression, SuppressionPage
from service.api.schemas.suppressions import (
    SUPPRESSION_EXAMPLE,
    AnyReason,
    Channel,
    LiftBody,
    SuppressionBody,
    field_errors_in,
)
from service.api.schemas.words import ADDRESS
from service.dispatch.receive.unmatched import list_unmatched
from service.dispatch.records.suppressions import (
    SuppressionDraft,
    add_suppressions,
    lift_suppression,
    list_suppressions,
    number_of,
)
from service.errors import Conflict, InvalidRequest

suppressions = router("suppressions")
_BLANK = BeforeValidator(lambda value: value or None)
OptionalAddress = Annotated[Annotated[str, StringConstraints(max_length=254, pattern=ADDRESS)] | None, _BLANK]


class SuppressionQuery(ListQuery):
    """What the list can be narrowed to."""

    address: OptionalAddress = None
    channel: Annotated[Channel | None, _BLANK] = None
    reason: Annotated[AnyReason | None, _BLANK] = None
    lifted: Annotated[Literal["true", "false"] | None, _BLANK] = None
    """`true` shows also those that stand no more."""


class InboundQuery(ListQuery):
    """Which messages are listed."""

    matched: Literal["false"]
    """`false`: of addresses that no borrower has. What borrowers wrote stands in their timelines."""
    address: OptionalAddress = None


@suppressions.get(
    "/v1/suppressions",
    operation_id="listSuppressions",
    summary="List what is suppressed, the newest first",
    responses=gives("Addresses are kept as digests: name one to find what stands against it."),
)
async def get_suppressions(
    request: Request, query: Annotated[SuppressionQuery, fastapi.Query()]
) -> Answer[SuppressionPage]:
    """What came from an address belongs to it: opt-outs, ceases, complaints, wrong numbers, dead
    addresses."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "suppressions", query.cursor)
    found = await list_suppressions(
        runtime,
        actor_of(request),
        address=query.address,
        channel=query.channel,
        reason=query.reason,
        lifted=query.lifted == "true",
        before=None if key is None else int(key[0]),
        limit=query.limit + 1,
    )
    shown = found[: query.limit]
    last = (number_of(shown[-1]["id"]),) if len(found) > query.limit else None
    return page(SuppressionPage, shown, make_cursor(runtime.vault, "suppressions", last))


@suppressions.post(
    "/v1/suppressions",
    operation_id="createSuppression",
    status_code=201,
    summary="Suppress an address",
    responses=gives("It stood already.") | gives("It stands from now on.", status=201),
    openapi_extra=takes(SuppressionBody, example=SUPPRESSION_EXAMPLE),
)
async def post_suppression(request: Request) -> Answer[Suppression]:
    """It holds for every borrower who has the address, now or later."""
    body = await body_of(request, SuppressionBody)
    field_errors = field_errors_in(body)
    if field_errors:
        raise InvalidRequest("the body does not fit; nothing was stored", field_errors=field_errors)
    draft = SuppressionDraft(address=body.address, channel=body.channel, reason=body.reason, note=body.note)
    [(document, new)] = await add_suppressions(
        state_of(request).runtime, [draft], actor_of(request), via="api"
    )
    return answer(Suppression, {**document, "address": body.address}, status=201 if new else 200)


@suppressions.post(
    "/v1/suppressions/{id}/lift",
    operation_id="liftSuppression",
    summary="Lift a suppression",
    responses=gives("The suppression with who lifted it."),
    openapi_extra=fails(Conflict) | takes(LiftBody, example={"reason": "the borrower signed a new consent"}),
)
async def post_lift(request: Request, id_: PathAny) -> Answer[Suppression]:
    """With a reason. A repeat is harmless."""
    body = await body_of(request, LiftBody)
    return answer(
        Suppression, await lift_suppression(state_of(request).runtime, id_, actor_of(request), body.reason)
    )


@suppressions.get(
    "/v1/inbound",
    operation_id="listInbound",
    summary="List messages from addresses that no borrower has, the newest first",
    responses=gives("With their words and what each was taken for; an opt-out in one acts already."),
)
async def get_inbound(
    request: Request, query: Annotated[InboundQuery, fastapi.Query()]
) -> Answer[InboundPage]:
    """A person must look at them: somebody wrote, and nobody knows who."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "inbound", query.cursor)
    found = await list_unmatched(
        runtime,
        actor_of(request),
        address=query.address,
        after=None if key is None else (datetime.fromisoformat(key[0]), str(key[1])),
        limit=query.limit + 1,
    )
    shown = found[: query.limit]
    last = (shown[-1]["received_at"], shown[-1]["id"]) if len(found) > query.limit else None
    return page(InboundPage, shown, make_cursor(runtime.vault, "inbound", last))
