"""The texts, amounts and instants of which every schema is made; what each accepts, and what it calls
wrong."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any

from babel.core import Locale, get_global
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    NumberParseException,
    PhoneMetadata,
    PhoneNumberFormat,
    format_number,
    parse,
)
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from channels.content.currencies import MINOR_UNITS
from channels.content.names import smuggled
from policies.places.codes import canonical, country_of, is_subdivision
from policies.places.telephones import as_today
from policies.zones import NO_PLACE
from service.api.problems import PATTERNS
from service.model.category import CATEGORIES, OPT_OUT_CONFIRMATION, plain_name


class Closed(BaseModel):
    """A shape that refuses what it does not know and changes no type."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, ser_json_timedelta="float"
    )


def _named(pattern: str, meaning: str) -> str:
    PATTERNS[pattern] = meaning
    return pattern


_CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\uffff"
_UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u3164"
    r"\ufdd0-\ufdef\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
)
"""What is not seen, so that two ids would look alike: Default_Ignorable_Code_Point of Unicode 16, and
noncharacters."""
_SEEN = re.compile(rf"[^{_CONTROLS}{_UNSEEN}\u2800\s]")
_UNSEEN_BEYOND = re.compile(
    "[\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    + "]"
)

ID = _named(
    rf"^[^{_CONTROLS}{_UNSEEN}\s]([^{_CONTROLS}{_UNSEEN}]*[^{_CONTROLS}{_UNSEEN}\s])?$",
    "expected 1 to 128 printable characters without white space at the ends",
)
LINE = _named(
    rf"^[^{_CONTROLS}]*$",
    "expected one line of text without control characters and writing-direction overrides",
)
PROSE = _named(
    r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\uffff]*$",
    "expected text without control characters and writing-direction overrides",
)
SLUG = _named(
    r"^[a-z0-9][a-z0-9_-]*$", "expected a name of lower-case letters, digits, hyphens and underscores"
)
WORD = _named(r"^[a-z][a-z0-9_]*$", "expected a word of lower-case letters, digits and underscores")
DOOR = _named(
    r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", "expected a provider, or a provider and a sender: acme.bank"
)
HEX = _named(r"^[0-9a-f]+$", "expected hexadecimal digits in lower case")
NAME = _named(
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$", "expected a name of letters, digits, dots, hyphens and underscores"
)
MONEY = _named(
    r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?$",
    "expected an amount as a decimal string, such as 431.25, not negative",
)
VISIBLE = _named(
    r"^[!-~]+$", "expected an id of this service: letters, digits and signs of ASCII without white space"
)
TOKEN = _named(r"^[A-Za-z0-9._~-]+$", "expected the token of a URL that this service made")
E164 = _named(r"^\+[1-9][0-9]{6,14}$", "expected a phone number in E.164 form, such as +12025550123")
CLOCK = _named(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "expected a local time of day as HH:MM")
POSTAL = _named(
    r"^[A-Za-z0-9][A-Za-z0-9 -]*$", "expected a postal code of letters, digits, spaces and hyphens"
)
BCP47 = _named(
    r"^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*$",
    "expected a language tag (BCP 47), such as en-US or zh-CN",
)
COUNTRY = _named(r"^[A-Z]{2}$", "expected a country (ISO 3166), such as US")
JURISDICTION = _named(
    r"^[A-Z]{2}(-[A-Z0-9]{1,3}){0,2}$", "expected a country or subdivision (ISO 3166), such as US or US-MA"
)
PRINTABLE = _named(r"^[ -~]+$", "expected 1 to 255 printable ASCII characters")
CURRENCY = _named(r"^[A-Z]{3}$", "expected a currency (ISO 4217), such as USD")
MAILBOX = _named(
    r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])$",
    "expected one mailbox, such as ana@example.com, without a display name",
)

ADDRESS = _named(
    rf"({E164})|({MAILBOX})",
    "expected a phone number in E.164 form or one mailbox, such as +12025550123 or ana@example.com",
)
WEB = _named(r"^https://[!-~]+$", "expected an https URL, such as https://example.com/help")
KIND = _named(r"^[a-z_]+(\.[a-z_]+)*$", "expected a kind of entry, such as decision or attempt.settled")
GROUPS = _named(r"^[a-z,]+$", "expected names separated by commas, such as channel,week")
NOTE_LINE = _named(r"^[^\r\n]+$", "expected one line")

_LOCAL_PART = 64


def _invalid(code: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(code, message)


@lru_cache(maxsize=4096)
def _is_territory(code: str) -> bool:
    return code in get_global("territory_languages") and code not in {"EU", "EZ", "UN", "ZZ"}


def _country(code: str) -> str:
    if not _is_territory(code):
        raise _invalid("unknown_country", "expected a country that ISO 3166 knows; this one it does not")
    return code


@lru_cache(maxsize=4096)
def _jurisdiction(code: str) -> str:
    place = canonical(code)
    _country(country_of(place))
    if place != country_of(place) and not is_subdivision(place):
        raise _invalid(
            "unknown_subdivision",
            "expected a subdivision that ISO 3166-2 knows, such as US-MA; this one it does not",
        )
    return place


def _currency(code: str) -> str:
    if code not in MINOR_UNITS:
        raise _invalid("unknown_currency", "expected a currency that ISO 4217 knows; this one it does not")
    return code


@lru_cache(maxsize=4096)
def _printed(name: str) -> str:
    if name and not _SEEN.search(name):
        raise _invalid("unseen", "expected a name; nothing of it is seen")
    if (found := smuggled(name)) is not None:
        raise _invalid("smuggled", f"expected a name; it holds {found}")
    return name


@lru_cache(maxsize=256)
def _category(name: str) -> str:
    plain = plain_name(name)
    if plain == OPT_OUT_CONFIRMATION:
        raise _invalid("reserved", "expected another category; the service itself confirms an opt-out, once")
    if plain not in CATEGORIES:
        known = ", ".join(one for one in CATEGORIES if one != OPT_OUT_CONFIRMATION)
        raise _invalid("unknown_category", f"expected one of {known}")
    return plain


@lru_cache(maxsize=4096)
def _is_language(subtag: str) -> bool:
    return subtag.lower() in _languages()


@lru_cache(maxsize=1)
def _languages() -> frozenset[str]:
    return frozenset(str(tag).lower() for tag in Locale("en").languages if "_" not in str(tag)) - {
        "und",
        "zxx",
        "mul",
        "mis",
        "root",
    }


@lru_cache(maxsize=1024)
def _language(tag: str) -> str:
    if not _is_language(tag.partition("-")[0]):
        raise _invalid("unknown_language", "expected a language that BCP 47 knows; this one it does not")
    return tag


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The zones of the pinned tzdata package."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text("utf-8").split())


def _zone(name: str) -> str:
    if name not in zone_names() or name in NO_PLACE:
        raise _invalid(
            "unknown_zone", "expected a time zone that the tzdata package knows, such as America/New_York"
        )
    return name


_NORTH_AMERICA = "+1"
_FICTION = 15_005_550_000


@lru_cache(maxsize=512)
def _lengths(calling_code: int) -> frozenset[int]:
    """How long national numbers of a calling code can be."""
    regions = COUNTRY_CODE_TO_REGION_CODE[calling_code]
    found = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, regions[0])
    return (
        frozenset()
        if found is None or found.general_desc is None
        else frozenset(found.general_desc.possible_length)
    )


def _without_trunk_zero(number: str) -> str:
    """The number without the zero that is dialled at home alone; in some countries, such as Italy, it is a
    part of the number."""
    try:
        return format_number(parse(number), PhoneNumberFormat.E164)
    except NumberParseException:
        return number


def _phone(number: str) -> str:
    """The calling code must exist and the length be possible there: numbers set aside for fiction and tests
    pass."""
    for digits in (1, 2, 3):
        code = int(number[1 : 1 + digits])
        if code in COUNTRY_CODE_TO_REGION_CODE:
            if number[1 + digits] == "0" and (right := _without_trunk_zero(number)) != number:
                raise _invalid(
                    "trunk_zero", f"expected the number without the zero of calls at home: {right}"
                )
            if len(number) - 1 - digits in _lengths(code):
                return number
            break
    raise _invalid(
        "impossible_number", "expected a phone number that can exist; its country code or its length cannot"
    )


def _mailbox(address: str) -> str:
    if address.index("@") > _LOCAL_PART:
        raise _invalid("impossible_mailbox", "expected a mailbox with at most 64 characters before the @")
    return address


def _reachable(address: str) -> str:
    """A number also in a spelling that networks still write: what is compared is the telephone."""
    if "@" in address:
        return _mailbox(address)
    _phone(as_today(address))
    return address


_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DURATION = re.compile(r"P(?=.)(\d{1,4}W|(\d{1,4}D)?(T(?=.)(\d{1,6}H)?(\d{1,6}M)?(\d{1,8}S)?)?)")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = EARLIEST.date(), LATEST.date()


def _rfc3339(value: Any) -> Any:
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise _invalid(
            "instant", "expected an instant with an offset (RFC 3339), such as 2026-12-01T00:00:00Z"
        )
    return value


def _in_utc(value: datetime) -> datetime:
    if not EARLIEST <= value < LATEST:
        raise _invalid("instant_range", "expected an instant between 1970 and 2200")
    return value.astimezone(UTC)


def _iso_date(value: Any) -> Any:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _invalid("date", "expected a date, such as 2026-12-01")
    return value


def _sane_date(value: date) -> date:
    if not _FIRST_DAY <= value < _LAST_DAY:
        raise _invalid("date_range", "expected a date between 1970 and 2200")
    return value


def _duration(value: Any) -> Any:
    seconds = isinstance(value, int) and not isinstance(value, bool)
    if not seconds and not (isinstance(value, str) and _DURATION.fullmatch(value)):
        raise _invalid("duration", "expected whole seconds, or a duration such as P1D or PT6H (ISO 8601)")
    return value


def _filled(line: str) -> str:
    if not line.strip():
        raise _invalid("blank", "expected a text; got white space alone")
    return line


def _seen(value: str) -> str:
    """Refuse what is not seen beyond the first plane, which not every validator of JSON Schema can name."""
    if not value.isascii() and _UNSEEN_BEYOND.search(value):
        raise _invalid("unseen", "expected 1 to 128 printable characters, all of which are seen")
    return value


Id = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=ID), AfterValidator(_seen)]
"""An upstream system's own id."""
Line = Annotated[str, StringConstraints(max_length=200, pattern=LINE)]
"""One line of text for people."""
FilledLine = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=LINE), AfterValidator(_filled)
]
PrintedName = Annotated[Line, AfterValidator(_printed)]
"""A name that messages print: no link, telephone number or threat."""
FilledName = Annotated[FilledLine, AfterValidator(_printed)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=PROSE)]
"""Some lines of text."""
Slug = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=SLUG)]
"""The name of a template or reason."""
CategoryName = Annotated[Slug, AfterValidator(_category)]
"""One of the closed list of categories; a hyphen stands for an underscore."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NAME)]
"""The name of a creditor or policy: it stands in URLs."""
Money = Annotated[str, StringConstraints(max_length=20, pattern=MONEY)]
PhoneNumber = Annotated[str, StringConstraints(max_length=16, pattern=E164), AfterValidator(_phone)]
Mailbox = Annotated[
    str, StringConstraints(min_length=3, max_length=254, pattern=MAILBOX), AfterValidator(_mailbox)
]
AnyAddress = Annotated[
    str, StringConstraints(min_length=3, max_length=254, pattern=ADDRESS), AfterValidator(_reachable)
]
"""A phone number or a mailbox: one type, so that an error has one place."""
PostalCode = Annotated[str, StringConstraints(min_length=1, max_length=16, pattern=POSTAL)]
Language = Annotated[
    str, StringConstraints(min_length=2, max_length=35, pattern=BCP47), AfterValidator(_language)
]
Country = Annotated[str, StringConstraints(max_length=2, pattern=COUNTRY), AfterValidator(_country)]
Jurisdiction = Annotated[
    str, StringConstraints(max_length=10, pattern=JURISDICTION), AfterValidator(_jurisdiction)
]
IdempotencyKey = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=PRINTABLE)]
Currency = Annotated[str, StringConstraints(max_length=3, pattern=CURRENCY), AfterValidator(_currency)]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_zone)]
Clock = Annotated[str, StringConstraints(max_length=5, pattern=CLOCK)]
Instant = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_rfc3339), AfterValidator(_in_utc)]
Day = Annotated[date, Field(strict=False), BeforeValidator(_iso_date), AfterValidator(_sane_date)]
PlainCategory = Annotated[Slug, AfterValidator(plain_name)]
"""The name of any category, as notices bear it; a hyphen stands for an underscore."""
MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=ID)]
MetadataValue = Annotated[str, StringConstraints(max_length=500, pattern=PROSE)]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    Field(max_length=20),
    AfterValidator(lambda given: dict(sorted(given.items()))),
]
"""Pairs of strings, in one order: equal where they hold the same, however they were sent."""
Wait = Annotated[
    timedelta,
    Field(
        ge=timedelta(minutes=1),
        le=timedelta(days=30),
        strict=False,
        json_schema_extra={"examples": ["PT24H"]},
    ),
    BeforeValidator(_duration, json_schema_input_type=str | int),
]
"""Seconds, or an ISO 8601 duration; one minute to 30 days."""
