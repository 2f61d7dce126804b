"""A person goes through every journey of a real service and is forgotten: nothing that it writes ever names
the person, and after an erasure nothing that it keeps gives the person back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from service.store.embedded import EmbeddedServer
from tests.ports import free_port
from tests.processes import PATIENCE, by_daylight, process, ready

NAME, NUMBER, OTHER_NUMBER, MAILBOX = (
    "Zephyrine Canaryfeather",
    "+12025550187",
    "+12025550186",
    "canaryquill@example.com",
)
STREET, AMOUNT, PRINCIPAL, WORDS = "Canary Lane 7", "87654.31", "987654.32", "please leave canaryword alone"
CANARIES = (
    "Zephyrine",
    "Canaryfeather",
    NUMBER[1:],
    OTHER_NUMBER[1:],
    "canaryquill",
    STREET,
    AMOUNT,
    "87,654.31",
    PRINCIPAL,
    "canaryword",
)
SECRETS = ("fbr_", "bearer ", "postgresql://")


def found_in(content: bytes, wanted: tuple[str, ...] = CANARIES) -> list[str]:
    """The canaries that stand in some bytes: as text, in UTF-16, as hex."""
    lower = content.lower()
    return [
        one
        for one in wanted
        if one.lower().encode() in lower
        or one.encode("utf-16-le") in content
        or one.encode().hex().encode() in lower
    ]


def person(notice: dict[str, Any]) -> dict[str, Any]:
    """A notice about the person, on three channels."""
    body = by_daylight(notice)
    body["borrower"] |= {
        "id": "C-1",
        "name": NAME,
        "addresses": {"sms": NUMBER, "voice": OTHER_NUMBER, "email": MAILBOX},
    }
    body["debt"] |= {"amount_due": AMOUNT, "principal": PRINCIPAL}
    return {**body, "channels": ["sms", "voice", "email"], "reference": f"ref {STREET}"}


class Running:
    """A service, what it said, and where it lies."""

    def __init__(self, folder: Path, url: str, written: Path, client: httpx.Client) -> None:
        self.folder, self.url, self.written, self.client = folder, url, written, client
        self.errors: list[str] = []

    def refused(self, answer: httpx.Response) -> None:
        """Keep the body of a refusal."""
        assert 400 <= answer.status_code < 500, answer.text
        self.errors.append(answer.text)

    def settled(self, id_: str) -> list[str]:
        """The states of a notice's deliveries once none is on its way."""
        states: list[str] = []
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            states = [one["state"] for one in self.client.get(f"/v1/notices/{id_}").json()["deliveries"]]
            if not {"due", "sending", "accepted"} & set(states):
                break
            time.sleep(0.2)
        return states

    def sql(self, *statements: str) -> None:
        """What an operator of the database does."""

        async def run(url: str) -> None:
            connection = await asyncpg.connect(url)
            for statement in statements:
                await connection.execute(statement)
            await connection.close()

        server = EmbeddedServer(self.folder / "v")
        try:
            asyncio.run(run(server.start()))
        finally:
            server.stop()  # it leaves; the service goes on using it


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`forbear serve` on a PostgreSQL of its own, with everything written that can be."""
    folder = tmp_path_factory.mktemp("f")
    for parent in (folder, *list(folder.parents)[:2]):
        parent.chmod(0o755)
    written = folder / "written"
    env = {
        "FORBEAR_PORT": str(port := free_port()),
        "FORBEAR_DATA": str(folder / "v"),
        "FORBEAR_LOG_LEVEL": "debug",
        "FORBEAR_LOG_FORMAT": "json",
    }
    with written.open("wb") as output, process(folder, "serve", env=env, output=output.fileno()):
        url = f"http://127.0.0.1:{port}"
        ready(url)
        key = (folder / "v" / "admin.key").read_text().strip()
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
            yield Running(folder, url, written, client)


def journeys(service: Running, notice: dict[str, Any]) -> str:
    """Every way in which the service hears of the person, also where it refuses; a delivered notice's id."""
    client, body = service.client, person(notice)
    id_: str = client.post("/v1/notices", json=body, headers={"Idempotency-Key": NUMBER}).json()["id"]
    assert ["delivered", "delivered"] == service.settled(id_)[:2]
    for broken in (
        {**body, "borrower": {**body["borrower"], "addresses": {"sms": f"{NUMBER}x"}}},
        {**body, "borrower": {**body["borrower"], "name": f"{NAME}\x00"}},
        {**body, "debt": {**body["debt"], "amount_due": f"{AMOUNT}1"}},
        {**body, "nickname": STREET},
        {**body, "channels": [NUMBER]},
    ):
        service.refused(client.post("/v1/notices", json=broken))
    service.refused(
        client.post("/v1/notices", json={**body, "wait": "PT1H"}, headers={"Idempotency-Key": NUMBER})
    )
    service.refused(
        client.post(
            "/v1/notices",
            content=f'{{"{NAME}": {NUMBER}'.encode(),
            headers={"Content-Type": "application/json"},
        )
    )
    service.refused(client.get(f"/v1/notices/{NUMBER}"))
    service.refused(client.get("/v1/notices", params={"cursor": MAILBOX}))
    service.refused(client.get(f"/v1/borrowers/{MAILBOX}"))
    service.refused(client.get("/v1/log", headers={"Authorization": f"Bearer {NAME}"}))
    service.refused(client.post("/v1/evaluate", json={"policies": [NAME], "borrower": {"name": NUMBER}}))
    service.refused(client.post(f"/v1/receipts/twilio/sms/{NUMBER[1:]}", data={"To": NUMBER}))
    service.refused(client.post("/v1/inbound/twilio/sms", data={"From": NUMBER, "Body": WORDS}))
    now = datetime.now(UTC).isoformat()  # noqa: TID251
    events = [
        {
            "borrower_id": "C-1",
            "type": "inbound",
            "at": now,
            "channel": "sms",
            "text": WORDS,
            "address": NUMBER,
        },
        {
            "borrower_id": "C-1",
            "type": "opt_out",
            "at": now,
            "channel": "voice",
            "words": WORDS,
            "address": OTHER_NUMBER,
            "scope": "address",
        },
    ]
    assert 202 == client.post("/v1/events", json=events).status_code
    assert (
        200
        == client.put(
            "/v1/borrowers/C-1", json={k: v for k, v in body["borrower"].items() if k != "consents"}
        ).status_code
    )
    assert 200 == client.post("/v1/notices/preview", json=body).status_code
    for number in ("+15005550006", "+15005550007", "+15005550011"):
        failing = {
            **body,
            "channels": ["sms"],
            "borrower": {**body["borrower"], "id": f"C-{number}", "addresses": {"sms": number}},
        }
        service.settled(client.post("/v1/notices", json=failing).json()["id"])
        client.post(f"/v1/borrowers/C-{number}/erase", json={"reason": "asked"})
    later = client.post(
        "/v1/notices",
        json={**body, "not_before": "2099-01-01T00:00:00Z", "expires_at": "2099-02-01T00:00:00Z"},
    ).json()["id"]
    client.post(f"/v1/notices/{later}/cancel")
    return id_


def test_a_forgotten_person_is_nowhere(running: Running, notice: dict[str, Any]) -> None:
    """Output, metrics, refusals and the database's own log never name the person; after the erasure and a
    vacuum no file does, no answer does, and the log verifies from a checkpoint that was kept before."""
    client = running.client
    id_ = journeys(running, notice)
    assert NAME == client.get("/v1/borrowers/C-1").json()["name"]
    assert found_in(
        client.get("/v1/sandbox/messages").content
    )  # the canaries are such that they would be seen
    time.sleep(1.2)
    kept, key = client.get("/v1/log/checkpoint").text, client.get("/v1/log/key").text.splitlines()[0]

    erased = client.post("/v1/borrowers/C-1/erase", json={"reason": "request of today"})

    assert 200 == erased.status_code, erased.text
    time.sleep(1.2)
    running.sql("VACUUM FULL", "CHECKPOINT")
    answers = [
        client.get(path)
        for path in (
            f"/v1/notices/{id_}", "/v1/notices?limit=1000", "/v1/borrowers/C-1", "/v1/borrowers/C-1/timeline",
            "/v1/log?limit=1000",
            "/v1/log?borrower=C-1", "/v1/log/export", "/v1/log/export?format=csv", "/v1/holds",
            "/v1/sandbox/messages", "/metrics",
        )
    ]  # fmt: skip
    assert [200, 200, 404, 200] == [one.status_code for one in answers[:4]]
    said = {
        "what it wrote": running.written.read_bytes(),
        "refusals": "\n".join(running.errors).encode(),
        **{str(one.url): one.content for one in answers},
    }
    assert {} == {where: found for where, content in said.items() if (found := found_in(content))}
    files = [path for path in (running.folder / "v").rglob("*") if path.is_file()]
    assert 500 < len(files)
    assert {} == {str(path): found for path in files if (found := found_in(path.read_bytes()))}
    lines = [
        line for line in running.written.read_bytes().splitlines() if not line.startswith(b"Admin API key")
    ]
    assert 50 < len(lines)
    assert [] == found_in(b"\n".join(lines), SECRETS)
    verify(running, kept, key)


def verify(service: Running, kept: str, key: str) -> None:
    """As an auditor does who kept a checkpoint from before, and with the one of now."""
    from service.log.verify import read_checkpoint, verify_lines

    now, lines = (
        service.client.get("/v1/log/checkpoint").text,
        service.client.get("/v1/log/export").content.splitlines(keepends=True),
    )
    notes = [read_checkpoint(note, key) for note in (kept, now)]
    report = verify_lines(lines[: notes[-1].size], notes)
    assert report.holds, report.findings
    assert notes[0].size < notes[1].size
