"""`forbear` as a process of its own, for the tests that need one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL, Signals
from threading import Thread
from typing import IO, Any, Protocol

import httpx

from tests.fork_server import Child, fork_server
from tests.somewhere import place_at

PATIENCE = 40.0


class Running(Protocol):
    """What the tests ask of a process, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def stdout(self) -> IO[str] | None:
        """What it writes, if it was started with a pipe."""

    @property
    def returncode(self) -> Any:
        """How it ended."""

    def poll(self) -> int | None:
        """How it ended; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Until it has ended. Raises TimeoutExpired."""

    def terminate(self) -> None:
        """SIGTERM."""

    def kill(self) -> None:
        """SIGKILL."""

    def send_signal(self, sig: int) -> None:
        """Any other."""

    def communicate(self, *, timeout: float | None = None) -> tuple[str, Any]:
        """All that it writes until it ends."""


class Forked:
    """A process that was forked from a warm one."""

    def __init__(self, child: Child, stdout: IO[str] | None) -> None:
        self._child = child
        self.pid, self.stdout = child.pid, stdout
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        self.returncode = self._child.poll()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Until it has ended. Raises TimeoutExpired."""
        self.returncode = self._child.wait(timeout)
        return self.returncode

    def terminate(self) -> None:
        """SIGTERM."""
        self._child.terminate()

    def kill(self) -> None:
        """SIGKILL."""
        self._child.kill()

    def send_signal(self, sig: int) -> None:
        """Any other."""
        self._child.send(Signals(sig))

    def communicate(self, *, timeout: float | None = None) -> tuple[str, None]:
        """All that it writes until it ends."""
        written: list[str] = []
        reading = Thread(target=self._read, args=(written,), daemon=True)
        reading.start()
        reading.join(timeout)
        if reading.is_alive():
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        self.wait(timeout)
        return "".join(written), None

    def _read(self, written: list[str]) -> None:
        assert self.stdout is not None
        written.append(self.stdout.read())


def _forked(folder: Path, arguments: tuple[str, ...], settings: dict[str, str], output: int) -> Forked:
    """From a process that has imported everything; `output` as in `process`."""
    if output == subprocess.DEVNULL:
        return Forked(
            fork_server().start("service", arguments, settings, Path(os.devnull), folder), stdout=None
        )
    if output != subprocess.PIPE:
        log = Path(f"/proc/{os.getpid()}/fd/{output}")
        return Forked(fork_server().start("service", arguments, settings, log, folder), stdout=None)
    with tempfile.TemporaryDirectory(prefix="forbear-pipe-") as place:
        pipe = Path(place) / "output"
        os.mkfifo(pipe)
        child = fork_server().start("service", arguments, settings, pipe, folder)
        return Forked(child, pipe.open())  # opens once the child has opened its end


@contextmanager
def process(
    folder: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    output: int = subprocess.PIPE,
    cold: bool = False,
) -> Iterator[Running]:
    """A command in a folder of its own, ended at the end.

    `output`: a descriptor that takes all it writes. `cold`: an interpreter of its own, which imports
    everything anew, instead of a fork of one that has; also where other sources are to be imported."""
    settings = {"PATH": os.environ["PATH"], "HOME": str(folder), **(env or {})}
    running: Running
    if cold or "PYTHONPATH" in settings:
        settings.setdefault("PYTHONPATH", str(Path(__file__).parents[1]))
        settings |= {name: value for name, value in os.environ.items() if name.startswith("COV")}
        running = subprocess.Popen(
            [sys.executable, "-m", "service", *arguments],
            cwd=folder,
            env=settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    else:
        running = _forked(folder, arguments, settings, output)
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
            try:
                running.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                running.send_signal(SIGKILL)
                raise
        if running.stdout is not None:
            running.stdout.close()


def command(
    *arguments: str, env: Mapping[str, str], timeout: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """`forbear arguments` to its end, in a folder of its own; what it wrote to both."""
    with tempfile.TemporaryDirectory(prefix="forbear-command-") as place:
        folder = Path(place)
        settings = {"PATH": os.environ["PATH"], "HOME": place, **env}
        out, errors = folder / "out", folder / "errors"
        child = fork_server().start("service", arguments, settings, out, folder, errors)
        code = child.wait(timeout)
        written = [one.read_text() if one.exists() else "" for one in (out, errors)]
    return subprocess.CompletedProcess(list(arguments), code, *written)


def address_of(running: Running) -> str:
    """Where it says that it listens."""
    assert running.stdout is not None
    for line in running.stdout:
        if "listens on" in line:
            return line.split("listens on ")[1].split()[0]
    raise AssertionError("it ended without listening")


def ready(url: str) -> None:
    """Wait until it answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it is not ready")


def by_daylight(notice: dict[str, Any]) -> dict[str, Any]:
    """The notice by SMS, for a borrower whose local time is noon, now."""
    body = {**notice, "channels": ["sms"], "fan_out": "all"}
    body["borrower"] = {**notice["borrower"], **place_at()}
    body["debt"] = {**notice["debt"], "jurisdiction": None}
    for name in ("not_before", "wait", "expires_at"):
        del body[name]
    return body
