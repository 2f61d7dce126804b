"""The sandbox on all three channels: it does what docs/sandbox.md says, keeps what it was given, and sends
receipts after a moment."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from channels.adapter import Absent, Found
from channels.message import Channel
from channels.outcome import Accepted, Busy, RefusalCause, Rejected, Unknown
from channels.receipt import Progress
from channels.sandbox.adapter import MAGIC, MAILBOXES, MemoryProvider, SandboxAdapter, behaviour_of
from channels.testing import CONTENTS, keeps_the_port, message_on, sought_for, tells_no_secret

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"
ROW = re.compile(r"^\| `\+1500555(\d{4})` \| (?:`([a-z-]+)@sandbox\.example`)? ?\| (.+) \|$", re.MULTILINE)
S, E, V = Channel.SMS, Channel.EMAIL, Channel.VOICE


def number(code: str) -> str:
    """A magic number."""
    return f"+1500555{code}"


@pytest.mark.parametrize("channel", list(Channel))
async def test_the_adapter_keeps_the_port(channel):
    """What every adapter does, this one does on each channel."""
    await keeps_the_port(SandboxAdapter(channel, MemoryProvider()), channel)


def test_the_document_lists_every_magic_address_and_what_it_does():
    """Three columns: number, mailbox, what happens."""
    rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert {code: behaviour.says for code, behaviour in MAGIC.items()} == {
        code: says for code, _, says in rows
    }
    assert dict(MAILBOXES) == {name: code for code, name, _ in rows if name}


@pytest.mark.parametrize(
    ("channel", "to", "code"),
    [
        (S, "+12025550143", "0001"),
        (V, "+12025550143", "0004"),
        (E, "ana@example.com", "0001"),
        (S, number("0002"), "0002"),
        (V, number("0005"), "0005"),
        (S, number("9999"), "0001"),
        (S, number(""), "0001"),
        (E, "bounce@sandbox.example", "0006"),
        (E, "Bounce@Sandbox.Example", "0006"),
        (E, "bounce@example.com", "0001"),
        (E, "nobody@sandbox.example", "0001"),
        (E, "sandbox.example", "0001"),
    ],
)
def test_an_address_is_magic_or_ordinary(channel, to, code):
    """An ordinary message is delivered; an ordinary call ends at an answering machine."""
    assert MAGIC[code] is behaviour_of(channel, to)


@pytest.mark.parametrize(
    ("code", "cause", "said"),
    [
        ("0007", RefusalCause.ADDRESS, "21211"),
        ("0011", RefusalCause.OPTED_OUT, "21610"),
        ("0012", RefusalCause.ADDRESS, "21614"),
    ],
)
async def test_a_refusing_address_is_sent_nothing(code, cause, said):
    """For good, and with the code that Twilio would give."""
    provider = MemoryProvider()
    message = message_on(S, to=number(code))
    outcome = await SandboxAdapter(S, provider).send(message, timeout=1.0)
    assert Rejected(cause=cause, code=said, reason=MAGIC[code].says) == outcome
    assert {} == provider.messages
    tells_no_secret(outcome, message)


async def test_a_rate_limited_address_is_busy_once_and_then_taken():
    """By delivery, whatever the number of the attempt; another delivery meets its own limit."""
    adapter = SandboxAdapter(S, MemoryProvider())
    first, second, other = (
        message_on(S, to=number("0010"), attempt_id=one) for one in ("dlv_1.1", "dlv_1.2", "dlv_2.1")
    )
    assert Busy(
        code="20429", reason="too many requests", retry_after=timedelta(seconds=1)
    ) == await adapter.send(first, timeout=1.0)
    assert isinstance(await adapter.send(second, timeout=1.0), Accepted)
    assert isinstance(await adapter.send(other, timeout=1.0), Busy)


async def test_a_suspended_account_is_in_order_the_next_time():
    """Or the channel would stand still for everybody for as long as that delivery is tried."""
    provider = MemoryProvider()
    adapter = SandboxAdapter(S, provider)
    first, second = (message_on(S, to=number("0018"), attempt_id=one) for one in ("dlv_1.1", "dlv_1.2"))
    assert Rejected(
        cause=RefusalCause.ACCOUNT, code="30002", reason="the provider account is suspended"
    ) == await adapter.send(first, timeout=1.0)
    assert {} == provider.messages
    assert isinstance(await adapter.send(second, timeout=1.0), Accepted)
    assert ["delivered"] == [one.outcome for _, one in provider.messages["dlv_1.2"].receipts]


@pytest.mark.parametrize(("code", "taken"), [("0008", True), ("0009", False)])
async def test_the_two_time_outs_look_alike_and_only_a_look_up_tells_them_apart(code, taken):
    """The provider took one and lost the other; the caller cannot know."""
    provider = MemoryProvider()
    adapter = SandboxAdapter(S, provider)
    message = message_on(S, to=number(code))
    assert Unknown(code="timeout", reason="no answer within 2 s") == await adapter.send(message, timeout=2.0)
    assert (["dlv_0001.1"] if taken else []) == list(provider.messages)
    sighting = await adapter.look_up(sought_for(message))
    if taken:
        assert isinstance(sighting, Found)
        assert Progress.DELIVERED is sighting.receipt.progress
    else:
        assert Absent() == sighting


@pytest.mark.parametrize(
    ("channel", "to", "words"),
    [
        (S, "+12025550143", [(0.3, "delivered", "delivered", None)]),
        (E, "ana@example.com", [(0.3, "delivered", "delivered", None)]),
        (V, "+12025550143", [(0.3, "delivered", "voicemail_left", None)]),
        (V, number("0002"), [(0.3, "undelivered", "busy", None)]),
        (V, number("0003"), [(0.3, "undelivered", "rang_no_answer", None)]),
        (V, number("0005"), [(0.3, "delivered", "conversation", None)]),
        (E, "bounce@sandbox.example", [(0.3, "undelivered", "bounced", "30003")]),
        (S, number("0013"), [(20, "delivered", "delivered", None)]),
        (
            S,
            number("0014"),
            [
                (0.3, "delivered", "delivered", None),
                (0.3, "accepted", None, None),
                (0.3, "delivered", "delivered", None),
            ],
        ),
        (S, number("0015"), [(0.3, "held_by_provider", None, None), (3, "delivered", "delivered", None)]),
        (S, number("0016"), []),
        (S, number("0017"), [(0.3, "undelivered", "not_in_service", "30005")]),
    ],
)
async def test_receipts_come_after_a_moment(channel, to, words):
    """Planned when the message is taken: how long after, how far it got, how the contact ended, with which
    code."""
    provider = MemoryProvider()
    outcome = await SandboxAdapter(channel, provider).send(message_on(channel, to=to), timeout=1.0)
    assert isinstance(outcome, Accepted)
    planned = provider.messages["dlv_0001.1"].receipts
    assert words == [
        (delay.total_seconds(), one.progress.value, one.outcome, one.code) for delay, one in planned
    ]
    assert {outcome.ref} >= {one.ref for _, one in planned}
    assert all(one.address_dead == (to == number("0017")) for _, one in planned)
    assert (to == number("0015")) == outcome.held


async def test_equal_receipts_have_equal_digests():
    """A provider says things twice."""
    provider = MemoryProvider()
    await SandboxAdapter(S, provider).send(message_on(S, to=number("0014")), timeout=1.0)
    first, between, again = (one.digest for _, one in provider.messages["dlv_0001.1"].receipts)
    assert first == again != between


async def test_a_silent_address_is_found_delivered_by_a_look_up():
    """No receipt ever comes; the provider knows all the same."""
    adapter = SandboxAdapter(S, MemoryProvider())
    message = message_on(S, to=number("0016"))
    await adapter.send(message, timeout=1.0)
    sighting = await adapter.look_up(sought_for(message))
    assert isinstance(sighting, Found)
    assert (Progress.DELIVERED, "delivered") == (sighting.receipt.progress, sighting.receipt.outcome)


async def test_one_attempt_is_kept_once():
    """The same attempt given twice is one message, under one reference."""
    provider = MemoryProvider()
    adapter = SandboxAdapter(S, provider)
    first = await adapter.send(message_on(S), timeout=1.0)
    assert first == await adapter.send(message_on(S), timeout=1.0)
    assert not await provider.record(provider.messages["dlv_0001.1"])
    assert 1 == len(provider.messages)


@pytest.mark.parametrize(
    ("channel", "shown"),
    [
        (
            S,
            {
                "text": "Example Bank: canary-words. Reply STOP to end texts.",
                "segments": 1,
                "encoding": "GSM-7",
            },
        ),
        (E, {"subject": "A payment is overdue", "text": "canary-words\n", "html": "<p>canary-words</p>\n"}),
        (
            V,
            {
                "text": "canary-words",
                "opening": CONTENTS[V].opening.words,
                "message": CONTENTS[V].message.words,
                "keys": {"1": "notice", "9": "no_calls"},
            },
        ),
    ],
)
async def test_what_was_sent_is_shown_word_for_word(channel, shown):
    """And by no `repr`."""
    provider = MemoryProvider()
    await SandboxAdapter(channel, provider).send(message_on(channel), timeout=1.0)
    kept = provider.messages["dlv_0001.1"]
    assert shown == kept.shown()
    assert "canary" not in repr(kept)
    assert kept.to not in repr(kept)
