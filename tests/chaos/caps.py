"""`python -m tests.chaos.caps RUNS CELLS`: 3 workers, 200 borrowers, 20 notices each, a cap of 3: each run
must hand over exactly 3 to each. Of several cells each has a PostgreSQL of its own and a part of the
borrowers."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.chaos.cluster import KEY, Cluster
from tests.chaos.gather import count
from tests.chaos.lay import lay
from tests.chaos.producer import notice, telephone, zone_at_noon
from tests.chaos.provider import WELL, Book, Dice, Phones

BORROWERS, NOTICES, CAP = 200, 20, 3
BATCH = 500
PATIENT = {"FORBEAR_WORKER__SEND_TIMEOUT_SECONDS": "15"}
"""A busy machine is given time: a hand-over that a worker came to too late counts as made, though nobody got
it."""
QUIET_SECONDS = 4.0
"""So long after the last hand-over nothing more may come."""


def post(cluster: Cluster, numbers: list[tuple[int, int]]) -> None:
    """Post notices (number, borrower) in batches."""
    zone = zone_at_noon()
    for start in range(0, len(numbers), BATCH):
        body = {
            "notices": [
                notice(number, borrower, ("sms",), zone)
                for number, borrower in numbers[start : start + BATCH]
            ]
        }
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"{cluster.doors()[0]}/v1/notices/batch", json.dumps(body).encode(), headers
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            results = json.loads(answer.read())["results"]
        assert all("id" in one for one in results), results[:3]


class Run(NamedTuple):
    """What came of a run."""

    messages: Counter[str]
    """By number, what the provider's record holds."""
    unknown: int
    """Contacts that count and of which nobody knows whether they were made: a worker that stood still on a
    busy machine came to them too late, and does not send what may have gone. It may have gone all the same,
    and then it is among the messages too."""
    otherwise: int
    """Borrowers with another number of contacts than the cap permits."""

    def is_exact(self, borrowers: int) -> bool:
        """Whether each has exactly as many contacts as the cap permits, and each of them is a message or
        known as one that may be none."""
        missing = CAP * borrowers - self.messages.total()
        return 0 <= missing <= self.unknown and self.otherwise == 0 and max(self.messages.values()) <= CAP


OTHERWISE = """
SELECT count(*) FROM (
    SELECT FROM attempts WHERE state NOT IN ('released', 'refused') GROUP BY borrower_id HAVING count(*) <> %s
) b
"""
UNKNOWN = "SELECT count(*) FROM attempts WHERE state = 'unknown' AND reserved_at >= %s"


def number(cluster: Cluster, query: str, *values: int | datetime) -> int:
    """What a query counts in all cells together."""
    found = 0
    for url in cluster.databases:
        with psycopg.connect(url) as connection:
            row = connection.execute(query.encode(), values).fetchone()
        assert row is not None
        found += int(row[0])
    return found


def one_run(cluster: Cluster, book: Book, run: int, borrowers: int) -> Run:
    """One run with borrowers of its own."""
    begun, first = datetime.now(UTC), len(book.lines)
    people = range(run * borrowers, (run + 1) * borrowers)
    post(
        cluster,
        [
            (run * borrowers * NOTICES + number, people[number % borrowers])
            for number in range(borrowers * NOTICES)
        ],
    )
    seen, since, deadline = first, time.monotonic(), time.monotonic() + 180
    while time.monotonic() < deadline and (
        seen + number(cluster, UNKNOWN, begun) < first + CAP * borrowers
        or time.monotonic() - since < QUIET_SECONDS
    ):
        time.sleep(0.2)
        if len(book.lines) != seen:
            seen, since = len(book.lines), time.monotonic()
    return Run(messages_to(book, people), number(cluster, UNKNOWN, begun), number(cluster, OTHERWISE, CAP))


def messages_to(book: Book, people: range) -> Counter[str]:
    """By number, what the provider has had for these borrowers."""
    numbers = {telephone(one) for one in people}
    return Counter(line["to"] for line in book.lines if line["to"] in numbers)


def campaign(
    runs: int,
    *,
    borrowers: int = BORROWERS,
    cells: int = 1,
    schemas: bool = False,
    tell: Callable[[int, Run], None] = lambda _number, _run: None,
) -> list[Run]:
    """Run after run on one cluster of one API and three workers; with `schemas` the cells are those of one
    database. `tell` hears of each run at its end. Raises RuntimeError where a cell got none of the
    borrowers."""
    book = Book(Path("/nonexistent"))
    phones = Phones(book, Dice(1, WELL), "http://forbear.example", list)
    phones.lost = 1.0
    cluster = None
    try:
        wide = {f"FORBEAR_{channel}__CONCURRENCY": "32" for channel in ("SMS", "EMAIL", "VOICE")}
        cluster = lay(
            apis=1,
            workers=3,
            seed=1,
            phones=phones.url,
            mail_port=None,
            cells=cells,
            schemas=schemas,
            further={**wide, "FORBEAR_WORKER__BATCH": "50", **PATIENT},
        )
        book.path = cluster.folder / "provider.jsonl"
        for seat in cluster.seats:
            cluster.start(seat, armed=False)
        cluster.await_ready()
        found = []
        for run in range(runs):
            found.append(one_run(cluster, book, run, borrowers))
            tell(run, found[-1])
        if not all(count(url, "true") for url in cluster.databases):
            raise RuntimeError("a cell got none of the borrowers")
        # a hand-over that stood still may have come after its run's end
        return [
            one._replace(messages=messages_to(book, range(run * borrowers, (run + 1) * borrowers)))
            for run, one in enumerate(found)
        ]
    finally:
        phones.close()
        if cluster is not None:
            cluster.close()


def _tell(number: int, run: Run) -> None:
    each = dict(Counter(run.messages.values()))
    print(
        f"run {number}: {len(run.messages)} borrowers, messages each: {each};"
        f" of {run.unknown} contacts nobody knows whether they were made",
        flush=True,
    )


def main() -> int:
    """Print each run, and whether all are right."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    cells = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    counts = campaign(runs, cells=cells, tell=_tell)
    right = sum(one.is_exact(BORROWERS) for one in counts)
    print(
        f"{right} of {runs} runs made exactly {CAP} contacts with each of {BORROWERS} borrowers"
        f" over {cells} {'cell' if cells == 1 else 'cells'}"
    )
    return 0 if right == runs else 1


if __name__ == "__main__":
    sys.exit(main())
