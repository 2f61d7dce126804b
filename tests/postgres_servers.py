"""PostgreSQL servers of a test's own, on ports of loopback: a primary, its synchronous standby, and what can
happen to them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg

from service.store.embedded import server_of
from tests.ports import free_port

STANDBY = "second"
"""The standby's name, for which the primary's commits wait."""
REPLICATES = (
    "\nwal_level = replica\nmax_wal_senders = 5\nhot_standby = on\nfsync = off\nmax_connections = 60\n"
)


@dataclass
class Server:
    """One server with a folder of its own."""

    folder: Path
    port: int
    options: str = ""

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    def run(self, command: str, *arguments: str) -> None:
        """One of PostgreSQL's own programs, as the user that may run them."""
        wheel = server_of(self.folder)
        user: dict[str, Any] = {"user": wheel.system_user} if wheel.system_user else {}
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([str(wheel.bin_path / command), *arguments], check=True, cwd="/", **quiet, **user)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -k '' {self.options}"
        self.run("pg_ctl", "-w", "-D", str(self.data), "-l", str(self.data / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once, where it runs."""
        if (self.data / "postmaster.pid").exists():
            self.run("pg_ctl", "-w", "-m", "immediate", "-D", str(self.data), "stop")

    def kill(self) -> None:
        """End its postmaster as kill -9 ends; what is left of it ends by itself."""
        pid_file = self.data / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)
        pid_file.unlink()

    def promote(self) -> None:
        """Make a standby the primary."""
        self.run("pg_ctl", "-w", "-D", str(self.data), "promote")

    def sql(self, *statements: str, database: str = "postgres") -> Any:
        """What the last of them answers; it may write where others may not."""
        return asyncio.run(self._sql(statements, database))

    async def _sql(self, statements: tuple[str, ...], database: str) -> Any:
        settings = {"default_transaction_read_only": "off"}
        url = f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
        connection = await asyncpg.connect(url, timeout=10, server_settings=settings)
        try:
            for statement in statements:
                answer = await connection.fetchval(statement)
        finally:
            await connection.close()
        return answer

    def takes_writes(self, *, yes: bool) -> None:
        """Whether it is to take writes, for everybody who is connected too."""
        self.sql(
            f"ALTER SYSTEM SET default_transaction_read_only = {'off' if yes else 'on'}",
            "SELECT pg_reload_conf()",
        )


@contextmanager
def server_of_programs(programs: Path) -> Iterator[str]:
    """The URL of a fresh server made by other programs than the wheel's (`initdb`, `pg_ctl`), on a socket of
    its own. Root lets it run as the user `postgres`, which comes with Debian's package."""
    folder, user = Path(tempfile.mkdtemp(prefix="forbear-pg-")), dict[str, Any]()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        user = {"user": "postgres"}
    data = str(folder / "data")

    def program(name: str, *arguments: str) -> None:
        command = [str(programs / name), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, **user)

    program("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
    try:
        program("pg_ctl", "-w", "-D", data, "-l", f"{folder}/log", "-o", options, "start")
        yield f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}"
    finally:
        program("pg_ctl", "-w", "-m", "immediate", "-D", data, "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def pair() -> Iterator[tuple[Server, Server]]:
    """A primary whose commits wait for its standby, and the standby."""
    folder = Path(tempfile.mkdtemp(prefix="forbear-pair-"))
    folder.chmod(0o755)
    try:
        first, second = (Server(folder / name, free_port()) for name in ("first", STANDBY))
        first.options = f"-c synchronous_standby_names={STANDBY}"
        for one in (first, second):
            one.folder.mkdir(mode=0o755)
        server_of(first.folder).ensure_pgdata_inited()
        with (first.data / "postgresql.conf").open("a") as file:
            file.write(REPLICATES)
        try:
            first.start()
            _copy(first, second)
            second.start()
            while first.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 0:
                time.sleep(0.1)
            first.sql("CREATE DATABASE forbear")
            yield first, second
        finally:
            for one in (second, first):
                one.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(first: Server, second: Server) -> None:
    """Lay the standby: a copy that follows the first."""
    server_of(second.folder)  # makes its folder
    owner = first.data.stat()
    os.chown(second.data, owner.st_uid, owner.st_gid)
    address = f"host=127.0.0.1 port={first.port} user=postgres application_name={STANDBY}"
    second.run(
        "pg_basebackup", "-d", address, "-D", str(second.data), "-R", "-X", "stream", "--checkpoint=fast"
    )
