"""What contacts cost, at prices that whoever asks names: Forbear knows none, and keeps none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from service.errors import FieldError
from service.ids import CHANNELS

Prices = Mapping[str, Decimal]
"""By channel, the price of one contact of ours."""
DIGITS = 6
"""Digits after the point that a price may have, and that a cost is said with at the most."""
EXPECTED = (
    f"expected some of {', '.join(CHANNELS)}, each once with the price of a contact below 10,000, with "
    "commas between, such as sms:0.0079,email:0.0004"
)
_ONE = re.compile(rf"({'|'.join(CHANNELS)}):(\d{{1,4}}(?:\.\d{{1,{DIGITS}}})?)")


def prices_of(text: str | None) -> Prices | FieldError:
    """The prices in such a text; none without one."""
    found: dict[str, Decimal] = {}
    for part in text.split(",") if text else ():
        one = _ONE.fullmatch(part.strip())
        if one is None or one[1] in found:
            return FieldError(pointer="/query/prices", detail=EXPECTED, code="invalid")
        found[one[1]] = Decimal(one[2])
    return found


def said(cost: Decimal) -> str:
    """A cost in plain digits, without zeros at the end."""
    text = f"{cost:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
