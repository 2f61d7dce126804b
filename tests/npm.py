"""Packages from npm, fetched once into the virtual environment; where they cannot be had the test is skipped
with the reason."""

from __future__ import annotations

import fcntl
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 240
PATIENT = (
    "--fetch-timeout=15000",
    "--fetch-retries=5",
    "--fetch-retry-mintimeout=500",
    "--fetch-retry-maxtimeout=4000",
)
"""npm waits five minutes for an answer unless told otherwise, and up to a minute before it asks again."""
QUIET = ("--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error")


def environment() -> dict[str, str]:
    """The machine's own authorities for npm: node trusts a list of its own alone, so that behind a proxy that
    signs each answer npm asks again and again, for minutes, unless a file in somebody's home names them."""
    found = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    return {"NODE_EXTRA_CA_CERTS": found} | os.environ if found else dict(os.environ)


def packages(name: str, *wanted: str) -> Path:
    """The folder with these packages, fetched once for all runs that share the environment.
    `FORBEAR_EVERY_TEST` makes a skip a failure."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    folder = Path(sys.prefix) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _fetch(folder, wanted)
    return folder


def _fetch(folder: Path, wanted: tuple[str, ...]) -> None:
    """Whole or not at all; npm gives up on a stalled answer after 15 s, and a second run goes on from the
    cache."""
    making = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    options = [*QUIET, *PATIENT, "--prefer-offline"]
    command = [
        "npm",
        "install",
        *options,
        "--cache",
        str(folder.with_name(f"{folder.name}.npm")),
        "--prefix",
        ".",
    ]
    try:
        for last in (False, True):
            try:
                subprocess.run(
                    [*command, *wanted],
                    cwd=making,
                    env=environment(),
                    capture_output=True,
                    timeout=SECONDS,
                    check=True,
                    text=True,
                )
                break
            except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
                if last:
                    _give_up(
                        f"npm did not give {', '.join(wanted)}: {error}: {str(error.stderr or '')[-500:]}"
                    )
        (making / "complete").touch()
        shutil.rmtree(folder, ignore_errors=True)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _give_up(reason: str) -> None:
    if "FORBEAR_EVERY_TEST" in os.environ:
        pytest.fail(reason)
    pytest.skip(reason)
