"""Two PostgreSQL servers, real processes, and kill -9: of a server under load, of an API process between two
commits, of the server that a STOP has to reach."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from service.clock import SystemClock
from tests.cells.deployment import Deployment, cell_of, deployed
from tests.chaos.caps import PATIENT, campaign
from tests.chaos.producer import Producer, amount, notice, zone_at_noon

pytestmark = pytest.mark.slow

BORROWERS, EACH = 120, 2
AWAY_SECONDS = 8.0
THREADS = 60
"""Of the producer. Each stands still from its first notice of the dead cell on, so that twelve of them were
now and then all still before the first look at what is taken meanwhile."""
OPEN = "SELECT count(*) FROM deliveries WHERE state NOT IN ('accepted', 'delivered')"

DUE = "SELECT count(*) FROM deliveries WHERE state IN ('due', 'deferred', 'sending')"


def words_of(number: int) -> str:
    """What only this notice's message says."""
    return f"{float(amount(number)):,.2f}"


@pytest.mark.parametrize("schemas", [False, True], ids=["two servers", "two schemas"])
def test_three_workers_over_two_cells_hand_over_exactly_what_a_cap_permits(schemas: bool) -> None:
    """Twenty notices to each borrower, three messages."""
    (found,) = campaign(1, borrowers=40, cells=2, schemas=schemas)
    assert found.is_exact(40), found
    assert 40 == len(found.messages)


@pytest.mark.parametrize("killed", [0, 1], ids=["home", "the other"])
def test_a_server_that_is_killed_under_load_takes_nobody_with_it(killed: int) -> None:
    """The other cell's notices are taken and sent on. The killed one's are refused and asked for again; when
    it is back everything goes, and nothing goes twice."""
    with deployed(further={**PATIENT, "FORBEAR_SMS__CONCURRENCY": "8"}) as one:
        zone = zone_at_noon()
        producer = Producer(
            doors=one.cluster.doors,
            path=one.cluster.folder / "accepted.jsonl",
            make=lambda number: notice(number, number % BORROWERS, ("sms",), zone),
            most=BORROWERS * EACH,
        )
        producer.start(THREADS, per_second=20.0)
        await_taken(one, 20)
        one.kill_server(killed)
        time.sleep(1.0)  # what was answered before it died is written down
        accepted, sent = len(producer.taken), len(one.taken())
        time.sleep(AWAY_SECONDS)
        meanwhile = Counter(cell_of(line["id"]) for line in list(producer.taken)[accepted:])
        assert {1 - killed} == set(meanwhile), "the cell that lives takes notices, the dead one none"
        assert len(one.taken()) > sent, "and sends"
        waiting = BORROWERS * EACH - len(one.taken())
        one.start_server(killed)
        assert producer.wait(120.0)
        one.until(OPEN, 0)
        said = one.taken()
        each = Counter(sum(words_of(number) in text for text in said) for number in range(BORROWERS * EACH))
        assert {1: BORROWERS * EACH} == each, "each goes once"
        assert waiting > 0, "the killed one's went when it was back"
        assert "The log holds" in one.command("log", "verify")


def await_taken(one: Deployment, messages: int) -> None:
    """Until the provider took so many."""
    deadline = time.monotonic() + 60
    while len(one.taken()) < messages:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def borrowers_of_both(one: Deployment, first: int) -> list[dict[str, Any]]:
    """A notice to a borrower of each cell, all of whom have the same number; it goes in a while."""
    found: dict[int, dict[str, Any]] = {}
    shared = notice(first, first, ("sms",), zone_at_noon())["borrower"]["addresses"]["sms"]
    later = (SystemClock().now() + timedelta(seconds=20)).isoformat()
    for number in itertools.count(first):
        body = notice(number, number, ("sms",), zone_at_noon()) | {"not_before": later}
        body["borrower"]["addresses"] = {"sms": shared}
        status, document, _ = one.post("/v1/notices", body)
        assert 202 == status, document
        cell = cell_of(document["id"])
        if cell in found:
            assert one.post(f"/v1/notices/{document['id']}/cancel", {})[0] == 200
            continue
        found[cell] = body
        if len(found) == 2:
            return [found[0], found[1]]
    raise AssertionError


@pytest.mark.parametrize("away", [0, 1], ids=["home", "the other"])
def test_a_stop_reaches_the_cell_whose_server_was_killed_when_it_came(away: int) -> None:
    """It is answered while that server is away. Started again, it sends neither borrower's message."""
    with deployed() as one:
        bodies = borrowers_of_both(one, 500)
        number = bodies[0]["borrower"]["addresses"]["sms"]
        one.kill_server(away)
        time.sleep(1.0)
        assert "<Response" in (one.phones.say_until_taken(number, "STOP") or "")
        time.sleep(22.0)  # what was to go becomes due while the server is away
        one.start_server(away)
        one.until(f"{DUE} AND due_at < now()", 0)
        time.sleep(3.0)
        said = [line["text"] for line in one.phones.book.lines if line["to"] == number]
        assert [] == [text for text in said for body in bodies if body["debt"]["amount_due"] in text]
        assert len(said) <= 1, "a confirmation at the most"
        stopped = [
            one.rows(cell, "SELECT state FROM deliveries WHERE state NOT IN ('cancelled', 'delivered')")
            for cell in range(2)
        ]
        assert [[("suppressed",)]] * 2 == stopped


def test_a_stop_holds_in_both_schemas_of_one_database_and_the_log_is_whole() -> None:
    """Real processes, migrated by the first start; the status knows both cells, and the log verifies."""
    with deployed(schemas=True) as one:
        bodies = borrowers_of_both(one, 700)
        number = bodies[0]["borrower"]["addresses"]["sms"]
        assert "<Response" in (one.phones.say_until_taken(number, "STOP") or "")
        one.until(DUE, 0)
        said = [line["text"] for line in one.phones.book.lines if line["to"] == number]
        assert [] == [text for text in said for body in bodies if body["debt"]["amount_due"] in text]
        one.command("cells", "status")
        one.until("SELECT count(*) FROM log_pending", 0)
        assert "The log holds" in one.command("log", "verify")


POINTS = ("claim.written", "claim.committed", "accept.written", "accept.committed")


def test_a_process_killed_at_any_point_of_a_keyed_notice_leaves_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whatever died: the same body under its key is one 202 and one notice from then on, another body 422."""
    with deployed(apis=2, workers=0) as one:
        armed, plain = one.seats("api")
        known = 0
        for point, round_ in itertools.product(POINTS, range(3)):
            one.cluster.stop([armed])
            one.cluster.environment["FORBEAR_FAILPOINT"] = f"{point}:1"
            one.cluster.start(armed, armed=False)
            del one.cluster.environment["FORBEAR_FAILPOINT"]
            one.cluster.await_ready()
            for number in itertools.count():  # until a key is claimed in another cell than the borrower's
                who = 2000 + known
                key = {"Idempotency-Key": f"{point}-{round_}-{number}"}
                body = notice(who, who, ("sms",), zone_at_noon())
                known += 1
                died = one.post("/v1/notices", body, door=armed.url, headers=key)[0] == 0
                check_one(one, plain.url, body, key, known)
                if died:
                    break
                assert number < 60, f"{point} was not reached"


def check_one(one: Deployment, door: str, body: dict[str, Any], key: dict[str, str], known: int) -> None:
    """The same again is the same notice, another body is refused, nothing is stored twice."""
    answers = [one.post("/v1/notices", body, door=door, headers=key) for _ in range(2)]
    assert [202, 202] == [status for status, _, _ in answers], answers
    assert answers[0][1]["id"] == answers[1][1]["id"]
    assert "true" == answers[1][2]["idempotent-replayed"]
    for change in ({"reference": "another"}, {"borrower": {**body["borrower"], "id": f"O-{known}"}}):
        assert (
            422
            == one.post("/v1/notices", json.loads(json.dumps({**body, **change})), door=door, headers=key)[0]
        )
    assert known == one.count("SELECT count(*) FROM notices")
