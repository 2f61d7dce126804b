"""`forbear consume` as a process, killed without a word in the middle: none lost, none twice."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest

from tests.consume.benches import NAME, Bench, Kafka, Rabbit, rows_of
from tests.processes import process

GOOD, REPEATS, KILLS = 600, 60, 4
BAD = 3


@pytest.mark.slow
async def test_killed_four_times_it_stores_each_once_and_refuses_each_bad_one(
    bench: Bench, api: Any, key_id: str, database_url: str, notice: dict[str, Any], tmp_path: Path
) -> None:
    """Bad ones may stand in the dead letter twice, where the kill fell between the letter and the
    acknowledgement: never not at all."""
    good = (
        GOOD if isinstance(bench, (Rabbit, Kafka)) else 100
    )  # SQS brings ten at a time, and hides what a dead one had for a minute
    overdue = datetime.now(UTC).date() - timedelta(days=22)  # noqa: TID251 - the process runs by the real clock
    body = {
        **notice,
        "not_before": None,
        "expires_at": None,
        "debt": {**notice["debt"], "due_on": str(overdue)},
    }
    rows = rows_of(body, good)
    bad = [
        (orjson.dumps({**body, "colour": number}), {"idempotency-key": f"bad-{number}"})
        for number in range(BAD)
    ]
    dice = random.Random(7)
    mixed = [*rows, *dice.sample(rows, REPEATS), *bad]
    dice.shuffle(mixed)
    await bench.put(mixed)
    environment = {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": base64.b64encode(b"k" * 32).decode(),
        "FORBEAR_SOURCE__URL": bench.url,
        "FORBEAR_SOURCE__NAME": NAME,
        "FORBEAR_SOURCE__KEY_ID": key_id,
        "FORBEAR_SOURCE__BATCH": "10",
        **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
    }
    for kill in range(KILLS):
        with process(tmp_path, "consume", env=environment) as running:
            async with asyncio.timeout(120):
                while await api.count("notices") < (kill + 1) * good // (KILLS + 2):
                    assert running.poll() is None, running.stdout and running.stdout.read()
                    await asyncio.sleep(0.01)
            running.send_signal(signal.SIGKILL)
            running.wait(10)
    letters: list[tuple[bytes, dict[str, str]]] = []
    with process(tmp_path, "consume", env=environment) as running:
        async with asyncio.timeout(240):
            while await api.count("notices") < good or len({one for one, _ in letters}) < BAD:
                assert running.poll() is None, running.stdout and running.stdout.read()
                letters += await bench.refused()
        running.send_signal(signal.SIGTERM)
        assert 0 == running.wait(40)
    connection = await asyncpg.connect(database_url)
    try:
        stored = await connection.fetchval("SELECT count(DISTINCT reference_digest) FROM notices")
    finally:
        await connection.close()
    assert (good, good) == (await api.count("notices"), stored)
    reasons = {json.loads(headers["problem"])["errors"][0]["pointer"] for _, headers in letters}
    assert {"/colour"} == reasons
    assert {one for one, _ in bad} == {one for one, _ in letters}
