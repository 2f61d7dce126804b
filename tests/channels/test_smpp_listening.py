"""What an SMSC of our own says in a session: receipts and replies, each answered once it is stored."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from channels.listening import Pushed, SessionLost
from channels.outcome import Accepted
from channels.receipt import Inbound, Progress, Receipt
from channels.smpp.codes import STATES
from channels.smpp.parts import Parts
from channels.smpp.pdu import Command, Party, ShortMessage, Tag
from channels.smpp.sms import SmppSms
from channels.testing import message_on
from tests.channels.smsc_double import Smsc, smsc
from tests.channels.test_smpp import BORROWER, OURS, S, at, built


class Ear:
    """Stores what is said, or cannot."""

    def __init__(self, *stores: bool) -> None:
        self.told: list[Pushed] = []
        self.stores = list(stores)

    async def __call__(self, pushed: Pushed) -> bool:
        self.told.append(pushed)
        return self.stores.pop(0) if self.stores else True


@contextlib.asynccontextmanager
async def listening(double: Smsc, ear: Ear, **further: Any) -> AsyncIterator[SmppSms]:
    """An adapter that listens."""
    async with at(double, **further) as adapter:
        task = asyncio.create_task(adapter.listen(ear))
        async with asyncio.timeout(3):
            while Command.BIND_TRANSCEIVER not in double.commands() or adapter._session is None:
                await asyncio.sleep(0.01)
        try:
            yield adapter
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


TEXT = (
    "id:{} sub:001 dlvrd:001 submit date:2611241200 done date:2611241201 stat:{} err:{} "
    "Text:stat:REJECTD id:x"
)


def receipt(id_: str, stat: str = "DELIVRD", err: str = "000", **further: Any) -> ShortMessage:
    """A receipt in words."""
    message = ShortMessage(
        source=BORROWER, destination=OURS, esm_class=4, octets=TEXT.format(id_, stat, err).encode()
    )
    return replace(message, **further)


def in_options(state: int, *, error: bytes = b"", esm_class: int = 4, id_: bytes = b"m1\0") -> ShortMessage:
    """A receipt in optional parameters alone."""
    options: dict[int, bytes] = {Tag.RECEIPTED_MESSAGE_ID: id_, Tag.MESSAGE_STATE: bytes((state,))}
    if error:
        options[Tag.NETWORK_ERROR] = error
    return ShortMessage(source=BORROWER, destination=OURS, esm_class=esm_class, options=options)


def states() -> Iterator[Any]:
    """Each state in both forms."""
    for number, (name, progress, outcome) in STATES.items():
        yield pytest.param(receipt("m1", name), progress, outcome, id=f"{name} in words")
        yield pytest.param(in_options(number), progress, outcome, id=f"{name} in options")
    yield pytest.param(in_options(2, esm_class=0), Progress.DELIVERED, "delivered", id="without its class")
    yield pytest.param(in_options(1, esm_class=0x20), Progress.ACCEPTED, None, id="intermediate")
    yield pytest.param(in_options(77), Progress.UNCLEAR, None, id="a state of nobody")
    yield pytest.param(
        in_options(5, error=b"\x03\x00\x01"), Progress.UNDELIVERED, "not_in_service", id="no such number"
    )


@pytest.mark.parametrize(("message", "progress", "outcome"), list(states()))
async def test_a_receipt_is_read_in_both_forms(
    message: ShortMessage, progress: Progress, outcome: str | None
) -> None:
    """And knows its attempt, which this process sent."""
    ear = Ear()
    async with smsc() as double, listening(double, ear) as adapter:
        assert await adapter.send(message_on(S), timeout=1) == Accepted(ref="m1")
        double.deliver(message, 7)
        assert await double.answer_to(7) == 0
    [pushed] = ear.told
    assert isinstance(pushed.said, Receipt)
    assert (progress, outcome) == (pushed.said.progress, pushed.said.outcome)
    assert pushed.said.address_dead is (outcome == "not_in_service")
    assert ("dlv_0001.1", "m1", "+12025550143") == (pushed.attempt_id, pushed.refs[0], pushed.about)


async def test_an_id_is_found_in_its_other_form() -> None:
    """Taken as hexadecimal, reported in decimal, and the other way round."""
    for prefix, told in (("0000ABC", "11"), ("7031", "1b775")):
        ear = Ear()
        async with smsc(prefix=prefix) as double, listening(double, ear) as adapter:
            outcome = await adapter.send(message_on(S), timeout=1)
            assert isinstance(outcome, Accepted)
            number = int(outcome.ref, 16) if prefix.startswith("0") else int(outcome.ref)
            double.deliver(receipt(str(number) if prefix.startswith("0") else f"{number:X}"), 3)
            await double.answer_to(3)
        assert (ear.told[0].attempt_id, ear.told[0].refs[0]) == ("dlv_0001.1", outcome.ref), told


async def test_what_is_not_stored_is_not_taken() -> None:
    """The SMSC is told to say it again; what cannot be read is said to be that."""
    ear = Ear(False)
    async with smsc() as double, listening(double, ear):
        double.deliver(receipt("m9"), 1)
        assert await double.answer_to(1) == 0x64
        double.deliver(receipt("m9"), 2)
        assert await double.answer_to(2) == 0
        double.deliver(ShortMessage(source=BORROWER, destination=OURS, esm_class=4, octets=b"hello"), 3)
        assert await double.answer_to(3) == 0x65


def reply(octets: bytes, **further: Any) -> ShortMessage:
    """What a borrower wrote."""
    return replace(ShortMessage(source=BORROWER, destination=OURS, octets=octets), **further)


@pytest.mark.parametrize(
    ("message", "words", "also"),
    [
        (reply(b"STOP"), "STOP", ()),
        (reply("取消".encode("utf-16-be"), data_coding=8), "取消", ()),
        (reply("größe".encode("latin-1"), data_coding=3), "größe", ()),
        (reply(b"\x1be 10"), "€ 10", ("\x1be 10",)),
        (reply(b"", options={Tag.MESSAGE_PAYLOAD: b"STOP"}), "STOP", ()),
        (reply(b"STOP", data_coding=0xF0), "STOP", ()),
        (reply("停".encode("utf-16-be"), data_coding=0x18), "停", ()),
        (reply(b"\x05\x04\x0b\x84\x23\xf0STOP", esm_class=0x40), "STOP", ()),
    ],
)
async def test_a_reply_comes_in_its_own_words(
    message: ShortMessage, words: str, also: tuple[str, ...]
) -> None:
    """Whatever the alphabet; the number as we know it."""
    ear = Ear()
    async with smsc() as double, listening(double, ear):
        double.deliver(message, 1)
        assert await double.answer_to(1) == 0
    said = ear.told[0].said
    assert isinstance(said, Inbound)
    assert (words, also, "+12025550143") == (said.words, said.also, said.from_address)


async def test_binary_data_is_a_message_without_words() -> None:
    """As a picture is."""
    ear = Ear()
    async with smsc() as double, listening(double, ear):
        double.deliver(reply(b"\x00\x01", data_coding=4), 1)
        assert await double.answer_to(1) == 0
    said = ear.told[0].said
    assert isinstance(said, Inbound)
    assert (said.words, said.media) == ("", 1)


@pytest.mark.parametrize(
    ("party", "country", "expected"),
    [
        (Party(ton=1, npi=1, address="12025550143"), None, "+12025550143"),
        (Party(ton=0, npi=0, address="12025550143"), None, "+12025550143"),
        (Party(ton=0, npi=1, address="0012025550143"), None, "+12025550143"),
        (Party(ton=2, npi=1, address="2025550143"), "1", "+12025550143"),
        (Party(ton=2, npi=1, address="2025550143"), None, "2025550143"),
        (Party(ton=0, npi=1, address="+12025550143"), None, "+12025550143"),
        (Party(ton=3, npi=0, address="12345"), None, "12345"),
        (Party(ton=5, npi=0, address="Example"), None, "Example"),
    ],
)
async def test_a_number_is_the_one_that_we_know(party: Party, country: str | None, expected: str) -> None:
    """By its type, and by the country of whoever runs the SMSC."""
    ear = Ear()
    further = {} if country is None else {"country_code": country}
    async with smsc() as double, listening(double, ear, **further):
        double.deliver(reply(b"STOP", source=party), 1)
        await double.answer_to(1)
    said = ear.told[0].said
    assert isinstance(said, Inbound)
    assert said.from_address == expected


def parts_of(*words: bytes, sar: bool = False) -> list[ShortMessage]:
    """A long reply in parts, by header or by optional parameters."""
    total = len(words)
    if sar:
        return [
            reply(
                one,
                options={
                    Tag.SAR_REFERENCE: b"\0\x07",
                    Tag.SAR_TOTAL: bytes((total,)),
                    Tag.SAR_NUMBER: bytes((at,)),
                },
            )
            for at, one in enumerate(words, 1)
        ]
    return [reply(bytes((5, 0, 3, 9, total, at)) + one, esm_class=0x40) for at, one in enumerate(words, 1)]


@pytest.mark.parametrize("sar", [False, True])
async def test_a_long_reply_is_put_together(sar: bool) -> None:
    """In whatever order its parts come; none is answered before the whole is stored."""
    ear = Ear(False)
    async with smsc() as double, listening(double, ear):
        first, second, third = parts_of(b"please do not ", b"call me ", b"again", sar=sar)
        for sequence, part in ((1, third), (2, first)):
            double.deliver(part, sequence)
        await asyncio.sleep(0.1)
        assert not double.answered
        double.deliver(second, 3)
        assert [await double.answer_to(one) for one in (1, 2, 3)] == [0x64] * 3
    [pushed] = ear.told
    assert isinstance(pushed.said, Inbound)
    assert pushed.said.words == "please do not call me again"


async def test_a_reply_that_stays_in_pieces_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SMSC that waits for an answer before it delivers the next part waits for no longer than that."""
    monkeypatch.setattr("channels.smpp.sms.Parts", partial(Parts, 0.1))
    ear = Ear()
    async with smsc() as double, listening(double, ear):
        for sequence, part in enumerate(parts_of(b"do not ", b"call"), 1):
            double.deliver(part, sequence)
            assert await double.answer_to(sequence) == 0
    assert [one.said.words for one in ear.told if isinstance(one.said, Inbound)] == ["do not ", "call"]


async def test_who_listens_is_told_why_a_session_is_not_there() -> None:
    """Refused, out of reach, ended; the reason shows no secret."""
    async with smsc(bind_status=0x0E) as double, at(double) as adapter:
        with pytest.raises(SessionLost, match="ESME_RINVPASWD"):
            await adapter.listen(Ear())
        port = double.port
    with pytest.raises(SessionLost, match="cannot be reached"):
        await built(port).listen(Ear())
    async with smsc() as double, at(double) as adapter:
        task = asyncio.create_task(adapter.listen(Ear()))
        await asyncio.sleep(0.1)
        double.writers[-1].close()
        with pytest.raises(SessionLost, match="ended"):
            await task


async def test_a_send_before_the_listening_hears_nothing_in_its_session() -> None:
    """A transmitter's session is left for a transceiver's, so that no receipt goes where nobody stores it."""
    ear = Ear()
    async with smsc() as double, at(double) as adapter:
        assert isinstance(await adapter.send(message_on(S), timeout=1), Accepted)
        task = asyncio.create_task(adapter.listen(ear))
        await asyncio.sleep(0.2)
        assert double.commands()[-2:] == [Command.UNBIND, Command.BIND_TRANSCEIVER]
        double.deliver(reply(b"STOP"), 1)
        assert await double.answer_to(1) == 0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
