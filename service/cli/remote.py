"""Commands that speak to a running service over HTTP with a key, from anywhere: what they ask, and how they
fail in one line."""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPException
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import orjson
import typer

VARIABLES = ("FORBEAR_URL", "FORBEAR_KEY")
"""What stands in the place of `--url` and `--key`; no settings of a service."""
URL = Annotated[
    str,
    typer.Option("--url", envvar="FORBEAR_URL", help="Where the service listens."),
]
KEY = Annotated[
    str | None,
    typer.Option(
        "--key", envvar="FORBEAR_KEY", help="An API key; better in FORBEAR_KEY than here.", show_default=False
    ),
]
MAYBE_URL = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="FORBEAR_URL",
        help="Ask the service that listens here, with a key; without it, the store of the settings.",
    ),
]
HERE = "http://127.0.0.1:8080"
NO_KEY = 401
WHERE_A_KEY_IS = "none was given: set FORBEAR_KEY, or --key; `make run` keeps its own in var/admin.key"
SECONDS = 60.0
TRIES = 4
LONGEST_WAIT = 30
PAGE = 1000


class _Stay(HTTPRedirectHandler):
    """Follows nothing: a key goes to the service that was named, and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """No other request."""
        del args, kwargs


@dataclass(frozen=True, slots=True)
class Remote:
    """A service that is reached over HTTP."""

    url: str
    key: str | None = field(default=None, repr=False)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The document of an answer, or its text; instants as such. Ends the command with one line where
        there is none."""
        return self.answered(method, path, query=query, body=body, kind=kind, headers=headers)[0]

    def answered(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Any, int]:
        """The same with the status."""
        given = {name: str(one) for name, one in (query or {}).items() if one is not None}
        address = f"{self.url.rstrip('/')}{path}" + (f"?{urlencode(given)}" if given else "")
        content = (
            body if isinstance(body, bytes) or body is None else orjson.dumps(body, option=orjson.OPT_UTC_Z)
        )
        request = Request(address, data=content, method=method, headers={"Accept": "*/*", **(headers or {})})  # noqa: S310 - the scheme is held by `over_http`
        if content is not None:
            request.add_header("Content-Type", kind)
        if self.key is not None:
            request.add_header("Authorization", f"Bearer {self.key}")
        return self._answer(request)

    def _answer(self, request: Request) -> tuple[Any, int]:
        for attempt in range(1, TRIES + 1):
            try:
                with build_opener(_Stay).open(request, timeout=SECONDS) as response:
                    return _read(response.read(), response.headers.get_content_type()), response.status
            except HTTPError as error:
                with error:
                    after = error.headers.get("Retry-After") or ""
                    if error.code in {429, 503} and after.isdecimal() and attempt < TRIES:
                        seconds = min(int(after), LONGEST_WAIT)
                        typer.echo(f"The service asks to wait {seconds} s.", err=True)
                        time.sleep(seconds)
                        continue
                    refusal = _refused(error.code, error.read())
                    if error.code == NO_KEY and self.key is None:
                        typer.echo(f"  {WHERE_A_KEY_IS}", err=True)
                    raise refusal from None
            except (URLError, HTTPException, OSError) as error:
                reason = getattr(error, "reason", None) or error
                typer.echo(f"forbear: {self.url} cannot be reached: {reason}", err=True)
                raise typer.Exit(2) from None
        raise AssertionError("the last attempt answers or fails")

    def items(
        self, path: str, *, query: Mapping[str, object] | None = None, most: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """The items of a list, page after page, `most` of them."""
        cursor, left = None, most
        while left is None or left > 0:
            limit = PAGE if left is None else min(PAGE, left)
            found = self.call("GET", path, query={**(query or {}), "limit": limit, "cursor": cursor})
            yield from found["items"]
            cursor = found["next_cursor"]
            left = None if left is None else left - len(found["items"])
            if cursor is None:
                return


def _read(content: bytes, kind: str) -> Any:
    if kind.endswith("json"):
        return _with_instants(orjson.loads(content))
    return content.decode("utf-8", "replace")


_AS_LOGGED = frozenset({"public", "detail", "metadata"})
"""Of a log entry and a notice: what somebody else wrote stays as it is."""
_INSTANTS = ("_at", "_until", "_from", "_since")


def _with_instants(value: Any, name: str = "") -> Any:
    """The document with its instants as such, as use cases give them."""
    match value:
        case dict():
            return {key: one if key in _AS_LOGGED else _with_instants(one, key) for key, one in value.items()}
        case list():
            return [_with_instants(one) for one in value]
        case str() if name in {"at", "since", "until"} or name.endswith(_INSTANTS):
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                return value
        case _:
            return value


def _refused(status: int, content: bytes) -> typer.Exit:
    """Says why in a line, and in one more for each field that does not fit. Exit code 1: the answer is no."""
    try:
        problem = orjson.loads(content)
        lines = [f"forbear: {problem['detail']} ({status})"]
        lines += [f"  {one['pointer'] or '/'}: {one['detail']}" for one in problem.get("errors", ())]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        lines = [f"forbear: the service answered {status} without a problem document: is this its URL?"]
    typer.echo("\n".join(lines), err=True)
    return typer.Exit(1)


def remote_of(url: str, key: str | None) -> Remote:
    """The service at a URL. Raises typer.BadParameter for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise typer.BadParameter("expected a URL such as http://127.0.0.1:8080", param_hint="--url")
    return Remote(url, key)


def over_http(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first parameter is the service; `--url` and `--key`, or their variables, say which."""
    signature = inspect.signature(command, eval_str=True)
    own = [
        inspect.Parameter("url", inspect.Parameter.KEYWORD_ONLY, default=HERE, annotation=URL),
        inspect.Parameter("key", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=KEY),
    ]

    @functools.wraps(command)
    def wrapped(*, url: str, key: str | None, **further: Any) -> None:
        command(remote_of(url, key), **further)

    given = [
        one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in list(signature.parameters.values())[1:]
    ]
    wrapped.__signature__ = signature.replace(parameters=[*given, *own])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {one.name: one.annotation for one in (*given, *own)}
    return wrapped


def segment(text: str) -> str:
    """One segment of a path."""
    return quote(text, safe="")
