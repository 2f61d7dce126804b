"""What amounts may be is ISO 4217's business, how they are written is Babel's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import list_currencies

from channels.content.currencies import MINOR_UNITS, decimals_of
from channels.content.formats import money


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("COP", 2),
        ("IDR", 2),
        ("HUF", 2),
        ("RSD", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("VND", 0),
        ("KWD", 3),
        ("TND", 3),
        ("CLF", 4),
        ("XOF", 0),
    ],
)
def test_the_decimals_of_an_amount_are_those_of_iso_4217_whatever_a_library_says(
    monkeypatch, currency, decimals
):
    """Babel 2.19 says that COP, IDR and HUF have none, as nobody pays with their cents; books keep them."""
    monkeypatch.setattr("channels.content.formats.get_currency_precision", lambda _code: 0)
    money.cache_clear()
    amount = Decimal("431.2512").quantize(Decimal(1).scaleb(-decimals))
    assert decimals == decimals_of(currency)
    assert str(amount) in money(amount, currency, "en")
    money.cache_clear()


def test_every_currency_of_the_standard_has_a_name_that_people_read():
    """And none of the codes for metals, units of account and tests is taken for money."""
    assert set() == set(MINOR_UNITS) - set(list_currencies())
    assert set() == {"XAU", "XDR", "XTS", "XXX", "DEM"} & set(MINOR_UNITS)
