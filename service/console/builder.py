"""Builds a policy's text from a form: the usual house rules (hours by weekday, caps, tiers), with cases that
test each of them.

The text is the policy: whoever wants more than the form offers edits it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import yaml

from policies.calendars import is_holiday
from service.console.forms import Form, misfit
from service.console.words import N_
from service.model.medium import law_channel

DAYS = (
    ("mon", N_("Monday")),
    ("tue", N_("Tuesday")),
    ("wed", N_("Wednesday")),
    ("thu", N_("Thursday")),
    ("fri", N_("Friday")),
    ("sat", N_("Saturday")),
    ("sun", N_("Sunday")),
)
ROWS = (1, 2, 3)
"""Caps, and tiers, that the form offers."""
CHANNELS = {
    "sms": ["sms"],
    "email": ["email"],
    "voice": ["voice", "voice_prerecorded"],
    "whatsapp": ["im"],
}
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_CALENDAR = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3}){0,2}")
_MONDAY = date(2027, 2, 22)
"""Of the week of the cases: winter in London, whose clock is UTC's then."""
_ZONES = {"zones_by_source": {"address": ["Europe/London"]}}
MOST_CONTACTS, MOST_DAYS, MOST_OVERDUE = 100, 366, 10_000


class _Plain(yaml.SafeDumper):
    """Writes what stands twice twice: a policy has no anchors and aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Of whatever."""
        del data
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most so many contacts in so many days."""

    limit: int
    days: int
    channel: str | None
    per: str
    band: tuple[int, int | None] | None = None

    @property
    def title(self) -> str:
        """In words."""
        what = "contacts" if self.channel is None else f"contacts by {self.channel}"
        band = "" if self.band is None else f", {_band_words(self.band)}"
        return f"house policy: {self.limit} {what} in {self.days} days per {self.per}{band}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A band of days past due with its channels."""

    name: str
    band: tuple[int, int | None]
    channels: tuple[str, ...]


def built(form: Form, today: date) -> tuple[str, str]:
    """The name and the text of the policy that a form asks for. Raises InvalidRequest at the field that does
    not fit."""
    name = form.line("name")
    if _NAME.fullmatch(name) is None:
        raise misfit("name", "expected at most 64 lower-case letters, digits, dots, hyphens and underscores")
    hours, holidays = _hours(form), _calendar(form)
    tiers = list(_tiers(form))
    caps = [*_caps(form), *(cap for _, cap in tiers if cap is not None)]
    rules = list(_rules(hours, holidays, caps, [tier for tier, _ in tiers]))
    if not rules:
        raise misfit("open_mon", "expected hours, a cap or a tier: a policy without rules permits everything")
    places = [one for one in re.split(r"[\s,]+", form.one("jurisdictions").strip()) if one]
    if any(_PLACE.fullmatch(one) is None for one in places):
        raise misfit("jurisdictions", "expected codes of countries or parts of them, such as ES, US-MA")
    document: dict[str, Any] = {
        "name": name,
        "version": "1",
        "title": form.line("title"),
        "citation": form.line("because"),
        "force": "house",
        **({"match": {"jurisdictions": places}} if places else {}),
        "verified_on": today,
        "confidence": "high",
        "rules": rules,
        "cases": list(_cases(hours, holidays, caps, [tier for tier, _ in tiers])),
    }
    return name, yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


def _hours(form: Form) -> dict[str, tuple[str, str]] | None:
    """Opening and closing by day; None where no day has any."""
    found: dict[str, tuple[str, str]] = {}
    for day, _ in DAYS:
        opens, closes = form.word(f"open_{day}"), form.word(f"close_{day}")
        if opens is None and closes is None:
            continue
        for field, clock in ((f"open_{day}", opens), (f"close_{day}", closes)):
            if clock is None or _CLOCK.fullmatch(clock) is None:
                raise misfit(field, "expected a time of day, such as 09:00; a closed day has neither")
        if opens is not None and closes is not None:
            if opens >= closes:
                raise misfit(f"close_{day}", "expected a time after the opening")
            found[day] = opens, closes
    return found or None


def _calendar(form: Form) -> str | None:
    found = form.word("calendar")
    if found is not None and _CALENDAR.fullmatch(found) is None:
        raise misfit("calendar", "expected the code of a country or a part of it, such as ES or CA-QC")
    return found


def _caps(form: Form) -> Iterator[Cap]:
    for row in ROWS:
        limit = _number(form, f"cap_limit_{row}", 1, MOST_CONTACTS)
        if limit is None:
            continue
        days = _number(form, f"cap_days_{row}", 1, MOST_DAYS)
        if days is None:
            raise misfit(f"cap_days_{row}", "expected over how many days it is counted")
        yield Cap(
            limit=limit,
            days=days,
            channel=form.choice(f"cap_channel_{row}", CHANNELS),
            per=form.choice(f"cap_per_{row}", ("borrower", "debt")) or "borrower",
        )


def _tiers(form: Form) -> Iterator[tuple[Tier, Cap | None]]:
    for row in ROWS:
        first = _number(form, f"tier_from_{row}", 0, MOST_OVERDUE)
        name = form.word(f"tier_name_{row}")
        if first is None and name is None:
            continue
        if first is None or name is None:
            raise misfit(
                f"tier_from_{row}" if first is None else f"tier_name_{row}",
                "expected a name and the first day past due of a tier",
            )
        last = _number(form, f"tier_to_{row}", 0, MOST_OVERDUE)
        if last is not None and last < first:
            raise misfit(f"tier_to_{row}", "expected a day not before the first one")
        chosen = tuple(one for one in CHANNELS if one in form.all(f"tier_channels_{row}"))
        if not chosen:
            raise misfit(f"tier_channels_{row}", "expected at least one channel")
        limit = _number(form, f"tier_limit_{row}", 1, MOST_CONTACTS)
        days = _number(form, f"tier_days_{row}", 1, MOST_DAYS)
        if (limit is None) is not (days is None):
            raise misfit(f"tier_days_{row}", "expected both a number of contacts and the days that it is for")
        cap = None
        if limit is not None and days is not None:
            cap = Cap(limit=limit, days=days, channel=None, per="debt", band=(first, last))
        yield Tier(name=name, band=(first, last), channels=chosen), cap


def _number(form: Form, name: str, least: int, most: int) -> int | None:
    text = form.word(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and least <= int(text) <= most):  # noqa: PLR2004
        raise misfit(name, f"expected a whole number from {least} to {most:,}")
    return int(text)


def _band(band: tuple[int, int | None]) -> dict[str, int]:
    return {"min": band[0], **({} if band[1] is None else {"max": band[1]})}


def _band_words(band: tuple[int, int | None]) -> str:
    return f"{band[0]} days past due and more" if band[1] is None else f"{band[0]} to {band[1]} days past due"


def _rules(
    hours: dict[str, tuple[str, str]] | None, calendar: str | None, caps: list[Cap], tiers: list[Tier]
) -> Iterator[dict[str, Any]]:
    if hours is not None:
        rows: dict[str, Any] = {day: "-".join(span) for day, span in hours.items()}
        yield {
            "id": "hours",
            "kind": "clock_window",
            "citation": "house policy: hours by weekday, in every candidate zone",
            "hours": rows | ({} if calendar is None else {"holiday": []}),
            **({} if calendar is None else {"calendar": calendar}),
            "unless": {"time_consent": True, "reply": True},
        }
    yield from _cap_rules(caps)
    yield from _tier_rules(tiers)


def _cap_rules(caps: list[Cap]) -> Iterator[dict[str, Any]]:
    for place, cap in enumerate(caps, 1):
        when: dict[str, Any] = {"not_content_classes": ["optout_confirmation"]}
        if cap.channel is not None:
            when["channels"] = CHANNELS[cap.channel]
        if cap.band is not None:
            when["days_past_due"] = _band(cap.band)
        counted = {} if cap.channel is None else {"channels": CHANNELS[cap.channel]}
        yield {
            "id": f"cap-{place}",
            "kind": "cap",
            "citation": cap.title,
            "limit": cap.limit,
            "window": {"consecutive_dates": cap.days},
            "count": {
                **counted,
                "counts": "ring",
                "per": cap.per,
                "not_requested": True,
                "not_replies": True,
            },
            "when": when,
            "unless": {"reply": True, "requested_callback": True},
        }


def _tier_rules(tiers: list[Tier]) -> Iterator[dict[str, Any]]:
    for place, tier in enumerate(tiers, 1):
        yield {
            "id": f"tier-{place}",
            "kind": "tier",
            "citation": f"house policy: {_band_words(tier.band)}",
            "name": tier.name,
            "band": _band(tier.band),
            "channels": [name for one in tier.channels for name in CHANNELS[one]],
            "unless": {"reply": True, "requested_callback": True, "required_by_law": True},
        }


def _open_day(hours: dict[str, tuple[str, str]] | None, calendar: str | None) -> tuple[date, str]:
    """A day of the cases' week that is open and no holiday, and a time of day within."""
    for place, (day, _) in enumerate(DAYS):
        on = _MONDAY + timedelta(days=place)
        if calendar is not None and is_holiday(calendar, on, moved=True):
            continue
        if hours is None:
            return on, "12:00"
        if day in hours:
            return on, hours[day][0]
    return _MONDAY, "12:00"


def _case(id_: str, at: str, channel: str, verdict: str, **further: Any) -> dict[str, Any]:
    borrower = _ZONES | further.pop("borrower", {})
    return {
        "id": id_,
        "borrower": borrower,
        "debt_ids": ["d1"],
        **further,
        "proposed": {"at": at, "channel": law_channel(channel)},
        "expected": {"verdict": verdict},
    }


def _cases(
    hours: dict[str, tuple[str, str]] | None, calendar: str | None, caps: list[Cap], tiers: list[Tier]
) -> Iterator[dict[str, Any]]:
    """A case for each rule where it permits, and where it does not."""
    on, clock = _open_day(hours, calendar)
    now = f"{on}T{clock}:00+00:00"
    if hours is not None:
        yield _case("at-the-opening", now, "sms", "allow")
        closes = hours[DAYS[on.weekday()][0]][1]
        yield _case("at-the-close", f"{on}T{closes}:00+00:00", "sms", "defer")
        for place, (day, _) in enumerate(DAYS):
            if day not in hours:
                yield _case(
                    f"closed-on-{day}", f"{_MONDAY + timedelta(days=place)}T12:00:00+00:00", "email", "defer"
                )
    for place, cap in enumerate(caps, 1):
        channel = cap.channel or (_channel_in(tiers, cap.band) if cap.band else "sms")
        overdue = {} if cap.band is None else {"days_past_due": cap.band[0]}
        made = [
            {
                "type": "contact",
                "at": f"{on}T00:00:{second:02d}+00:00",
                "channel": law_channel(channel),
                "outcome": "delivered",
                "debt_ids": ["d1"],
            }
            for second in range(min(cap.limit, 60))
        ]
        if cap.limit <= 60:  # noqa: PLR2004 - a second each
            yield _case(f"cap-{place}-is-full", now, channel, "defer", borrower=overdue, history=made)
            if _smallest(cap, caps, channel):
                yield _case(
                    f"cap-{place}-has-one-left", now, channel, "allow", borrower=overdue, history=made[1:]
                )
    for place, tier in enumerate(tiers, 1):
        overdue = {"days_past_due": tier.band[0]}
        yield _case(f"tier-{place}-uses-it", now, tier.channels[0], "allow", borrower=overdue)
        for channel in CHANNELS:
            if channel not in tier.channels:
                yield _case(f"tier-{place}-without-{channel}", now, channel, "suppress", borrower=overdue)


def _channel_in(tiers: list[Tier], band: tuple[int, int | None]) -> str:
    """A channel that the tier of a band uses."""
    return next((tier.channels[0] for tier in tiers if tier.band == band), "sms")


def _smallest(cap: Cap, caps: list[Cap], channel: str) -> bool:
    """Whether no other cap is full before this one is, on its channel."""
    others = [one for one in caps if one is not cap and one.channel in {None, channel}]
    met = (one for one in others if cap.band is None or one.band in {None, cap.band})
    return all(one.limit >= cap.limit for one in met)
