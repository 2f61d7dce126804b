"""Postal codes: held against data that others keep, and the places that have codes and zones of their own."""

from __future__ import annotations

import pytest
import zipcodes

from policies.places.clocks import alike
from policies.places.parts import ZONES_OF_PARTS, named_zones, zones_of_country, zones_of_place
from policies.places.postal import country_by_shape, is_zip, read_postal_code
from policies.places.zips import read_zip
from policies.zones import zone

THEIRS = {
    "96941": "Pohnpei keeps UTC+11, not Chuuk's time", "96944": "Kosrae keeps UTC+11, not Chuuk's time",
    "88888": "the North Pole of a toy",
}  # fmt: skip
"""Codes on which the package and these tables differ, and the tables are right."""
OF_NO_ZONE = {"", "Napakiak"}
"""What the package says instead of a zone: nothing, or the name of a town."""


def test_every_zip_code_that_the_package_knows_is_read_alike() -> None:
    """All 42,789 of `zipcodes` 3.0.0: the state, and a zone among the candidates; what goes to somebody
    abroad says no zone."""
    known = zipcodes.list_all()
    assert len(known) > 42_000
    wrong = []
    for one in known:
        area, code = read_zip(one["zip_code"]), one["zip_code"]
        if code in THEIRS:
            continue
        if area is None:
            wrong.append((code, "unread"))
        elif one["state"] in {"AA", "AE", "AP"} or code.startswith("099"):
            wrong += [] if area.abroad and not area.zones else [(code, "military")]
        elif one["state"] not in {"FM", "MH", "PW"} and f"US-{one['state']}" not in area.place:
            wrong.append((code, one["state"]))
        elif one["timezone"] not in OF_NO_ZONE and not any(
            alike(one["timezone"], name) for name in area.zones
        ):
            wrong.append((code, one["timezone"]))
    assert not wrong


@pytest.mark.parametrize(
    ("code", "zone_"),
    [
        ("96910", "Pacific/Guam"), ("96932", "Pacific/Guam"), ("96950", "Pacific/Saipan"),
        ("96940", "Pacific/Palau"), ("96939", "Pacific/Palau"),
        ("96941", "Pacific/Pohnpei"), ("96942", "Pacific/Chuuk"), ("96944", "Pacific/Kosrae"),
        ("96960", "Pacific/Majuro"), ("96970", "Pacific/Kwajalein"),
        ("96799", "Pacific/Pago_Pago"), ("96701", "Pacific/Honolulu"), ("00901", "America/Puerto_Rico"),
        ("00801", "America/St_Thomas"),
        ("99546", "America/Adak"), ("89883", "America/Denver"), ("32401", "America/Chicago"),
        ("85001", "America/Phoenix"), ("86515", "America/Denver"),
    ],
)  # fmt: skip
def test_the_pacific_and_the_borders_of_zones_have_their_own(code: str, zone_: str) -> None:
    """Guam's neighbours are hours away from it, American Samoa from Hawaii; a border town's other zone is a
    candidate."""
    area = read_zip(code)
    assert area is not None
    assert any(alike(zone_, name) for name in area.zones)


def test_a_new_code_of_the_pacific_may_lie_on_any_of_its_islands() -> None:
    """969 alone spans three hours."""
    area = read_zip("96999")
    assert area is not None
    assert len(area.zones) > 5


@pytest.mark.parametrize("head", ["090", "095", "098", "099", "340", "962", "963", "964", "965", "966"])
def test_military_mail_says_no_zone(head: str) -> None:
    """The code is of the mail's way out, not of the person."""
    area = read_postal_code("US", f"{head}05-1234")
    assert area is not None
    assert area.abroad
    assert ("US", ()) == (area.place, area.zones)


@pytest.mark.parametrize(
    ("expected", "country", "code"),
    [
        (("FR-971", "America/Guadeloupe"), "FR", "97100"), (("FR-972", "America/Martinique"), "FR", "97200"),
        (("FR-973", "America/Cayenne"), "FR", "97300"),
        (("FR-974", "Indian/Reunion"), "FR", "97400"), (("FR-PM", "America/Miquelon"), "FR", "97500"),
        (("FR-976", "Indian/Mayotte"), "FR", "97600"),
        (("FR-NC", "Pacific/Noumea"), "FR", "98800"), (("FR-WF", "Pacific/Wallis"), "FR", "98600"),
        (("FR", "Europe/Paris"), "FR", "75001"),
        (("FR", "Europe/Monaco"), "FR", "98000"),
        (("ES", "Atlantic/Canary"), "ES", "35001"), (("ES", "Atlantic/Canary"), "ES", "38001"),
        (("ES", "Africa/Ceuta"), "ES", "51001"),
        (("ES", "Europe/Madrid"), "ES", "28001"),
        (("PT", "Atlantic/Azores"), "PT", "9500-321"), (("PT", "Atlantic/Madeira"), "PT", "9000"),
        (("PT", "Europe/Lisbon"), "PT", "1000-001"),
        (("AU-NT", "Australia/Darwin"), "AU", "0800"), (("AU", "Pacific/Norfolk"), "AU", "2899"),
        (("AU", "Indian/Christmas"), "AU", "6798"),
        (("AU-NSW", "Australia/Lord_Howe"), "AU", "2898"), (("AU-ACT", "Australia/Sydney"), "AU", "2600"),
        (("AU-QLD", "Australia/Brisbane"), "AU", "4217"),
        (("CA-QC", "America/Toronto"), "CA", "h2y1c6"), (("CA-ON", "America/Toronto"), "CA", "M5H 2N2"),
        (("CA-NU", "America/Iqaluit"), "CA", "X0A 0H0"),
        (("CA-NT", "America/Inuvik"), "CA", "X1A 2N3"), (("CA", "America/Iqaluit"), "CA", "X0X 0X0"),
        (("BR-SP", "America/Sao_Paulo"), "BR", "01310-100"),
        (("BR-RR", "America/Boa_Vista"), "BR", "69301-000"),
        (("BR-DF", "America/Sao_Paulo"), "BR", "70040-010"),
        (("BR-AC", "America/Rio_Branco"), "BR", "69900-000"),
        (("BR-AM", "America/Manaus"), "BR", "69005-040"), (("BR-AL", "America/Maceio"), "BR", "57010-000"),
        (("MX-BCN", "America/Tijuana"), "MX", "22000"), (("MX-ROO", "America/Cancun"), "MX", "77500"),
        (("ID", "Asia/Jayapura"), "ID", "99111"),
        (("ID", "Asia/Makassar"), "ID", "96111"), (("CL", "Pacific/Easter"), "CL", "2770000"),
        (("EC", "Pacific/Galapagos"), "EC", "200350"),
        (("DK", "Europe/Copenhagen"), "DK", "2100"), (("DK", "Atlantic/Faroe"), "DK", "100"),
        (("DK", "America/Nuuk"), "DK", "3900"), (("GB", "Atlantic/Stanley"), "GB", "FIQQ 1ZZ"),
        (("GB", "Europe/Gibraltar"), "GB", "gx11 1aa"), (("GB", "America/Grand_Turk"), "GB", "TKCA 1ZZ"),
        (("NZ", "Pacific/Chatham"), "NZ", "8016"), (("US-NY-NYC", "America/New_York"), "US", "11201-0001"),
        (("US-NY", "America/New_York"), "US", "14201"),
    ],
)  # fmt: skip
def test_a_postal_code_says_the_part_and_its_zones(
    expected: tuple[str, str], country: str, code: str
) -> None:
    """Where parts have packs or zones of their own."""
    area = read_postal_code(country, code)
    assert area is not None
    assert expected == (area.place, area.zones[0])


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("US", "8540"), ("US", "2108"), ("US", "00000"), ("US", "٩٠٠٠١"), ("US", "K1A 0B1"), ("CA", "11201"),
        ("CA", "W1A 1A1"), ("BR", "1310-100"),
        ("AU", "800"), ("FR", "1000"), ("ES", "99001"), ("MX", "17000"), ("DE", "10115"), ("XX", "10115"),
        ("ID", "00001"),
    ],
)  # fmt: skip
def test_what_is_none_of_the_countrys_codes_says_nothing(country: str, code: str) -> None:
    """A lost zero, another country's code, another script's digits: better nothing than the wrong place."""
    assert read_postal_code(country, code) is None


@pytest.mark.parametrize("text", ["02108", " 02108-1234 ", "021081234"])
def test_five_or_nine_digits_are_a_zip_code(text: str) -> None:
    """With the hyphen or without."""
    assert is_zip(text)


@pytest.mark.parametrize(
    "text", ["2108", "0210", "021081", "02108-", "02108-12", "0210812345", "O2108", "٠٢١٠٨", ""]
)
def test_anything_else_is_none(text: str) -> None:
    """A lost zero is another state."""
    assert not is_zip(text)


def test_a_shape_that_one_country_writes_names_it() -> None:
    """Five digits alone are written by dozens."""
    assert ["US", "CA", "BR", None, None] == [
        country_by_shape(one) for one in ("10001-1234", "k1a 0b1", "01310-100", "10001", "SW1A")
    ]


def test_every_zone_of_the_tables_is_one() -> None:
    """Every name is a zone of the pinned package, and tells a time of its own country or of a territory that
    is far away."""
    for part, names in ZONES_OF_PARTS.items():
        assert names == tuple(zone(name).key for name in names)
        assert set(names) <= {*named_zones(), "Antarctica/Macquarie"}, part
    assert len(zones_of_country("US")) > len(zones_of_place("US-AK"))
    assert zones_of_country("XX") == ()
    assert ("Europe/Madrid",) == zones_of_place("ES-M")
    assert zones_of_place("DE-BE") == zones_of_country("DE")
