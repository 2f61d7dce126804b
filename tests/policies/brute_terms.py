"""The brute force of waits in business days, silences for a term, what must come before, vain calls, and
fatigue."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import holidays

from policies.facts import Event, Facts
from tests.policies.brute_contacts import (
    CALLS,
    DAYS,
    Document,
    Judgement,
    Minute,
    concerns_message,
    contacts,
    counted_by,
    days_since,
    freeing,
    in_same_bucket,
    is_about,
    same_period,
)
from tests.policies.brute_contacts import (
    permits as holds,
)


def _term_bar(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    """A silence of days or months, or until the day that the event names."""

    def silent(event: Event, today: date, begun: date) -> bool:
        if event.until is not None:
            return today <= event.until
        if "days" in rule:
            return (today - begun).days < rule["days"]
        months = (today.year - begun.year) * 12 + today.month - begun.month
        return months < rule["months"] or (months == rule["months"] and today.day < _same_day(begun, today))

    def concerns(event: Event) -> bool:
        return rule.get("scope") != "debt" or is_about(facts, event.debt_ids)

    silences = [
        (event, freeing(facts, event, rule.get("lifted_by", ()), by_debt=rule.get("scope") == "debt"))
        for event in facts.events
        if event.type in rule["events"] and concerns(event)
    ]

    def permits(now: Minute) -> bool:
        return not any(
            event.at <= now.at
            and any(silent(event, now.here(one).date(), event.at.astimezone(one).date()) for one in zones)
            and not free(now.at)
            for event, free in silences
        )

    return permits


def _same_day(begun: date, today: date) -> int:
    """The day of today's month that stands for the day on which something began: the month's last where it is
    too short."""
    last = (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return min(begun.day, last.day)


def begins(rule: Document, facts: Facts, events: list[Event], now: Minute) -> datetime | None:
    """The instant from which a wait is counted; None where no event begins it, or none that still holds."""
    past = [one.at for one in events if one.at <= now.at]
    mine = [one for one in events if concerns_message(facts, one)]
    if rule.get("missing") == "permit":
        holding = [one.at for one in mine if one.at <= now.at] or past
    else:
        holding = [one.at for one in mine if holds(facts, one, now.at)]
    if not holding:
        return None
    return min(holding) if rule.get("first") else max(past)


def _business_wait(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    """Business days are counted back from today: so many must lie after the day of the event."""
    events = [one for one in facts.events if one.type == rule["event"] and is_about(facts, one.debt_ids)]

    def is_business_day(day: date) -> bool:
        if DAYS[day.weekday()] in rule.get("weekend", ("sat", "sun")):
            return False
        return day not in facts.holidays and day not in holidays.country_holidays(
            rule["calendar"], years=day.year
        )

    def passed(begun: date, today: date) -> int:
        while not is_business_day(begun):
            begun += timedelta(days=1)
        return sum(is_business_day(begun + timedelta(days=one)) for one in range(1, (today - begun).days + 1))

    def permits(now: Minute) -> bool:
        since = begins(rule, facts, events, now)
        if since is None:
            return rule.get("missing") == "permit"
        return all(
            passed(since.astimezone(one).date(), now.here(one).date()) >= rule["days"] for one in zones
        )

    return permits


def _required_before(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    def does(event: Event, now: Minute) -> bool:
        if event.type not in rule["events"] or not holds(facts, event, now.at):
            return False
        if not is_about(facts, event.debt_ids) or not concerns_message(facts, event):
            return False
        if any(
            one.type in rule.get("undone_by", ()) and event.at <= one.at <= now.at for one in facts.events
        ):
            return False
        days = [days_since(event.at, now, one) for one in zones]
        return all(rule.get("dates", 0) <= one <= rule.get("within_dates", one) for one in days)

    return lambda now: any(does(event, now) for event in facts.events)


def _dial_cap(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    if facts.proposal.channel not in CALLS:
        return lambda _: True
    answered = {"conversation", "answered_dropped", "delivered"}
    calls = [
        one
        for one in contacts(facts)
        if one.channel in CALLS
        and one.direction == "out"
        and in_same_bucket(facts, one, rule.get("per", "number"))
    ]
    window = rule["window"]

    def in_window(one: Event, now: Minute, where: ZoneInfo) -> bool:
        if "hours" in window:
            return now.at < one.at + timedelta(hours=window["hours"])
        return same_period(window, one.at.astimezone(where).date(), now.here(where).date())

    def permits(now: Minute) -> bool:
        made = [one for one in calls if one.at <= now.at]
        heard = [one.at for one in made if one.outcome in answered] if rule.get("cleared_by_answer") else []
        vain = [one for one in made if one.outcome not in answered and all(one.at > each for each in heard)]
        return all(sum(in_window(one, now, where) for one in vain) < rule["limit"] for where in zones)

    return permits


def _fatigue(rule: Document, facts: Facts, zones: list[ZoneInfo]) -> Judgement:
    counted = counted_by(rule.get("count", {}), facts)
    answered_by = rule.get(
        "answered_by", ("inbound", "payment", "promise_to_pay", "hardship_request", "plan_request", "dispute")
    )
    answers = [one.at for one in facts.events if one.type in answered_by]
    answers += [one.at for one in contacts(facts) if one.outcome == "conversation" or one.direction == "in"]

    def gap(vain: int) -> int:
        days = rule["gap_dates"] * Decimal(str(rule["factor"])) ** (vain - rule["unanswered"])
        return min(rule["longest_dates"], math.ceil(days))

    def permits(now: Minute) -> bool:
        row = [
            one.at
            for one in counted
            if one.at <= now.at and not any(one.at <= each <= now.at for each in answers)
        ]
        for where in zones:
            days = [one.astimezone(where).date() for one in row]
            vain = sum((max(days) - one).days < rule["within_dates"] for one in days)
            if vain >= rule["unanswered"] and days_since(max(row), now, where) < gap(vain):
                return False
        return True

    return permits


OF_TERMS: Mapping[str, Callable[[Document, Facts, list[ZoneInfo]], Judgement]] = {
    "term_bar": _term_bar,
    "business_wait": _business_wait,
    "required_before": _required_before,
    "dial_cap": _dial_cap,
    "fatigue": _fatigue,
}
