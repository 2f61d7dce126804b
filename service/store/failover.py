"""Finds the server that takes writes among the hosts of one URL, and notices soon when it does not answer any
more.

`postgresql://user:pass@host1:5432,host2:5432/db`: each host is tried in turn, with a time-out of its own, so
that one that swallows every packet does not hide the next. Whichever answered last is tried first.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from asyncpg.connect_utils import SessionAttribute

SILENT_SECONDS = 10
"""What was sent and not acknowledged for so long has lost its connection (TCP_USER_TIMEOUT), as where a
machine went without a word."""


class Hosts:
    """The hosts of one URL."""

    def __init__(self, url: str) -> None:
        """`url`: the form of PostgreSQL's own library; what is not a list of hosts is left to the driver."""
        self._urls = urls_of(url)

    async def connect(self, _: object = None, *, timeout: float = 4.0, **options: Any) -> asyncpg.Connection:
        """A connection to the first host that takes writes. Raises what the last one raised.

        `timeout` in seconds, for all hosts together; it fits into the time that a pool waits for a
        connection. The pool of the driver hands on a URL of its own, which is none."""
        error: BaseException | None = None
        for url in list(self._urls):
            try:
                connection: asyncpg.Connection = await asyncpg.connect(
                    url,
                    timeout=timeout / len(self._urls),
                    target_session_attrs=SessionAttribute.read_write,
                    **options,
                )
            except (OSError, asyncpg.PostgresError, asyncpg.TargetServerAttributeNotMatched) as raised:
                error = raised
            else:
                self._urls.sort(key=lambda one: one != url)
                _watch(connection)
                return connection
        assert error is not None  # noqa: S101 - there is at least one URL
        raise error


def urls_of(url: str) -> list[str]:
    """One URL for each host."""
    parts = urlsplit(url)
    login, at, hosts = parts.netloc.rpartition("@")
    return [urlunsplit(parts._replace(netloc=f"{login}{at}{host}")) for host in hosts.split(",")]


def why_away(error: BaseException) -> str:
    """Why no server could be had, in words where the driver has only a name for it."""
    return (
        "no server takes writes"
        if isinstance(error, asyncpg.TargetServerAttributeNotMatched)
        else type(error).__name__
    )


def is_lost(connection: Any) -> bool:
    """Whether a connection has gone, also where the driver has not noticed it yet."""
    return bool(connection.is_closed() or connection._transport.is_closing())  # noqa: SLF001 - the driver has no other word for it


def _watch(connection: asyncpg.Connection) -> None:
    """Let the kernel end a connection whose other side went without a word; a socket of this machine's needs
    none of it."""
    with suppress(AttributeError, OSError):
        one = cast("Any", connection)._transport.get_extra_info("socket")  # noqa: SLF001 - the driver has no other way to its socket
        if one.family == socket.AF_UNIX:
            return
        one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, SILENT_SECONDS)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, SILENT_SECONDS // 3)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_SECONDS * 1000)
