"""Processes over two PostgreSQL servers of their own, and a provider that keeps a book of what it took."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.chaos.cluster import KEY, Cluster, Seat
from tests.chaos.lay import lay
from tests.chaos.provider import WELL, Book, Dice, Phones

PATIENCE = 120.0
CELLS = 2
BUCKETS = 4096


@dataclass(slots=True)
class Deployment:
    """What runs, and the provider's side of it."""

    cluster: Cluster
    phones: Phones

    @property
    def api(self) -> str:
        """The first API process."""
        return self.cluster.seats[0].url

    def post(
        self, path: str, body: Any, *, door: str = "", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, document and heads (their names in lower case) of an answer; 0 where none came."""
        request = urllib.request.Request(
            f"{door or self.api}{path}",
            json.dumps(body).encode(),
            {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read()), _heads(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}"), _heads(error.headers)
        except OSError:
            return 0, None, {}

    def rows(self, cell: int, query: str) -> list[Any]:
        """What a cell's server says."""
        with psycopg.connect(self.cluster.databases[cell], connect_timeout=5) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]

    def count(self, query: str) -> int:
        """A number, of all cells together."""
        return sum(int(self.rows(cell, query)[0][0]) for cell in range(CELLS))

    def until(self, query: str, number: int) -> None:
        """Wait until a number of all cells together is this one."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.count(query)) != number:
            assert time.monotonic() < deadline, f"{query}: {found}"
            time.sleep(0.2)

    def taken(self) -> list[str]:
        """The words of everything that the provider took, in their order."""
        return [line["text"] for line in list(self.phones.book.lines)]

    def kill_server(self, cell: int) -> None:
        """A cell's PostgreSQL ends as kill -9 ends, and stays away."""
        pid = int((self._folder(cell) / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def start_server(self, cell: int) -> None:
        """It is started again."""
        server = self.cluster.server if cell == 0 else self.cluster.further[cell - 1][0]
        for _ in range(200):
            time.sleep(0.2)
            try:
                server.ensure_running()
                psycopg.connect(self.cluster.databases[cell], connect_timeout=2).close()
                return
            except Exception:  # noqa: BLE001 - its children may not have ended yet
                continue
        raise AssertionError(f"the server of cell {cell} did not come back")

    def command(self, *arguments: str) -> str:
        """What `forbear …` writes over both cells; it ends with 0."""
        log = self.cluster.folder / f"{'-'.join(arguments)}.log"
        cells = {"FORBEAR_CELLS": json.dumps(self.cluster.databases)}
        env = {**self.cluster.environment, **cells}
        code = self.cluster.fork_server.start("service", arguments, env, log).wait(PATIENCE)
        assert 0 == code, log.read_text()
        return log.read_text()

    def seats(self, kind: str) -> list[Seat]:
        """The places of API processes, or of workers."""
        return [one for one in self.cluster.seats if one.kind == kind]

    def _folder(self, cell: int) -> Path:
        return self.cluster.folder if cell == 0 else self.cluster.folder / f"cell{cell}"


def _heads(found: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in found.items()}


def cell_of(notice_id: str) -> int:
    """In which cell a notice is: its id begins with its borrower's key, and buckets are divided evenly."""
    return int(notice_id[4:7], 16) * CELLS // BUCKETS


@contextmanager
def deployed(
    *, apis: int = 1, workers: int = 2, schemas: bool = False, further: Mapping[str, str] | None = None
) -> Iterator[Deployment]:
    """Everything runs and is ready; with `schemas` both cells are in one database."""
    book = Book(Path("/nonexistent"))
    running: list[Cluster] = []
    phones = Phones(
        book, Dice(5, WELL), "http://forbear.example", lambda: running[0].doors() if running else []
    )
    phones.lost, phones.repeats = 0.0, True
    try:
        cluster = lay(
            apis=apis,
            workers=workers,
            seed=5,
            phones=phones.url,
            mail_port=None,
            cells=CELLS,
            schemas=schemas,
            further=further,
        )
        running.append(cluster)
        book.path = cluster.folder / "provider.jsonl"
        for seat in cluster.seats:
            cluster.start(seat, armed=False)
        cluster.await_ready()
        yield Deployment(cluster, phones)
    finally:
        phones.close()
        for one in running:
            one.close()
