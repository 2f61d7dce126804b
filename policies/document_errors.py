"""What is wrong with a document, said plainly: the path, the line, what was expected and what came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from documents.reader import escaped

LONGEST_GOT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentError:
    """One thing that is wrong with a document."""

    path: str
    """JSON pointer."""
    line: int | None
    expected: str
    got: str

    def __str__(self) -> str:
        """One line for a person."""
        where = f"line {self.line}, " if self.line is not None else ""
        return f"{where}{self.path or '/'}: {self.expected}" + (f"; got {self.got}" if self.got else "")


def pointer(parts: Iterable[object]) -> str:
    """The JSON pointer of a place."""
    return "".join(
        f"/{escaped(part)}" for part in parts if part != "[key]"
    )  # Pydantic's word for a wrong key


def document_errors_of(
    errors: Iterable[Any], path_of: Callable[[Any], str], lines: Mapping[str, int] | None = None
) -> tuple[DocumentError, ...]:
    """Document errors from Pydantic's errors, in the order of their lines. `path_of` makes a JSON pointer of
    an error's place.

    A list that is "too short" only because its items are wrong is not named: its items are."""
    lines = lines or {}
    paths = [(error, path_of(error["loc"])) for error in errors]
    found = [
        DocumentError(path=path, line=line_of(path, lines), expected=expected_of(error), got=got_of(error))
        for error, path in paths
        if not (error["type"] == "too_short" and any(other.startswith(f"{path}/") for _, other in paths))
    ]
    return tuple(sorted(found, key=lambda one: one.line or 0))


def line_of(path: str, lines: Mapping[str, int]) -> int | None:
    """The line of a path, or of the nearest thing around it that the document has."""
    while path and path not in lines:
        path = path.rpartition("/")[0]
    return lines.get(path)


def got_of(error: Any) -> str:
    """What came instead, shortened."""
    if error["type"] in {"missing", "union_tag_not_found"}:
        return "nothing"
    got: object = error["ctx"]["tag"] if error["type"] == "union_tag_invalid" else error.get("input")
    match got:
        case Mapping():
            return "an object" if got else "an empty object"
        case list() | tuple():
            return "a list" if got else "an empty list"
        case None:
            return "null"
        case bool():
            return str(got).lower()
        case str():
            return repr(got)[:LONGEST_GOT]
        case _:
            return str(got)[:LONGEST_GOT]


def expected_of(error: Any) -> str:
    """One clause that begins with "expected", or says that a field is not known."""
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error" | "assertion_error":
            return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
        case "literal_error" | "enum":
            return f"expected {context['expected'].replace(chr(39), '')}"
        case "union_tag_invalid":
            return f"expected a kind of rule: {context['expected_tags'].replace(chr(39), '')}"
        case "extra_forbidden":
            return "this field is not known here"
        case "string_pattern_mismatch":
            return PATTERNS.get(context["pattern"], f"expected text of the form {context['pattern']}")
        case kind:
            words = EXPECTED.get(kind)
            return (
                words.format_map(context) if words is not None else f"expected another value ({error['msg']})"
            )


PATTERNS: dict[str, str] = {
    r"^[a-z0-9][a-z0-9_.-]{0,63}$": (
        "expected a name of at most 64 lower-case letters, digits, dots, hyphens and underscores"
    ),
    r"^[0-9A-Za-z.\-]{1,32}$": "expected a version of at most 32 letters, digits, dots and hyphens",
    r"^(all|phone|address|landline|fixed:[A-Za-z_+\-/0-9]+)$": (
        "expected all, phone, address, landline, or fixed: and a zone"
    ),
    r"^[A-Z]{2}(-[A-Z0-9]{1,3})?(:[a-z_]{1,20})?$": "expected a calendar like NL, CA-QC or CA:government",
    r"^\d{4}-\d{2}-\d{2}$": "expected a date like 2026-12-01",
}
"""What a pattern means to a person."""

_DATE = "expected a date like 2026-12-01"
_INSTANT = "expected an instant with an offset, like 2026-04-01T18:00:00-04:00"
_NUMBER = "expected a whole number"
_OBJECT = "expected an object"
EXPECTED: Mapping[str, str] = {
    "missing": "expected a value; this field is required",
    "string_type": "expected text; numbers, dates and the like stand in quotation marks",
    "string_unicode": "expected text in UTF-8",
    "string_too_short": "expected at least {min_length} character of text",
    "string_too_long": "expected at most {max_length} characters",
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": _NUMBER,
    "int_parsing_size": "expected a smaller number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "greater_than_equal": "expected {ge} or more",
    "less_than_equal": "expected {le} or less",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "too_short": "expected at least {min_length} of these",
    "too_long": "expected at most {max_length} of these",
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "union_tag_not_found": "expected a kind of rule in the field `kind`",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "time_type": "expected a time of day, like 20:00",
    "time_parsing": "expected a time of day, like 20:00",
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": _INSTANT,
}
"""What each of Pydantic's errors means to whoever writes a document."""
