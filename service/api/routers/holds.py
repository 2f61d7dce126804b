"""Deliveries that wait for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import fastapi
from pydantic import Field
from starlette.requests import Request

from service.api.answers import Answer, answer, page
from service.api.bodies import body_of
from service.api.cursors import make_cursor, read_cursor
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, takes
from service.api.parameters import ListQuery
from service.api.schemas.records import HoldPage, Releases
from service.api.schemas.words import Closed, FilledLine, Id
from service.dispatch.reconcile.review_queue import Release, list_held, release
from service.errors import FieldError, InvalidRequest, NotFound
from service.ids import DeliveryId

holds = router("holds")

_EXAMPLE: dict[str, Any] = {
    "deliveries": ["ntc_3aec97d8cbeaa82f7bd781137c1a5f51037bbb5a75f77ce2.sms"],
    "how": "decide_again",
    "reason": "the borrower called back",
}


class ReleaseBody(Closed):
    """Which deliveries, what becomes of them, and why; the reason stands in the log, so it must not name the
    person."""

    deliveries: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    how: Literal["decide_again", "close", "delivered", "confirm", "harmless"]
    reason: FilledLine


@holds.get(
    "/v1/holds",
    operation_id="listHolds",
    summary="List what waits for a person, the oldest first",
    responses=gives("With why and since when."),
)
async def get_holds(request: Request, query: Annotated[ListQuery, fastapi.Query()]) -> Answer[HoldPage]:
    """Held deliveries, and those that may have gone."""
    runtime = state_of(request).runtime
    key = read_cursor(runtime.vault, "holds", query.cursor)
    after = None if key is None else (datetime.fromisoformat(key[0]), str(key[1]))
    found = await list_held(runtime, actor_of(request), after=after, limit=query.limit + 1)
    shown = found[: query.limit]
    return page(
        HoldPage,
        shown,
        make_cursor(runtime.vault, "holds", _key(shown[-1]) if len(found) > query.limit else None),
    )


def _key(item: dict[str, Any]) -> tuple[datetime, str] | None:
    delivery = DeliveryId.parse(item["delivery"])
    return None if delivery is None else (item["since"], f"{delivery.notice.number}{delivery.channel}")


@holds.post(
    "/v1/holds/release",
    operation_id="releaseHolds",
    summary="Release one or many",
    responses=gives("Whether each was released."),
    openapi_extra=fails(NotFound) | takes(ReleaseBody, example=_EXAMPLE),
)
async def post_release(request: Request) -> Answer[Releases]:
    """`decide_again` asks every policy again, `close` ends it unsent, `delivered` says that it is known to
    have arrived. `confirm` records the borrower's unclear words as what `GET /v1/holds` says that they
    probably mean, `harmless` that they ask nothing; both release the borrower and ask every policy again."""
    body = await body_of(request, ReleaseBody)
    parsed = [DeliveryId.parse(one) for one in body.deliveries]
    field_errors = [
        FieldError(pointer=f"/deliveries/{position}", detail="expected the id of a delivery", code="invalid")
        for position, one in enumerate(parsed)
        if one is None
    ]
    if field_errors:
        raise InvalidRequest("the body does not fit; nothing was released", field_errors=field_errors)
    ids = list(dict.fromkeys(one for one in parsed if one is not None))
    results = await release(
        state_of(request).runtime, ids, actor_of(request), reason=body.reason, how=Release(body.how)
    )
    return answer(Releases, {"results": results})
