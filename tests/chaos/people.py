"""Borrowers of a campaign with facts: names, places, clocks and addresses of their own, and some with an
address that others have too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from policies.places.telephones import read_phone
from tests.somewhere import place_at

PLACES = (
    {"country": "US", "postal_code": "02108", "zone": "America/New_York"},
    {"country": "US", "postal_code": "90001", "zone": "America/Los_Angeles"},
    {"country": "US", "postal_code": "60601", "zone": "America/Chicago"},
    {"country": "US", "postal_code": "80202", "zone": "America/Denver"},
    {"country": "US", "postal_code": "96813", "zone": "Pacific/Honolulu"},
    {"country": "US", "postal_code": "99501", "zone": "America/Anchorage"},
    {"country": "US", "postal_code": "00901", "zone": "America/Puerto_Rico"},
    {"country": "US", "postal_code": "96910", "zone": "Pacific/Guam"},
    {"country": "GB", "time_zone": "Europe/London", "zone": "Europe/London"},
    {"country": "DE", "postal_code": "10115", "zone": "Europe/Berlin"},
    {"country": "IN", "zone": "Asia/Kolkata"},
    {"country": "JP", "zone": "Asia/Tokyo"},
    {"country": "NP", "time_zone": "Asia/Kathmandu", "zone": "Asia/Kathmandu"},
    {"country": "NZ", "postal_code": "6011", "time_zone": "Pacific/Auckland", "zone": "Pacific/Auckland"},
    {"country": "BR", "postal_code": "01310-100", "zone": "America/Sao_Paulo"},
    {"country": "FR", "postal_code": "97100", "zone": "America/Guadeloupe"},
    {"country": "AU", "postal_code": "6000", "time_zone": "Australia/Perth", "zone": "Australia/Perth"},
    {"country": "AE", "time_zone": "Asia/Dubai", "zone": "Asia/Dubai"},
)
"""Places by postal code, by country or by a stated zone, with the clock that must be kept there: the
checker's word, not the service's."""
ZIPS = tuple(one for one in PLACES if one["country"] == "US")
FAMILY = 10
"""Of so many borrowers in a row three have one telephone number, and two others one mailbox."""
ONE_NUMBER, ONE_MAILBOX = (7, 8, 9), (5, 6)
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu", "ha")


@cache
def _at_noon() -> dict[str, str | None]:
    """Where it is about noon when it is first asked for."""
    noon = place_at()
    return {"country": noon["country"], "time_zone": noon["time_zone"], "zone": noon["time_zone"]}


@cache
def _areas() -> tuple[int, ...]:
    """Area codes that are nowhere: a number says nothing of where somebody is."""
    codes = (code for code in range(200, 1000) if code % 100 != 11)
    return tuple(code for code in codes if not read_phone(f"+1{code}5550101").places)


def family_name(number: int) -> str:
    """A name that nobody else has, nor any word: four syllables and an ending."""
    digits = [number >> shift & 15 for shift in (12, 8, 4, 0)]
    return "".join(SYLLABLES[digit] for digit in digits).capitalize() + "quist"


@dataclass(frozen=True, slots=True)
class Person:
    """One borrower as the upstream system knows them now."""

    number: int
    moved: int = 0
    """How often the address changed."""
    place: int | None = None
    """Of `PLACES`; without it where they began."""

    @property
    def id(self) -> str:
        """What the upstream system calls them."""
        return f"B-{self.number}"

    @property
    def name(self) -> str:
        """As it is written in letters and mails."""
        return f"Ana {family_name(self.number)}"

    def _shared(self, few: tuple[int, ...]) -> int:
        """Whose address they have: their own, or the first one's of those who share."""
        inside = self.number % FAMILY
        return self.number - inside + few[0] if inside in few and not self.moved else self.number

    @property
    def phone(self) -> str:
        """Of a range that is nobody's."""
        who = self._shared(ONE_NUMBER)
        areas = _areas()[1::2] if self.moved else _areas()[::2]
        return f"+1{areas[who // 100 % len(areas)]}55501{who % 100:02d}"

    @property
    def mailbox(self) -> str:
        """Of a domain that is nobody's."""
        return f"{('box', 'newbox')[self.moved > 0]}{self._shared(ONE_MAILBOX):05d}@example.com"

    @property
    def zone(self) -> str:
        """The clock that must be kept."""
        return str(self._where()["zone"])

    def _where(self) -> dict[str, str | None]:
        if self.place is not None:
            return dict(PLACES[self.place])
        if self.number % 2:
            return dict(PLACES[self.number // 2 % len(PLACES)])
        return _at_noon()

    def profile(self) -> dict[str, Any]:
        """As it is posted, without the id."""
        where = self._where()
        return {
            "name": self.name,
            "language": "en-US",
            "country": where["country"],
            "postal_code": where.get("postal_code"),
            "time_zone": where.get("time_zone"),
            "addresses": {"sms": self.phone, "voice": self.phone, "email": self.mailbox},
        }

    def line(self) -> dict[str, Any]:
        """For the record that is judged."""
        return {
            "borrower": self.id,
            "name": self.name,
            "zone": self.zone,
            "addresses": [self.phone, self.mailbox],
            "principal": principal(self.number),
            "creditor": creditor(self.number),
        }


def principal(number: int) -> str:
    """What one borrower alone owes: 50,000.50 and up, which no amount due is."""
    return f"{50_000 + number}.50"


def creditor(number: int) -> str:
    """One of three lenders."""
    return f"lender-{number % 3}"
