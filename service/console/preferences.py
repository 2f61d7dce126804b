"""What a reader prefers: the language of the pages, and the zone in which instants are shown. Kept by the
browser, in two cookies."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from zoneinfo import available_timezones

from starlette.requests import Request

from policies.zones import NoSuchZone
from policies.zones import zone as find_zone
from service.console.words import LANGUAGES, negotiated

LANGUAGE, ZONE = "forbear_language", "forbear_zone"
LONGEST = 64


def language_of(request: Request) -> str:
    """The language that was chosen, else the one that the browser asks for first."""
    chosen = request.cookies.get(LANGUAGE)
    if chosen is not None and chosen in LANGUAGES:
        return chosen
    return negotiated(request.headers.get("accept-language", ""))


def zone_of(name: str | None) -> str:
    """A zone by its name; UTC where there is none of this name."""
    if not name or len(name) > LONGEST:
        return "UTC"
    try:
        find_zone(name)
    except NoSuchZone:
        return "UTC"
    return name


@cache
def zones() -> Sequence[str]:
    """The zones to choose from: UTC, and those of places."""
    areas = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
    return ("UTC", *sorted(one for one in available_timezones() if one.startswith(areas)))
