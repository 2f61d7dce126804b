"""Judges a question that somebody asks in so many words; nothing is read but the policies, nothing is
stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from policies.case import Question, QuestionInvalid, parse_question
from policies.facts import Borrower
from policies.places.clocks import alike
from policies.places.whereabouts import PLACE_UNKNOWN, ZONE_CONFLICT
from policies.policy import Policy, PolicyInvalid
from service.dispatch.decide.case import Named, StatedCase
from service.dispatch.decide.judge import judge
from service.dispatch.decide.verdicts import verdict_document
from service.dispatch.governance.policies import field_errors_of
from service.dispatch.runtime import Runtime
from service.errors import FieldError, InvalidRequest

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_INVALID = "the question does not fit"


async def evaluate(runtime: Runtime, document: Any) -> dict[str, Any]:
    """The verdict on a question (the fields of a case). Raises InvalidRequest with every error.

    A policy's name means the version in force at the instant of the proposed message."""
    question = await asyncio.to_thread(_question, document)
    named = Named(tuple(_resolved(question, runtime.in_force.policies(question.at))))
    stated = replace(question.facts, borrower=_warned(question.facts.borrower))
    judged = await asyncio.to_thread(judge, StatedCase(law=named, stated=stated), question.at)
    return verdict_document(judged.verdict, stated.proposal.channel)


def _warned(borrower: Borrower) -> Borrower:
    """The borrower with what the stated zones do not agree on: a question states zones, and no evidence of
    place."""
    zones = borrower.zones_by_source
    stated, address = zones.get("stated", ()), zones.get("address", ())
    if not any(zones.values()):
        return replace(borrower, place_warnings=(PLACE_UNKNOWN,))
    if stated and address and not any(alike(one, other) for one in stated for other in address):
        return replace(borrower, place_warnings=(ZONE_CONFLICT,))
    return borrower


def _question(document: Any) -> Question:
    try:
        question = parse_question(document)
    except QuestionInvalid as error:
        raise InvalidRequest(_INVALID, field_errors=field_errors_of(error.errors, show_got=False)) from None
    except PolicyInvalid as error:
        raise InvalidRequest(
            _INVALID, field_errors=field_errors_of(error.errors, prefix="/policies")
        ) from None
    except OverflowError:
        raise _out_of_range("") from None
    except ValueError:
        field_error = FieldError(
            pointer="/history", detail="expected times of day as HH:MM in agreed hours", code="invalid"
        )
        raise InvalidRequest(_INVALID, field_errors=[field_error]) from None
    if not EARLIEST <= question.at < LATEST:
        raise _out_of_range("/proposed/at")
    for position, event in enumerate(question.facts.events):
        if not EARLIEST <= event.at < LATEST:
            raise _out_of_range(f"/history/{position}/at")
    return question


def _out_of_range(pointer: str) -> InvalidRequest:
    field_error = FieldError(
        pointer=pointer, detail="expected instants between 1970 and 2200", code="instant-range"
    )
    return InvalidRequest(_INVALID, field_errors=[field_error])


def _resolved(question: Question, known: Mapping[str, Policy]) -> list[Policy]:
    field_errors = [
        FieldError(
            pointer=f"/policies/{position}",
            detail="expected the name of a policy or a document; no policy has this name",
            code="unknown-policy",
        )
        for position, one in enumerate(question.policies)
        if isinstance(one, str) and one not in known
    ]
    if field_errors:
        raise InvalidRequest(_INVALID, field_errors=field_errors)
    return [known[one] if isinstance(one, str) else one for one in question.policies]
