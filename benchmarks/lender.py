"""A lender on a store of its own, and what its notices cost on their whole way.

A notice is a mail and a text to a borrower of its own. It is posted at eight in the morning where the
borrower is, when every part of the day is still to come, and followed until both channels had their turn.
Measured are, in processor time of this process and of PostgreSQL: intake, claiming with planning and
deciding, the hand-over to Twilio and by SMTP, settling, and the receipts of the texts; each as often as it
takes. HTTP to us is left out, which is the same whoever chose.

The clock moves by three hours, so that what is planned for a part of the day is claimed together, as a
cascade's notices are; every second notice names the mail first, so that a cascade's claims hold mails and
texts as those of chosen channels do."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from benchmarks.cost import tree_of
from benchmarks.ground import encoded, notice
from benchmarks.providers import ACCOUNT, Ports
from channels.adapter import Adapter
from channels.outcome import Accepted
from channels.smtp.adapter import Smtp, SmtpConfig
from channels.twilio.client import TwilioConfig
from channels.twilio.receipts import message_receipt
from channels.twilio.sms import TwilioSms
from service.api.bodies import parse
from service.api.schemas.notices import NoticeBody, notice_draft
from service.clock import MovableClock
from service.dispatch.decide.claim import AtOnce, claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from service.dispatch.decide.reserved import Dialed, Reserved
from service.dispatch.intake.accept import Keyed
from service.dispatch.receive.receipts import take_receipt
from service.dispatch.send.compose import attempt_id
from service.dispatch.send.dial import composed_at_once, dial
from service.dispatch.send.settle import Sent, settle
from service.errors import ForbearError
from service.model.actor import Actor
from service.setting_groups import ChannelSettings, EmailSettings
from service.wiring import Service
from service.worker.hand_over import hand_over

BATCH = 50
"""So few are claimed at a time that claims are full whoever chose: a part of the day holds a fifth of
all."""
TOGETHER = 10
"""Notices that are posted at one instant: claims are in the order of the instants, and would else take all
texts before the first mail. And receipts that come at a time."""
HOURS = (3, 3, 3, 3, 12, 3, 3, 3, 3, 12, 5 * 24)
"""By how much the clock moves: from one part of the day to the next, and over two nights; nothing waits then,
and further notices are posted a week after the last."""
MORNING = datetime(2027, 1, 5, 13, 0, tzinfo=UTC)
"""A Tuesday, 08:00 in Nassau; the next notices are posted a week later."""
NASSAU = {"jurisdiction": "BS", "country": "BS", "postal_code": None, "time_zone": "America/New_York"}
"""The Bahamas keep New York's time and have no law pack: the house's rules hold alone."""
ADAPTERS = {"sms": "twilio", "email": "smtp", "voice": "sandbox"}
AT_A_TIME = {"sms": ChannelSettings().concurrency, "email": EmailSettings().concurrency}
"""Hand-overs of a worker that nobody set up otherwise."""
TIMEOUT, SEND_WITHIN = 10.0, 30.0
"""Seconds."""
POSTS = Actor(name="benchmark")
WAITS = "SELECT count(*) FROM deliveries WHERE state IN ('due', 'deferred', 'sending')"


class Stage(StrEnum):
    """What a notice's way is made of."""

    INTAKE = "intake"
    DECIDE = "claims, plans, decisions, marks"
    HAND_OVER = "hand-overs"
    SETTLE = "settling"
    RECEIPTS = "receipts"


class Kind(NamedTuple):
    """Notices of a kind, and whether anything is learned about their creditor."""

    name: str
    fan_out: str
    policy: bool
    told: bool = True
    """Whether nothing may be left out."""


class Spent(NamedTuple):
    """What some notices came to."""

    seconds: Mapping[Stage, float]
    """Of processor time a notice."""
    messages: float
    """A notice."""

    @property
    def decided(self) -> float:
        """Seconds of what only the worker and the store do: claims, decisions and settling."""
        return self.seconds[Stage.DECIDE] + self.seconds[Stage.SETTLE]

    @property
    def whole(self) -> float:
        """Seconds of the whole way."""
        return sum(self.seconds.values())


@dataclass(slots=True)
class Lender:
    """A lender with a store of its own, whose notices are all of a kind."""

    kind: Kind
    service: Service
    clock: MovableClock
    server: int
    """The postmaster's process."""
    store: str
    """The database's name."""
    adapters: Mapping[str, Adapter]
    """By channel."""
    posted: int = 0
    zones: ZoneCache = field(default_factory=ZoneCache)
    seconds: Counter[Stage] = field(default_factory=Counter)
    """Of processor time, for the notices that are on their way."""

    async def spend(self, number: int) -> Spent:
        """Post so many notices to borrowers of their own at eight in the morning of a working day, and work
        until every one has come to its end, two days later. Raises RuntimeError where one has not."""
        self.seconds.clear()
        with _uncollected():
            for first in range(0, number, TOGETHER):
                await self._post([self._body(first + one) for one in range(TOGETHER)])
                self.clock.move(timedelta(milliseconds=1))
        self.posted += number
        messages = 0
        for hours in HOURS:
            with _uncollected():
                messages += await self._drain()
            self.clock.move(timedelta(hours=hours))
        await self._check(messages, number)
        return Spent({stage: self.seconds[stage] / number for stage in Stage}, messages / number)

    @contextmanager
    def _measured(self, stage: Stage) -> Iterator[None]:
        """Count what is used meanwhile. Looking through the processes takes some of this one's own time: that
        is not counted."""
        served, mine = self._served(), time.process_time()
        yield
        self.seconds[stage] += time.process_time() - mine + self._served() - served

    def _served(self) -> float:
        """Seconds of processor time so far of PostgreSQL's backends for it."""
        return sum(_ran(one) for one in tree_of(self.server) if self._serves(one))

    def _serves(self, pid: int) -> bool:
        """Whether a process of PostgreSQL works for this lender's store alone."""
        try:
            return f" {self.store} ".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False

    def _body(self, number: int) -> bytes:
        body = notice(self.posted + number, borrowers=10**9, fan_out=self.kind.fan_out)
        due_on = self.clock.now().date() - timedelta(days=body["debt"]["days_past_due"])
        body["borrower"] |= NASSAU
        if number % 2:
            body["channels"].reverse()  # claims of every kind hold mails and texts, whoever ordered them
        body["debt"] |= {"due_on": due_on.isoformat(), "jurisdiction": None}
        return encoded(body)

    async def _post(self, bodies: Sequence[bytes]) -> None:
        """Accept notices together. Raises ForbearError for one that is refused."""
        with self._measured(Stage.INTAKE):
            drafts = [Keyed(notice_draft(parse(NoticeBody, body))) for body in bodies]
            accepted = await self.service.intake.accept_many(drafts, POSTS)
        for one in accepted:
            if isinstance(one, ForbearError):
                raise one

    async def _drain(self) -> int:
        """Everything that is due: decided, handed over, settled, each by fifty, and what is told of it
        afterwards. What claims bring is gathered for the hand-over, as a worker's lanes and settlers do.
        Returns how many messages left."""
        runtime, sent = self.service.runtime, list[Sent]()
        reserved, marked = list[Reserved](), list[Dialed]()
        at_once = AtOnce(
            room=dict.fromkeys(ADAPTERS, BATCH), compose=composed_at_once, send_within=SEND_WITHIN
        )
        while True:
            with self._measured(Stage.DECIDE):
                round_ = await claim_and_decide(
                    runtime, self.zones, limit=BATCH, adapters=ADAPTERS, lease_seconds=60, at_once=at_once
                )
                reserved += round_.reserved
                least = BATCH if round_.claimed else 1
                while len(reserved) >= least:
                    marked += await dial(runtime, reserved[:BATCH], send_within=SEND_WITHIN)
                    del reserved[:BATCH]
            marked += round_.dialed
            while len(marked) >= least:
                sent += await self._hand_over(marked[:BATCH])
                del marked[:BATCH]
            if not round_.claimed:
                await self._tell(sent)
                return len(sent)

    async def _hand_over(self, batch: Sequence[Dialed]) -> list[Sent]:
        """Let the providers take all, and write that they did. Raises RuntimeError where one does not."""
        with self._measured(Stage.HAND_OVER):
            some = [
                self._send(channel, [one for one in batch if one.reserved.key.channel == channel])
                for channel in self.adapters
            ]
            sent = [one for each in await asyncio.gather(*some) for one in each]
        if refused := [one.outcome for one in sent if not isinstance(one.outcome, Accepted)]:
            raise RuntimeError(f"{len(refused)} of {len(sent)} were not taken: {refused[0]}")
        with self._measured(Stage.SETTLE):
            await settle(self.service.runtime, sent)
        return sent

    async def _send(self, channel: str, batch: Sequence[Dialed]) -> list[Sent]:
        """Through one adapter, as many at a time as a worker lets through."""
        left, sent = iter(batch), list[Sent]()

        async def some() -> None:
            for one in left:
                outcome = await hand_over(self.adapters[channel], one.message, TIMEOUT)
                sent.append(Sent(key=one.reserved.key, outcome=outcome, at=self.clock.now()))

        await asyncio.gather(*(some() for _ in range(min(len(batch), AT_A_TIME[channel]))))
        return sent

    async def _tell(self, sent: Sequence[Sent]) -> None:
        """What Twilio says of each text: that it left, and that it arrived. A mail server says nothing
        further."""
        with self._measured(Stage.RECEIPTS):
            texts = [one for one in sent if one.key.channel == "sms"]
            for first in range(0, len(texts), TOGETHER):
                some = texts[first : first + TOGETHER]
                for word in ("sent", "delivered"):
                    await asyncio.gather(*(self._told(one, word) for one in some))

    async def _told(self, sent: Sent, word: str) -> None:
        assert isinstance(sent.outcome, Accepted)
        form = {"AccountSid": ACCOUNT, "MessageSid": sent.outcome.ref or "", "MessageStatus": word}
        receipt = message_receipt(form)
        await take_receipt(self.service.runtime, attempt_id(sent.key), receipt, source="provider:twilio")

    async def _check(self, messages: int, number: int) -> None:
        """That the work was what it is said to be."""
        async with self.service.runtime.database.connection() as connection:
            waits = await connection.fetchval(WAITS)
            chosen = await connection.fetchval("SELECT count(*) FROM choices")
        wanted = self.posted if self.kind.fan_out == "adaptive" else 0
        if waits or chosen != wanted or (self.kind.told and messages != 2 * number):
            raise RuntimeError(
                f"{self.kind.name}: {messages} messages of {number} notices, {chosen} of {wanted} choices, "
                f"{waits} deliveries wait"
            )


def adapters_at(ports: Ports) -> dict[str, Adapter]:
    """The adapters of the measurement, by channel."""
    twilio = TwilioConfig(
        account_sid=ACCOUNT,
        auth_token="token",
        from_number="+12025550100",
        base_url=f"http://127.0.0.1:{ports.twilio}",
    )
    smtp = SmtpConfig(host="127.0.0.1", port=ports.smtp, tls="none", sender="notices@example.com")
    return {"sms": TwilioSms(twilio), "email": Smtp(smtp)}


@contextmanager
def _uncollected() -> Iterator[None]:
    """Whose turn it is to look through everything for garbage is chance: it is done before, not within."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _ran(pid: int) -> float:
    """Seconds that a process has been on a processor, to the nanosecond; its ticks are hundredths of a
    second."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0
