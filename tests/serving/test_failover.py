"""A primary dies or is demoted under the service: nothing that was acknowledged is lost, nothing ends, and
the new primary is found."""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import asyncpg
import httpx
import pytest
import uvloop

from service.errors import Unavailable
from service.store.database import open_database
from service.store.failover import Hosts, urls_of
from service.store.migrate import current
from tests.postgres_servers import Server, pair
from tests.processes import PATIENCE, Running, by_daylight, process

KEY = "key-of-the-failover-0123456789abcdef"
HEADERS = {"Authorization": f"Bearer {KEY}"}
FINAL = {"delivered", "unknown", "held"}


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    """A primary and its synchronous standby."""
    with pair() as both:
        yield both


def url_of(*servers: Server, host: str = "") -> str:
    """One URL for all of them."""
    hosts = ",".join([*([host] if host else []), *(f"127.0.0.1:{one.port}" for one in servers)])
    return f"postgresql://postgres@{hosts}/forbear?target_session_attrs=read-write"


def test_a_url_with_several_hosts_is_one_for_each():
    """With what all of them share; a URL without a host is left as it is."""
    assert ["postgresql://u:p@a:1/d?x=y", "postgresql://u:p@b/d?x=y"] == urls_of(
        "postgresql://u:p@a:1,b/d?x=y"
    )
    assert ["postgresql://postgres:@/d?host=/tmp/x"] == urls_of("postgresql://postgres:@/d?host=/tmp/x")
    assert ["postgresql://h/d"] == urls_of("postgresql://h/d")


async def test_the_host_that_takes_writes_is_found_behind_a_standby_and_one_that_swallows_every_packet(
    servers,
):
    """Each host has a time-out of its own; once found, the right one is asked first."""
    first, second = servers
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        hosts = Hosts(url_of(second, first, host=f"127.0.0.1:{deaf.getsockname()[1]}"))
        for patience in (4.0, 1.0):
            begun = time.monotonic()
            connection = await hosts.connect(timeout=4.0)
            assert time.monotonic() - begun < patience
            assert first.port == await connection.fetchval("SELECT inet_server_port()")
            await connection.close()


async def test_a_standby_alone_is_a_database_that_is_away(servers):
    """It is never taken for one that can be worked with, and whoever starts on it is told what is the
    matter."""
    with pytest.raises(Unavailable, match="no server takes writes"):
        await open_database(url_of(servers[1]), connections=2)
    with pytest.raises(
        Unavailable, match="FORBEAR_DATABASE_URL: the database cannot be reached: no server takes writes"
    ):
        await current(url_of(servers[1]))


ACTS = (
    "57P01",
    "57P02",
    "57P03",
    "57P05",
    "57014",
    "08000",
    "08001",
    "08003",
    "08004",
    "08006",
    "53100",
    "53200",
    "53300",
    "58030",
    "25006",
)


@pytest.mark.parametrize("code", ACTS)
async def test_whatever_the_server_says_when_it_goes_away_is_a_503_that_says_when_to_come_back(
    api, database_url, notice, code
):
    """In the middle of the transaction that stores a notice; nothing of it is stored, and the next one is."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            f"""CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'away'
            USING ERRCODE = '{code}'; END $$; CREATE TRIGGER away BEFORE INSERT ON notices FOR EACH ROW
            EXECUTE FUNCTION away()"""
        )
        answers = [
            await api.client.post("/v1/notices", json=notice),
            await api.client.post("/v1/notices/batch", json={"notices": [notice]}),
        ]
    finally:
        await connection.execute("DROP TRIGGER IF EXISTS away ON notices; DROP FUNCTION IF EXISTS away()")
        await connection.close()
    assert 503 == answers[0].status_code
    assert int(answers[0].headers["Retry-After"]) >= 1
    assert 503 in {
        answers[1].status_code,
        *(one.get("problem", {}).get("status") for one in answers[1].json().get("results", ())),
    }
    assert 0 == await api.count("notices")
    assert 202 == (await api.client.post("/v1/notices", json=notice)).status_code


def test_a_connection_that_is_lost_in_the_middle_of_a_copy_is_a_store_that_is_away(server_url):
    """The driver writes on, and the event loop of the service has another word for that than the driver's
    own."""

    async def lose_it() -> None:
        database = await open_database(server_url, connections=2)
        try:
            async with database.connection() as connection:
                pid = await connection.fetchval("SELECT pg_backend_pid()")
                await connection.execute("CREATE TEMP TABLE lines (line text)")

                async def lines() -> AsyncIterator[bytes]:
                    yield b"first\n"
                    async with database.connection() as other:
                        await other.execute("SELECT pg_terminate_backend($1)", pid)
                    for _ in range(100):
                        await asyncio.sleep(0.01)
                        yield b"further\n" * 1000

                await connection.copy_to_table("lines", source=lines())
        finally:
            await database.close()

    with pytest.raises(Unavailable):
        uvloop.run(lose_it())


async def test_an_error_of_ours_is_none_of_the_store_s(api):
    """Only what a lost connection may have caused passes for one."""
    with pytest.raises(RuntimeError, match="ours"):
        async with api.runtime.database.transaction():
            raise RuntimeError("ours")


def settings(database_url: str) -> dict[str, str]:
    """Of a process."""
    return {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": base64.b64encode(b"f" * 32).decode(),
        "FORBEAR_BOOTSTRAP_KEY": KEY,
        "FORBEAR_PORT": "0",
    }


class Producer:
    """Posts notices one after the other, and keeps what was acknowledged."""

    def __init__(self, url: str, notice: dict[str, Any]) -> None:
        self.ids: list[str] = []
        self.answers: Counter[int] = Counter()
        self._client = httpx.Client(base_url=url, headers=HEADERS, timeout=30)
        self._notice = by_daylight(notice)
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self) -> int:
        """One more notice; what came of it."""
        self._number += 1
        addresses = {"sms": f"+1{200 + self._number // 100}55501{self._number % 100:02d}"}
        body = {
            **self._notice,
            "borrower": {**self._notice["borrower"], "id": f"F-{self._number}", "addresses": addresses},
        }
        answer = self._client.post("/v1/notices", json=body)
        self.answers[answer.status_code] += 1
        if answer.status_code == 202:
            self.ids.append(answer.json()["id"])
        elif answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) >= 1
            time.sleep(0.2)
        return answer.status_code

    def post_until(self, accepted: int) -> None:
        """Go on until so many more are acknowledged."""
        wanted, end = len(self.ids) + accepted, time.monotonic() + PATIENCE
        while len(self.ids) < wanted:
            assert time.monotonic() < end, self.answers
            self.post()

    def states(self, last: int = 0) -> Counter[str]:
        """Of every delivery that was acknowledged, or of the `last` ones."""
        found: Counter[str] = Counter()
        for id_ in self.ids[-last:]:
            answer = self._client.get(f"/v1/notices/{id_}")
            found[
                answer.json()["deliveries"][0]["state"]
                if answer.status_code == 200
                else f"lost ({answer.status_code})"
            ] += 1
        return found

    def await_worker(self) -> None:
        """Until something was decided."""
        end = time.monotonic() + PATIENCE
        while self.states().keys() == {"due"}:
            assert time.monotonic() < end
            time.sleep(0.1)

    def rest(self) -> Counter[str]:
        """Their states, once everything has ended or is a person's or a look-up's business."""
        end = time.monotonic() + PATIENCE
        while not (states := self.states()).keys() <= FINAL:
            assert time.monotonic() < end, states
            time.sleep(0.3)
        return states

    def messages(self) -> Counter[str]:
        """How many messages each number got."""
        items: list[dict[str, Any]] = []
        cursor = ""
        while cursor is not None:
            page = self._client.get(
                "/v1/sandbox/messages", params={"limit": 1000, **({"cursor": cursor} if cursor else {})}
            ).json()
            items += page["items"]
            cursor = page["next_cursor"]
        return Counter(one["to"] for one in items)


@pytest.mark.slow
def test_the_service_goes_on_when_its_primary_is_killed_and_its_standby_promoted_and_when_that_one_is_demoted(
    servers, tmp_path: Path, notice
):
    """Every 202 is kept, every other answer is a 503 that says when to come back, and neither process ends or
    shows a trace."""
    first, second = servers
    api_log, worker_log = tmp_path / "api.log", tmp_path / "worker.log"
    env = settings(url_of(first, second))
    with logged(tmp_path, api_log, "serve", "--no-worker", env=env) as api:
        url = listening(api_log)
        with Producer(url, notice) as producer, logged(tmp_path, worker_log, "worker", env=env) as worker:
            producer.post_until(30)
            producer.await_worker()  # one that starts while no server takes writes says so and ends
            first.kill()
            for _ in range(3):
                producer.post()
            second.promote()
            producer.post_until(30)
            states = producer.rest()
            assert 60 <= states.total() == len(producer.ids)
            assert Counter(delivered=30) == producer.states(last=30), (
                "what came after the promotion was sent as ever"
            )
            second.takes_writes(yes=False)
            _demoted(producer, url)
            second.takes_writes(yes=True)
            producer.post_until(20)
            producer.rest()
            assert {202, 503} == set(producer.answers), api_log.read_text()
            assert {1} == set(producer.messages().values()), "nobody heard twice"
            assert (None, None) == (api.poll(), worker.poll()), "neither ended"
    for log in (api_log, worker_log):
        assert "Traceback" not in log.read_text(), log.read_text()


@contextmanager
def logged(folder: Path, log: Path, *arguments: str, env: dict[str, str]) -> Iterator[Running]:
    """A process that writes into a file."""
    with log.open("w") as file, process(folder, *arguments, env=env, output=file.fileno()) as running:
        yield running


def listening(log: Path) -> str:
    """Where it says that it listens."""
    end = time.monotonic() + PATIENCE
    while "listens on" not in log.read_text():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.1)
    return log.read_text().split("listens on ")[1].split()[0]


def _demoted(producer: Producer, url: str) -> None:
    """The server answers, and takes no writes: every post is told to come back, and the load balancer that it
    is not ready."""
    end = time.monotonic() + PATIENCE
    while producer.post() == 202:  # its processes hear of it one after the other
        assert time.monotonic() < end
    time.sleep(1)
    for _ in range(5):
        assert 503 == producer.post()
    answer = httpx.get(f"{url}/readyz")
    assert 503 == answer.status_code
    assert "Retry-After" in answer.headers
    assert 200 == httpx.get(f"{url}/healthz").status_code
