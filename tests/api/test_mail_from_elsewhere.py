"""Mails from servers, providers and programs that no other specimen is like, through the door itself."""

from __future__ import annotations

import pytest

from tests.api.as_twilio import accept, send_due, states
from tests.api.test_mail import mailed, taken
from tests.channels.mail_elsewhere import PROVIDERS, SERVERS
from tests.channels.mail_programs import PERSONS

STATE = {"bounce": "undelivered", "delivered": "delivered"}


@pytest.mark.parametrize("one", [*SERVERS, *PROVIDERS, *PERSONS], ids=lambda one: one.name)
async def test_a_mail_from_elsewhere_is_taken_for_what_it_is(api, notice, one):
    """The answer, the delivery, and whether the next mail leaves."""
    id_, attempt = await mailed(api, notice)
    found = await taken(api, one.about(attempt))
    assert (one.taken_for, f"{id_}.email" if one.named else None) == (
        found["taken_for"],
        found["delivery_id"],
    )
    state = STATE.get(one.taken_for, "accepted") if one.named else "accepted"
    assert {"email": state} == await states(api, id_)
    assert int(one.dead) == await api.count("events WHERE type = 'address_dead'")
    again = await accept(api, notice, "email", reference="again")
    closed = one.dead or one.taken_for == "complaint"
    assert (0 if closed else 1) == len(await send_due(api))
    assert {"email": "suppressed" if closed else "accepted"} == await states(api, again)
