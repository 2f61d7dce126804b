"""The law by brute force: is this minute permitted, and which is the first one that is? Asked minute by
minute, from the documents.

Written separately from the engine and sharing none of its search: a minute's wall clock is looked up in every
zone, contacts are counted by their dates, and the next minute is asked afresh. Slow, and too plain to be
wrong in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from policies.facts import Event, Facts
from tests.policies.brute_contacts import (
    CALLS,
    DAYS,
    Document,
    Judgement,
    Minute,
    beginnings,
    consented,
    contacts,
    counted_by,
    days_since,
    freeing,
    in_same_bucket,
    is_about,
    is_for_matter,
    same_period,
    shuts,
    zones_of,
)
from tests.policies.brute_contacts import (
    permits as holds,
)
from tests.policies.brute_terms import OF_TERMS, begins

MINUTE = timedelta(minutes=1)
TRIGGERS: Mapping[str, set[str]] = {
    "conversation": {"conversation", "hung_up", "unknown"},
    "reached": {
        "conversation", "hung_up", "voicemail_left", "answered_dropped", "delivered", "in_flight", "unknown",
    },
}  # fmt: skip


def first_permitted(
    documents: Sequence[Document], facts: Facts, at: datetime, horizon: timedelta
) -> datetime | None:
    """The first minute from `at` to `at + horizon` that every rule permits."""
    judgements = list(_judgements(documents, facts))
    minute = at
    while minute <= at + horizon:
        if _all(judgements, Minute(minute)):
            return minute
        minute += MINUTE
    return None


def first_forbidden(
    documents: Sequence[Document], facts: Facts, at: datetime, horizon: timedelta
) -> datetime | None:
    """The first minute from `at` to `at + horizon` that some rule forbids."""
    judgements = list(_judgements(documents, facts))
    minute = at
    while minute <= at + horizon:
        if not _all(judgements, Minute(minute)):
            return minute
        minute += MINUTE
    return None


def _all(judgements: Sequence[Judgement], minute: Minute) -> bool:
    return all(permits(minute) for permits in judgements)


def _judgements(documents: Sequence[Document], facts: Facts) -> Iterator[Judgement]:
    for document in documents:
        for rule in document["rules"]:
            zones = zones_of(facts, rule.get("zones") or document.get("zones", "all"))
            yield _in_force(document, rule, facts, zones, _BY_KIND[rule["kind"]](rule, facts, zones))


def _in_force(
    document: Document, rule: Document, facts: Facts, zones: list[ZoneInfo], permits: Judgement
) -> Judgement:
    """A rule forbids only while its policy and it are in force somewhere, and only the channels that it is
    about."""
    everywhere = zones_of(facts, "all")
    channels = rule.get("when", {}).get("channels")
    if channels is not None and facts.proposal.channel not in channels:
        return lambda _: True
    if "effective" not in document and "effective" not in rule:
        return permits

    first, last = _span(document)
    begun, ended = _span(rule)

    def judged(now: Minute) -> bool:
        days = [now.here(one).date() for one in everywhere]
        here = [now.here(one).date() for one in zones]
        if not any(first <= day < last for day in days):
            return True
        if all(day < begun for day in here) or all(day >= ended for day in here):
            return True
        return permits(now)

    return judged


def _span(of: Document) -> tuple[date, date]:
    given = of.get("effective", {})
    first, last = given.get("from"), given.get("until")
    return date.fromisoformat(first) if first else date.min, date.fromisoformat(last) if last else date.max


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:5])


# --- hours
# ------------------------------------------------------------------------------------------------------------


def _clock_window(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    def is_holiday(day: date) -> bool:
        return "holiday" in rule["hours"] and day in facts.holidays

    table = {
        name: [(_minutes(one[:5]), _minutes(one[6:])) for one in spans]
        for name, spans in rule["hours"].items()
    }

    def rows(day: date) -> list[tuple[int, int]]:
        return table.get("holiday" if is_holiday(day) else DAYS[day.weekday()], [])

    def open_on(day: date, minute: int) -> bool:
        yesterday = day - timedelta(days=1)
        if any(opens <= minute and (minute < closes or closes <= opens) for opens, closes in rows(day)):
            return True
        if is_holiday(day) and not is_holiday(yesterday):
            return False
        return any(closes <= opens and minute < closes for opens, closes in rows(yesterday))

    def permits(now: Minute) -> bool:
        for one in zones:
            here = now.here(one)
            if not open_on(here.date(), here.hour * 60 + here.minute):
                return False
        return True

    return permits


def _designation(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    named = [
        (event, freeing(facts, event, ("designation_withdrawn",)))
        for event in facts.events
        if event.type == "designation"
    ]

    def inconvenient(event: Event, here: datetime) -> bool:
        if event.until is not None and here.date() > event.until:
            return False
        today, yesterday = DAYS[here.weekday()], DAYS[here.weekday() - 1]
        for one in event.inconvenient:
            begin = one.start.hour * 60 + one.start.minute if one.start else 0
            end = one.end.hour * 60 + one.end.minute if one.end else 24 * 60
            minute = here.hour * 60 + here.minute
            if begin < end:
                if today in one.days and begin <= minute < end:
                    return True
            elif (today in one.days and minute >= begin) or (yesterday in one.days and minute < end):
                return True
        return False

    def permits(now: Minute) -> bool:
        return not any(
            event.at <= now.at
            and any(inconvenient(event, now.here(one)) for one in zones)
            and not free(now.at)
            for event, free in named
        )

    return permits


# --- counting -----------------------------------------------------------------------------------------------


def _cap(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    given = rule.get("count", {})
    counted = counted_by(given, facts)
    limit, window, after = rule["limit"], rule["window"], rule.get("active_after")
    begins: datetime | None = None
    if after is not None:
        instants = beginnings(facts, after, given.get("per", "borrower"))
        if not instants:
            return lambda _: True
        begins = min(instants)
        counted = [one for one in counted if one.at >= begins]
    dates = {id(where): [one.at.astimezone(where).date() for one in counted] for where in zones}

    def permits(now: Minute) -> bool:
        at = now.at
        if given.get("not_consented") and consented(facts, at):
            return True
        if "ever" in window:
            return sum(one.at <= at for one in counted) < limit
        if "hours" in window:
            used = sum(one.at <= at < one.at + timedelta(hours=window["hours"]) for one in counted)
            return used < limit
        for where in zones:
            today = now.here(where).date()
            used = sum(
                one.at <= at and same_period(window, day, today)
                for one, day in zip(counted, dates[id(where)], strict=True)
            )
            if used >= limit:
                return False
        return True

    return permits


def _cool_off(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    kinds = TRIGGERS.get(rule.get("trigger", "conversation"))
    per = rule.get("per", "debt")
    triggers = [
        one
        for one in contacts(facts)
        if one.channel in CALLS
        and (kinds is None or one.outcome in kinds)
        and (
            one.to == facts.proposal.to and is_about(facts, one.discussed or one.debt_ids)
            if per == "debt"
            else in_same_bucket(facts, one, per)
        )
    ]

    def permits(now: Minute) -> bool:
        past = [one.at for one in triggers if one.at <= now.at]
        if not past or (rule.get("lifted_by_consent") and consented(facts, now.at)):
            return True
        if "hours" in rule:
            return now.at >= max(past) + timedelta(hours=rule["hours"])
        return all(days_since(max(past), now, one) >= rule["dates"] for one in zones)

    return permits


def _min_gap(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    instants = [one.at for one in counted_by(rule.get("count", {}), facts)]

    def permits(now: Minute) -> bool:
        past = [one for one in instants if one <= now.at]
        return not past or all(days_since(max(past), now, one) >= rule["dates"] for one in zones)

    return permits


def _channel_exclusivity(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    def medium(channel: str | None) -> str | None:
        return "voice" if channel in CALLS else channel

    mine = medium(facts.proposal.channel)
    other = [one.at for one in counted_by({"counts": "reached"}, facts) if medium(one.channel) != mine]

    def permits(now: Minute) -> bool:
        return not any(
            one <= now.at and one.astimezone(where).isocalendar()[:2] == now.here(where).isocalendar()[:2]
            for one in other
            for where in zones
        )

    return permits


# --- events -------------------------------------------------------------------------------------------------


def _wait_after(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    events = [one for one in facts.events if one.type == rule["event"] and is_about(facts, one.debt_ids)]

    def permits(now: Minute) -> bool:
        since = begins(rule, facts, events, now)
        if since is None:
            return rule.get("missing") == "permit"
        return all(days_since(since, now, one) >= rule["dates"] for one in zones)

    return permits


def _bar(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    """Bars of the whole borrower, or of a medium, for some days, while nothing lifts them."""
    lasts = timedelta(days=rule.get("days", 36_500))
    bars = [
        (event.at, event.at + lasts, freeing(facts, event, rule.get("lifted_by", ())))
        for event in facts.events
        if event.type in rule["events"] and (rule.get("scope") != "channel" or shuts(facts, event))
    ]
    return lambda now: not any(begin <= now.at < end and not free(now.at) for begin, end, free in bars)


def _consent(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    """A consent to the message's very channel, or to any, that holds."""
    given = [
        one
        for one in facts.events
        if one.type in rule.get("accepts", ("consent",))
        and one.channel in {None, "any", facts.proposal.channel}
        and (None in {one.address, facts.proposal.address} or one.address == facts.proposal.address)
        and (None in {one.creditor, facts.proposal.creditor} or one.creditor == facts.proposal.creditor)
        and is_about(facts, one.debt_ids)
        and is_for_matter(facts, one)
    ]
    return lambda now: any(holds(facts, one, now.at) for one in given)


_BY_KIND: Mapping[str, Callable[[Document, Facts, list[ZoneInfo]], Judgement]] = {
    "clock_window": _clock_window,
    "designation": _designation,
    "cap": _cap,
    "cool_off": _cool_off,
    "min_gap": _min_gap,
    "channel_exclusivity": _channel_exclusivity,
    "wait_after": _wait_after,
    "bar": _bar,
    "consent": _consent,
    **OF_TERMS,
}
