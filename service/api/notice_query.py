"""What the list of notices can be narrowed to, as a program asks for it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from service.api.parameters import ListQuery, OptionalId
from service.api.schemas.answers import State
from service.api.schemas.words import Id, Instant, Name, PlainCategory, Slug
from service.dispatch.audit.notice_lists import Wanted
from service.errors import FieldError, InvalidRequest

MOST_NAMES = 100
"""Ids or references that a list may be asked for at once."""
LONGEST_ID = 128


def _names(text: Any) -> Any:
    """Names between commas. FastAPI hands over one text as a list of it."""
    return [name.strip() for part in text for name in str(part).split(",")]


def _references(text: Any) -> Any:
    """References: the text as it stands, and where it holds commas also what stands between them."""
    whole = [part for part in text if 0 < len(part) <= LONGEST_ID]
    return list(dict.fromkeys([*whole, *(name for name in _names(text) if name)])) or None


def blank(value: Any) -> Any:
    """None for a parameter that is there and empty."""
    return value or None


OptionalInstant = Annotated[Instant | None, BeforeValidator(blank)]
OptionalName = Annotated[Name | None, BeforeValidator(blank)]
OptionalSlug = Annotated[Slug | None, BeforeValidator(blank)]
OptionalCategory = Annotated[PlainCategory | None, BeforeValidator(blank)]


class NoticeQuery(ListQuery):
    """What the list of notices can be narrowed to; what is given holds together."""

    borrower: OptionalId = None
    reference: Annotated[
        list[Id] | None,
        Field(max_length=MOST_NAMES + 1),
        BeforeValidator(_references, json_schema_input_type=str),
    ] = None
    """The upstream system's own name; several, with commas between them, mean any of them."""
    ids: Annotated[
        list[Id] | None,
        Field(min_length=1, max_length=MOST_NAMES),
        BeforeValidator(_names, json_schema_input_type=str),
    ] = None
    """Up to 100 ids, with commas between them; a reference stands for its notices. What there is not is left
    out."""
    creditor: OptionalName = None
    category: OptionalCategory = None
    template: OptionalSlug = None
    state: Annotated[Literal[State, "open", "done"] | None, BeforeValidator(blank)] = None
    """A delivery's state: notices with a delivery in it. Here too `open` and `done` are taken for the
    status."""
    status: Annotated[Literal["open", "done"] | None, BeforeValidator(blank)] = None
    accepted_from: OptionalInstant = None
    accepted_to: OptionalInstant = None
    """Not included."""
    updated_since: OptionalInstant = None
    """Included."""
    order: Annotated[Literal["accepted", "updated"], BeforeValidator(lambda value: value or "accepted")] = (
        "accepted"
    )
    """`accepted`: newest first. `updated`: by `updated_at`, the oldest change first."""

    def wanted(self) -> Wanted:
        """The same, as the use case takes it. Raises InvalidRequest where two of them contradict each
        other."""
        status = self.state if self.state in {"open", "done"} else None
        if status is not None and self.status not in {None, status}:
            field_error = FieldError(
                pointer="/query/status", detail=f"expected {status}, as `state` says", code="conflict"
            )
            raise InvalidRequest("a parameter does not fit", field_errors=[field_error])
        return Wanted(
            borrower=self.borrower,
            references=self.reference,
            ids=self.ids,
            creditor=self.creditor,
            category=self.category,
            template=self.template,
            state=None if status else self.state,
            status=status or self.status,
            accepted_from=self.accepted_from,
            accepted_to=self.accepted_to,
            updated_since=self.updated_since,
        )
