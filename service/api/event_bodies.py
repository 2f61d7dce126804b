"""Reads the body of `POST /v1/events`, and of a message that stands for it: one event, or a list of them."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, RootModel, ValidationError

from service.api.bodies import parse, read_json, refusal
from service.api.limits import check_creditor
from service.api.schemas.events import MOST_EVENTS, EventBody, field_errors_in
from service.errors import FieldError, InvalidRequest
from service.model.actor import Actor

_INVALID = "the body does not fit; nothing was stored"


class _Many(RootModel[list[EventBody]]):
    """Several events."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)


def read_events(body: bytes, actor: Actor, *, now: datetime) -> tuple[bool, list[EventBody]]:
    """Whether it was a list, and the events. Raises MalformedBody, InvalidRequest, and Forbidden for a
    creditor that is not the actor's."""
    many, bodies = _bodies(body)
    at = [f"/{position}" if many else "" for position in range(len(bodies))]
    field_errors = [
        field_error
        for where, one in zip(at, bodies, strict=True)
        for field_error in field_errors_in(one, now=now, at=where)
    ]
    if field_errors:
        raise InvalidRequest(_INVALID, field_errors=field_errors)
    for where, one in zip(at, bodies, strict=True):
        if one.creditor is not None:
            check_creditor(actor, one.creditor, f"{where}/creditor")
    return many, bodies


def _bodies(body: bytes) -> tuple[bool, list[EventBody]]:
    document = read_json(body)
    if not isinstance(document, list):
        return False, [parse(EventBody, body)]
    if not 1 <= len(document) <= MOST_EVENTS:
        field_error = FieldError(
            pointer="", detail=f"expected 1 to {MOST_EVENTS} events; got {len(document)}", code="length"
        )
        raise InvalidRequest(_INVALID, field_errors=[field_error])
    try:
        return True, _Many.model_validate_json(body).root
    except ValidationError as error:
        raise refusal(error, document) from None
