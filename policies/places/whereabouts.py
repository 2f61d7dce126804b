"""What all evidence of place says together: the places whose law binds, the candidate zones, and what it
cannot agree on.

Law packs of every place that the stated jurisdiction, the postal code, the country and the account point to
bind; a telephone's place where nothing else is known. Candidate zones come from the same evidence; a stated
zone takes the place of the telephone's and is held against those of the address. What contradicts itself is
warned of, and held where no zone is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

from policies.evidence import Evidence
from policies.places.clocks import UNIVERSAL, agreement, distinct
from policies.places.codes import COUNTRY_LETTERS, canonical, conflict, country_of, covers, is_subdivision
from policies.places.parts import country_by_zone, zones_of_place
from policies.places.postal import country_by_shape, read_postal_code
from policies.places.telephones import Telephone, read_phone
from policies.zones import NoSuchZone, zone

Source = Literal["stated", "postal_code", "country", "account", "phone"]
PLACE_CONFLICT, ZONE_CONFLICT, PLACE_UNKNOWN = "place_conflict", "zone_conflict", "place_unknown"


class Pointer(NamedTuple):
    """A place that one piece of evidence points to."""

    place: str
    source: Source


class Bearing(NamedTuple):
    """A pointer with all that its evidence says."""

    pointer: Pointer
    zones: tuple[str, ...]
    exact: bool = False
    """It says which part of the place is meant, and that no further part has to be looked for."""
    abroad: bool = False
    """It says that somebody is elsewhere."""

    @property
    def place(self) -> str:
        """The place that it points to."""
        return self.pointer.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where a borrower may be."""

    pointers: tuple[Pointer, ...] = ()
    """The places whose law binds, each with its source; none where nothing at all is known."""
    unsure: tuple[str, ...] = ()
    """Those of them of which no part is known: the hours and caps of any part that has packs may bind."""
    zones: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Candidate zones: `stated`, or `address` and `phone`."""
    warnings: tuple[str, ...] = ()
    """`place_conflict`, `zone_conflict`, `place_unknown`, as they apply."""
    held: str | None = None
    """The sentence (policies/sentences.py) that says why nobody can tell where the borrower is; None where
    somebody can."""

    @property
    def place(self) -> str | None:
        """The one place to name where one is wanted: what was stated, made narrower by what lies within it;
        or what was found first."""
        return _named(self.pointers)


@lru_cache(maxsize=4096)
def _named(pointers: tuple[Pointer, ...]) -> str | None:
    """Most of a lender's borrowers are in few places, and every decision names one."""
    if not pointers:
        return None
    first = pointers[0].place
    return max((one.place for one in pointers if covers(first, one.place)), key=len)


NOWHERE = Whereabouts(warnings=(PLACE_UNKNOWN,))
"""Nothing is known."""


def whereabouts(evidence: Evidence) -> Whereabouts:
    """What the evidence says. What is no code, number or zone says nothing, and never less strictly than if
    it were not there."""
    known = Known(
        evidence.stated, evidence.country, evidence.account, evidence.time_zone, _phones(evidence.phones)
    )
    return _weighed(known, _postal(known, evidence.postal_code) if evidence.postal_code else None)


class Known(NamedTuple):
    """Evidence without its numbers: of a telephone only what its area says. Many borrowers share one."""

    stated: str | None
    country: str | None
    account: str | None
    time_zone: str | None
    phones: tuple[Telephone, ...]


@lru_cache(maxsize=16384)
def _weighed(evidence: Known, postal: Bearing | None) -> Whereabouts:
    """What all the evidence says together. Remembered by what it rests on, which borrowers of one place have
    in common."""
    bearings = _bearings(evidence, postal)
    binding = bearings or _of_phones(evidence.phones)
    pointers = tuple(dict.fromkeys(bearing.pointer for bearing in binding))
    warnings = [PLACE_CONFLICT] if _conflict(bearings) else []
    zones, contradiction, held = _zones(evidence.time_zone, bearings, evidence.phones)
    if contradiction:
        warnings.append(ZONE_CONFLICT)
    if not pointers or held == _MILITARY:
        warnings.append(PLACE_UNKNOWN)
    return Whereabouts(
        pointers=pointers,
        unsure=_unsure(binding),
        zones=MappingProxyType(zones),
        warnings=tuple(warnings),
        held=held,
    )


_MILITARY, _EMPTY = "place.military", "place.no_zone_in_common"


def _bearings(evidence: Known, postal: Bearing | None) -> tuple[Bearing, ...]:
    """What everything but the telephone says."""
    found = [_bearing(code, source) for code, source in _stated(evidence)]
    if postal is not None:
        found.append(postal)
    if evidence.country:
        found.append(_bearing(evidence.country, "country"))
    if evidence.account:
        found.append(_bearing(evidence.account, "account"))
    return tuple(found)


def _bearing(code: str, source: Source) -> Bearing:
    place = canonical(code)
    return Bearing(Pointer(place, source), zones_of_place(place))


def _stated(evidence: Known) -> Iterable[tuple[str, Source]]:
    """The stated jurisdiction. Two letters that are a country, and a part of the country of the address (or,
    where none is given, of the telephone's), may mean either (`MA` is Morocco and Massachusetts): then both
    are stated."""
    if not evidence.stated:
        return
    yield evidence.stated, "stated"
    if len(canonical(evidence.stated)) == COUNTRY_LETTERS:
        given = country_of(canonical(evidence.country)) if evidence.country else None
        called = {country_of(place) for one in evidence.phones for place in one.places}
        for country in [given] if given else sorted(called):
            if country != evidence.stated and is_subdivision(
                part := canonical(f"{country}-{evidence.stated}")
            ):
                yield part, "stated"


def _postal(evidence: Known, code: str) -> Bearing | None:
    """What the postal code says: read as its country's, or where that is not given as that of the first
    evidence that can read it."""
    shaped = None if evidence.country else country_by_shape(code)
    for country in _countries(evidence, shaped):
        area = read_postal_code(country, code)
        if area is not None:
            exact = len(area.place) > COUNTRY_LETTERS or (not area.abroad and country == "US")
            return Bearing(Pointer(area.place, "postal_code"), area.zones, exact=exact, abroad=area.abroad)
        if country == shaped and country not in _stated_countries(evidence):
            return Bearing(Pointer(country, "postal_code"), zones_of_place(country))
    return None


def _stated_countries(evidence: Known) -> list[str]:
    """Where the borrower is stated to be, and where the account is."""
    named = [code for code, _ in _stated(evidence)] + ([evidence.account] if evidence.account else [])
    return [country_of(canonical(code)) for code in named]


def _countries(evidence: Known, shaped: str | None) -> tuple[str, ...]:
    """The countries whose postal codes are to be tried, in their order; one where the country is given.
    `shaped`: the only one that writes its codes so."""
    if evidence.country:
        return (country_of(canonical(evidence.country)),)
    found = _stated_countries(evidence)
    found += [shaped] if shaped else []
    found += [country_of(place) for one in evidence.phones for place in one.places]
    zoned = country_by_zone().get(evidence.time_zone or "")
    return tuple(dict.fromkeys([*found, *([country_of(canonical(zoned))] if zoned else [])]))


def _phones(numbers: Iterable[str]) -> tuple[Telephone, ...]:
    """What each number says, once where several say the same."""
    return tuple(dict.fromkeys(one for one in map(read_phone, numbers) if one.places))


def _of_phones(phones: Iterable[Telephone]) -> tuple[Bearing, ...]:
    return tuple(
        Bearing(Pointer(place, "phone"), one.zones, exact=len(place) > COUNTRY_LETTERS)
        for one in phones
        for place in one.places
    )


def _conflict(bearings: tuple[Bearing, ...]) -> bool:
    places = {bearing.place for bearing in bearings}
    return any(conflict(one, other) for one in places for other in places)


def _unsure(bearings: tuple[Bearing, ...]) -> tuple[str, ...]:
    """The places of which no evidence knows a part."""
    places = {bearing.place for bearing in bearings}
    exact = {bearing.place for bearing in bearings if bearing.exact}
    return tuple(
        sorted(
            place
            for place in places
            if place not in exact and not any(other != place and covers(place, other) for other in places)
        )
    )


def _leaves(bearings: tuple[Bearing, ...]) -> list[Bearing]:
    """Those that no other evidence makes narrower: a part stands before its country, and of one place a
    postal code before the rest."""
    return [
        one
        for one in bearings
        if not any(
            (other.place != one.place and covers(one.place, other.place))
            or (other.place == one.place and _is_postal(other) and not _is_postal(one))
            for other in bearings
        )
    ]


def _is_postal(bearing: Bearing) -> bool:
    return bearing.pointer.source == "postal_code"


Zones = dict[str, tuple[str, ...]]


def _zones(
    stated: str | None, bearings: tuple[Bearing, ...], phones: tuple[Telephone, ...]
) -> tuple[Zones, bool, str | None]:
    """The candidate zones by source, whether a stated one contradicts an address, and why nobody can tell
    where there are none."""
    abroad = any(bearing.abroad for bearing in bearings)
    if abroad:  # what lies in the country of the military address says nothing; evidence from elsewhere does
        bearings = tuple(one for one in bearings if country_of(one.place) != _HOME)
        phones = tuple(one for one in phones if not any(country_of(place) == _HOME for place in one.places))
    leaves = _leaves(bearings)
    address = distinct(name for one in leaves for name in one.zones)
    phone = distinct(name for one in phones for name in one.zones)
    known = stated if stated is not None and _is_zone(stated) else None
    if known is not None and known not in UNIVERSAL:
        return _against(known, [one for one in leaves if one.pointer.source != "account"] or leaves)
    more = () if known is None else (known,)
    zones = {
        source: distinct((*names, *more))
        for source, names in (("address", address), ("phone", phone))
        if names
    }
    if not zones and abroad:
        return {}, False, _MILITARY
    return zones or ({"stated": more} if more else {}), False, None


def _against(stated: str, leaves: list[Bearing]) -> tuple[Zones, bool, str | None]:
    """A stated zone beside those of the borrower's address; an account's where there is none, which else
    settles nothing."""
    address = distinct(name for one in leaves for name in one.zones)
    if not address:
        return {"stated": (stated,)}, False, None
    common = agreement(stated, address)
    if not common:
        return {"stated": (stated,), "address": address}, True, _EMPTY
    return {"stated": common}, any(not agreement(stated, one.zones) for one in leaves), None


_HOME = "US"


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except NoSuchZone:
        return False
    return True
