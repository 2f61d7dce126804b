"""SMPP against an SMSC of our own on loopback: one submit_sm each and the right word for every answer;
receipts and replies over the same session, answered once they are stored."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from channels.adapter import Absent, CannotTell, ChannelMisconfigured, Found
from channels.message import Channel, SmsContent
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.smpp.codes import STATUSES, Meaning
from channels.smpp.pdu import Command, Malformed, Party, ShortMessage, Tag, message_body, parse_message
from channels.smpp.provider import PROVIDER, SmppAccount
from channels.smpp.sms import SmppSms, relative
from channels.testing import keeps_its_word, keeps_the_port, message_on, sought_for, tells_no_secret
from tests.channels.smsc_double import Smsc, smsc

S = Channel.SMS
BORROWER, OURS = Party(ton=1, npi=1, address="12025550143"), Party(ton=1, npi=1, address="12025550100")


def account(port: int, **further: Any) -> SmppAccount:
    """An account at a double."""
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "system_id": "forbear",
        "password": "a-pass",
        "sender": "+12025550100",
        "tls": "none",
    }
    return SmppAccount.model_validate(settings | further)


def built(port: int, name: str = "smpp", **further: Any) -> SmppSms:
    """The adapter as the registration builds it."""
    adapter = PROVIDER.adapters[S](account(port, **further), name)
    assert isinstance(adapter, SmppSms)
    return adapter


@contextlib.asynccontextmanager
async def at(double: Smsc, **further: Any) -> AsyncIterator[SmppSms]:
    """The adapter at a double, closed at the end."""
    adapter = built(double.port, **further)
    try:
        yield adapter
    finally:
        await adapter.close()


def text(body: str, **further: Any) -> Any:
    """A message with these words."""
    content = SmsContent(body=body, segments=1, encoding="GSM-7")
    return message_on(S, content=content, **further)


async def said(*script: Any, timeout: float = 2.0, **further: Any) -> tuple[Outcome, Smsc]:
    """What one message to an SMSC that answers so amounts to."""
    async with smsc(*script, **further) as double, at(double) as adapter:
        message = message_on(S)
        outcome = await adapter.send(message, timeout=timeout)
        tells_no_secret(outcome, message)
        return outcome, double


async def test_the_adapter_keeps_the_port() -> None:
    """The kit of every adapter; its registration too."""
    keeps_its_word(PROVIDER)
    async with smsc() as double:
        await keeps_the_port(built(double.port), S)
    assert double.commands() == [
        Command.BIND_TRANSMITTER,
        Command.SUBMIT_SM,
        Command.QUERY_SM,
        Command.UNBIND,
    ]


async def test_a_message_asks_for_its_receipt_and_says_how_long_it_is_good() -> None:
    """Sender, recipient, alphabet, validity."""
    outcome, double = await said()
    assert outcome == Accepted(ref="m1")
    [message] = double.submitted()
    assert message == ShortMessage(
        source=OURS,
        destination=BORROWER,
        registered=1,
        validity="000000020000000R",
        octets=b"Example Bank: canary-words. Reply STOP to end texts.",
    )
    assert relative(timedelta(minutes=90, seconds=5)) == "000000013005000R"


@pytest.mark.parametrize(("status", "meaning"), [*STATUSES.items(), (0x0400, None)], ids=repr)
async def test_each_status_has_its_word(status: int, meaning: Meaning | None) -> None:
    """The table, through the whole adapter."""
    outcome, double = await said(status)
    assert len(double.submitted()) == 1
    match meaning:
        case Meaning.UNCLEAR:
            assert isinstance(outcome, Unknown)
        case Meaning.LATER | Meaning.EVERYBODY_LATER:
            assert isinstance(outcome, Busy)
            assert outcome.account_wide is (meaning is Meaning.EVERYBODY_LATER)
        case None:
            assert isinstance(outcome, Rejected)
            assert outcome.cause is RefusalCause.UNLISTED
        case _:
            assert isinstance(outcome, Rejected)
            assert outcome.cause.value == meaning


async def test_a_throttled_account_backs_off() -> None:
    """ESME_RTHROTTLED is the whole account's."""
    outcome, _ = await said(0x58)
    assert outcome == Busy(
        code="0x00000058",
        reason="the SMSC answered ESME_RTHROTTLED",
        retry_after=timedelta(seconds=1),
        account_wide=True,
    )


@pytest.mark.parametrize(
    ("does", "code"), [("hang", "timeout"), ("cut", "cut"), ("junk", "cut"), ("late", "timeout")]
)
async def test_what_was_written_and_not_answered_may_have_gone(does: str, code: str) -> None:
    """One submit_sm, and no second."""
    outcome, double = await said(does, timeout=0.25)
    assert isinstance(outcome, Unknown)
    assert outcome.code == code
    assert len(double.submitted()) == 1


async def test_a_refused_command_took_nothing() -> None:
    """generic_nack with our sequence number."""
    outcome, _ = await said("nack")
    assert isinstance(outcome, Rejected)
    assert outcome.cause is RefusalCause.OURS


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0x0D, RefusalCause.ACCOUNT),
        (0x0E, RefusalCause.ACCOUNT),
        (0x0F, RefusalCause.ACCOUNT),
        (0x05, None),
        (0x08, None),
        (0x58, None),
        (0x0400, None),
    ],
)
async def test_a_bind_that_is_refused_submits_nothing(status: int, expected: RefusalCause | None) -> None:
    """A wrong password stops the account; what passes is tried later."""
    outcome, double = await said(bind_status=status)
    assert not double.submitted()
    if expected is None:
        assert isinstance(outcome, Busy)
        assert outcome.account_wide
    else:
        assert isinstance(outcome, Rejected)
        assert outcome.cause is expected


async def test_an_smsc_that_is_away_took_nothing() -> None:
    """Nobody listens on the port."""
    async with smsc() as double:
        port = double.port
    outcome = await built(port).send(message_on(S), timeout=0.5)
    assert isinstance(outcome, Busy)
    assert outcome.account_wide


async def test_a_plain_smsc_is_not_spoken_to_without_tls() -> None:
    """TLS is the default, and a server without it hears neither name nor password."""
    async with smsc() as double, at(double, tls="implicit") as adapter:
        outcome = await adapter.send(message_on(S), timeout=0.5)
    assert isinstance(outcome, Busy)
    assert not double.asked


async def test_a_session_that_ended_is_made_again() -> None:
    """The next message finds a new one."""
    async with smsc("cut") as double, at(double) as adapter:
        assert isinstance(await adapter.send(message_on(S), timeout=1), Unknown)
        assert isinstance(await adapter.send(message_on(S), timeout=1), Accepted)
        assert double.commands().count(Command.BIND_TRANSMITTER) == 2


async def test_the_window_bounds_what_is_under_way() -> None:
    """Twelve at once through a window of three; who finds no place in time took nothing."""
    async with smsc(delay=0.02) as double, at(double, window=3) as adapter:
        outcomes = await asyncio.gather(*(adapter.send(message_on(S), timeout=2) for _ in range(12)))
        assert all(isinstance(one, Accepted) for one in outcomes)
        assert len({one.ref for one in outcomes if isinstance(one, Accepted)}) == 12
        assert double.most_open == 3
    async with smsc("hang") as double, at(double, window=1) as adapter:
        first = asyncio.create_task(adapter.send(message_on(S), timeout=0.6))
        await asyncio.sleep(0.1)
        second = await adapter.send(message_on(S), timeout=0.2)
        assert isinstance(second, Busy)
        assert isinstance(await first, Unknown)
        assert len(double.submitted()) == 1


async def test_a_silent_smsc_is_left() -> None:
    """An enquire_link without an answer ends the session."""
    async with smsc(answers_enquiries=False) as double, at(double, enquire_seconds=1) as adapter:
        assert isinstance(await adapter.send(message_on(S), timeout=1), Accepted)
        session = adapter._session
        assert session is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("channels.smpp.session.ANSWERED_WITHIN", 0.1)
            async with asyncio.timeout(3):
                await session.ended()
        assert Command.ENQUIRE_LINK in double.commands()


LONG = "Example Bank: " + "0123456789" * 30 + " {end}"
WIDE = "Überfällig 431,25 € 再见 " * 12


async def test_a_long_text_is_one_payload() -> None:
    """One unit, one id, whatever its length."""
    async with smsc() as double, at(double) as adapter:
        for body in (LONG, WIDE):
            assert isinstance(await adapter.send(text(body), timeout=1), Accepted)
    narrow, wide = double.submitted()
    assert (b"", 0) == (narrow.octets, narrow.data_coding)
    assert narrow.options[Tag.MESSAGE_PAYLOAD].startswith(b"Example Bank: 0123")
    assert narrow.options[Tag.MESSAGE_PAYLOAD].endswith(b" \x1b(end\x1b)")
    assert wide.data_coding == 8
    assert wide.options[Tag.MESSAGE_PAYLOAD].decode("utf-16-be") == WIDE


async def test_a_long_text_goes_in_parts_where_it_must() -> None:
    """Each behind its header, the last one asks for the receipt and gives the id."""
    async with smsc() as double, at(double, long="parts") as adapter:
        outcome = await adapter.send(text(LONG), timeout=1)
    parts = double.submitted()
    assert outcome == Accepted(ref=f"m{len(parts)}")
    assert [one.registered for one in parts] == [0] * (len(parts) - 1) + [1]
    assert all(one.esm_class == 0x40 and len(one.octets) <= 159 for one in parts)
    assert {one.octets[:5] for one in parts} == {parts[0].octets[:5]}
    assert [one.octets[5] for one in parts] == list(range(1, len(parts) + 1))


async def test_a_part_that_is_refused_for_now_is_tried_again_and_one_that_went_is_not_taken_back() -> None:
    """Half a text with a borrower is no refusal."""
    async with smsc(0, 0x58, 0, 0) as double, at(double, long="parts") as adapter:
        assert isinstance(await adapter.send(text(LONG), timeout=3), Accepted)
        assert len(double.submitted()) == 4
    async with smsc(0, 0x0B) as double, at(double, long="parts") as adapter:
        outcome = await adapter.send(text(LONG), timeout=1)
        assert isinstance(outcome, Unknown)
        assert outcome.code == "partly"
    async with smsc(0x58) as double, at(double, long="parts") as adapter:
        assert isinstance(await adapter.send(text(LONG), timeout=1), Busy)
        assert len(double.submitted()) == 1


@pytest.mark.parametrize(
    ("alphabet", "body", "coding", "octets"),
    [
        ("gsm7", "Zahlung 10 €", 0, b"Zahlung 10 \x1be"),
        ("latin1", "Überfällig", 3, "Überfällig".encode("latin-1")),
        ("latin1", "10 €", 8, "10 €".encode("utf-16-be")),
        ("ucs2", "abc", 8, "abc".encode("utf-16-be")),
    ],
)
async def test_the_alphabet_is_the_one_that_the_smsc_takes(
    alphabet: str, body: str, coding: int, octets: bytes
) -> None:
    """Narrow where it can be."""
    async with smsc() as double, at(double, alphabet=alphabet) as adapter:
        await adapter.send(text(body), timeout=1)
    [message] = double.submitted()
    assert (coding, octets) == (message.data_coding, message.octets)


@pytest.mark.parametrize(
    ("sender", "party"),
    [
        ("+12025550100", OURS),
        ("12345", Party(ton=3, npi=0, address="12345")),
        ("Example", Party(ton=5, npi=0, address="Example")),
    ],
)
async def test_a_sender_says_what_it_is(sender: str, party: Party) -> None:
    """A number, a short code, a name."""
    async with smsc() as double, at(double, sender=sender) as adapter:
        await adapter.send(message_on(S), timeout=1)
    assert double.submitted()[0].source == party


@pytest.mark.parametrize(
    ("further", "variable"),
    [
        ({"sender": "a name that is long"}, "FORBEAR_SENDER_ACME__SENDER"),
        ({"password": "longer than 8"}, "FORBEAR_SENDER_ACME__PASSWORD"),
        ({"system_id": "für"}, "FORBEAR_SENDER_ACME__SYSTEM_ID"),
        ({"tls": "implicit", "ca_file": "/nowhere.pem"}, "FORBEAR_SENDER_ACME__CA_FILE"),
    ],
)
def test_what_cannot_work_names_its_variable(further: dict[str, str], variable: str) -> None:
    """In one line."""
    with pytest.raises(ChannelMisconfigured, match=variable):
        built(2775, "smpp.acme", **further)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ((0, b"m1\0\0\x02\0"), "delivered"),
        ((0, b"m1\0\0\x05\x09"), "bounced"),
        ((0, b"m1\0\0\x01\0"), None),
        ((0x0C, b""), Absent()),
        ((0x03, b""), CannotTell(reason="the SMSC answers no query_sm")),
        ((0x67, b""), CannotTell(reason="the SMSC answered ESME_RQUERYFAIL", again=True)),
        ((0, b"m1"), CannotTell(reason="no answer from the SMSC (Malformed)", again=True)),
    ],
)
async def test_a_look_up_asks_by_the_id(query: tuple[int, bytes], expected: Any) -> None:
    """query_sm, with the sender that submitted."""
    async with smsc(query=query) as double, at(double) as adapter:
        found = await adapter.look_up(sought_for(message_on(S), ref="m1"))
        assert double.asked[-1].body == b"m1\0\x01\x0112025550100\0"
    if isinstance(found, Found):
        assert found.receipt.outcome == expected
    else:
        assert found == expected


async def test_an_answer_that_came_late_lets_the_look_up_ask() -> None:
    """Unknown by its time; its id came after that."""
    async with smsc("late") as double, at(double) as adapter:
        message = message_on(S)
        assert isinstance(await adapter.look_up(sought_for(message)), CannotTell)
        assert isinstance(await adapter.send(message, timeout=0.2), Unknown)
        await asyncio.sleep(0.4)
        found = await adapter.look_up(sought_for(message))
        assert isinstance(found, Found)
        assert found.receipt.ref == "m1"
        assert len(double.submitted()) == 1


def test_octets_that_end_too_early_are_no_message() -> None:
    """Each prefix of a unit."""
    body = message_body(ShortMessage(source=BORROWER, destination=OURS, options={Tag.MESSAGE_STATE: b"\2"}))
    assert parse_message(body).options
    for end in range(len(body) - 14):
        with pytest.raises(Malformed):
            parse_message(body[:end])
