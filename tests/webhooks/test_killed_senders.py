"""Workers and receivers are killed in the middle of their webhooks: every event arrives, in order, signed."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import socket
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from service.failpoints import POINTS_OF_WEBHOOKS, VARIABLE
from tests.npm import packages
from tests.ports import free_port
from tests.processes import Running, address_of, by_daylight, process, ready
from tests.webhooks.receiver import Receiver, receiving

pytestmark = [pytest.mark.slow, pytest.mark.node]

NOTICES, KILLS, WORKERS = 150, 4, 2
HERE = Path(__file__).parent
ADMIN = "bootstrap-key-for-tests-0123456789"
SECRET = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
TYPES = ["notice.*", "delivery.*"]
PATIENCE = 300.0
CLAIMED = timedelta(seconds=20)
"""What is to be tried later than this waits for its pause, and is no claim of a worker."""
LONGEST = 45.0
"""Seconds within which a steady receiver has an event: the claim of a killed worker runs out after fifteen,
and whatever else it had in hand is taken up by others."""


class Unsteady:
    """A receiver that is killed and started again on the same port."""

    def __init__(self, command: Callable[[int], list[str]], file: Path) -> None:
        self.port, self.file, self._command = free_port(), file, command
        self._running: subprocess.Popen[bytes] | None = None
        self._starts = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def start(self) -> None:
        self._starts += 1
        self._running = subprocess.Popen(self._command(self._starts))

    def kill(self) -> None:
        assert self._running is not None
        self._running.kill()
        self._running.wait()

    def noted(self, what: str) -> list[tuple[str, dict[str, Any]]]:
        """What it wrote down: ids and documents, in order. A line that a kill cut off is none."""
        lines = self.file.read_text().split("\n")[:-1] if self.file.exists() else []
        found = [json.loads(line) for line in lines]
        return [(one["id"], json.loads(one["body"])) for one in found if one["what"] == what]


@contextmanager
def workers(folder: Path, settings: dict[str, str]) -> Iterator[Callable[[int], None]]:
    """So many workers; what is handed out waits for one to end where it is armed to, or kills it, and starts
    another in its place."""
    armed = [f"{point}:3" for point in POINTS_OF_WEBHOOKS]
    with ExitStack() as stack:

        def seated() -> tuple[ExitStack, Running]:
            own = stack.enter_context(ExitStack())
            env = settings | ({VARIABLE: armed.pop(0)} if armed else {})
            waits[own] = VARIABLE in env
            return own, own.enter_context(process(folder, "worker", env=env, output=subprocess.DEVNULL))

        waits: dict[ExitStack, bool] = {}
        seats = [seated() for _ in range(WORKERS)]

        def kill(seat: int) -> None:
            own, running = seats[seat]
            if waits[own]:
                running.wait(60)
            else:
                assert running.poll() is None, "a worker ended by itself"
                running.send_signal(signal.SIGKILL)
                running.wait(10)
            assert -signal.SIGKILL == running.returncode
            own.close()
            seats[seat] = seated()

        yield kill


@contextmanager
def silent() -> Iterator[str]:
    """An endpoint that takes connections and never answers. The system takes them and nobody accepts them, so
    that none outlives its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"


async def hurry(database_url: str) -> None:
    """Let time pass: what waits for a pause of half a minute and more may be tried now. An event that failed
    in three outages waits for minutes, and nothing is learned from waiting with it."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            "UPDATE webhook_outbox SET next_at = now() WHERE next_at > now() + $1::interval", CLAIMED
        )
    finally:
        await connection.close()


GOING = """
SELECT count(*) FROM notices n
WHERE NOT EXISTS (SELECT FROM webhook_events e
        WHERE (e.borrower_id, e.notice_no, e.type) = (n.borrower_id, n.notice_no, 'notice.done'))
    AND NOT EXISTS (SELECT FROM deliveries d
        WHERE (d.borrower_id, d.notice_no) = (n.borrower_id, n.notice_no) AND d.state IN ('unknown', 'held'))
"""
"""Notices that are not done. What a worker was killed with in its hands may have gone: nobody knows, and
after an hour it is a person who decides."""


async def told(database_url: str) -> tuple[dict[str, list[str]], int]:
    """By notice, the ids of its events in the order in which they happened; and how much is to come: notices
    that are not done, events that are not relayed, or that wait for an endpoint that answers."""
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch(
            "SELECT event_id, borrower_id, notice_no FROM webhook_events WHERE relayed ORDER BY event_no"
        )
        waiting = await connection.fetchval(
            "SELECT count(*) FROM webhook_outbox JOIN webhook_endpoints e USING (endpoint_id)"
            " WHERE e.description <> 'dead'"
        )
        fresh = await connection.fetchval("SELECT count(*) FROM webhook_events WHERE NOT relayed")
        going = await connection.fetchval(GOING)
    finally:
        await connection.close()
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[f"{row['borrower_id']} {row['notice_no']}"].append(f"evt_{row['event_id'].hex}")
    return found, waiting + fresh + going


async def test_every_event_arrives_in_order_though_senders_and_receivers_are_killed(
    database_url: str, notice: dict[str, Any], tmp_path: Path
) -> None:
    """Two receivers fail a quarter of the time and are killed, two workers are killed; a third receiver is
    steady and a fourth never answers. Everything arrives at the three, the first time in the order of each
    notice, again under the same id alone; foreign libraries in Python and in node verify every request."""
    folder = packages("webhooks.node", "standardwebhooks@1.1.1")
    settings = {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": SECRET,
        "FORBEAR_BOOTSTRAP_KEY": ADMIN,
        "FORBEAR_PORT": "0",
        "FORBEAR_LOG_LEVEL": "error",
        "FORBEAR_WEBHOOKS__ALLOW_NETWORKS": "127.0.0.0/8",
        "FORBEAR_WORKER__SEND_TIMEOUT_SECONDS": "2",
        "FORBEAR_WORKER__LEASE_SECONDS": "12",
    }
    secrets: dict[str, str] = {}
    python = Unsteady(
        lambda start: [
            *(sys.executable, str(HERE / "unsteady.py"), str(python.port)),
            *(secrets["python"], str(python.file), str(start)),
        ],
        tmp_path / "python.jsonl",
    )
    node = Unsteady(
        lambda start: [
            *("node", str(HERE / "unsteady.mjs"), str(node.port)),
            *(secrets["node"], str(node.file), str(start), str(folder)),
        ],
        tmp_path / "node.jsonl",
    )
    steady, came = Receiver(), dict[str, float]()
    with ExitStack() as stack:
        api = stack.enter_context(process(tmp_path, "serve", "--no-worker", env=settings))
        url = address_of(api)
        ready(url)
        dead = stack.enter_context(silent())
        async with (
            receiving(steady),
            httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {ADMIN}"}) as client,
        ):
            for name, where in (
                ("python", python.url),
                ("node", node.url),
                ("steady", steady.url),
                ("dead", dead),
            ):
                body = {"url": where, "types": TYPES, "description": name}
                made = await client.post("/v1/webhooks", json=body)
                assert 201 == made.status_code, made.text
                secrets[name] = made.json()["secret"]
            for one in (python, node):
                one.start()
                stack.callback(one.kill)
            take = steady.answer

            def answer(got: Any) -> Any:
                came.setdefault(got.id, datetime.now(UTC).timestamp())  # noqa: TID251 - by the real clock
                return take(got)

            steady.answer = answer
            kill = stack.enter_context(workers(tmp_path, settings))
            dice, posting = random.Random(11), by_daylight(notice)
            for turn in range(KILLS):
                for number in range(NOTICES // KILLS):
                    borrower = {**posting["borrower"], "id": f"B-{turn}-{number}"}
                    posted = await client.post("/v1/notices", json={**posting, "borrower": borrower})
                    assert 202 == posted.status_code, posted.text
                await asyncio.sleep(dice.uniform(0.5, 2.5))
                await asyncio.to_thread(kill, turn % WORKERS)
                for one in (python, node):
                    one.kill()
                await asyncio.sleep(dice.uniform(0.5, 2.0))
                for one in (python, node):
                    one.start()
            events, waiting = {}, 1
            async with asyncio.timeout(PATIENCE):
                while waiting:
                    await asyncio.sleep(1.0)
                    await hurry(database_url)
                    events, waiting = await told(database_url)
            listed = (await client.get("/v1/webhooks")).json()["items"]
    order = [one for some in events.values() for one in some]
    assert NOTICES // KILLS * KILLS == len(events)
    assert Counter(order).most_common(1)[0][1] == 1
    for one in (python, node):
        assert [] == one.noted("forged")
        first = list(dict.fromkeys(id_ for id_, _ in one.noted("taken")))
        assert sorted(order) == sorted(first)
        _in_order(events, first)
        assert len(one.noted("refused")) > len(order) / 20
        bodies = defaultdict(set)
        for id_, document in one.noted("taken") + one.noted("refused"):
            bodies[id_].add((document["type"], document["data"]["log_index"]))
        assert all(len(some) == 1 for some in bodies.values())
        assert len(one.noted("taken")) > len(first), "no answer was lost"
    first = list(dict.fromkeys(got.id for got in steady.got))
    assert sorted(order) == sorted(first)
    _in_order(events, first)
    late = {
        got.id: came[got.id] - datetime.fromisoformat(got.document["timestamp"]).timestamp()
        for got in steady.got
    }
    assert max(late.values()) < LONGEST, sorted(late.values())[-10:]
    states = {one["description"]: one["enabled"] for one in listed}
    assert {"python": True, "node": True, "steady": True, "dead": True} == states


def _in_order(events: dict[str, list[str]], first: list[str]) -> None:
    """Each notice's events came the first time in the order in which they happened."""
    place = {id_: at for at, id_ in enumerate(first)}
    for some in events.values():
        assert some == sorted(some, key=place.__getitem__)
