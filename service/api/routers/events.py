"""Events that happened elsewhere: one, or up to 1,000 at once."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, RootModel, ValidationError
from starlette.requests import Request

from service.api.answers import Answer, answer
from service.api.bodies import json_bytes, parse, read_json, refusal
from service.api.gate import actor_of, router, state_of
from service.api.limits import check_creditor
from service.api.openapi import fails, gives, takes
from service.api.problems import problem_document
from service.api.schemas.events import EVENT_EXAMPLES, MOST_EVENTS, EventBody, event_draft, field_errors_in
from service.api.schemas.records import EventResults
from service.dispatch.receive.events import record_events
from service.errors import AnotherCreditor, Conflict, FieldError, ForbearError, InvalidRequest, TooManyEvents

events = router("events")


class _Many(RootModel[list[EventBody]]):
    """Several events."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)


@events.post(
    "/v1/events",
    operation_id="recordEvents",
    status_code=202,
    summary="Record events that happened elsewhere",
    responses=gives(
        "For one event its id; for a list `results` with one entry for each, in order.", status=202
    ),
    openapi_extra=fails(Conflict, TooManyEvents, AnotherCreditor)
    | takes(EventBody, examples=EVENT_EXAMPLES, many=True),
)
async def post_events(request: Request) -> Answer[EventResults]:
    """Nothing is recorded where one of them does not fit; a borrower who is not known fails alone. An `event_id` makes a
    repeat harmless: `recorded` is then false. One that another event has is 409."""
    body = await json_bytes(request)
    many, bodies = _bodies(body)
    state, actor = state_of(request), actor_of(request)
    now = state.runtime.clock.now()
    at = [f"/{position}" if many else "" for position in range(len(bodies))]
    field_errors = [
        field_error
        for where, one in zip(at, bodies, strict=True)
        for field_error in field_errors_in(one, now=now, at=where)
    ]
    if field_errors:
        raise InvalidRequest("the body does not fit; nothing was stored", field_errors=field_errors)
    for where, one in zip(at, bodies, strict=True):
        if one.creditor is not None:
            check_creditor(actor, one.creditor, f"{where}/creditor")
    results = await record_events(state.runtime, [event_draft(one) for one in bodies], actor)
    if many:
        return answer(EventResults, {"results": [_result(one) for one in results]}, status=202)
    if isinstance(results[0], ForbearError):
        raise results[0]
    return answer(EventResults, results[0], status=202)


def _bodies(body: bytes) -> tuple[bool, list[EventBody]]:
    """Whether it was a list, and the events."""
    document = read_json(body)
    if not isinstance(document, list):
        return False, [parse(EventBody, body)]
    if not 1 <= len(document) <= MOST_EVENTS:
        field_error = FieldError(
            pointer="", detail=f"expected 1 to {MOST_EVENTS} events; got {len(document)}", code="length"
        )
        raise InvalidRequest("the body does not fit; nothing was stored", field_errors=[field_error])
    try:
        return True, _Many.model_validate_json(body).root
    except ValidationError as error:
        raise refusal(error, document) from None


def _result(result: dict[str, Any] | ForbearError) -> dict[str, Any]:
    return {"problem": problem_document(result)} if isinstance(result, ForbearError) else result
