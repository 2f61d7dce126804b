"""Instants as people pick them: a date, a time of day, and the zone that both are meant in."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from policies.windows import start_of_date
from policies.zones import NoSuchZone, zone
from service.console.forms import Form, in_our_time, misfit


def local_instant(form: Form, name: str, otherwise: str) -> datetime | None:
    """The instant of the fields `name_date`, `name_time` and `name_zone` (else the zone `otherwise`); None
    where no date is picked.

    A wall-clock time that a zone skips is the instant of the change; of one that comes twice, the later one:
    what begins then must not begin too soon. Raises InvalidRequest."""
    day, clock, place = form.word(f"{name}_date"), form.word(f"{name}_time"), form.word(f"{name}_zone")
    if day is None:
        return None
    try:
        where = zone(place or otherwise)
    except NoSuchZone:
        raise misfit(
            f"{name}_zone", "expected a zone of the IANA database, such as America/New_York"
        ) from None
    try:
        picked = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock or "00:00"))
    except ValueError:
        raise misfit(
            f"{name}_date", "expected a date and a time of day, such as 2027-01-01 and 08:00"
        ) from None
    if picked.tzinfo is not None:
        raise misfit(
            f"{name}_time", "expected a time of day without an offset: the zone has a field of its own"
        )
    in_our_time(picked, f"{name}_date")
    return max(picked.replace(tzinfo=where, fold=fold).astimezone(UTC) for fold in (0, 1))


def day_of(form: Form, name: str, place: str, *, ends: bool = False) -> datetime | None:
    """The beginning of a picked day in a zone, or its end; None where none is picked. Raises
    InvalidRequest."""
    text = form.word(name)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=ends)
        in_our_time(datetime.combine(day, time()), name)
        return start_of_date(day, zone(place)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise misfit(name, "expected a date, such as 2027-01-01") from None


def since_of(form: Form, name: str, place: str, *, ends: bool = False) -> datetime | None:
    """The instant that a link names, or that is picked as date and time in a zone; of a date alone its
    beginning, or its end. None where nothing is picked. Raises InvalidRequest."""
    text = form.word(name)
    if text is None or "T" not in text:
        return day_of(form, name, place, ends=ends)
    try:
        picked = datetime.fromisoformat(text)
    except ValueError:
        return form.instant(name)
    if picked.tzinfo is not None:
        return form.instant(name)
    return in_our_time(picked, name).replace(tzinfo=zone(place)).astimezone(UTC)


def local_parts(at: datetime, place: str) -> tuple[str, str]:
    """The date and the time of day of an instant, for fields."""
    local = at.astimezone(zone(place))
    return f"{local:%Y-%m-%d}", f"{local:%H:%M}"
