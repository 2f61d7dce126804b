"""Decisions asked for in so many words."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from policies.case import QuestionDocument
from service.api.answers import Answer, answer
from service.api.bodies import json_bytes, lone_surrogates, read_json
from service.api.gate import router, state_of
from service.api.openapi import gives, takes
from service.api.schemas.answers import Verdict
from service.dispatch.what_if.evaluate import evaluate
from service.errors import InvalidRequest

decisions = router("decisions")

EVALUATE_EXAMPLE: dict[str, Any] = {
    "policies": ["us-reg-f"],
    "borrower": {"zones_by_source": {"address": ["America/New_York"]}},
    "debt_ids": ["d1"],
    "history": [
        {
            "type": "contact",
            "at": "2026-11-20T10:00:00-05:00",
            "channel": "voice",
            "direction": "out",
            "outcome": "rang_no_answer",
            "debt_ids": ["d1"],
        }
    ],
    "proposed": {
        "at": "2026-11-23T21:04:00-05:00",
        "channel": "voice",
        "to": "consumer",
        "sender_role": "third_party",
    },
    "holidays": [],
}


@decisions.post(
    "/v1/evaluate",
    operation_id="evaluate",
    summary="Judge without storing anything",
    responses=gives("The verdict with all its findings."),
    openapi_extra=takes(QuestionDocument, example=EVALUATE_EXAMPLE),
)
async def post_evaluate(request: Request) -> Answer[Verdict]:
    """Policies by name, or whole documents."""
    document = read_json(await json_bytes(request))
    halves = lone_surrogates(document)
    if halves:
        raise InvalidRequest("the question does not fit", field_errors=halves)
    return answer(Verdict, await evaluate(state_of(request).runtime, document))
