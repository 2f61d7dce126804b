"""Time zones, always from the pinned `tzdata` package, whatever the system has."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
from functools import lru_cache
from zoneinfo import ZoneInfo

TZDATA_VERSION = importlib.metadata.version("tzdata")
"""The version that decides; it stands in every log entry."""


NO_PLACE = frozenset({"Factory", "localtime", "posixrules"})
"""Names of tzdata that are no time zone: `Factory` is the one of a machine that nobody set up."""


class NoSuchZone(ValueError):
    """The name is no zone of the pinned tzdata, or one of a machine that nobody set up."""


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of that name from the tzdata package. Raises NoSuchZone."""
    folder, _, last = name.rpartition("/")
    package = ".".join(["tzdata", "zoneinfo", *folder.split("/")]) if folder else "tzdata.zoneinfo"
    if not name or name in NO_PLACE or name.startswith(("/", ".")) or ".." in name:
        raise NoSuchZone(name)
    try:
        with importlib.resources.files(package).joinpath(last).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ModuleNotFoundError, ValueError, TypeError) as error:
        raise NoSuchZone(name) from error
