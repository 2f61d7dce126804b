"""Zones as clocks."""

from __future__ import annotations

import pytest

from policies.places.clocks import UNIVERSAL, agreement, alike, distinct, everywhere, states_offset, within
from policies.zones import zone


def test_names_of_one_clock_are_alike() -> None:
    """Links, old names, and towns that changed with their neighbours."""
    assert alike("US/Eastern", "America/New_York")
    assert alike("America/Detroit", "America/New_York")
    assert alike("Asia/Calcutta", "Asia/Kolkata")
    assert not alike("America/Phoenix", "America/Denver")
    assert not alike("Europe/Kaliningrad", "Europe/Bucharest")
    assert ("America/New_York", "America/Chicago") == distinct(
        ("America/New_York", "US/Eastern", "America/Chicago", "America/Detroit")
    )
    assert ("US/Eastern",) == within(("US/Eastern", "UTC"), ("America/Toronto",))


@pytest.mark.parametrize("name", sorted(UNIVERSAL))
def test_every_name_of_utc_is_one(name: str) -> None:
    """All of them tell UTC the year round, and none states an offset."""
    assert alike(name, "UTC")
    assert not states_offset(name)


def test_no_other_name_of_tzdata_that_looks_like_utc_is_forgotten() -> None:
    """Every alias of UTC in the pinned package, but places that happen to keep its time."""
    from importlib import resources

    names = resources.files("tzdata").joinpath("zones").read_text("utf-8").split()
    abstract = [name for name in names if "/" not in name or name.startswith("Etc/")]
    known = UNIVERSAL | {"WET", "Iceland", "Factory"}
    assert not [name for name in abstract if name not in known and alike(name, "UTC")]


@pytest.mark.parametrize(
    ("expected", "stated", "names"),
    [
        (("America/New_York",), "America/New_York", ("America/New_York", "America/Chicago")),
        (("US/Eastern",), "US/Eastern", ("America/New_York",)),
        ((), "America/Los_Angeles", ("America/New_York",)),
        (("Etc/GMT+5", "America/New_York"), "Etc/GMT+5", ("America/New_York", "America/Los_Angeles")),
        (("Etc/GMT+4", "America/New_York"), "Etc/GMT+4", ("America/New_York",)),
        ((), "Etc/GMT-8", ("America/New_York",)),
        (("Etc/GMT-8",), "Etc/GMT-8", ("Asia/Shanghai",)),
    ],
)
def test_a_stated_zone_and_an_address_have_clocks_in_common(
    expected: tuple[str, ...], stated: str, names: tuple[str, ...]
) -> None:
    """By the time that they tell; an offset agrees with a zone that has it in one half of the year, and both
    stay candidates."""
    assert expected == agreement(stated, names)


def test_everywhere_is_every_clock_once() -> None:
    """Every zone that has a place tells the time of one of them."""
    assert 50 < len(everywhere()) < 120
    assert len(set(everywhere())) == len(everywhere())
    for name in (
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "Australia/Lord_Howe",
    ):
        assert any(alike(name, one) for one in everywhere()), zone(name)
