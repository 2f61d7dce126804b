"""The log's own name, its origin, which stands in every checkpoint: no two deployments sign under one.

A fresh log is named at its first start, by FORBEAR_LOG_ORIGIN or by chance. Another name is an entry of the
log; the checkpoint that covers that entry is the last one under the old name, so that whoever trusts the old
name reads in what it signs which one follows."""

from __future__ import annotations

import re

from service.errors import SetupError
from service.store import log_origins
from service.store.database import Connection
from service.store.log_origins import LogOrigin
from service.vault import random_bytes

SHARED = "forbear.example/dispatch-log"
"""Under which every deployment signed before they had names of their own; such a log keeps it until it is
renamed."""
SHAPE = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(/[A-Za-z0-9._~-]+)*")
LONGEST = 200
_RANDOM_BYTES = 16


class OriginInvalid(ValueError):
    """A text that can be no log's name."""


def fresh_origin() -> str:
    """A name that nobody else has."""
    return f"{SHARED}/{random_bytes(_RANDOM_BYTES).hex()}"


def checked_origin(text: str) -> str:
    """A chosen name as it may stand in a checkpoint. Raises OriginInvalid."""
    if len(text) > LONGEST or SHAPE.fullmatch(text) is None or "." not in text.partition("/")[0]:
        raise OriginInvalid(
            f"expected a host of yours and a path without a scheme, such as log.example.com/dispatch, of at "
            f"most {LONGEST} characters, got {text!r}"
        )
    if text == SHARED:
        raise OriginInvalid(f"{SHARED} is what the logs of earlier releases are all called; choose another")
    return text


async def names_of(connection: Connection, chosen: str | None = None) -> list[LogOrigin]:
    """Every name of the log, the newest first; a log without one gets it here, the chosen one or one by
    chance."""
    found = await log_origins.named(connection)
    if not found:
        await log_origins.name_first(connection, chosen or fresh_origin())
        found = await log_origins.named(connection)
    return found


async def name_log(connection: Connection, chosen: str | None) -> None:
    """Name a log that has no name yet; one that has keeps it, whatever FORBEAR_LOG_ORIGIN says. Raises
    SetupError for a text that can be none."""
    try:
        wanted = None if chosen is None else checked_origin(chosen)
    except OriginInvalid as error:
        raise SetupError(f"FORBEAR_LOG_ORIGIN: {error}") from None
    await names_of(connection, wanted)


async def signing_name(connection: Connection) -> tuple[str, bool]:
    """The name under which the next checkpoint is signed, and whether another one waits behind it."""
    names = await names_of(connection)
    signs = next(one for one in names if one.since is not None)
    return signs.origin, names[0].since is None
