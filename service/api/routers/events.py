"""Events that happened elsewhere: one, or up to 1,000 at once."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from service.api.answers import Answer, answer
from service.api.bodies import json_bytes
from service.api.event_bodies import read_events
from service.api.gate import actor_of, router, state_of
from service.api.openapi import fails, gives, takes
from service.api.problems import problem_document
from service.api.schemas.events import EVENT_EXAMPLES, EventBody, event_draft
from service.api.schemas.records import EventResults
from service.dispatch.receive.events import record_events
from service.errors import AnotherCreditor, Conflict, ForbearError, TooManyEvents

events = router("events")


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
    """Nothing is recorded where one of them does not fit; a borrower who is not known fails alone. An
    `event_id` makes a repeat harmless: `recorded` is then false. One that another event has is 409."""
    body = await json_bytes(request)
    state, actor = state_of(request), actor_of(request)
    many, bodies = read_events(body, actor, now=state.runtime.clock.now())
    results = await record_events(state.runtime, [event_draft(one) for one in bodies], actor)
    if many:
        return answer(EventResults, {"results": [_result(one) for one in results]}, status=202)
    if isinstance(results[0], ForbearError):
        raise results[0]
    return answer(EventResults, results[0], status=202)


def _result(result: dict[str, Any] | ForbearError) -> dict[str, Any]:
    return {"problem": problem_document(result)} if isinstance(result, ForbearError) else result
