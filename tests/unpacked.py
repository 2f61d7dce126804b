"""Archives of others, unpacked."""

from __future__ import annotations

import tarfile
from pathlib import Path

_SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
"""Nothing is written outside the folder (PEP 706); the Python 3.11.2 of Debian 12 does not know it."""


def unpack(archive: tarfile.TarFile, folder: Path, member: str | None = None) -> None:
    """Unpack one member, or all."""
    if member is None:
        archive.extractall(folder, **_SAFELY)  # type: ignore[arg-type]
    else:
        archive.extract(member, folder, **_SAFELY)  # type: ignore[arg-type]
