"""Suppressions over the API, the command line and the console; messages that nobody has; and whose borrower
may be changed by whom."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.as_twilio import accept, post, send_due, states
from tests.console.visiting import after, visitor

NUMBER, MAILBOX = "+12025550142", "ana.ruiz@example.com"


def text(number: int, words: str, sender: str = NUMBER, **further: str) -> dict[str, str]:
    """Twilio's form of a text."""
    return {"MessageSid": f"SM{number:032x}", "From": sender, "To": "+12025550100", "Body": words, **further}


async def add(
    api: Any, address: str = NUMBER, channel: str = "sms", reason: str = "opt_out", **further: Any
) -> Any:
    """Suppress an address."""
    body = {"address": address, "channel": channel, "reason": reason, **further}
    return await api.client.post("/v1/suppressions", json=body)


async def test_what_is_added_is_listed_found_by_its_address_and_lifted(api: Any) -> None:
    """Each step with who and when, and an entry in the log that holds no address."""
    first = await add(api, note="opted out in the branch")
    assert (201, "opt_out", "sms", "opted out in the branch") == (
        first.status_code,
        *(first.json()[name] for name in ("reason", "channel", "note")),
    )
    assert (200, first.json()["id"]) == ((again := await add(api)).status_code, again.json()["id"])
    await add(api, MAILBOX, "email", "complaint")
    every = (await api.client.get("/v1/suppressions")).json()["items"]
    assert ["complaint", "opt_out"] == [one["reason"] for one in every]
    for query in ({"address": NUMBER}, {"channel": "sms"}, {"reason": "opt_out"}):
        found = (await api.client.get("/v1/suppressions", params=query)).json()["items"]
        assert [first.json()["id"]] == [one["id"] for one in found]
    path = f"/v1/suppressions/{first.json()['id']}/lift"
    lifted = await api.client.post(path, json={"reason": "signed a new consent"})
    assert (200, "signed a new consent") == (lifted.status_code, lifted.json()["lifted_because"])
    assert lifted.json() == (await api.client.post(path, json={"reason": "once more"})).json()
    assert 1 == len((await api.client.get("/v1/suppressions")).json()["items"])
    assert 2 == len((await api.client.get("/v1/suppressions?lifted=true")).json()["items"])
    entries = (await api.client.get("/v1/log")).json()["items"]
    assert ["suppression.lifted", "suppression.added", "suppression.added"] == [
        one["kind"]
        for one in entries
        if one["kind"].startswith("suppression.") and not one["kind"].endswith("copied")
    ]
    assert NUMBER not in json.dumps(entries)


async def test_a_list_goes_on_where_the_page_before_ended(api: Any) -> None:
    """With a cursor of its own."""
    for number in range(5):
        await add(api, f"+1202555010{number}")
    seen, cursor = [], None
    while True:
        page = (
            await api.client.get(
                "/v1/suppressions", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
            )
        ).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert 5 == len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"address": "202-555-0142", "channel": "sms", "reason": "opt_out"}, "/address"),
        ({"address": "+1202555", "channel": "sms", "reason": "opt_out"}, "/address"),
        ({"address": "+9992025550142", "channel": "voice", "reason": "cease"}, "/address"),
        ({"address": "Ana <ana@example.com>", "channel": "email", "reason": "complaint"}, "/address"),
        ({"address": "a" * 65 + "@example.com", "channel": "email", "reason": "opt_out"}, "/address"),
        ({"address": "", "channel": "email", "reason": "opt_out"}, "/address"),
        ({"address": MAILBOX, "channel": "sms", "reason": "opt_out"}, "/address"),
        ({"address": NUMBER, "channel": "email", "reason": "opt_out"}, "/address"),
        ({"address": NUMBER, "channel": "fax", "reason": "opt_out"}, "/channel"),
        ({"address": NUMBER, "channel": "sms", "reason": "moody"}, "/reason"),
        ({"address": NUMBER, "channel": "sms", "reason": "opt_out", "by": "x"}, "/by"),
    ],
)
async def test_what_cannot_be_suppressed_is_refused(api: Any, body: dict[str, str], pointer: str) -> None:
    """With the pointer of what the caller wrote, and nothing stored."""
    answer = await api.client.post("/v1/suppressions", json=body)
    assert 422 == answer.status_code
    assert [pointer] == [one["pointer"] for one in answer.json()["errors"]], answer.text
    assert 0 == await api.count("suppressions")


async def test_who_may_do_what(api: Any) -> None:
    """Ops and auditors list, ops and producers add, ops lift; a key that is limited to creditors may only
    add."""
    id_ = (await add(api)).json()["id"]
    body = {"address": NUMBER, "channel": "voice", "reason": "opt_out"}
    expected = {
        "producer": (403, True, 403, 403),
        "ops": (200, True, 200, 200),
        "auditor": (200, False, 403, 200),
        "admin": (200, True, 200, 200),
    }
    for role, (listed, may_add, lifted, inbound) in expected.items():
        head = await api.key(role)
        told = (
            (await api.client.get("/v1/suppressions", headers=head)).status_code,
            (await api.client.post("/v1/suppressions", json=body, headers=head)).is_success,
            (
                await api.client.post(f"/v1/suppressions/{id_}/lift", json={"reason": "x"}, headers=head)
            ).status_code,
            (await api.client.get("/v1/inbound?matched=false", headers=head)).status_code,
        )
        assert (listed, may_add, lifted, inbound) == told, role
    limited = await api.key("admin", creditors=["first-inclusive-bank"])
    assert 200 == (await api.client.post("/v1/suppressions", json=body, headers=limited)).status_code
    for call in (
        api.client.get("/v1/suppressions", headers=limited),
        api.client.post(f"/v1/suppressions/{id_}/lift", json={"reason": "x"}, headers=limited),
        api.client.get("/v1/inbound?matched=false", headers=limited),
    ):
        assert 403 == (await call).status_code
    assert 404 == (await api.client.post("/v1/suppressions/sup_999/lift", json={"reason": "x"})).status_code
    assert 404 == (await api.client.post("/v1/suppressions/evil/lift", json={"reason": "x"})).status_code


async def test_what_was_added_stops_the_notice_and_what_was_lifted_does_not(api: Any, notice: Any) -> None:
    """Preview and dispatch alike; the borrower came later."""
    id_ = (await add(api, notice["borrower"]["addresses"]["sms"])).json()["id"]
    shown = (await api.client.post("/v1/notices/preview", json={**notice, "channels": ["sms"]})).json()
    assert "suppressions" in [one["policy"] for one in shown["channels"][0]["findings"]]
    closed = await accept(api, notice, "sms")
    assert [] == await send_due(api)
    assert {"sms": "suppressed"} == await states(api, closed)
    await api.client.post(f"/v1/suppressions/{id_}/lift", json={"reason": "new consent"})
    opened = await accept(api, notice, "sms", reference="again")
    assert 1 == len(await send_due(api))
    assert {"sms": "accepted"} == await states(api, opened)


SENDERS = ["rcs:{}", "whatsapp:{}", "RCS:{}", " {}", "{}"]


@pytest.mark.parametrize("form", SENDERS)
async def test_a_stop_in_any_form_of_the_sender_finds_the_borrower(api: Any, notice: Any, form: str) -> None:
    """RCS, WhatsApp and texts come from the same number."""
    await accept(api, notice, "email")
    number = notice["borrower"]["addresses"]["sms"]
    assert (
        200 == (await post(api, "/v1/inbound/twilio/sms", text(1, "STOP", form.format(number)))).status_code
    )
    assert 1 == await api.count("events WHERE type = 'opt_out'")
    found = (await api.client.get("/v1/suppressions", params={"address": number})).json()["items"]
    assert ["opt_out"] == [one["reason"] for one in found]


@pytest.mark.parametrize(
    ("words", "taken_for"),
    [
        ("STOP", "opt_out"),
        ("stop contacting me", "cease"),
        ("I have a lawyer", "attorney"),
        ("hello", "message"),
    ],
)
async def test_a_message_that_nobody_has_is_kept_listed_and_counted(
    api: Any, words: str, taken_for: str
) -> None:
    """Encrypted; the same one twice is one."""
    for _ in range(2):
        assert 200 == (await post(api, "/v1/inbound/twilio/sms", text(1, words))).status_code
    page = (await api.client.get("/v1/inbound?matched=false")).json()
    [item] = page["items"]
    assert (taken_for, words, NUMBER, "sms", None) == (
        item["taken_for"],
        item["words"],
        item["from"],
        item["channel"],
        page["next_cursor"],
    )
    assert 422 == (await api.client.get("/v1/inbound?matched=true")).status_code
    row = str(await api.rows("SELECT * FROM unmatched_messages"))
    assert words not in row
    assert NUMBER not in row
    kinds = [one["kind"] for one in (await api.client.get("/v1/log")).json()["items"]]
    assert 1 == kinds.count("inbound.unmatched")


async def test_replies_act_only_where_texts_are_the_sandbox_s(api: Any, notice: Any) -> None:
    """Texts through a real provider beside a sandbox of calls: only what the provider signs is a borrower's
    word."""
    from dataclasses import replace

    async def messages(**_: Any) -> list[dict[str, Any]]:
        return []

    body = {"from": notice["borrower"]["addresses"]["sms"], "words": "STOP"}
    await accept(api, notice, "email")
    api.app.state.forbear = replace(api.app.state.forbear, sandbox_messages=messages)
    assert 404 == (await api.client.post("/v1/sandbox/replies", json=body)).status_code
    assert 0 == await api.count("events WHERE type = 'opt_out'")
    api.app.state.forbear = replace(api.app.state.forbear, sandbox_texts=True)
    answer = await api.client.post("/v1/sandbox/replies", json=body)
    assert (200, "opt_out", 1) == (answer.status_code, answer.json()["taken_for"], answer.json()["borrowers"])
    stranger = await api.client.post("/v1/sandbox/replies", json={**body, "from": NUMBER})
    assert (200, "opt_out", 0) == (
        stranger.status_code,
        stranger.json()["taken_for"],
        stranger.json()["borrowers"],
    )


async def test_yes_out_of_nowhere_gives_nothing_back(api: Any, notice: Any) -> None:
    """It agrees to nothing that was asked; START says what it wants."""
    from datetime import timedelta

    await accept(api, notice, "sms")
    await send_due(api)
    number = notice["borrower"]["addresses"]["sms"]
    await post(api, "/v1/inbound/twilio/sms", text(1, "STOP", number))
    await send_due(api)
    for place, words in enumerate(("Yes", "YES!", "si", "ok"), 2):
        api.clock.move(timedelta(minutes=1))
        await post(api, "/v1/inbound/twilio/sms", text(place, words, number))
    assert 0 == await api.count("events WHERE type = 'opt_in'")
    closed = await accept(api, notice, "sms", reference="again")
    assert [] == await send_due(api)
    assert {"sms": "suppressed"} == await states(api, closed)


@pytest.fixture
def imported(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `forbear suppressions` on the tests' database."""
    from typer.testing import CliRunner

    from service.cli import app as command_line
    from tests.cli.conftest import SECRET

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORBEAR_DATABASE_URL", database_url)
    monkeypatch.setenv("FORBEAR_SECRET_KEY", SECRET)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(command_line.app, ["suppressions", *arguments])

    return run


def test_a_file_is_tried_imported_and_imported_again(imported: Any, tmp_path: Path) -> None:
    """A dry run adds nothing; a repeat adds nothing."""
    file = tmp_path / "known.csv"
    file.write_text(
        "\ufeffaddress,channel,reason,note\n"
        "+12025550101,sms,opt_out,by letter\n"
        "ana@example.com,email,complaint,\n"
        "+12025550102,,,\n"
        "+12025550101,sms,opt_out,twice\n",
        encoding="utf-8",
    )
    dry = json.loads(imported("import", str(file), "--dry-run", "--json").stdout)
    assert {"lines": 4, "new": 3, "standing": 0, "dry_run": True} == dry
    assert [] == json.loads(imported("list", "--json").stdout)
    done = json.loads(imported("import", str(file), "--json").stdout)
    assert {"lines": 4, "new": 3, "standing": 0, "dry_run": False} == done
    again = json.loads(imported("import", str(file), "--json").stdout)
    assert (0, 3) == (again["new"], again["standing"])
    listed = json.loads(imported("list", "--json").stdout)
    assert {("sms", "opt_out"), ("email", "complaint"), ("any", "opt_out")} == {
        (one["channel"], one["reason"]) for one in listed
    }
    assert 1 == len(json.loads(imported("list", "--address", "+12025550102", "--json").stdout))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("address,channel\n202-555-0101,sms\n", "line 2: address: expected"),
        ("address,channel\n+12025550101,fax\n", "line 2: channel: expected"),
        ("address,channel\n+12025550101,email\n", "line 2: address: expected a mailbox"),
        ("address,channel\n+12025550101,sms,opt_out\n", "line 2: "),
        ("number\n+12025550101\n", "`address` among them"),
        (f"address,channel\n+44{0}2079460123,sms\n", "zero of calls at home: +442079460123"),
        ("address,channel\n1.20256E+10,sms\n", "line 2: address: expected"),
        ("address,channel\n+999123456,sms\n", "line 2: address: expected a phone number that can exist"),
        ('address,note\n+12025550101,"open\n', "unexpected end of data"),
        ("", "got nothing"),
    ],
)
def test_a_file_that_does_not_fit_adds_nothing(
    imported: Any, tmp_path: Path, content: str, said: str
) -> None:
    """It says which line, and why; the good lines wait for the mended file."""
    file = tmp_path / "bad.csv"
    file.write_text(content + "+12025550109,sms\n" if content.count("\n") > 1 else content, encoding="utf-8")
    answer = imported("import", str(file))
    assert 0 != answer.exit_code
    assert said in " ".join(answer.output.split()), answer.output
    assert [] == json.loads(imported("list", "--json").stdout)


def test_a_file_may_write_one_address_in_many_ways(imported: Any, tmp_path: Path) -> None:
    """A mailbox in capitals, a telephone as networks wrote it once: one suppression, in the dry run too."""
    file = tmp_path / "spelt.csv"
    lines = [
        "Address , CHANNEL",
        "ANA@Example.COM,email",
        "ana@example.com,email",
        " +5211000000123 , sms ",
        "+521000000123,sms",
    ]
    file.write_text("\r\n".join(lines), encoding="utf-8")
    for further in (["--dry-run"], []):
        told = json.loads(imported("import", str(file), "--json", *further).stdout)
        assert (4, 2) == (told["lines"], told["new"])
    assert 2 == len(json.loads(imported("list", "--json").stdout))
    assert 1 == len(json.loads(imported("list", "--address", "+5211000000123", "--json").stdout))


def test_one_is_added_and_lifted_by_command(imported: Any) -> None:
    """With the reason, and exit code 1 for one that is not there."""
    added = json.loads(imported("add", NUMBER, "--channel", "sms", "--json").stdout)
    lifted = json.loads(imported("lift", added["id"], "--because", "new consent", "--json").stdout)
    assert ("operator:cli", "new consent") == (lifted["lifted_by"], lifted["lifted_because"])
    assert 1 == imported("lift", "sup_99", "--because", "x").exit_code
    assert 2 == imported("add", "evil", "--channel", "sms").exit_code
    assert 2 == imported("lift", added["id"], "--because", " ").exit_code


async def test_the_console_lists_adds_and_lifts(api: Any) -> None:
    """Ops may; an auditor looks."""
    ops = await visitor(api, "ops")
    await post(api, "/v1/inbound/twilio/sms", text(1, "STOP"))
    fields = {"address": MAILBOX, "channel": "email", "reason": "complaint", "note": "by telephone"}
    assert "Suppressed: nothing is sent to this address any more." in await after(
        ops, await ops.post("/console/suppressions", fields)
    )
    listed = (await ops.get("/console/suppressions")).text
    assert [] == [one for one in ("complaint", "by telephone", "opt_out") if one not in listed]
    assert "STOP" in (await ops.get("/console/inbound")).text
    id_ = (await api.client.get("/v1/suppressions?channel=email")).json()["items"][0]["id"]
    lifted = await ops.post(f"/console/suppressions/{id_}/lift", {"reason": "was wrong"})
    assert "Lifted." in await after(ops, lifted)
    assert [] == (await api.client.get("/v1/suppressions?channel=email")).json()["items"]
    assert 422 == (await ops.post("/console/suppressions", {**fields, "address": "evil"})).status_code
    auditor = await visitor(api, "auditor")
    assert 200 == (await auditor.get("/console/suppressions")).status_code
    assert 403 == (await auditor.post("/console/suppressions", fields)).status_code
