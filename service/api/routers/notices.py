"""Notices: accepted one by one or in batches, previewed, read, listed, cancelled."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import fastapi
from pydantic import Field, ValidationError
from starlette.requests import Request

from service import errors
from service.api.answers import Answer, answer, quick_answer
from service.api.bodies import (
    body_of,
    json_bytes,
    parse,
    parse_once,
    read_json,
    read_plain,
    refusal,
    refuse_twice,
)
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.limits import check_creditor
from service.api.notice_query import MOST_NAMES, NoticeQuery
from service.api.openapi import fails, gives, takes
from service.api.parameters import IDEMPOTENCY_KEY, PathAny, idempotency_key
from service.api.problems import problem_document
from service.api.schemas.answers import (
    AcceptedNotice,
    BatchAnswer,
    CancelAnswer,
    Notice,
    NoticePage,
    PreviewAnswer,
)
from service.api.schemas.notices import (
    MOST_NOTICES,
    NOTICE_EXAMPLE,
    BatchBody,
    BatchItem,
    NoticeBody,
    body_digest,
    notice_draft,
)
from service.api.schemas.plain_notices import plain_draft, plain_drafts
from service.api.schemas.words import Closed, Id
from service.dispatch.audit.notice_lists import list_notices
from service.dispatch.audit.notices import cancel_notice, cancel_notices, read_notice
from service.dispatch.intake.accept import Keyed
from service.dispatch.intake.group import AcceptedNotice as Accepted
from service.dispatch.intake.terms import times_of
from service.dispatch.what_if.preview import preview
from service.errors import FieldError, ForbearError, InvalidRequest, NotFound
from service.ids import NoticeId
from service.model.actor import Actor
from service.model.delivery import DeliveryState
from service.model.notice import FanOut, NoticeDraft

notices = router("notices")

_KNOWN_BORROWER = {**NOTICE_EXAMPLE, "borrower": {"id": "B-1001"}, "channels": ["sms"], "reference": None}
_EXAMPLES = {"whole profile": NOTICE_EXAMPLE, "known borrower": _KNOWN_BORROWER}
_KEY = b'"idempotency_key"'
"""A batch that holds it is read by the model, of which the digests of keyed notices are made."""
_REPLAYED = "Idempotent-Replayed"
_ACCEPTED = gives(
    "Stored; it will be decided. `Location` says where to look.",
    status=202,
    headers=("Location", "Idempotent-Replayed"),
)


@notices.post(
    "/v1/notices",
    operation_id="createNotice",
    status_code=202,
    summary="Accept a notice",
    responses=_ACCEPTED,
    openapi_extra=fails(errors.IdempotencyMismatch, errors.AnotherCreditor)
    | takes(NoticeBody, examples=_EXAMPLES)
    | {"parameters": [IDEMPOTENCY_KEY]},
)
async def post_notice(request: Request) -> Answer[AcceptedNotice]:
    """Store a notice; the answer waits for the commit."""
    body = await _body_where_there_is_room(request)
    draft, digest = _draft_of(body, keyed=request.headers.get("idempotency-key") is not None)
    actor = actor_of(request)
    check_creditor(actor, draft.debt.creditor, "/debt/creditor")
    key = idempotency_key(request)
    accepted = await state_of(request).intake.accept(draft, actor, idempotency_key=key, body_digest=digest)
    headers = {"Location": f"/v1/notices/{accepted.id}"}
    if accepted.replayed:
        headers[_REPLAYED] = "true"
    return quick_answer(AcceptedNotice, _accepted(draft, accepted), status=202, headers=headers)


def _draft_of(body: bytes, *, keyed: bool) -> tuple[NoticeDraft, bytes]:
    """The draft in a body, and the digest of one that comes with a key: that is made from what the model
    gives, for which plain bodies have no need otherwise."""
    if not keyed and (draft := plain_draft(read_plain(body))) is not None:
        return draft, b""
    parsed = parse_once(NoticeBody, body)
    return notice_draft(parsed), body_digest(parsed) if keyed else b""


async def _body_where_there_is_room(request: Request) -> bytes:
    """The body of what intake has room for; while it is full, nothing is spent on reading what it holds.
    Raises TooManyRequests."""
    body = await json_bytes(request)
    state_of(request).intake.refuse_when_full()
    return body


def _accepted(draft: NoticeDraft, accepted: Accepted) -> dict[str, Any]:
    """The notice as it was stored: the shape of GET, before anything was decided."""
    later = draft.not_before is not None and draft.not_before > accepted.accepted_at
    first = draft.channels if draft.fan_out is FanOut.ALL else draft.channels[:1]
    id_ = str(accepted.id)
    return {
        "id": id_,
        "status": "open",
        "accepted_at": accepted.accepted_at,
        "reference": draft.reference,
        "borrower_id": draft.borrower.id,
        "debt_id": draft.debt.id,
        "creditor": draft.debt.creditor,
        "category": draft.category,
        "template": draft.template,
        "language": accepted.language,
        "channels": list(draft.channels),
        "fan_out": draft.fan_out.value,
        "not_before": draft.not_before,
        "expires_at": times_of(draft, accepted.accepted_at)[1],
        "cancelled_at": None,
        "updated_at": accepted.accepted_at,
        "metadata": dict(draft.metadata),
        "deliveries": [
            {
                "id": f"{id_}.{channel}",
                "channel": channel,
                "state": (DeliveryState.DEFERRED if later else DeliveryState.DUE).value,
                "due_at": draft.not_before if later else accepted.accepted_at,
                "attempts": [],
                "verdict": None,
            }
            for channel in first
        ],
    }


@notices.post(
    "/v1/notices/batch",
    operation_id="createNotices",
    status_code=202,
    summary="Accept up to 1,000 notices",
    responses=gives(
        "One result for each, in order: the accepted notice, or the problem of this one.",
        status=202,
    ),
    openapi_extra=takes(BatchBody, example={"notices": [NOTICE_EXAMPLE, _KNOWN_BORROWER]}),
)
async def post_batch(request: Request) -> Answer[BatchAnswer]:
    """Store many notices; a bad item does not spoil the rest."""
    if request.headers.get("idempotency-key") is not None:
        detail = "expected `idempotency_key` in each item; the header goes with POST /v1/notices"
        field_error = FieldError(pointer="/header/idempotency-key", detail=detail, code="needless")
        raise InvalidRequest(
            "a batch takes no Idempotency-Key; nothing was stored", field_errors=[field_error]
        )
    actor = actor_of(request)
    items = [_allowed(one, actor) for one in _batch(await _body_where_there_is_room(request))]
    good = [one for one in items if isinstance(one, Keyed)]
    accepted = iter(await state_of(request).intake.accept_many(good, actor))
    results = [
        _result(one.draft, next(accepted)) if isinstance(one, Keyed) else _problem(one) for one in items
    ]
    return quick_answer(BatchAnswer, {"results": results}, status=202)


def _batch(body: bytes) -> list[NoticeDraft | BatchItem | ForbearError]:
    """The notices of a batch, each judged alone. Raises where the frame around them does not fit."""
    if _KEY not in body and (drafts := plain_drafts(read_plain(body))) is not None:
        return [*drafts]
    try:
        batch = BatchBody.model_validate_json(body)
    except ValidationError as error:
        document = read_json(body)
        items = (
            document.get("notices") if isinstance(document, dict) and set(document) == {"notices"} else None
        )
        if not isinstance(items, list) or not 1 <= len(items) <= MOST_NOTICES:
            raise refusal(error, document) from None
        return [_one(item) for item in items]
    refuse_twice(body)
    return list(batch.notices)


def _one(item: Any) -> BatchItem | ForbearError:
    try:
        # dumps keeps half surrogates escaped, so that they are refused with their pointer
        return parse(BatchItem, json.dumps(item).encode("ascii"))
    except ForbearError as error:
        return error


def _allowed(one: NoticeDraft | BatchItem | ForbearError, actor: Actor) -> Keyed | ForbearError:
    if isinstance(one, ForbearError):
        return one
    try:
        draft = one if isinstance(one, NoticeDraft) else notice_draft(one)
        check_creditor(actor, draft.debt.creditor, "/debt/creditor")
    except ForbearError as error:
        return error
    if isinstance(one, NoticeDraft):
        return Keyed(draft)
    key = one.idempotency_key
    return Keyed(draft, key, b"" if key is None else body_digest(one))


def _result(draft: NoticeDraft, accepted: Accepted | ForbearError) -> dict[str, Any]:
    if isinstance(accepted, ForbearError):
        return _problem(accepted)
    found = _accepted(draft, accepted)
    return {**found, "replayed": True} if accepted.replayed else found


def _problem(error: ForbearError) -> dict[str, Any]:
    return {"problem": problem_document(error)}


@notices.post(
    "/v1/notices/preview",
    operation_id="previewNotice",
    summary="Say what would happen to a notice now",
    responses=gives("The verdict for each channel, with the borrower's real history."),
    openapi_extra=takes(NoticeBody, examples=_EXAMPLES),
)
async def post_preview(request: Request) -> Answer[PreviewAnswer]:
    """Judge a notice without storing it."""
    draft = notice_draft(parse_once(NoticeBody, await json_bytes(request)))
    actor = actor_of(request)
    check_creditor(actor, draft.debt.creditor, "/debt/creditor")
    return answer(PreviewAnswer, await preview(state_of(request).runtime, draft, actor))


@notices.get(
    "/v1/notices",
    operation_id="listNotices",
    summary="List notices, newest first or as they change",
    responses=gives("One page."),
)
async def get_notices(request: Request, query: Annotated[NoticeQuery, fastapi.Query()]) -> Answer[NoticePage]:
    """Each item as GET /v1/notices/{id} gives it. With `order=updated` a notice that changes meanwhile comes
    again, further on."""
    runtime, by_change = state_of(request).runtime, query.order == "updated"
    name = f"notices by {query.order}" if by_change else "notices"
    key = read_cursor(runtime.vault, name, query.cursor)
    after: tuple[int, UUID] | tuple[datetime, int, UUID] | None = None
    if key is not None and by_change:
        after = (datetime.fromisoformat(key[0]), int(key[1]), UUID(key[2]))
    elif key is not None:
        after = (int(key[0]), UUID(key[1]))
    found = await list_notices(
        runtime, actor_of(request), query.wanted(), by_change=by_change, after=after, limit=query.limit
    )
    shown = {"items": found.items, "next_cursor": make_cursor(runtime.vault, name, found.next_key)}
    return quick_answer(NoticePage, shown)


class CancelBody(Closed):
    """Which notices: those of an id, or every one with a reference."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_NAMES)] | None = None
    reference: Id | None = None


@notices.post(
    "/v1/notices/cancel",
    operation_id="cancelNotices",
    summary="Cancel notices by reference or by ids",
    responses=gives("The notices as they stand now."),
    openapi_extra=fails(NotFound) | takes(CancelBody, example={"reference": "core-banking-4711"}),
)
async def post_cancel_many(request: Request) -> Answer[CancelAnswer]:
    """Stop what of them has not left yet; repeatable. Ids of which there is none stand in `missing`; where
    there is none at all, 404."""
    body = await body_of(request, CancelBody)
    if (body.ids is None) == (body.reference is None):
        field_error = FieldError(pointer="", detail="expected either `reference` or `ids`", code="one-of")
        raise InvalidRequest("the body does not fit; nothing was cancelled", field_errors=[field_error])
    parsed = [NoticeId.parse(one) for one in body.ids or ()]
    field_errors = [
        FieldError(pointer=f"/ids/{position}", detail="expected the id of a notice", code="invalid")
        for position, one in enumerate(parsed)
        if one is None
    ]
    if field_errors:
        raise InvalidRequest("the body does not fit; nothing was cancelled", field_errors=field_errors)
    items, missing = await cancel_notices(
        state_of(request).runtime,
        actor_of(request),
        ids=[one for one in parsed if one is not None],
        reference=body.reference,
    )
    return answer(
        CancelAnswer, {"items": items, "missing": [str(one) for one in missing], "next_cursor": None}
    )


@notices.get(
    "/v1/notices/{id}",
    operation_id="getNotice",
    summary="Read a notice",
    responses=gives("The notice and where it stands."),
)
async def get_notice(request: Request, id_: PathAny) -> Answer[Notice]:
    """Its deliveries, their attempts and the verdicts with their reasons."""
    return quick_answer(Notice, await read_notice(state_of(request).runtime, _known(id_), actor_of(request)))


@notices.post(
    "/v1/notices/{id}/cancel",
    operation_id="cancelNotice",
    summary="Cancel a notice",
    responses=gives("The notice as it stands now."),
)
async def post_cancel(request: Request, id_: PathAny) -> Answer[Notice]:
    """Stop what has not left yet; repeatable."""
    return quick_answer(
        Notice, await cancel_notice(state_of(request).runtime, _known(id_), actor_of(request))
    )


def _known(text: str) -> NoticeId:
    found = NoticeId.parse(text)
    if found is None:
        raise NotFound("there is no such notice")
    return found
