"""How work grows with the cells: one, two and four of them on embedded servers get the same load, and each
server says how many commits, rows, bytes of write-ahead log and round trips came to it.

Nothing here is a second: two cores that carry four servers say nothing about four machines. What a server is
asked to do for a notice is the same on any machine. Loads are run, and at the end nothing for as long as the
longest, by processes that start and end alike; the difference is the notices'.

What is judged are notices that come one at a time, so that each is a commit and nothing depends on who shares
one. A borrower who is new costs a deployment of several cells one more, which enters the number into the
directory; where notices come in batches, or many at once, they share it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import parse_qs, urlsplit, urlunsplit

import asyncpg
import psycopg

from benchmarks.figure import Figure
from benchmarks.ground import SECRET, encoded, environment, notice, postgres
from benchmarks.grown import Counts, Grown, Load, extrapolation, slopes, table
from benchmarks.load import post
from benchmarks.wire import ROUND_TRIPS, Proxy
from service.settings import decode_secret
from service.store.cells import BUCKETS
from service.store.keyring import open_vault
from service.store.migrate import migrate
from tests.fork_server import Child, fork_server
from tests.ports import free_port

CELLS = (1, 2, 4)
NOTICES = 600
"""To as many borrowers, by SMS."""
BATCH = 200
AT_ONCE = 64
"""Requests that wait for an answer at the same time."""
NEW, KNOWN = "new borrowers, one at a time", "known borrowers, one at a time"
BATCHES, TOGETHER = f"new borrowers, {BATCH} in a batch", f"new borrowers, {AT_ONCE} requests at a time"
ELSEWHERE = "known borrowers of other cells, one at a time"
WARM = 60
IDLE_SECONDS = 5.0
PATIENCE = 240.0
WITHIN = 1.1
"""How far a server's part of the commits may be from an even one, of those borrowers that it has: they fall
into the cells by chance, some per cent off."""
DIRECTORY = 1.0
"""Commits that enter the number of a new borrower, posted alone, into the directory."""
BY_CHANCE = 0.05
"""Commits at home for a notice of another cell that count as none."""


class Asked(NamedTuple):
    """A load of notices."""

    borrowers: range
    """Each by its number."""
    batch: int = 1
    """How many notices a request has."""
    connections: int = 1


_FIRST, _SECOND, _THIRD = (range(WARM + part * NOTICES, WARM + (part + 1) * NOTICES) for part in range(3))
NOTICES_OF = {
    NEW: Asked(_FIRST),
    BATCHES: Asked(_SECOND, batch=BATCH),
    TOGETHER: Asked(_THIRD, connections=AT_ONCE),
    KNOWN: Asked(_FIRST),
}

WAITS = """
SELECT EXISTS (SELECT FROM deliveries WHERE state = 'sending' OR
    (state IN ('due', 'deferred') AND due_at <= now()))
"""
COUNTS = """
SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint, xact_commit,
    tup_inserted + tup_updated + tup_deleted, pg_current_wal_insert_lsn() - '0/0'::pg_lsn
FROM pg_stat_database WHERE datname = current_database()
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
QUIET = ("autovacuum = off", "full_page_writes = off")
"""What would count at some times and not at others: the server's own work, and images of pages after its
checkpoints."""


class Server:
    """A PostgreSQL with a proxy in front that counts."""

    def __init__(self, url: str) -> None:
        """`url`: the embedded server's own."""
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in QUIET:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        self.direct = url
        self._proxy = Proxy(f"{parse_qs(urlsplit(url).query)['host'][0]}/.s.PGSQL.5432")
        self._asked = 0

    def __enter__(self) -> Self:
        self._proxy.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._proxy.__exit__()

    @property
    def url(self) -> str:
        """Through the proxy."""
        parts = urlsplit(self.direct)
        return urlunsplit(
            parts._replace(netloc=f"postgres@127.0.0.1:{self._proxy.port}", query="sslmode=disable")
        )

    @property
    def round_trips(self) -> int:
        """How often somebody waited for an answer."""
        return self._proxy.total(ROUND_TRIPS)

    def ask(self, query: str) -> tuple[float, ...]:
        """The first row; the commits of such questions are not counted."""
        self._asked += 1
        with psycopg.connect(self.direct, autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return tuple(map(float, row))

    def read(self) -> Counts:
        """Everything so far, once nobody is connected any more who may have counted and not told."""
        deadline = time.monotonic() + PATIENCE
        while self.ask(OTHERS)[0]:
            if time.monotonic() > deadline:
                raise RuntimeError("somebody is connected who should have ended")
            time.sleep(0.2)
        writes, commits, rows, wal = self.ask(COUNTS)
        return Counts(writes, commits - self._asked, rows, wal, self.round_trips)


class Deployment:
    """Servers, and the processes that are run on them."""

    def __init__(self, servers: Sequence[Server], told: Path) -> None:
        """Home first; `told`, a file, takes what processes write."""
        self._servers, self._told = servers, told
        self._further = {"SMS__CONCURRENCY": "400"}
        if len(servers) > 1:
            self._further["CELLS"] = json.dumps([one.url for one in servers])
        self._longest = (0.0, 0.0)
        self.idle: list[float] = []
        """Round trips of a second in which nothing is to do, by server."""

    def run(self, borrowers: Sequence[int], batch: int = 1, connections: int = 1) -> list[Counts]:
        """What the notices to these borrowers cost each server, with what goes on anyway in as long as the
        longest run before it."""
        before = [one.read() for one in self._servers]
        self._work(borrowers, batch, connections)
        return [one.read().less(start) for one, start in zip(self._servers, before, strict=True)]

    def rest(self) -> list[Counts]:
        """What goes on anyway: processes that start, find nothing to do for as long as the longest run, and
        end."""
        before = [one.read() for one in self._servers]
        with self._api():
            time.sleep(self._longest[0])
        with self._worker():
            trips = [one.round_trips for one in self._servers]
            time.sleep(self._longest[1])
            self.idle = [
                (one.round_trips - was) / self._longest[1]
                for one, was in zip(self._servers, trips, strict=True)
            ]
        return [one.read().less(start) for one, start in zip(self._servers, before, strict=True)]

    def warm(self) -> None:
        """What only the first ones cost: schemas, connections, plans."""
        self._work(range(WARM), 1, 1)
        self._longest = (0.0, 0.0)

    def _work(self, borrowers: Sequence[int], batch: int, connections: int) -> None:
        """Take notices, and send them."""
        notices = [notice(number, borrowers=10**9, channels=["sms"]) for number in borrowers]
        if batch == 1:
            path, bodies = "/v1/notices", list(map(encoded, notices))
        else:
            groups = [notices[start : start + batch] for start in range(0, len(notices), batch)]
            path, bodies = "/v1/notices/batch", [encoded({"notices": group}) for group in groups]
        with self._api() as url:
            began = time.monotonic()
            asyncio.run(post(url, path, bodies, connections))
            taking = self._fill(began, self._longest[0])
        with self._worker():
            began = time.monotonic()
            self._until_settled()
            self._longest = taking, self._fill(began, self._longest[1])

    @staticmethod
    def _fill(began: float, seconds: float) -> float:
        """Wait until a part of a run took at least so long; how long it took."""
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        return time.monotonic() - began

    @contextmanager
    def _running(self, module: str, *arguments: str, **further: str) -> Iterator[Child]:
        """A process of this checkout."""
        env = environment(self._servers[0].url, **self._further, **further)
        child = fork_server().start(module, arguments, env, self._told)
        try:
            yield child
        finally:
            child.terminate()
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    @contextmanager
    def _api(self) -> Iterator[str]:
        """An API process that is ready; its URL."""
        port = free_port()
        with self._running("service", "serve", "--no-worker", PORT=str(port)) as child:
            url = f"http://127.0.0.1:{port}"
            self._await(child, lambda: _answers(f"{url}/readyz"))
            yield url

    @contextmanager
    def _worker(self) -> Iterator[None]:
        """A worker that is ready."""
        self._told.write_text("")
        with self._running("benchmarks.instant") as child:
            self._await(child, lambda: "ready" in self._told.read_text().splitlines())
            yield

    def _await(self, child: Child, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_ready():
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"a process did not start: {self._told.read_text()[-500:]}")
            time.sleep(0.05)

    def _until_settled(self) -> None:
        """Then a little longer, so that the log is sequenced too."""
        deadline = time.monotonic() + PATIENCE
        while any(one.ask(WAITS)[0] for one in self._servers):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the deliveries were not settled within {PATIENCE:.0f} s")
            time.sleep(1.0)
        time.sleep(IDLE_SECONDS)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=1).close()
    except OSError:
        return False
    return True


async def _cells_of(url: str, borrowers: Sequence[int], cells: int) -> list[int]:
    """In which cell each borrower is."""
    connection = await asyncpg.connect(url)
    try:
        vault = await open_vault(connection, decode_secret(SECRET))
    finally:
        await connection.close()
    shift = 128 - (BUCKETS - 1).bit_length()
    return [(vault.borrower_key(f"B-{one}").int >> shift) * cells // BUCKETS for one in borrowers]


def grow(cells: int) -> Grown:
    """The load over so many cells."""
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(stack.enter_context(postgres()))) for _ in range(cells)]
        for one in servers:
            asyncio.run(migrate(one.direct))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="forbear-growth-")))
        deployment = Deployment(servers, folder / "told")
        deployment.warm()
        counts: dict[str, list[Counts]] = {}
        sizes: dict[str, int] = {}
        places = {
            name: asyncio.run(_cells_of(servers[0].direct, one.borrowers, cells))
            for name, one in NOTICES_OF.items()
        }
        for name, (borrowers, batch, connections) in NOTICES_OF.items():
            counts[name], sizes[name] = deployment.run(borrowers, batch, connections), len(borrowers)
            print(f"  {cells} cells: {name}", file=sys.stderr, flush=True)
        away = [who for who, cell in zip(NOTICES_OF[KNOWN].borrowers, places[KNOWN], strict=True) if cell]
        if cells == CELLS[1]:
            counts[ELSEWHERE], sizes[ELSEWHERE] = deployment.run(away), len(away)
            places[ELSEWHERE] = [cell for cell in places[KNOWN] if cell]
        rest = deployment.rest()
        loads = {
            name: Load(
                counts=[one.less(idle).per(sizes[name]) for one, idle in zip(some, rest, strict=True)],
                idle=deployment.idle,
                shares=[places[name].count(cell) / sizes[name] for cell in range(cells)],
            )
            for name, some in counts.items()
        }
        return Grown(cells, loads)


def measure() -> list[Figure]:
    """Print what was counted, how it grows and what to, and judge: each server has an even part of what known
    borrowers cost, home no part of what others' do, and a new number costs one commit more."""
    found = [grow(cells) for cells in CELLS]
    print(table(found))
    print(slopes(found))
    print(extrapolation(found[-1].loads[NEW].together))
    return judged(found)


def judged(found: Sequence[Grown]) -> list[Figure]:
    """What each number of cells is held to, against one."""
    figures = []
    one = found[0].loads
    for grown in found[1:]:
        known = grown.loads[KNOWN]
        parts = [
            counts.writes / (one[KNOWN].counts[0].writes * share)
            for counts, share in zip(known.counts, known.shares, strict=True)
        ]
        worst = max(parts, key=lambda part: abs(part - 1))
        figures += [
            Figure(
                name=f"commits that write on each of {grown.cells} servers, against its borrowers' part",
                ours=", ".join(f"{counts.writes:.3f}" for counts in known.counts),
                against=", ".join(f"{one[KNOWN].counts[0].writes * share:.3f}" for share in known.shares),
                ratio=1 + abs(worst - 1),
                bound=WITHIN,
                at_most=True,
            ),
            Figure(
                name=f"commits more for a borrower who is new, over {grown.cells} servers",
                ours=f"{grown.loads[NEW].together.writes - one[NEW].together.writes:.3f}",
                against=f"{DIRECTORY:.0f}",
                ratio=(grown.loads[NEW].together.writes - one[NEW].together.writes) / DIRECTORY,
                bound=WITHIN,
                at_most=True,
            ),
        ]
        if ELSEWHERE in grown.loads:
            at_home = grown.loads[ELSEWHERE].counts[0].writes
            figures.append(
                Figure(
                    name="commits that write at home for a notice to a known borrower of another cell",
                    ours=f"{at_home:.3f}",
                    against="none",
                    ratio=abs(at_home),
                    bound=BY_CHANCE,
                    at_most=True,
                )
            )
    return figures
