"""Reports: counts over what was sent and what came after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import fastapi
from pydantic import BeforeValidator, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from service.api.answers import answer
from service.api.gate import actor_of, router, state_of
from service.api.openapi import gives
from service.api.parameters import Query
from service.api.schemas.answers import Document
from service.api.schemas.words import GROUPS, Instant
from service.dispatch.audit.outcomes import BY, Wanted, report
from service.errors import FieldError, InvalidRequest

reports = router("reports")
LONGEST = timedelta(days=92)
"""The longest span of a report."""
USUAL = timedelta(days=28)
"""The span where none is named."""
_blank = BeforeValidator(lambda value: value or None)
OptionalInstant = Annotated[Instant | None, _blank]
Groups = Annotated[Annotated[str, StringConstraints(max_length=100, pattern=GROUPS)] | None, _blank]


class OutcomesQuery(Query):
    """Contacts of which span, and by what they are told apart."""

    from_: Annotated[OptionalInstant, Field(alias="from")] = None
    to: OptionalInstant = None
    """Not included; without it, now."""
    by: Groups = None
    """Some of tier, template, channel, band, week, creditor, with commas between."""


@reports.get(
    "/v1/reports/outcomes",
    summary="Count what came after contacts",
    responses=gives(Document, "A row for each group, with counts, shares and their 95 % intervals."),
)
async def get_outcomes(request: Request, query: Annotated[OutcomesQuery, fastapi.Query()]) -> Response:
    """Within seven days after a contact; never that it was because of it."""
    runtime = state_of(request).runtime
    return answer(await report(runtime, actor_of(request), _wanted(query, runtime.clock.now())))


def _wanted(query: OutcomesQuery, now: Instant) -> Wanted:
    until = query.to or now
    since = query.from_ or until - USUAL
    by = tuple((query.by or "").split(",")) if query.by else ()
    field_errors = []
    if not timedelta(0) < until - since <= LONGEST:
        detail = f"expected an instant after `from`, at most {LONGEST.days} days after it"
        field_errors.append(FieldError(pointer="/query/to", detail=detail, code="span"))
    if len(set(by)) < len(by) or not set(by) <= set(BY):
        detail = f"expected some of {', '.join(BY)}, each once, with commas between"
        field_errors.append(FieldError(pointer="/query/by", detail=detail, code="unknown-word"))
    if field_errors:
        raise InvalidRequest("the query does not fit", field_errors=field_errors)
    return Wanted(since=since, until=until, by=by)
