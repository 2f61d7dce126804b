"""Problems (RFC 9457) as exceptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with a request."""

    pointer: str
    """Where (RFC 6901): into the body, or `/query/…`, `/path/…`, `/header/…`."""
    detail: str
    """What was expected and what came."""
    code: str
    """A stable word for the kind of fault."""


class ProblemError(Exception):
    """The service answered with a problem. Its subclasses in `forbear_client.problems` say which."""

    def __init__(self, status: int, document: Mapping[str, object], retry_after: int | None = None) -> None:
        """From the document of an answer; `retry_after` in seconds."""
        self.status = status
        self.type = str(document.get("type", "about:blank"))
        self.slug = self.type.rpartition("/")[2]
        """The last part of the type, such as `invalid-request`."""
        self.title = str(document.get("title", ""))
        self.detail = str(document.get("detail", ""))
        self.instance = document.get("instance")
        """The request's id, as the service's log has it."""
        self.retry_after = retry_after
        listed = document.get("errors")
        self.errors = tuple(
            FieldError(str(one.get("pointer", "")), str(one.get("detail", "")), str(one.get("code", "")))
            for one in (listed if isinstance(listed, list) else ())
        )
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        errors = "; ".join(f"{one.pointer or '/'}: {one.detail}" for one in self.errors)
        return f"{self.status} {self.slug}: {self.detail}{f' ({errors})' if errors else ''}"


class Unreachable(Exception):
    """No answer came. `may_have_arrived` says whether the service may have done it all the same."""

    def __init__(self, detail: str, *, may_have_arrived: bool) -> None:
        """`detail` is one sentence."""
        super().__init__(detail)
        self.may_have_arrived = may_have_arrived
