"""Packages from npm, fetched once into the virtual environment; where they cannot be had the test is skipped
with the reason."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 240


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
    options = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error"]
    options += ["--fetch-timeout=15000", "--fetch-retries=5", "--prefer-offline"]
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
