"""SMPP against npm's `smpp`, an implementation that is not ours: it reads what we write, and we what it
writes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from channels.adapter import Absent, Found
from channels.listening import SessionLost
from channels.outcome import Accepted, Busy, RefusalCause, Rejected, Unknown
from channels.receipt import Inbound, Progress, Receipt
from channels.smpp.sms import SmppSms
from channels.testing import keeps_the_port, message_on, sought_for
from service.clock import SystemClock
from tests.channels.smsc_npm import NpmSmsc, npm_smsc
from tests.channels.test_smpp import LONG, WIDE, S, built, text
from tests.channels.test_smpp_listening import Ear

pytestmark = [pytest.mark.node, pytest.mark.slow]
NUMBERS = {
    "source_addr": "12025550143",
    "source_addr_ton": 1,
    "source_addr_npi": 1,
    "destination_addr": "12025550100",
    "dest_addr_ton": 1,
    "dest_addr_npi": 1,
}


@contextlib.asynccontextmanager
async def listening_to(peer: NpmSmsc, ear: Ear, **further: Any) -> AsyncIterator[SmppSms]:
    """An adapter that listens in a session with it."""
    adapter = built(peer.port, **further)
    task = asyncio.create_task(adapter.listen(ear))
    await peer.wait(command="bind_transceiver")
    try:
        yield adapter
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await adapter.close()


async def test_it_is_bound_to_and_submitted_to() -> None:
    """The kit, then texts in each alphabet and length, as it reads them."""
    async with npm_smsc() as peer:
        await keeps_the_port(built(peer.port), S)
        [bind] = await peer.wait(command="bind_transmitter")
        assert ("forbear", "a-pass", 0x34) == (
            bind["system_id"],
            bind["password"],
            bind["interface_version"],
        )
        await peer.wait(command="unbind")
        adapter = built(peer.port)
        for body in ("10 € {überfällig}", "再见 431,25", LONG, WIDE):
            assert isinstance(await adapter.send(text(body), timeout=5), Accepted)
        got = (await peer.wait(5, command="submit_sm"))[1:]
        assert [one["short_message"] or one["message_payload"] for one in got] == [
            "10 € {überfällig}",
            "再见 431,25",
            LONG,
            WIDE,
        ]
        assert {("12025550100", 1, "12025550143", 1, 1)} == {
            (
                one["source_addr"],
                one["source_addr_ton"],
                one["destination_addr"],
                one["dest_addr_ton"],
                one["registered_delivery"],
            )
            for one in got
        }
        ends = datetime.fromisoformat(got[0]["validity_period"]) - SystemClock().now()
        assert timedelta(hours=1, minutes=50) < ends < timedelta(hours=2, minutes=10)
        await adapter.close()


async def test_parts_have_the_header_that_it_reads() -> None:
    """Put together they are the text."""
    async with npm_smsc() as peer:
        adapter = built(peer.port, long="parts")
        for body in (LONG, WIDE):
            assert isinstance(await adapter.send(text(body), timeout=5), Accepted)
        await adapter.close()
        parts = [one for one in peer.all(command="submit_sm") if "udh" in one]
        assert "".join(one["short_message"] for one in parts) == LONG + WIDE
        assert all(one["udh"][0].startswith("0003") for one in parts)


async def test_its_refusals_and_silences_have_their_words() -> None:
    """Throttled, no such number, silent, cut; a wrong password."""
    async with npm_smsc() as peer:
        adapter = built(peer.port)
        peer.tell(script=[0x58, 0x0B, "hang", "cut"])
        outcomes = [await adapter.send(message_on(S), timeout=1) for _ in range(5)]
        assert [type(one) for one in outcomes] == [Busy, Rejected, Unknown, Unknown, Accepted]
        assert len(peer.all(command="submit_sm")) == 5
        await adapter.close()
        refused = await built(peer.port, password="another").send(message_on(S), timeout=2)
        assert isinstance(refused, Rejected)
        assert (refused.cause, refused.code) == (RefusalCause.ACCOUNT, "0x0000000E")
        with pytest.raises(SessionLost, match="ESME_RINVPASWD"):
            await built(peer.port, password="another").listen(Ear())


async def test_its_receipts_and_replies_are_read() -> None:
    """In optional parameters and in words, with the id in decimal too; a reply in parts and in UCS-2. Each is
    answered by whether it was stored."""
    async with npm_smsc() as peer:
        ear = Ear(True, True, True, True, False)
        async with listening_to(peer, ear) as adapter:
            first = await adapter.send(message_on(S), timeout=5)
            assert isinstance(first, Accepted)
            peer.tell(
                deliver=NUMBERS
                | {
                    "esm_class": 4,
                    "receipted_message_id": first.ref,
                    "message_state": 2,
                    "short_message": "",
                },
                tag=1,
            )
            words = f"id:{int(first.ref, 16)} sub:001 dlvrd:001 stat:UNDELIV err:027 Text:id:1"
            peer.tell(deliver=NUMBERS | {"esm_class": 4, "short_message": words}, tag=2)
            for number, part in ((1, "please do not "), (2, "call me")):
                udh = f"0500030902{number:02x}"
                peer.tell(
                    deliver=NUMBERS | {"esm_class": 0x40, "udh": udh, "short_message": part}, tag=2 + number
                )
            await peer.wait(command="answered", tag=4)
            peer.tell(deliver=NUMBERS | {"data_coding": 8, "short_message": "停止"}, tag=5)
            peer.tell(deliver=NUMBERS | {"short_message": "STOP"}, tag=6)
            answers = await peer.wait(6, command="answered")
        told = [one.said for one in ear.told]
        receipts = [one for one in told if isinstance(one, Receipt)]
        assert [(one.progress, one.code) for one in receipts] == [
            (Progress.DELIVERED, None),
            (Progress.UNDELIVERED, "027"),
        ]
        assert {one.attempt_id for one in ear.told[:2]} == {"dlv_0001.1"}
        assert [one.words for one in told if isinstance(one, Inbound)] == [
            "please do not call me",
            "停止",
            "STOP",
        ]
        assert sorted(one["status"] for one in answers) == [0, 0, 0, 0, 0, 0x64]


async def test_it_is_asked_what_became_of_a_message() -> None:
    """query_sm, as it reads it."""
    async with npm_smsc() as peer:
        adapter = built(peer.port)
        sent = await adapter.send(message_on(S), timeout=5)
        assert isinstance(sent, Accepted)
        found = await adapter.look_up(sought_for(message_on(S), ref=sent.ref))
        assert isinstance(found, Found)
        assert found.receipt.progress is Progress.DELIVERED
        assert await adapter.look_up(sought_for(message_on(S), ref="none")) == Absent()
        await adapter.close()


async def test_many_go_through_one_window_each_once() -> None:
    """500 at a time through a window of 20, while it is cut off in between: nothing goes twice."""
    async with npm_smsc() as peer:
        adapter = built(peer.port, window=20)
        sending = [asyncio.create_task(adapter.send(text(f"number {one}"), timeout=20)) for one in range(500)]
        await peer.wait(100, command="submit_sm")
        peer.tell(close=True)
        outcomes = await asyncio.gather(*sending)
        await adapter.close()
        kinds = {kind: sum(isinstance(one, kind) for one in outcomes) for kind in (Accepted, Unknown, Busy)}
        assert sum(kinds.values()) == 500
        assert kinds[Unknown] <= 20
        words = [one["short_message"] for one in peer.all(command="submit_sm")]
        assert len(words) == len(set(words))
        assert kinds[Accepted] <= len(words) <= kinds[Accepted] + kinds[Unknown]
