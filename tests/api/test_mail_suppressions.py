"""What mail closes: the mailbox, whoever has it, until somebody says that it is good again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.as_twilio import accept, send_due, states
from tests.api.test_mail import ANA, STRANGER, about, complaint, letter, mailed, taken
from tests.channels.mail_freeform import FREE
from tests.channels.mail_specimens import ID, IDENTIFIED, REPORTED


async def suppressed(api, address: str) -> list[str]:
    """The reasons for which e-mail to a mailbox is closed."""
    digest = api.runtime.vault.address_digest(address)
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch(
            "SELECT reason FROM suppressions WHERE digest = $1 AND lifted_at IS NULL", digest
        )
    return sorted(row["reason"] for row in rows)


@pytest.mark.parametrize(
    "shape", [IDENTIFIED[0], REPORTED[19], REPORTED[22], FREE[0]], ids=lambda shape: shape.name
)
async def test_a_dead_mailbox_comes_back_when_somebody_confirms_it(api, notice, shape):
    """By an event: a full mailbox was cleared, a domain was paid for again."""
    _, attempt = await mailed(api, notice)
    await taken(api, about(shape, attempt))
    assert ["dead_address"] == await suppressed(api, ANA)
    api.clock.move(timedelta(minutes=1))
    event = {
        "borrower_id": notice["borrower"]["id"],
        "type": "address_confirmed",
        "at": api.clock.now().isoformat(),
    }
    answer = await api.client.post("/v1/events", json={**event, "channel": "email", "address": ANA})
    assert 202 == answer.status_code, answer.text
    assert [] == await suppressed(api, ANA)
    again = await accept(api, notice, "email", reference="again")
    assert 1 == len(await send_due(api))
    assert {"email": "accepted"} == await states(api, again)


@pytest.mark.parametrize("lifting", ["address_confirmed", "opt_in"])
async def test_a_complaint_is_a_suppression_that_no_confirmation_lifts(api, notice, lifting):
    """The person said no; that the mailbox works is no yes."""
    _, attempt = await mailed(api, notice)
    await taken(api, complaint().replace(ID.encode(), attempt.encode()))
    assert ["complaint"] == await suppressed(api, ANA)
    if lifting == "address_confirmed":
        api.clock.move(timedelta(minutes=1))
        event = {"borrower_id": notice["borrower"]["id"], "type": lifting, "at": api.clock.now().isoformat()}
        assert (
            202
            == (
                await api.client.post("/v1/events", json={**event, "channel": "email", "address": ANA})
            ).status_code
        )
    else:
        await taken(api, letter("START").replace(b"letter-1", b"letter-2"))
    assert ["complaint"] == await suppressed(api, ANA)


@pytest.mark.parametrize("sender", [ANA, STRANGER])
async def test_a_letters_opt_out_belongs_to_the_mailboxes_that_it_is_about(api, notice, sender):
    """The one that it came from, and the one that we wrote to; whoever has them."""
    _, attempt = await mailed(api, notice)
    await taken(api, letter("Stop emailing me", f"In-Reply-To: <{attempt}@lender.example>", sender=sender))
    for mailbox in {ANA, sender}:
        assert ["opt_out"] == await suppressed(api, mailbox)
    other = {
        **notice["borrower"],
        "id": "B-2",
        "addresses": {**notice["borrower"]["addresses"], "email": sender},
    }
    id_ = await accept(api, {**notice, "borrower": other}, "email", reference="another")
    assert [] == await send_due(api)
    assert {"email": "suppressed"} == await states(api, id_)


async def test_a_dead_mailbox_comes_back_by_the_suppressions_page(api, notice):
    """By a person, with a reason."""
    _, attempt = await mailed(api, notice)
    await taken(api, about(IDENTIFIED[0], attempt))
    [one] = (await api.client.get("/v1/suppressions", params={"channel": "email", "address": ANA})).json()[
        "items"
    ]
    api.clock.move(timedelta(minutes=1))
    answer = await api.client.post(
        f"/v1/suppressions/{one['id']}/lift", json={"reason": "the borrower called: it works again"}
    )
    assert 200 == answer.status_code, answer.text
    await accept(api, notice, "email", reference="again")
    assert 1 == len(await send_due(api))
