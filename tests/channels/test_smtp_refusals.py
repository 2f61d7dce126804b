"""What caused a refusal, and under which return address a mail goes, against a real SMTP server."""

from __future__ import annotations

import pytest

from channels.email.verp import from_verp
from channels.outcome import Accepted, RefusalCause, Rejected
from channels.testing import message_on
from tests.channels.mail_servers import Mailbox, scripted, served
from tests.channels.mailing import E, sent, smtp


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("550 no such user", RefusalCause.ADDRESS),
        ("550 5.1.6 the mailbox has moved", RefusalCause.ADDRESS),
        ("556 5.1.10 null MX", RefusalCause.ADDRESS),
        ("550 5.2.1 mailbox disabled", RefusalCause.ADDRESS),
        ("550 5.4.1 Recipient address rejected: Access denied", RefusalCause.ADDRESS),
        ("550 Your IP is listed by a blocklist", RefusalCause.UNLISTED),
        ("550 too many messages", RefusalCause.UNLISTED),
        ("550 5.1.0 address rejected", RefusalCause.UNLISTED),
        ("550 5.2.2 mailbox full", RefusalCause.UNLISTED),
        ("550 5.4.1 no answer from host", RefusalCause.UNLISTED),
        ("551 user not local", RefusalCause.UNLISTED),
        ("501 syntax", RefusalCause.UNLISTED),
        ("550 5.1.7 bad sender", RefusalCause.OURS),
        ("550 5.1.90 your quota of recipients is used up", RefusalCause.OURS),
    ],
)
async def test_only_a_word_about_the_mailbox_is_the_addresss(reply, cause):
    """It ends every later mail to it; a listed sender is nobody's address."""
    async with served(Mailbox(answers={"RCPT": reply})) as port:
        outcome = await sent(port)
    assert isinstance(outcome, Rejected)
    assert cause is outcome.cause


async def test_a_mail_has_a_return_address_of_its_own_where_the_server_takes_one():
    """VERP, where it is asked for; the sender's own where the server refuses that."""
    id_ = "ntc_" + "0f" * 24 + ".email.1"
    message = message_on(E, attempt_id=id_)
    heard: list[str] = []
    async with scripted({}, heard) as port:
        for further in ({"verp": True}, {}):
            adapter = smtp(port, **further)
            assert isinstance(await adapter.send(message, timeout=5.0), Accepted)
            await adapter.close()
    own, plain = [line for line in heard if line.startswith("MAIL")]
    assert (id_, "MAIL FROM:<notices@example.com>") == (from_verp(own), plain)


async def test_a_server_that_refuses_a_return_address_of_its_own_gets_the_plain_one():
    """The mail goes all the same."""
    heard: list[str] = []

    class Strict(Mailbox):
        async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
            heard.append(address)
            if "+" in address:
                return "550 5.7.1 not your address"
            return await super().handle_MAIL(server, session, envelope, address, options)

    async with served(Strict()) as port:
        adapter = smtp(port, verp=True)
        outcome = await adapter.send(message_on(E, attempt_id="ntc_" + "0f" * 24 + ".email.1"), timeout=5.0)
        await adapter.close()
    assert isinstance(outcome, Accepted)
    assert [True, False] == ["+" in one for one in heard]
