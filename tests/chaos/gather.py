"""What waits, and what a campaign leaves behind for the checker: files that are written once everything has
come to rest."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg

from tests.chaos.cluster import KEY, Cluster
from tests.chaos.facts import Facts
from tests.chaos.people import Person
from tests.chaos.records import Records

CAP = 3
"""house-strict: contacts in seven dates, over all channels."""
ASKED = "d.state IN ('sending', 'unknown') OR (d.state = 'accepted' AND d.channel <> 'email')"
"""What became of it is not known yet."""
OPEN = """
    d.state IN ('due', 'sending', 'unknown') OR (d.state = 'accepted' AND d.channel <> 'email')
    OR (d.state = 'deferred' AND d.due_at <= now() + interval '{hours} hours')
"""
WORK = """
    d.state = 'sending' OR (d.state IN ('due', 'deferred') AND d.due_at <= now() + interval '{hours} hours')
    OR EXISTS (SELECT 1 FROM attempts a WHERE a.borrower_id = d.borrower_id AND a.notice_no = d.notice_no AND
        a.channel = d.channel
               AND a.look_up_at <= now() + interval '{hours} hours' + interval '2 minutes')
"""
"""What workers have to do whose clocks are so many hours ahead. A question that was taken up shows for the
two minutes of its turn."""


def count(url: str, where: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM deliveries d WHERE {where}").fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])


def quiet(url: str, where: str, seconds: float) -> None:
    """Wait until no delivery is like that, or until the time is over: the checker says what is left."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and count(url, where):
        time.sleep(0.25)


def records_of(cluster: Cluster, notices: Sequence[dict[str, Any]], name: str = "") -> Records:
    """What the checker reads: the export as an auditor gets it, over HTTP. `name` is put to the files'
    names."""
    door = cluster.doors()[0]

    def get(path: str) -> bytes:
        request = urllib.request.Request(door + path, headers={"Authorization": f"Bearer {KEY}"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            body: bytes = answer.read()
        return body

    export, checkpoint = cluster.folder / f"export{name}.jsonl", cluster.folder / f"checkpoint{name}.txt"
    _quiet_log(cluster.database)
    export.write_bytes(get("/v1/log/export"))
    size = export.read_bytes().count(b"\n")
    checkpoint.write_bytes(get(f"/v1/log/checkpoint?size={size}"))
    key = get("/v1/log/key").decode().split("\n")[0]
    debts = {one["debt"]["amount_due"]: one["borrower"]["id"] for one in notices}
    return Records(
        provider=cluster.folder / "provider.jsonl",
        accepted=cluster.folder / "accepted.jsonl",
        export=export,
        checkpoint=checkpoint,
        verifier_key=key,
        database=cluster.database,
        cap=CAP,
        window=timedelta(days=6),
        debts=debts,
        people=cluster.folder / "people.jsonl",
        facts=cluster.folder / "facts.jsonl",
        clocks=cluster.folder / "clocks.jsonl",
        thaws=tuple(cluster.thawed_at),
        logs=sorted((*cluster.folder.glob("*.log"), cluster.folder / "metrics.txt")),
    )


def keep_people(cluster: Cluster, facts: Facts) -> None:
    """Write down who was written to, as they were in the beginning."""
    with (cluster.folder / "people.jsonl").open("w") as file:
        for number in sorted(facts.people):
            file.write(json.dumps(Person(number).line()) + "\n")


def _quiet_log(url: str) -> None:
    """Wait until everything is sequenced."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM log_entries) - (SELECT COALESCE(max(size), 0) FROM "
                "log_checkpoints)"
            ).fetchone()
        if row is not None and row[0] == 0:
            return
        time.sleep(0.2)


def keep_metrics(cluster: Cluster) -> None:
    """Add what the API processes measure now to the folder."""
    with (cluster.folder / "metrics.txt").open("ab") as file:
        for door in cluster.doors():
            with suppress(OSError), urllib.request.urlopen(f"{door}/metrics", timeout=10) as answer:
                file.write(answer.read())
