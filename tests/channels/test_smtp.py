"""E-mail against a real SMTP server: encrypted and logged in, and at each stage at which it may fail."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import replace

import pytest

from channels.adapter import CannotTell
from channels.outcome import Accepted, Busy, RefusalCause, Rejected, Unknown
from channels.smtp.adapter import SmtpConfig
from channels.smtp.answers import after_data, before_data
from channels.testing import keeps_the_port, message_on, sought_for
from tests.channels.mail_servers import CUT, HANG, Mailbox, scripted, served
from tests.channels.mailing import SENDER, E, secured, sent, smtp


async def test_a_message_goes_over_starttls_after_a_login(tls):
    """The password and the message are seen by nobody on the way; the server holds the message once."""
    mailbox = Mailbox()
    async with served(mailbox, tls_context=tls.server, require_starttls=True, auth_required=True) as port:
        await keeps_the_port(secured(port, tls), E)
    assert [b"forbear"] == mailbox.logins
    assert [True] == mailbox.encrypted
    assert [["ana@example.com"]] == [one.rcpt_tos for one in mailbox.kept]
    assert SENDER == mailbox.kept[0].mail_from


async def test_a_message_goes_over_implicit_tls(tls):
    """Encrypted from the first byte."""
    mailbox = Mailbox()
    async with served(mailbox, implicit=tls.server) as port:
        await keeps_the_port(smtp(port, tls="implicit", tls_context=tls.trusting), E)
    assert 1 == len(mailbox.kept)


async def test_one_connection_serves_many_messages_one_after_the_other(tls):
    """A connection, its handshake and its login are paid for once."""
    mailbox = Mailbox()
    async with served(mailbox, tls_context=tls.server, require_starttls=True, auth_required=True) as port:
        adapter = secured(port, tls)
        outcomes = [
            await adapter.send(message_on(E, attempt_id=f"dlv_{number}.1"), timeout=5.0)
            for number in range(5)
        ]
        await adapter.close()
    assert [f"<dlv_{number}.1@example.com>" for number in range(5)] == [
        one.ref for one in outcomes if isinstance(one, Accepted)
    ]
    assert 1 == len(mailbox.logins)


async def test_at_most_as_many_connections_are_kept_as_the_pool_allows():
    """Ten at once, two kept, the rest ended; every message is held once."""
    mailbox = Mailbox()
    async with served(mailbox) as port:
        adapter = smtp(port, pool=2)
        outcomes = await asyncio.gather(
            *(adapter.send(message_on(E, attempt_id=f"dlv_{n}.1"), timeout=5.0) for n in range(10))
        )
        kept = len(adapter._idle)
        await adapter.close()
    assert all(isinstance(one, Accepted) for one in outcomes)
    assert 2 == kept
    assert {f"<dlv_{n}.1@example.com>" for n in range(10)} == {mail["Message-ID"] for mail in mailbox.mails()}


async def test_a_server_of_old_that_knows_only_helo_is_served():
    """RFC 5321 §3.2."""
    async with scripted({"EHLO": "502 what"}) as port:
        assert isinstance(await sent(port), Accepted)


async def test_a_wrong_password_is_the_accounts(tls):
    """Every further message would meet the same answer: the channel stops, nobody's address is blamed."""
    async with served(Mailbox(), tls_context=tls.server, require_starttls=True, auth_required=True) as port:
        outcome = await sent(
            port, tls="starttls", tls_context=tls.trusting, username="forbear", password="wrong"
        )
    assert (
        Rejected(cause=RefusalCause.ACCOUNT, code="535", reason="the server refused our credentials")
        == outcome
    )
    assert "wrong" not in repr(SmtpConfig(host="h", port=1, sender=SENDER, password="wrong"))


async def test_a_login_that_cannot_be_checked_just_now_is_tried_later():
    """454 of RFC 4954 is no word about the credentials."""
    replies = {
        "EHLO": "250-mail.example.com\r\n250 AUTH PLAIN",
        "AUTH": "454 4.7.0 Temporary authentication failure",
    }
    async with scripted(replies) as port:
        outcome = await sent(port, username="forbear", password="secret")
    assert (
        Busy(code="454", reason="the server cannot check our credentials just now", account_wide=True)
        == outcome
    )


@pytest.mark.parametrize("mode", ["starttls", "implicit"])
async def test_a_certificate_that_is_not_trusted_is_the_accounts(tls, mode):
    """Neither password nor message is given to a server that cannot say who it is."""
    mailbox = Mailbox()
    options = {"implicit": tls.server} if mode == "implicit" else {"tls_context": tls.server}
    asyncio.get_running_loop().set_exception_handler(
        lambda *_: None
    )  # the server's side of a handshake that we broke off
    async with served(mailbox, **options) as port:
        outcome = await sent(
            port, tls=mode, tls_context=ssl.create_default_context(), username="forbear", password="secret"
        )
    assert isinstance(outcome, Rejected)
    assert (RefusalCause.ACCOUNT, "tls") == (outcome.cause, outcome.code)
    assert [] == mailbox.logins
    assert [] == mailbox.kept


async def test_without_the_encryption_that_the_settings_demand_nothing_is_said():
    """A stripped STARTTLS: the password does not go out in the clear."""
    heard: list[str] = []
    async with scripted({"EHLO": "250-mail.example.com\r\n250 AUTH PLAIN LOGIN"}, heard) as port:
        outcome = await sent(port, tls="starttls", username="forbear", password="secret")
    assert isinstance(outcome, Rejected)
    assert (RefusalCause.ACCOUNT, "setup") == (outcome.cause, outcome.code)
    assert not [line for line in heard if line.startswith(("AUTH", "MAIL"))]


async def test_without_the_login_that_the_settings_demand_nothing_is_sent():
    """A server that offers no AUTH is not the one that was meant."""
    heard: list[str] = []
    async with scripted({}, heard) as port:
        outcome = await sent(port, username="forbear", password="secret")
    assert isinstance(outcome, Rejected)
    assert (RefusalCause.ACCOUNT, "setup") == (outcome.cause, outcome.code)
    assert not [line for line in heard if "secret" in line or line.startswith("MAIL")]


@pytest.mark.parametrize(
    ("error", "code", "account_wide"),
    [(BrokenPipeError(), "refused", True), (RuntimeError(), "RuntimeError", False)],
)
def test_what_nobody_thought_of_is_certain_before_the_data_and_unknown_after(error, code, account_wide):
    """The stage decides, whatever the exception is."""
    before, after = before_data(error), after_data(error)
    assert isinstance(before, Busy)
    assert (code, account_wide) == (before.code, before.account_wide)
    assert isinstance(after, Unknown)


async def test_a_refused_connection_took_nothing_and_is_tried_again_within_the_attempt(closed_port):
    """No byte of the message left: the same attempt may be repeated, and every other would meet the same."""
    outcome = await sent(closed_port, timeout=0.6)
    assert Busy(code="refused", reason="the server could not be connected to", account_wide=True) == outcome


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ({"GREETING": "554 no service here"}, "refused"),
        ({"GREETING": CUT}, "refused"),
        ({"EHLO": "550 go away", "HELO": "550 go away"}, "550"),
        ({"EHLO": CUT}, "SMTPServerDisconnected"),
        ({"MAIL": CUT}, "SMTPServerDisconnected"),
        ({"RCPT": CUT}, "SMTPServerDisconnected"),
        ({"MAIL": "421 4.3.2 closing"}, "421 4.3.2"),
        ({"RCPT": "nonsense"}, "-1"),
    ],
)
async def test_before_the_data_a_failure_took_nothing(replies, code):
    """Whatever a server does before DATA, it does not hold the message."""
    heard: list[str] = []
    async with scripted(replies, heard) as port:
        outcome = await sent(port, timeout=1.0)
    assert isinstance(outcome, Busy), outcome
    assert code == outcome.code
    assert "DATA" not in heard


@pytest.mark.parametrize("stage", ["GREETING", "EHLO", "MAIL", "RCPT"])
async def test_a_server_that_falls_silent_before_the_data_took_nothing(stage):
    """A time-out is certain knowledge as long as DATA was not said."""
    async with scripted({stage: HANG}) as port:
        outcome = await sent(port, timeout=0.3)
    assert isinstance(outcome, Busy), outcome


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            "451 4.7.1 greylisted, try ana@example.com again",
            Busy(code="451 4.7.1", reason="4.7.1 greylisted, try [address] again"),
        ),
        (
            "550 5.1.1 no such user",
            Rejected(cause=RefusalCause.ADDRESS, code="550 5.1.1", reason="5.1.1 no such user"),
        ),
        (
            "554 5.1.2 no such domain",
            Rejected(cause=RefusalCause.ADDRESS, code="554 5.1.2", reason="5.1.2 no such domain"),
        ),
        ("550 no such user", Rejected(cause=RefusalCause.ADDRESS, code="550", reason="no such user")),
        (
            "550 5.7.1 relay denied",
            Rejected(cause=RefusalCause.OURS, code="550 5.7.1", reason="5.7.1 relay denied"),
        ),
        (
            "553 5.1.8 sender's domain",
            Rejected(cause=RefusalCause.OURS, code="553 5.1.8", reason="5.1.8 sender's domain"),
        ),
        ("554 refused", Rejected(cause=RefusalCause.OURS, code="554", reason="refused")),
        (
            "552 5.3.4 too big",
            Rejected(cause=RefusalCause.UNLISTED, code="552 5.3.4", reason="5.3.4 too big"),
        ),
    ],
)
async def test_a_refusal_in_so_many_words_is_certain_at_every_stage(stage, reply, expected):
    """4xx is for later, 5xx for good; its cause stands in the enhanced code."""
    mailbox = Mailbox(answers={stage: reply})
    async with served(mailbox) as port:
        outcome = await sent(port)
    if stage == "MAIL" and isinstance(expected, Rejected):
        expected = replace(expected, cause=RefusalCause.OURS)  # no borrower was named yet
    assert expected == outcome
    assert [] == mailbox.kept


async def test_a_cut_after_the_end_of_the_data_is_unknown():
    """The server holds the message though it never said so: sending it again would send it twice."""
    mailbox = Mailbox(answers={"DATA": CUT})
    async with served(mailbox) as port:
        outcome = await sent(port)
    assert (
        Unknown(
            code="SMTPServerDisconnected", reason="the connection ended while the message was handed over"
        )
        == outcome
    )
    assert 1 == len(mailbox.kept)


async def test_silence_after_the_end_of_the_data_is_unknown():
    """The server holds the message and does not answer in time."""
    mailbox = Mailbox(answers={"DATA": HANG})
    async with served(mailbox) as port:
        outcome = await sent(port, timeout=0.4)
    assert isinstance(outcome, Unknown)
    assert 1 == len(mailbox.kept)


@pytest.mark.parametrize(
    "replies",
    [
        {"DATA": CUT},
        {".": "421 4.3.2 closing"},
        {".": "251 well"},
        {".": "garbage"},
        {"DATA": "250 what"},
        {".": CUT},
    ],
)
async def test_an_answer_to_the_data_that_settles_nothing_is_unknown(replies):
    """Only a clean 250, 4xx or 5xx says where the message is; 421 comes from servers that took it, too."""
    async with scripted(replies) as port:
        outcome = await sent(port)
    assert isinstance(outcome, Unknown), outcome


async def test_a_cancelled_hand_over_gives_no_connection_back():
    """A connection of which nobody knows where it stands is never used for the next borrower's message."""
    mailbox = Mailbox(answers={"DATA": HANG})
    async with served(mailbox) as port:
        adapter = smtp(port)
        task = asyncio.create_task(adapter.send(message_on(E), timeout=5.0))
        while not mailbox.kept:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert 0 == len(adapter._idle)
        mailbox.answers.clear()
        assert isinstance(await adapter.send(message_on(E), timeout=5.0), Accepted)
        await adapter.close()
    assert 2 == mailbox.connections


@pytest.mark.parametrize("answer", [CUT, "421 bye"])
async def test_a_kept_connection_that_died_meanwhile_is_replaced(answer):
    """The server ended it, or does so at the first word: the message goes over a fresh one."""
    mailbox = Mailbox()
    async with served(mailbox) as port:
        adapter = smtp(port)
        await adapter.send(message_on(E), timeout=5.0)
        mailbox.answers["RSET"] = answer
        outcome = await adapter.send(message_on(E, attempt_id="dlv_2.1"), timeout=5.0)
        await adapter.close()
    assert isinstance(outcome, Accepted)
    assert 2 == mailbox.connections


async def test_a_kept_connection_that_the_server_closed_is_left_aside():
    """Nothing is written to a connection that is known to be closed."""
    mailbox = Mailbox()
    async with served(mailbox) as port:
        adapter = smtp(port)
        await adapter.send(message_on(E), timeout=5.0)
        adapter._idle[0].close()
        assert isinstance(await adapter.send(message_on(E), timeout=5.0), Accepted)
        await adapter.close()
    assert 2 == mailbox.connections


async def test_a_kept_connection_that_hangs_ends_with_the_attempt():
    """Its silence takes nothing: the attempt may be repeated."""
    mailbox = Mailbox()
    async with served(mailbox) as port:
        adapter = smtp(port)
        await adapter.send(message_on(E), timeout=5.0)
        mailbox.answers["RSET"] = HANG
        outcome = await adapter.send(message_on(E), timeout=0.3)
        assert 0 == len(adapter._idle)
        await adapter.close()
    assert isinstance(outcome, Busy)
    assert 1 == len(mailbox.kept)


async def test_closing_outlives_a_server_that_is_gone():
    """The farewell may fail."""
    async with scripted({"QUIT": CUT}) as port:
        adapter = smtp(port)
        await adapter.send(message_on(E), timeout=5.0)
        await adapter.close()
    assert 0 == len(adapter._idle)


async def test_a_refused_recipient_leaves_the_connection_usable_and_a_closing_server_does_not():
    """550 is about one address; 421 is about the connection."""
    for reply, kept in (("550 5.1.1 no", 1), ("421 4.3.2 closing", 0)):
        async with served(Mailbox(answers={"RCPT": reply})) as port:
            adapter = smtp(port)
            await adapter.send(message_on(E), timeout=5.0)
            assert kept == len(adapter._idle)
            await adapter.close()


@pytest.mark.parametrize(
    "address",
    [
        "ana@example.com, eve@example.com",
        "ana@example.com\r\nRCPT TO:<eve@example.com>",
        "ana@example.com\n",
        "Ana <ana@example.com>",
        "ána@example.com",
        "ana@example.com>",
        "ana",
        "",
        "ana@@example.com",
        "=?utf-8?q?=0ABcc?=@example.com",
        "a" * 65 + "@example.com",
    ],
)
async def test_an_address_that_is_not_one_plain_mailbox_reaches_no_server(address, closed_port):
    """No list, no name, no line break: one recipient or none."""
    outcome = await smtp(closed_port).send(message_on(E, to=address), timeout=0.3)
    assert (
        Rejected(cause=RefusalCause.ADDRESS, code="5.1.3", reason="the address is not one plain mailbox")
        == outcome
    )


@pytest.mark.parametrize("sender", ["", "Bank <notices@example.com>", "notices@example.com\n"])
def test_a_sender_that_is_no_mailbox_is_refused_at_the_start(sender):
    """The setting is named."""
    with pytest.raises(ValueError, match=r"^FORBEAR_SMTP__SENDER: expected one mailbox"):
        smtp(25, sender=sender)


async def test_a_relay_cannot_be_asked():
    """No look-up: a person decides about an unknown e-mail."""
    sighting = await smtp(25).look_up(sought_for(message_on(E)))
    assert isinstance(sighting, CannotTell)
