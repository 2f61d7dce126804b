"""What comes in from a page: fields of a form or of a query, bounded, and named when they do not fit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from service.errors import FieldError, ForbearError, Forbidden, InvalidRequest

MOST_FIELDS = 2000
LONGEST_WORD = 128
LONGEST_LINE = 500
FIRST_YEAR, LAST_YEAR = 1970, 2200
_FORM = "application/x-www-form-urlencoded"
_READ = "forbear.form"


@dataclass(frozen=True, slots=True)
class Form:
    """Fields by name; one may stand several times."""

    fields: dict[str, list[str]] = field(repr=False)

    def one(self, name: str) -> str:
        """A field as it came, its first where there are more; empty where it is missing."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Every field of this name."""
        return self.fields.get(name, [])

    def word(self, name: str) -> str | None:
        """One word, such as an id; None where nothing stands there."""
        return self._line(name, LONGEST_WORD)

    def line(self, name: str) -> str:
        """A line that must not be empty."""
        found = self._line(name, LONGEST_LINE)
        if found is None:
            raise misfit(name, "expected a line of text; nothing stands there")
        return found

    def choice(self, name: str, known: Collection[str]) -> str | None:
        """One of `known`; None where nothing stands there."""
        found = self.word(name)
        if found is not None and found not in known:
            raise misfit(name, f"expected one of {', '.join(sorted(known))}")
        return found

    def instant(self, name: str) -> datetime | None:
        """An instant with its offset (RFC 3339); None where nothing stands there."""
        found = self.word(name)
        if found is None:
            return None
        try:
            at = datetime.fromisoformat(found)
            if at.utcoffset() is None:
                raise misfit(name, "expected an instant with its offset, such as 2027-01-01T00:00:00Z")
            return in_our_time(at.astimezone(UTC), name)
        except (ValueError, OverflowError):
            raise misfit(name, "expected an instant, such as 2027-01-01T00:00:00Z") from None

    def _line(self, name: str, longest: int) -> str | None:
        text = self.one(name).strip()
        if not text:
            return None
        if len(text) > longest or not text.isprintable():
            raise misfit(name, f"expected at most {longest} printable characters")
        return text


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that is shown: with what was written into it, and what of that does not fit, each at its
    field."""

    form: Form = field(default_factory=lambda: Form({}), repr=False)
    detail: str | None = None
    """Why it was refused."""
    errors: tuple[tuple[str, str], ...] = ()
    """JSON pointers and sentences."""

    @property
    def is_given(self) -> bool:
        """Whether somebody wrote into it."""
        return bool(self.form.fields)

    def value(self, name: str, otherwise: object = "") -> str:
        """What was written into a field, else what stands there at first."""
        return self.form.one(name) if name in self.form.fields else str(otherwise)

    def has(self, name: str, value: object, otherwise: Collection[str] = ()) -> bool:
        """Whether a box is ticked, or an option chosen."""
        given = self.form.all(name) if self.is_given else otherwise
        return str(value) in given

    def has_any(self, name: str, values: Collection[str]) -> bool:
        """Whether one of several boxes is ticked."""
        return any(one in values for one in self.form.all(name))

    def at(self, name: str) -> list[str]:
        """What does not fit at a field."""
        return [detail for pointer, detail in self.errors if _names(pointer, name)]


def _names(pointer: str, name: str) -> bool:
    parts = pointer.strip("/").split("/")
    return name in {parts[0], parts[-1]}


NOTHING_GIVEN = Draft()


def refused(form: Form, error: ForbearError) -> Draft:
    """A form as it comes back."""
    return Draft(form, error.detail, tuple((one.pointer, one.detail) for one in error.field_errors))


def misfit(name: str, detail: str) -> InvalidRequest:
    """The refusal of one field."""
    return InvalidRequest(
        "a field does not fit; nothing was changed",
        field_errors=[FieldError(pointer=f"/{name}", detail=detail)],
    )


def in_our_time(at: datetime, name: str) -> datetime:
    """An instant that lists can be made around. Raises InvalidRequest for one that is centuries away."""
    if not FIRST_YEAR <= at.year < LAST_YEAR:
        raise misfit(name, f"expected a date between {FIRST_YEAR} and {LAST_YEAR}")
    return at


async def read_form(request: Request) -> Form:
    """The form in a request's body, read once. Raises InvalidRequest where it is none."""
    found: Form | None = request.scope.get(_READ)
    if found is None:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise InvalidRequest(f"expected a form ({_FORM})")
        found = request.scope[_READ] = _parsed(await request.body())
    return found


def read_query(request: Request) -> Form:
    """The fields of a query."""
    return _parsed(request.url.query.encode())


def _parsed(text: bytes) -> Form:
    try:
        pairs = parse_qsl(
            text.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise InvalidRequest(f"expected at most {MOST_FIELDS} fields in UTF-8, percent-encoded") from None
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form(fields)


def check_origin(request: Request) -> None:
    """Raise Forbidden where a browser says that the form is another site's (Fetch Metadata; RFC 6454)."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"} or (
        origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    ):
        raise Forbidden("this form comes from another site")
