"""`forbear consume` as a process, killed without a word in the middle: none lost, none twice."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import signal
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import orjson
import pytest

from tests.consume.benches import NAME, Bench, Sqs, rows_of
from tests.processes import process

KILLS, BAD_OF_EACH, REPEATED = 4, 10, 20
"""One of so many good messages is sent again."""
USUAL = {"amqp": 10_000, "kafka": 10_000, "sqs": 500}
"""Good messages of each broker; fewer of SQS, whose double in Python takes tens of milliseconds for a call.
`CONSUMED=10000` makes it so many of each."""
AT_ONCE = {"kafka": "?member=one&session=6", "sqs": "&visible=6"}
"""What lets the next consumer go on soon after one was killed."""
PATIENCE = 300.0

Row = tuple[bytes, dict[str, str]]


def bad_rows(body: dict[str, Any]) -> dict[str, list[Row]]:
    """Messages that cannot be taken, by what their dead letters must say: the type of problem, and where."""

    def rows(name: str, **change: Any) -> list[Row]:
        return [
            (
                orjson.dumps({**body, "reference": f"{name}-{at}", **change}),
                {"idempotency-key": f"{name}-{at}"},
            )
            for at in range(BAD_OF_EACH)
        ]

    return {
        "invalid-request /colour": rows("coloured", colour="blue"),
        "invalid-request /channels/0": rows("pigeon", channels=["pigeon"]),
        "invalid-request /header/idempotency-key": [(one, {}) for one, _ in rows("keyless")],
        "invalid-request /header/forbear-type": [
            (one, {**headers, "forbear-type": "letter"}) for one, headers in rows("letter")
        ],
        "malformed-body": [(b"not json: " + one, headers) for one, headers in rows("text")],
    }


def reused(rows: list[Row], body: dict[str, Any]) -> list[Row]:
    """Other bodies under the keys of messages that are stored."""
    return [
        (orjson.dumps({**body, "reference": f"other-{at}"}), headers) for at, (_, headers) in enumerate(rows)
    ]


def why(headers: dict[str, str]) -> str:
    """What a dead letter says: the type of problem, and where the first error is."""
    problem = json.loads(headers["problem"])
    assert problem["type"] == headers["problem-type"]
    pointers = [one["pointer"] for one in problem.get("errors", [])][:1]
    return " ".join([problem["type"].rpartition("/")[2], *pointers])


@pytest.mark.slow
async def test_killed_four_times_it_stores_each_once_and_refuses_each_bad_one(
    bench: Bench, api: Any, key_id: str, database_url: str, notice: dict[str, Any], tmp_path: Path
) -> None:
    """Bad ones may stand in the dead letter twice, where the kill fell between the letter and the
    acknowledgement: never not at all."""
    overdue = datetime.now(UTC).date() - timedelta(days=22)  # noqa: TID251 - the process runs by the real clock
    body = {
        **notice,
        "not_before": None,
        "expires_at": None,
        "debt": {**notice["debt"], "due_on": str(overdue)},
    }
    kind = urlsplit(bench.url).scheme
    good = int(os.environ.get("CONSUMED", USUAL[kind]))
    rows, bad = rows_of(body, good), bad_rows(body)
    dice = random.Random(7)
    mixed = [
        *rows,
        *dice.sample(rows, good // REPEATED),
        *(one for some in bad.values() for one in some),
    ]
    dice.shuffle(mixed)
    known = {content for content, _ in rows}
    first = [one for one in mixed[: good // 20] if one[0] in known][
        :BAD_OF_EACH
    ]  # stored before the first kill
    bad["idempotency-key-reused"] = reused(first, body)
    filling = asyncio.create_task(bench.put([*mixed, *bad["idempotency-key-reused"]]))
    if not isinstance(bench, Sqs):
        await filling
    expected = {content: reason for reason, some in bad.items() for content, _ in some}
    environment = {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
        "FORBEAR_SOURCE__URL": f"{bench.url}{AT_ONCE.get(kind, '')}",
        "FORBEAR_SOURCE__NAME": NAME,
        "FORBEAR_SOURCE__KEY_ID": key_id,
        **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
    }
    for kill in range(KILLS):
        with process(tmp_path, "consume", env=environment) as running:
            async with asyncio.timeout(PATIENCE):
                while await api.count("notices") < (kill + 1) * good // (KILLS + 2):
                    assert running.poll() is None, running.stdout and running.stdout.read()
                    await asyncio.sleep(0.05)
            running.send_signal(signal.SIGKILL)
            running.wait(10)
    letters: dict[bytes, set[str]] = defaultdict(set)
    with process(tmp_path, "consume", env=environment) as running:
        async with asyncio.timeout(PATIENCE):
            while await api.count("notices") < good or len(letters) < len(expected):
                assert running.poll() is None, running.stdout and running.stdout.read()
                await asyncio.sleep(0.2)
                for content, headers in await bench.refused():
                    letters[content].add(why(headers))
        running.send_signal(signal.SIGTERM)
        assert 0 == running.wait(40)
    await filling
    connection = await asyncpg.connect(database_url)
    try:
        stored = await connection.fetchval("SELECT count(DISTINCT reference_digest) FROM notices")
    finally:
        await connection.close()
    assert (good, good) == (await api.count("notices"), stored)
    assert {content: {reason} for content, reason in expected.items()} == dict(letters)
