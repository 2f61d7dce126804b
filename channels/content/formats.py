"""Money, dates and numbers in the borrower's own locale, by Babel; results are remembered, since Babel is
slow."""

from __future__ import annotations

from copy import copy
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision

from channels.content.currencies import decimals_of

LANGUAGES = ("en", "zh-CN", "es")
"""What templates must speak, the fallback first."""


@lru_cache(maxsize=1024)
def locale_of(language: str) -> Locale:
    """The Babel locale of a BCP 47 tag; English for one that Babel does not know."""
    parts = language.replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        try:
            return Locale.parse("-".join(parts[:length]), sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en")


@lru_cache(maxsize=1024)
def negotiate(language: str, offered: tuple[str, ...]) -> str:
    """The offered language that serves a BCP 47 tag: the same, else the same language in the same script,
    else the same language, else the first offered."""
    wanted = language.replace("_", "-").lower()
    for one in offered:
        if one.lower() == wanted:
            return one
    asked = _written(language)
    written = {one: _written(one) for one in offered}
    same = [one for one, form in written.items() if form == asked] or [
        one for one, form in written.items() if form[0] == asked[0]
    ]
    if same:
        return same[0]
    return "en" if "en" in offered else offered[0]


@lru_cache(maxsize=1024)
def speaks(language: str, offered: tuple[str, ...]) -> bool:
    """Whether one of the offered languages is the one asked for, in a script that its reader reads: not
    Chinese in simplified characters where traditional ones are read (`zh-TW`)."""
    return _written(language) in {_written(one) for one in offered}


@lru_cache(maxsize=1024)
def _written(language: str) -> tuple[str, str | None]:
    """The language of a tag by its one name (`iw` is `he`), and its script: as stated, or the likely one
    (CLDR)."""
    first, *further = language.replace("_", "-").split("-")
    primary = str(get_global("language_aliases").get(first.lower(), first.lower())).split("_", maxsplit=1)[0]
    primary = OVERALL.get(primary, primary)
    script = next((one.title() for one in further if len(one) == SCRIPT and one.isalpha()), None)
    region = next((one.upper() for one in further if one.isalpha() and len(one) == REGION), None)
    likely = get_global("likely_subtags")
    known = (likely.get(f"{primary}_{region}") if region else None) or likely.get(primary)
    return primary, script or (str(known).split("_")[1] if known else None)


OVERALL = {"nb": "no", "arz": "ar", "apc": "ar"}
"""Languages that are written as the one they are counted among (ISO 639-3): Bokmål, spoken Arabic."""
SCRIPT, REGION = 4, 2
"""Letters of the subtags (RFC 5646 §2.2)."""


@lru_cache(maxsize=50_000)
def money(amount: Decimal, currency: str, language: str) -> str:
    """An amount with its currency, rounded to no fewer decimals than that has; non-breaking spaces become
    plain ones, which every handset shows."""
    locale = locale_of(language)
    usual = get_currency_precision(currency)
    if amount == round(amount, usual):
        said = format_currency(amount, currency, locale=locale)
    else:
        digits = decimals_of(currency)
        pattern = copy(locale.currency_formats["standard"])
        pattern.frac_prec = (digits, digits)
        said = pattern.apply(amount, locale, currency=currency, currency_digits=False)
    return said.replace("\xa0", " ").replace("\u202f", " ")


@lru_cache(maxsize=20_000)
def day(value: date, language: str) -> str:
    """A date in full words."""
    return format_date(value, format="long", locale=locale_of(language)).replace("\xa0", " ")
