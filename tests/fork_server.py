"""Starts processes of the service at once: a process that has imported everything forks one for each order.

Tests and campaigns start hundreds of processes, and each would spend seconds of a processor's time on the
same imports. What is forked here is a process like any other: it has settings, a log and an end of its own,
and reads everything that it was told from its environment."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from queue import Queue
from typing import NoReturn

ROOT = Path(__file__).parents[1]
WRITING = os.O_WRONLY | os.O_CREAT | os.O_APPEND


class Child:
    """A process that was forked; what `subprocess.Popen` says of its own."""

    def __init__(self, pid: int) -> None:
        """`pid` is the fork server's child, not ours."""
        self.pid = pid
        self._ended = threading.Event()
        self._code = 0

    def end(self, code: int) -> None:
        """It was found to have ended."""
        self._code = code
        self._ended.set()

    def poll(self) -> int | None:
        """Its exit code, or less than nothing for the signal that ended it; None while it runs."""
        return self._code if self._ended.is_set() else None

    def wait(self, timeout: float | None = None) -> int:
        """Until it has ended. Raises TimeoutExpired."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return self._code

    @property
    def is_stopped(self) -> bool:
        """Whether a signal has frozen it."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        except OSError:  # it is gone
            return False

    def send(self, what: signal.Signals) -> None:
        """A signal, while it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ended, and its parent has not told yet
                os.kill(self.pid, what)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send(signal.SIGKILL)


class ForkServer:
    """Forks processes of the service on order."""

    def __init__(self) -> None:
        """Start the process that forks; it is ready when the first order is."""
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._forking = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=env
        )
        self._started: Queue[int] = Queue()
        self._children: dict[int, Child] = {}
        self._early: dict[int, int] = {}
        self._lock = threading.Lock()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        folder: Path = ROOT,
        errors: Path | None = None,
    ) -> Child:
        """`python -m module arguments` in that folder, with this environment and nothing of ours; `log`, a
        file or a pipe, takes what it writes, but for what `errors` takes where it is given."""
        order = {
            "module": module,
            "arguments": list(arguments),
            "env": dict(env),
            "log": str(log),
            "folder": str(folder),
            "errors": None if errors is None else str(errors),
        }
        assert self._forking.stdin is not None
        self._forking.stdin.write(json.dumps(order).encode() + b"\n")
        self._forking.stdin.flush()
        pid = self._started.get(timeout=120)
        with self._lock:
            child = self._children[pid] = Child(pid)
            if pid in self._early:
                child.end(self._early.pop(pid))
        return child

    def _read(self) -> None:
        assert self._forking.stdout is not None
        for line in self._forking.stdout:
            told = json.loads(line)
            if "started" in told:
                self._started.put(told["started"])
                continue
            with self._lock:
                child = self._children.pop(told["ended"], None)
                if child is None:
                    self._early[told["ended"]] = told["code"]
                else:
                    child.end(told["code"])

    def close(self) -> None:
        """End it, and with it whatever it has forked and nobody has ended."""
        assert self._forking.stdin is not None
        self._forking.stdin.close()
        self._forking.wait()
        self._reading.join()
        assert self._forking.stdout is not None
        self._forking.stdout.close()


@cache
def fork_server() -> ForkServer:
    """The one of this process, made when it is first asked for and ended with us."""
    one = ForkServer()
    atexit.register(one.close)
    return one


def _be(order: dict[str, object]) -> NoReturn:
    """Become the process that was ordered."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(str(order["log"]), WRITING, 0o600)
        os.dup2(log, 1)
        os.dup2(log if order["errors"] is None else os.open(str(order["errors"]), WRITING, 0o600), 2)
        os.chdir(str(order["folder"]))
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.environ.clear()
        os.environ.update(order["env"])  # type: ignore[call-overload]
        sys.argv[1:] = order["arguments"]  # type: ignore[assignment, call-overload]
        runpy.run_module(str(order["module"]), run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the end of a process
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Import what processes of the service import, and read the packs that ship; then fork one for each line,
    and tell of each that ends."""
    import service.cli.retention
    import service.cli.secrets
    import service.cli.serving
    import service.wiring  # noqa: F401
    from channels.content.shipped import ready_templates
    from service.packs import shipped_rules

    shipped_rules()
    ready_templates()
    alive: set[int] = set()
    out = os.fdopen(os.dup(1), "w")
    rest = b""
    while True:
        if select.select([0], [], [], 0.02)[0]:
            got = os.read(0, 1 << 20)
            if not got:
                break
            *orders, rest = (rest + got).split(b"\n")
            for order in orders:
                if (pid := os.fork()) == 0:
                    _be(json.loads(order))
                alive.add(pid)
                print(json.dumps({"started": pid}), file=out, flush=True)
        while alive and (found := os.waitpid(-1, os.WNOHANG))[0]:
            alive.discard(found[0])
            print(
                json.dumps({"ended": found[0], "code": os.waitstatus_to_exitcode(found[1])}),
                file=out,
                flush=True,
            )
    for pid in alive:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
