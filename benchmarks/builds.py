"""A build of this project beside others: its files, an interpreter whose packages fit, a PostgreSQL of its
own, its processes."""

from __future__ import annotations

import asyncio
import importlib.metadata
import io
import itertools
import subprocess
import sys
import tarfile
import time
import tomllib
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg
from packaging.requirements import Requirement

from benchmarks import past
from benchmarks.cost import Meter
from benchmarks.ground import ROOT, database, encoded, environment, notice, postgres
from benchmarks.load import post
from tests.ports import free_port
from tests.unpacked import unpack

CONCURRENCY = {"SMS__CONCURRENCY": "500", "EMAIL__CONCURRENCY": "500", "WORKER__BATCH": "400"}
PHONES = 80_000
"""Numbers reserved for fiction that `notice` spreads borrowers over: from there on they would share them."""
NOTING = ROOT / "benchmarks" / "noting.py"
PATIENCE = 120.0
STEADY = ("autovacuum = off", "checkpoint_timeout = '1h'", "max_wal_size = '8GB'")
"""What a server does by its own clock would fall upon whichever row is measured just then: the planted rows
alone set off a vacuum. Statistics are taken, and checkpoints made, where the rounds say so."""

_WAITS = """
SELECT EXISTS (SELECT FROM deliveries WHERE state IN ('due', 'deferred') AND due_at <= now())
    OR EXISTS (SELECT FROM deliveries WHERE state = 'sending')
"""


@dataclass(slots=True, kw_only=True)
class Build:
    """One build, with a store that has a past."""

    name: str
    root: Path
    python: str
    url: str
    server: int
    """The process id of its postmaster."""
    connection: psycopg.Connection
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def notices(self, count: int, due_at: datetime) -> list[bytes]:
        """Bodies of notices that are due then, each to a borrower of its own."""
        found = [
            encoded(notice(number, borrowers=10**9, channels=["sms"], not_before=due_at.isoformat()))
            for number in itertools.islice(self.numbers, count)
        ]
        if next(self.numbers) > PHONES:
            raise RuntimeError(f"too many notices for {PHONES:,} numbers: fewer rounds or fewer items")
        return found

    def meter(self, *running: subprocess.Popen[str]) -> Meter:
        """Begin to measure."""
        return Meter(self.connection, self.server, [one.pid for one in running])

    @contextmanager
    def _process(self, *arguments: str, url: str, **further: str) -> Iterator[subprocess.Popen[str]]:
        env = environment(url, **(CONCURRENCY | further)) | {"PYTHONPATH": str(self.root)}
        running = subprocess.Popen(
            [self.python, *arguments], env=env, cwd=self.root, text=True, stdout=subprocess.PIPE
        )
        try:
            yield running
        finally:
            running.terminate()
            with suppress(subprocess.TimeoutExpired):
                running.wait(30)
            running.kill()
            running.wait()

    @contextmanager
    def api(self, store: str | None = None) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """An API process that is ready, and its URL; `store` stands in for the store's, such as a proxy's."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with self._process(
            "-m", "service", "serve", "--no-worker", url=store or self.url, PORT=str(port)
        ) as running:
            deadline = time.monotonic() + PATIENCE
            while True:
                with suppress(OSError), urllib.request.urlopen(f"{url}/readyz", timeout=1):
                    break
                if running.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the API of {self.name} did not start")
                time.sleep(0.1)
            yield running, url

    @contextmanager
    def workers(
        self, count: int, url: str | None = None, *, module: str = "benchmarks.instant", **further: str
    ) -> Iterator[list[subprocess.Popen[str]]]:
        """Workers that are ready; `url` stands in for the store's, such as a proxy's. `further`: settings."""
        with ExitStack() as stack:
            found = [
                stack.enter_context(self._process("-m", module, url=url or self.url, **further))
                for _ in range(count)
            ]
            for one in found:
                assert one.stdout is not None
                if not one.stdout.readline():
                    raise RuntimeError(f"a worker of {self.name} did not start")
            yield found

    def with_events(self, due_at: datetime) -> None:
        """Give those whose delivery is due then ten thousand events each, noted as this build notes them."""
        past.events(self.connection, due_at)
        env = environment(self.url) | {"PYTHONPATH": str(self.root)}
        ids = past.borrowers_of(self.connection, due_at)
        subprocess.run([self.python, NOTING, *ids], env=env, cwd=self.root, check=True)

    def post(self, url: str, path: str, bodies: Sequence[bytes], connections: int) -> None:
        """Hand notices in, all of which must be accepted."""
        asyncio.run(post(url, path, bodies, connections))

    def hand_in(self, url: str, bodies: Sequence[bytes], batch: int) -> None:
        """Hand notices in by batches, over four connections."""
        groups = [bodies[first : first + batch] for first in range(0, len(bodies), batch)]
        joined = [b'{"notices":[' + b",".join(group) + b"]}" for group in groups]
        self.post(url, "/v1/notices/batch", joined, 4)

    def until_settled(self, running: Sequence[subprocess.Popen[str]]) -> None:
        """Wait until nothing is due and nothing is under way, by questions that a meter leaves out."""
        deadline = time.monotonic() + PATIENCE
        while self.connection.execute(_WAITS).fetchone() == (True,):
            if any(one.poll() is not None for one in running):
                raise RuntimeError(f"a worker of {self.name} ended")
            if time.monotonic() > deadline:
                raise RuntimeError(f"deliveries of {self.name} were not settled within {PATIENCE:.0f} s")
            time.sleep(0.2)

    def socket(self) -> str:
        """The path of the server's Unix socket."""
        return f"{parse_qs(urlsplit(self.url).query)['host'][0]}/.s.PGSQL.5432"

    def through(self, port: int) -> str:
        """The store's URL through a port of loopback."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=f"postgres@127.0.0.1:{port}", query="sslmode=disable"))


def _fits(root: Path) -> bool:
    """Whether this interpreter has the packages that a build asks for."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    optional = project.get("optional-dependencies", {})
    for text in [*project["dependencies"], *itertools.chain.from_iterable(optional.values())]:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            if importlib.metadata.version(wanted.name) not in wanted.specifier:
                return False
        except importlib.metadata.PackageNotFoundError:
            return False
    return True


def _interpreter(root: Path, folder: Path) -> str:
    """The interpreter that runs this where its packages fit, else one with what the build's lock names, from
    the package index."""
    if _fits(root):
        return sys.executable
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    locked = ["-r", str(root / "requirements.lock"), "--require-hashes"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *locked], check=True)
    return python


@contextmanager
def checked_out(revision: str) -> Iterator[tuple[Path, str]]:
    """The files of a revision in a folder that goes away, and an interpreter for them. Raises RuntimeError
    for an unknown one."""
    told = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=False)
    if told.returncode:
        raise RuntimeError(f"git has no revision {revision!r}: {told.stderr.decode().strip()}")
    with TemporaryDirectory(prefix="forbear-build-") as folder:
        root = Path(folder) / "files"
        with tarfile.open(fileobj=io.BytesIO(told.stdout)) as archive:
            unpack(archive, root)
        yield root, _interpreter(root, Path(folder) / "venv")


@contextmanager
def standing(name: str, root: Path, python: str, borrowers: int = past.BORROWERS) -> Iterator[Build]:
    """A build on a PostgreSQL of its own, migrated by itself, with a past of so many borrowers."""
    with postgres() as server_url:
        url = database(server_url, "past", migrated=False)
        data = Path(parse_qs(urlsplit(url).query)["host"][0])
        env = environment(url) | {"PYTHONPATH": str(root)}
        subprocess.run(
            [python, "-m", "service", "migrate"], env=env, cwd=root, check=True, stdout=subprocess.DEVNULL
        )
        with psycopg.connect(url, autocommit=True, options="-c enable_seqscan=off") as connection:
            for setting in STEADY:
                connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[call-overload]
            connection.execute("SELECT pg_reload_conf()")
            past.live(connection, borrowers)
            server = int((data / "postmaster.pid").read_text().split()[0])
            yield Build(name=name, root=root, python=python, url=url, server=server, connection=connection)
