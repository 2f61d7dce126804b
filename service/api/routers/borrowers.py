"""Borrowers: stored, read, forgotten, and told in order."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import fastapi
from starlette.requests import Request
from starlette.responses import Response

from service.api.answers import Answer, answer
from service.api.bodies import body_of
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, takes
from service.api.parameters import Limit, ListQuery, PathId
from service.api.schemas.borrowers import (
    BORROWER_EXAMPLE,
    BorrowerBody,
    EraseBody,
    LegalHoldBody,
    borrower_draft,
)
from service.api.schemas.places import place_errors
from service.api.schemas.records import BorrowerProfile, Erasure, LegalHold, Timeline
from service.dispatch.access.keys import check_unlimited
from service.dispatch.audit.timeline import ITEMS, timeline
from service.dispatch.records.borrowers import erase_borrower, get_borrower, put_borrower
from service.dispatch.records.legal_holds import place_legal_hold, read_legal_hold, release_legal_hold
from service.errors import AnotherCreditor, Conflict, FieldError, InvalidRequest

borrowers = router("borrowers")


@borrowers.put(
    "/v1/borrowers/{id}",
    operation_id="putBorrower",
    summary="Store a borrower's whole profile",
    responses=gives("Replaced.") | gives("New.", status=201),
    openapi_extra=fails(AnotherCreditor) | takes(BorrowerBody, example=BORROWER_EXAMPLE),
)
async def put(request: Request, id_: PathId) -> Answer[BorrowerProfile]:
    """It replaces the stored one."""
    body = await body_of(request, BorrowerBody)
    if body.id not in {None, id_}:
        field_error = FieldError(
            pointer="/id", detail="expected the id of the path, or none", code="other-id"
        )
        raise InvalidRequest("the body does not fit; nothing was stored", field_errors=[field_error])
    if field_errors := place_errors(body):
        raise InvalidRequest("the body does not fit; nothing was stored", field_errors=field_errors)
    document, created = await put_borrower(
        state_of(request).runtime, borrower_draft(id_, body), actor_of(request)
    )
    return answer(BorrowerProfile, document, status=201 if created else 200)


@borrowers.get(
    "/v1/borrowers/{id}",
    operation_id="getBorrower",
    summary="Read a borrower's profile",
    responses=gives("The profile."),
)
async def get(request: Request, id_: PathId) -> Answer[BorrowerProfile]:
    """As it was stored last."""
    return answer(BorrowerProfile, await get_borrower(state_of(request).runtime, id_, actor_of(request)))


@borrowers.post(
    "/v1/borrowers/{id}/erase",
    operation_id="eraseBorrower",
    summary="Forget a borrower",
    responses=gives("Forgotten; the log still verifies."),
    openapi_extra=fails(Conflict)
    | takes(EraseBody, example={"reason": "request of 2026-11-20"}, required=False),
)
async def erase(request: Request, id_: PathId) -> Answer[Erasure]:
    """Destroy the borrower's key and rows; what law demands stays, without the person. The body may be left
    out."""
    actor = actor_of(request)
    check_unlimited(actor)
    reason = (await body_of(request, EraseBody)).reason if await request.body() else None
    return answer(Erasure, await erase_borrower(state_of(request).runtime, id_, actor, reason))


class TimelineQuery(ListQuery):
    """A page of it."""

    limit: Limit = ITEMS


@borrowers.get(
    "/v1/borrowers/{id}/timeline",
    operation_id="getTimeline",
    summary="What reached or did not reach a borrower",
    responses=gives(
        "Newest first, with the budget of every cap and the next allowed instant of every channel."
    ),
)
async def get_timeline(
    request: Request, id_: PathId, query: Annotated[TimelineQuery, fastapi.Query()]
) -> Answer[Timeline]:
    """With what is left under every cap."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "timeline", query.cursor)
    after = None if key is None else (datetime.fromisoformat(key[0]), str(key[1]))
    found = await timeline(runtime, id_, actor_of(request), after=after, limit=query.limit)
    return answer(
        Timeline, {**found.document, "next_cursor": make_cursor(runtime.vault, "timeline", found.next_key)}
    )


@borrowers.put(
    "/v1/borrowers/{id}/legal-hold",
    operation_id="placeLegalHold",
    summary="Place a legal hold",
    responses=gives("It stood already.") | gives("It stands from now on.", status=201),
    openapi_extra=takes(LegalHoldBody, example={"because": "case 4711"}),
)
async def put_legal_hold(request: Request, id_: PathId) -> Answer[LegalHold]:
    """While it stands nothing of the borrower goes: an erasure is refused with 409, retention passes by."""
    body = await body_of(request, LegalHoldBody)
    document, placed = await place_legal_hold(state_of(request).runtime, id_, actor_of(request), body.because)
    return answer(LegalHold, document, status=201 if placed else 200)


@borrowers.get(
    "/v1/borrowers/{id}/legal-hold",
    operation_id="getLegalHold",
    summary="Read a legal hold",
    responses=gives("Since when, by whom, and why."),
)
async def get_legal_hold(request: Request, id_: PathId) -> Answer[LegalHold]:
    """404 where none stands."""
    return answer(LegalHold, await read_legal_hold(state_of(request).runtime, id_, actor_of(request)))


@borrowers.delete(
    "/v1/borrowers/{id}/legal-hold",
    operation_id="releaseLegalHold",
    status_code=204,
    summary="Release a legal hold",
    responses={204: {"description": "It is gone."}},
)
async def delete_legal_hold(request: Request, id_: PathId) -> Response:
    """404 where none stands."""
    await release_legal_hold(state_of(request).runtime, id_, actor_of(request))
    return Response(status_code=204)
