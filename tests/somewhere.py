"""Places for borrowers of tests that run by the real clock: where it is about noon, and where no law pack
binds."""

from __future__ import annotations

import functools
import importlib.resources
import re
from datetime import UTC, datetime
from typing import Any

from policies.places.clocks import distinct
from policies.places.codes import canonical, country_of
from policies.places.parts import country_by_zone, zones_of_country
from policies.zones import zone

_JURISDICTIONS = re.compile(r"^match: \{jurisdictions: \[([^\]]*)", re.MULTILINE)


@functools.cache
def _lawless() -> tuple[tuple[str, str], ...]:
    """Countries with one clock and no law pack, each with its zone."""
    packs = importlib.resources.files("policies.packs").iterdir()
    texts = [one.read_text("utf-8") for one in packs if one.name.endswith(".yaml")]
    listed = ", ".join(codes for text in texts for codes in _JURISDICTIONS.findall(text))
    bound = {code[:2] for code in listed.split(", ")}
    found = {
        country: name
        for name, country in sorted(country_by_zone().items())
        if country_of(canonical(country)) not in bound and len(distinct(zones_of_country(country))) == 1
    }
    return tuple(sorted(found.items()))


def place_at(hour: int = 12, at: datetime | None = None) -> dict[str, Any]:
    """The fields of a profile for a place where it is about that hour: a stated place and a stated zone that
    agree."""
    now = at or datetime.now(UTC)  # noqa: TID251 - the service under test runs by the real clock

    def away(entry: tuple[str, str]) -> float:
        here = now.astimezone(zone(entry[1]))
        difference = abs(here.hour + here.minute / 60 - hour - 0.5) % 24
        return min(difference, 24 - difference)

    country, name = min(_lawless(), key=away)
    return {"jurisdiction": country, "country": country, "postal_code": None, "time_zone": name}
