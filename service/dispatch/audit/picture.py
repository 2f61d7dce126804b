"""A borrower at a glance: for each channel when the clock permits contact, what stands in the way, what each
cap leaves, what happened.

What the clock permits is asked of the rules that look at the clock alone, as they bind now: hours, days, and
times that the borrower named. What else stands in the way is in the findings of the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from policies.decide import NoPolicy, ask, bound_rules
from policies.places.whereabouts import Whereabouts
from policies.rules.base import Refuse
from policies.rules.clock_window import ClockWindow
from policies.rules.designation import Designation
from policies.verdict import Finding, Kind
from policies.view import View
from policies.windows import start_of_date
from service.dispatch.audit.timeline import Known, channel_document, item, judged_channels, known
from service.dispatch.decide.case import Case
from service.dispatch.decide.judge import Judged
from service.dispatch.runtime import Runtime
from service.errors import Conflict
from service.model.actor import Actor

BEFORE, AFTER = timedelta(days=10), timedelta(days=4)
"""What the picture shows: two weeks around now."""
ITEMS = 500
MOST_BANDS = 400
_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time that is closed, and by what."""

    since: datetime
    until: datetime
    why: str
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One channel of one debt."""

    document: dict[str, Any]
    """As the API shows it: verdict, findings, budgets."""
    closed: tuple[Span, ...]
    """Hours and days in which the clock permits nothing."""
    walls: tuple[Span, ...]
    """Wishes and facts that no time helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A borrower at an instant."""

    borrower: str
    at: datetime
    since: datetime
    until: datetime
    zones: tuple[str, ...]
    """Candidate time zones; the first one's clock is drawn."""
    evidence: tuple[tuple[str, tuple[str, ...]], ...]
    """Each candidate zone's evidence: its source, and the zones that it points to."""
    rows: tuple[Row, ...]
    items: tuple[dict[str, Any], ...]

    @property
    def shared(self) -> list[dict[str, Any]]:
        """Findings that every channel has: they are said once."""
        findings = [[_key(one) for one in row.document["findings"]] for row in self.rows]
        if len(findings) < 2:  # noqa: PLR2004
            return []
        first = self.rows[0].document["findings"]
        return [one for one in first if all(_key(one) in some for some in findings)]

    @property
    def shared_caps(self) -> list[dict[str, Any]]:
        """Caps that every channel has, with the same use: they are said once."""
        if len(self.rows) < 2:  # noqa: PLR2004
            return []
        rest = [row.document["budgets"] for row in self.rows[1:]]
        return [one for one in self.rows[0].document["budgets"] if all(one in some for some in rest)]

    def own_caps(self, row: Row) -> list[dict[str, Any]]:
        """The caps of a channel that not every channel has."""
        shared = self.shared_caps
        return [one for one in row.document["budgets"] if one not in shared]

    def own(self, row: Row) -> list[dict[str, Any]]:
        """The findings of a channel that not every channel has."""
        shared = [_key(one) for one in self.shared]
        return [one for one in row.document["findings"] if _key(one) not in shared]


def _key(finding: dict[str, Any]) -> tuple[str, str, str, datetime | None]:
    return finding["policy"], finding["rule"], finding["reason"], finding["until"]


async def picture(runtime: Runtime, upstream_id: str, actor: Actor) -> Picture:
    """A borrower's two weeks. Raises NotFound for one who is unknown, Conflict where no policy
    is in force."""
    found = await known(runtime, upstream_id, actor, limit=ITEMS)
    since, until = found.at - BEFORE, found.at + AFTER
    try:
        judged = list(judged_channels(runtime, found))
    except NoPolicy:
        raise Conflict(
            "no policy is in force here, so that nothing may be sent and nothing be drawn"
        ) from None
    rows = [
        Row(
            document=channel_document(debt, channel, one, found.at),
            closed=tuple(_closed(one, since, until)),
            walls=tuple(_walls(one, found, until)),
        )
        for debt, channel, one in judged
    ]
    where = _where(judged)
    zones = () if where is None else tuple(where.zones.items())
    return Picture(
        borrower=upstream_id,
        at=found.at,
        since=since,
        until=until,
        zones=tuple(dict.fromkeys(name for _, some in zones for name in some)),
        evidence=tuple((source, tuple(some)) for source, some in zones),
        rows=tuple(rows),
        items=tuple(item(one) for one in found.happened),
    )


def _where(judged: Sequence[tuple[Any, str, Judged]]) -> Whereabouts | None:
    cases = [one.case for _, _, one in judged]
    return next((case.subject.where for case in cases if isinstance(case, Case)), None)


def _closed(judged: Judged, since: datetime, until: datetime) -> Iterator[Span]:
    """What the rules that look at the clock alone close, each rule by itself."""
    view = View(judged.facts)
    for bound in bound_rules(judged.bound, view):
        rule = bound.rule
        if not isinstance(rule, ClockWindow | Designation) or not rule.when.matches(view):
            continue
        at, left = since, MOST_BANDS
        while at < until and left:
            left -= 1
            answer = ask(bound.policy, rule, view, at)
            if isinstance(answer, Refuse):
                ends = until if answer.opens is None else min(answer.opens, until)
                yield Span(since=at, until=ends, why=f"{bound.policy.name}/{rule.id}", citation=rule.citation)
            else:
                ends = until if answer.until is None else answer.until
            at = max(ends, at + _STEP)


def _walls(judged: Judged, found: Known, until: datetime) -> Iterator[Span]:
    """What no time helps, from when it stands."""
    for finding in judged.verdict.findings:
        if finding.kind in {Kind.SUPPRESS, Kind.HOLD} and finding.until is None:
            yield Span(
                since=_stands_since(finding, judged, found),
                until=until,
                why=finding.reason,
                citation=finding.citation,
            )


def _stands_since(finding: Finding, judged: Judged, found: Known) -> datetime:
    """When what a finding is about was learned: its event's instant, else the beginning of its date, else
    now."""
    type_, day = finding.values.get("event"), finding.values.get("date")
    known_at = [one.at for one in found.past if one.type == type_]
    if known_at:
        return max(known_at)
    if isinstance(day, str):
        zones = View(judged.facts).zones("all")
        return min(found.at, start_of_date(date.fromisoformat(day), zones[0]))
    return found.at
