"""ZIP codes of the United States: the state by the first three digits, the exceptions by all five, and the
zones.

Held in tests against the `zipcodes` package (3.0.0), every code of it. Not taken from there: West Wendover
(89883) and Jackpot (89825), which keep Mountain time, and military mail, which it puts into the country of
the base or into none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from policies.places.parts import C, E, M, P, zones_of_place

_AZ = "America/Phoenix"


class ZipArea(NamedTuple):
    """Where a ZIP code lies."""

    place: str
    zones: tuple[str, ...]
    abroad: bool = False
    """Military or diplomatic mail: the person is somewhere else than the address, mostly abroad."""


_STATES = (
    "5:NY 6-7:PR 8:VI 9:PR 10-27:MA 28-29:RI 30-38:NH 39-49:ME 50-59:VT 60-69:CT 70-89:NJ 100-149:NY "
    "150-196:PA 197-199:DE 200:DC 201:VA"
    " 202-205:DC 206-219:MD 220-246:VA 247-268:WV 270-289:NC 290-299:SC 300-319:GA 320-339:FL 341-342:FL "
    "344:FL 346-347:FL 349:FL 350-369:AL"
    " 370-385:TN 386-397:MS 398-399:GA 400-427:KY 430-459:OH 460-479:IN 480-499:MI 500-528:IA 530-549:WI "
    "550-567:MN 569:DC 570-577:SD 580-588:ND"
    " 590-599:MT 600-629:IL 630-658:MO 660-679:KS 680-693:NE 700-714:LA 716-729:AR 730-732:OK 733:TX "
    "734-749:OK 750-799:TX 800-816:CO 820-831:WY"
    " 832-838:ID 840-847:UT 850-865:AZ 870-884:NM 885:TX 889-898:NV 900-961:CA 967-968:HI 970-979:OR "
    "980-994:WA 995-999:AK"
)
_CODES = {
    "05501": "MA", "05544": "MA", "06390": "NY", "20588": "MD", "20598": "VA", "72643": "MO", "73301": "TX",
    "73344": "TX", "73960": "TX",
    "83414": "WY", "96799": "AS",
    **{f"969{last}": "GU" for last in range(10, 33)}, **{f"969{last}": "MP" for last in (50, 51, 52)},
}  # fmt: skip
_MILITARY = frozenset({*range(90, 100), 340, *range(962, 967)})
"""APO, FPO and DPO: to Europe, the Americas and the Pacific."""
_PACIFIC: Mapping[str, tuple[str, ...]] = {
    "96939": ("Pacific/Palau",), "96940": ("Pacific/Palau",),
    "96941": ("Pacific/Pohnpei",), "96942": ("Pacific/Chuuk",), "96943": ("Pacific/Chuuk",),
    "96944": ("Pacific/Kosrae",),
    "96960": ("Pacific/Majuro",), "96970": ("Pacific/Kwajalein",),
}  # fmt: skip
"""Palau, Micronesia and the Marshall Islands: states of their own, which the United States' mail serves."""
_ANY_PACIFIC = (
    "Pacific/Guam", "Pacific/Saipan", "Pacific/Palau", "Pacific/Chuuk", "Pacific/Pohnpei", "Pacific/Kosrae",
    "Pacific/Majuro", "Pacific/Kwajalein",
)  # fmt: skip

_ZONES: Mapping[tuple[str, ...], str] = {
    (C,): (
        "325 370-372 375 380-385 420-424 463-464 476-477 570-574 580-584 587-588 660-676 679-681 683-689 "
        "733 750-797"
    ),
    (E,): (
        "320-323 326-339 341-342 344 346-347 349 376 378-379 400 402-418 425 460-462 466-468 470-474 478 "
        "480-497"
    ),
    (M,): "577 693 832-834 836-837 885", (_AZ,): "850-859 863-864", (P,): "838 889-897 970-978",
    ("America/Anchorage",): "996-999",
}  # fmt: skip
"""Heads of ZIP codes, in states of several zones, that lie in one of them."""


def _ranges(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


_STATE_OF = {
    head: state
    for one in _STATES.split()
    for head in _ranges(one.partition(":")[0])
    for state in (one.partition(":")[2],)
}
_ZONES_OF = {head: names for names, heads in _ZONES.items() for one in heads.split() for head in _ranges(one)}

_NEW_YORK_CITY = frozenset({100, 101, 102, 103, 104, 111, 112, 113, 114, 116})
"""First three digits of the ZIP codes of the five boroughs."""
_QUEENS_BEYOND = frozenset({"11001", "11004", "11005", "11040"})
"""Queens reaches into these; a code that is partly the city's counts as the city."""


@lru_cache(maxsize=8192)
def read_zip(digits: str) -> ZipArea | None:
    """Where the first five digits of a ZIP code lie; None for a code that no table has."""
    head = int(digits[:3])
    if head in _MILITARY:
        return ZipArea("US", (), abroad=True)
    if digits in _PACIFIC:
        return ZipArea("US", _PACIFIC[digits])
    state = _CODES.get(digits) or _STATE_OF.get(head)
    if state is None:
        return ZipArea("US", _ANY_PACIFIC) if head == _PACIFIC_HEAD else None
    if state == "NY" and (head in _NEW_YORK_CITY or digits in _QUEENS_BEYOND):
        return ZipArea("US-NY-NYC", (E,))
    place = f"US-{state}"
    return ZipArea(place, _ZONES_OF.get(head) or zones_of_place(place))


_PACIFIC_HEAD = 969
