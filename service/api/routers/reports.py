"""Reports: counts over what was sent and what came after it."""

from __future__ import annotations

from typing import Annotated, Literal

import fastapi
from pydantic import BeforeValidator, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from service.api.answers import Answer, answer
from service.api.gate import actor_of, router, state_of
from service.api.openapi import gives
from service.api.parameters import Query
from service.api.schemas.readings import OutcomeReport
from service.api.schemas.words import GROUPS, Instant
from service.dispatch.audit.outcomes import Wanted, report, wanted_of
from service.dispatch.audit.tables import has_parquet, table
from service.errors import FieldError, InvalidRequest

reports = router("reports")
_blank = BeforeValidator(lambda value: value or None)
OptionalInstant = Annotated[Instant | None, _blank]
Groups = Annotated[Annotated[str, StringConstraints(max_length=100, pattern=GROUPS)] | None, _blank]
PriceList = Annotated[Annotated[str, StringConstraints(max_length=200)] | None, _blank]


class OutcomesQuery(Query):
    """Contacts of which span, and by what they are told apart."""

    from_: Annotated[OptionalInstant, Field(alias="from")] = None
    to: OptionalInstant = None
    """Not included; without it, now."""
    by: Groups = None
    """Some of tier, template, channel, band, week, creditor, group, with commas between."""
    format: Literal["json", "csv", "parquet"] = "json"
    prices: PriceList = None
    """What a contact of ours costs by channel, such as sms:0.0079,email:0.0004; rows then say what theirs
    cost."""


_KINDS = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
_ANSWERS = gives(
    "A row for each group, with counts, shares and their 95 % intervals.",
    also=_KINDS.values(),
    headers=("Content-Disposition",),
)


@reports.get(
    "/v1/reports/outcomes",
    operation_id="reportOutcomes",
    summary="Count what came after contacts",
    responses=_ANSWERS,
)
async def get_outcomes(
    request: Request, query: Annotated[OutcomesQuery, fastapi.Query()]
) -> Answer[OutcomeReport] | Response:
    """Within seven days after a contact; never that it was because of it."""
    runtime = state_of(request).runtime
    wanted = _wanted(query, runtime.clock.now())
    if query.format == "parquet" and not has_parquet():
        detail = "expected json or csv: this installation lacks the extra for Parquet"
        field_error = FieldError(pointer="/query/format", detail=detail, code="invalid")
        raise InvalidRequest("the query does not fit", field_errors=[field_error])
    found = await report(runtime, actor_of(request), wanted)
    if query.format == "json":
        return answer(OutcomeReport, found)
    name = f"outcomes-{found['from']:%Y-%m-%d}.{query.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(table(found, query.format), media_type=_KINDS[query.format], headers=headers)


def _wanted(query: OutcomesQuery, now: Instant) -> Wanted:
    return wanted_of(query.from_, query.to, query.by, now, query.prices)
