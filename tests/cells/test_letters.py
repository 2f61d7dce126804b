"""Letters and complaints by mail find their borrower in every cell, also in one that was away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from service.dispatch.runtime import Runtime, owed
from service.store import cells
from tests.api.test_mail import complaint, letter
from tests.cells.conftest import TwoCells
from tests.channels.mail_specimens import ID, REPORTED

ANA, STRANGER = "ana@example.com", "ana.ruiz@elsewhere.example"
STOPPED = {"suppressed", "held"}
ASKING = [
    ("My lawyer will write to you.", "attorney"),
    ("Do not contact me again.", "cease"),
    ("Stop emailing me", "opt_out"),
    ("", "unclear"),
]


async def post(two: TwoCells, octets: bytes, status: int = 200) -> dict[str, Any]:
    """A mail as a server passes it on; what it was taken for."""
    answer = await two.bench.api.client.post(
        "/v1/inbound/email", content=octets, headers={"Content-Type": "message/rfc822"}
    )
    assert status == answer.status_code, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def mailed(two: TwoCells, cell: Runtime, plain: Mapping[str, Any], address: str = ANA) -> str:
    """The id of an attempt by mail, to a borrower of that cell."""
    await two.bench.accept(with_address(two.notice_in(cell, plain), address), "email")
    [message] = await two.bench.work()
    return message.attempt_id


def with_address(notice: dict[str, Any], address: str) -> dict[str, Any]:
    """The notice, to that mailbox."""
    notice["borrower"]["addresses"] = {**notice["borrower"]["addresses"], "email": address}
    return notice


async def next_state(two: TwoCells, cell: Runtime, plain: Mapping[str, Any], address: str = ANA) -> str:
    """What becomes of another mail to a borrower of that cell."""
    body = with_address(two.notice_in(cell, plain), address) | {"reference": "again"}
    notice = await two.bench.accept(body, "email")
    await two.bench.work()
    return (await two.bench.states(notice))["email"]


async def events(cell: Runtime, kind: str) -> int:
    """How many events of a kind a cell has."""
    async with cell.database.connection() as connection:
        found: int = await connection.fetchval("SELECT count(*) FROM events WHERE type = $1", kind)
        return found


async def debts(two: TwoCells) -> list[str]:
    """The kinds of what home owes the other cell."""
    async with two.home.database.connection() as connection:
        return [one.kind for one in await cells.owed(connection, 1, 100)]


@pytest.mark.parametrize(("words", "meaning"), ASKING)
async def test_a_letter_stops_a_borrower_of_the_other_cell(
    two: TwoCells, plain: dict[str, Any], words: str, meaning: str
) -> None:
    """It names no attempt: the mailbox that it comes from is asked of every cell."""
    await mailed(two, two.other, plain)
    found = await post(two, letter(words))
    assert ("message", meaning) == (found["taken_for"], found["meaning"])
    assert await next_state(two, two.other, plain) in STOPPED
    assert (0, 1) == (await events(two.home, "inbound"), await events(two.other, "inbound"))
    unmatched = (await two.bench.api.client.get("/v1/inbound", params={"matched": "false"})).json()
    assert [] == unmatched["items"], "it is no stranger's"


@pytest.mark.parametrize(("words", "meaning"), ASKING)
async def test_a_letter_while_the_other_cell_is_away_acts_when_it_is_back(
    two: TwoCells, plain: dict[str, Any], words: str, meaning: str
) -> None:
    """It is answered as taken, since it is kept, and says no more than what is known."""
    attempt = await mailed(two, two.other, plain)
    with two.away(two.other):
        found = await post(two, letter(words, f"In-Reply-To: <{attempt}@lender.example>", sender=STRANGER))
    assert ("message", None, meaning) == (found["taken_for"], found["delivery_id"], found["meaning"])
    assert "mail" in await debts(two)
    assert 0 == await events(two.other, "inbound")
    await owed.settle(two.home, two.other)
    assert 1 == await events(two.other, "inbound")
    assert await next_state(two, two.other, plain) in STOPPED
    assert [] == await debts(two)


@pytest.mark.parametrize(("words", "meaning"), ASKING)
async def test_a_letter_from_a_shared_mailbox_stops_the_borrowers_of_both_cells(
    two: TwoCells, plain: dict[str, Any], words: str, meaning: str
) -> None:
    """Also what is kept for a person alone, which no suppression carries to the other cell; however often it
    comes."""
    await mailed(two, two.home, plain)
    await mailed(two, two.other, plain)
    for _ in range(2):
        assert meaning == (await post(two, letter(words)))["meaning"]
    for cell in (two.home, two.other):
        assert 1 == await events(cell, "inbound")
        assert await next_state(two, cell, plain) in STOPPED


async def test_a_letter_about_one_cells_mail_from_another_cells_borrower_is_both_of_theirs(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Whose mail it answers, and whose mailbox it comes from."""
    attempt = await mailed(two, two.home, plain)
    await mailed(two, two.other, plain, STRANGER)
    answering = f"In-Reply-To: <{attempt}@lender.example>"
    found = await post(two, letter("My lawyer will write to you.", answering, sender=STRANGER))
    assert attempt.startswith(found["delivery_id"])
    assert (1, 1) == (await events(two.home, "attorney"), await events(two.other, "attorney"))
    assert await next_state(two, two.home, plain) in STOPPED
    assert await next_state(two, two.other, plain, STRANGER) in STOPPED


async def test_a_letter_that_is_owed_may_be_taken_twice(two: TwoCells, plain: dict[str, Any]) -> None:
    """Two processes may settle the same."""
    await mailed(two, two.other, plain)
    with two.away(two.other):
        await post(two, letter("My lawyer will write to you."))
        await post(two, complaint(named=f"Original-Rcpt-To: <{ANA}>\n"))
    async with two.home.database.connection() as connection:
        found = [one for one in await cells.owed(connection, 1, 100) if one.kind == "mail"]
    assert 2 == len(found)
    for one in [*found, *found]:
        await two.home.cells.acts[one.kind](two.home, two.other, one)
    assert [1, 1] == [await events(two.other, kind) for kind in ("attorney", "complaint")]


@pytest.mark.parametrize("away", [False, True])
@pytest.mark.parametrize("by", ["attempt", "mailbox"])
async def test_a_complaint_ends_the_mails_to_a_borrower_of_the_other_cell(
    two: TwoCells, plain: dict[str, Any], by: str, away: bool
) -> None:
    """Whether it names our mail or the mailbox; the borrower's history tells of it."""
    attempt = await mailed(two, two.other, plain)
    named = f"Original-Rcpt-To: <{ANA}>\n" if by == "mailbox" else ""
    octets = complaint(named=named).replace(ID.encode(), (attempt if by == "attempt" else "x").encode())
    if away:
        with two.away(two.other):
            assert "complaint" == (await post(two, octets))["taken_for"]
        await owed.settle(two.home, two.other)
    else:
        found = await post(two, octets)
        assert (by == "attempt") == (found["delivery_id"] is not None)
    assert (0, 1) == (await events(two.home, "complaint"), await events(two.other, "complaint"))
    assert "suppressed" == await next_state(two, two.other, plain)


async def test_a_letter_of_nobody_in_any_cell_is_one_strangers_and_closes_the_mailbox_everywhere(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """Whoever is stored with it later, in whichever cell."""
    await post(two, letter("Do not contact me again."))
    unmatched = (await two.bench.api.client.get("/v1/inbound", params={"matched": "false"})).json()
    assert 1 == len(unmatched["items"])
    for cell in (two.home, two.other):
        assert "suppressed" == await next_state(two, cell, plain)


async def test_a_report_about_a_cell_that_is_away_is_to_be_sent_again(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """It is no wish of anybody's, and is refused rather than forgotten."""
    attempt = await mailed(two, two.other, plain)
    octets = REPORTED[0].raw.replace(ID.encode(), attempt.encode())
    with two.away(two.other):
        await post(two, octets, 503)
    assert "advanced" == (await post(two, octets))["effect"]


async def test_a_letter_while_every_cell_is_away_is_refused(two: TwoCells) -> None:
    """What nobody can keep is not answered as taken."""
    await post(two, letter("Hello"))
    with two.away(two.home), two.away(two.other):
        await post(two, letter("Do not contact me again."), 503)
