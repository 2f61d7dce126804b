"""SMS over SMPP 3.4: one submit_sm for a message, in a session that is bound when it is needed and kept by
whoever listens.

A long text goes as one unit with message_payload, so that it has one id and one receipt; where an SMSC takes
no payload it goes in parts, of which the last one asks for the receipt."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from channels.adapter import (
    Absent,
    CannotTell,
    ChannelMisconfigured,
    Found,
    Listed,
    ListedInbound,
    Sighting,
    Sought,
)
from channels.examining import Finding, unreachable
from channels.listening import Pushed, SessionLost, Take
from channels.message import Channel, Medium, Message, SmsContent
from channels.outcome import Accepted, Busy, Outcome, Unknown
from channels.retried import retried
from channels.senders import variable_of
from channels.smpp.codes import Status, name_of, refusal
from channels.smpp.incoming import (
    HAS_HEADER,
    inbound_of,
    is_from_handset,
    is_receipt,
    number_of,
    readings_of,
    receipt_of,
    state_receipt,
    text_of,
)
from channels.smpp.parts import Parts
from channels.smpp.pdu import (
    Command,
    Malformed,
    Party,
    Pdu,
    ShortMessage,
    Tag,
    message_body,
    parse_id,
    parse_message,
    parse_state,
    query_body,
)
from channels.smpp.session import Binding, BindRefused, Late, Session, open_session
from channels.smpp.submission import Submission
from channels.smpp.text import Alphabet, encode

CONNECT_TIMEOUT = LOOK_UP_TIMEOUT = 10.0
PART_PAUSE = 0.5
"""Seconds before a part is submitted again that the SMSC was too busy for."""
REMEMBERED = 20_000
"""Ids of messages whose attempts this process knows by heart: a receipt may come before the settlement."""
SUCCESS_OR_FAILURE = 1
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT = re.compile(r"[0-9]{3,8}")
_NAME = re.compile(r"[A-Za-z0-9 &._-]{1,11}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppConfig:
    """The account at an SMSC."""

    binding: Binding
    sender: str
    alphabet: Alphabet = "gsm7"
    long: Literal["payload", "parts"] = "payload"
    country_code: str | None = None


class SmppSms:
    """One account's messages, and its session."""

    def __init__(self, config: SmppConfig, *, name: str = "smpp") -> None:
        """Check the configuration. Raises ChannelMisconfigured. `name` tells several accounts apart."""
        self._source = source_of(config.sender, name)
        self._name, self._config = name, config
        self._session: Session | None = None
        self._binding = asyncio.Lock()
        self._in_order = asyncio.Lock()
        self._take: Take | None = None
        self._known: OrderedDict[str, str] = OrderedDict()
        """Attempts by the SMSC's ids."""
        self._late: OrderedDict[str, str] = OrderedDict()
        """The SMSC's ids by attempts whose answer came after their time."""

    @property
    def name(self) -> str:
        """`smpp`, or another account's name."""
        return self._name

    @property
    def channel(self) -> Channel:
        """`sms`."""
        return Channel.SMS

    @property
    def medium(self) -> Medium:
        """A text message."""
        return Medium.SMS

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand one message over, at most once: only where the SMSC certainly took nothing is it tried again,
        within `timeout`."""
        return await retried(lambda left: self._hand_over(message, left), timeout)

    async def _hand_over(self, message: Message, timeout: float) -> Outcome:
        submission = Submission()
        try:
            async with asyncio.timeout(timeout):
                session = await self._bound()
                return await self._submit(session, message, submission)
        except Exception as error:  # noqa: BLE001 - every failure is an outcome
            return submission.outcome_of(error)

    async def _submit(self, session: Session, message: Message, submission: Submission) -> Outcome:
        *earlier, last = self._units(message)
        for unit in earlier:
            answer = await self._submit_part(session, unit, submission)
            if answer.status != Status.OK:
                return submission.refused(answer.status)
        late = partial(self._learn_late, message.attempt_id)
        answer = await self._submit_part(session, last, submission, late=late)
        if answer.status != Status.OK:
            return submission.refused(answer.status)
        ref = parse_id(answer.body)
        if not ref:
            return Unknown(code="unreadable", reason="the SMSC's answer holds no id")
        _remember(self._known, ref, message.attempt_id)
        return Accepted(ref=ref)

    async def _submit_part(
        self, session: Session, unit: ShortMessage, submission: Submission, late: Late | None = None
    ) -> Pdu:
        """The answer to one unit; of a message that has begun to go, a busy SMSC is asked again."""
        while True:
            answer = await session.ask(
                Command.SUBMIT_SM,
                message_body(unit),
                writing=submission.begin,
                late=late,
            )
            if submission.parts and isinstance(refusal(answer.status), Busy) and answer.status:
                await asyncio.sleep(PART_PAUSE)
                continue
            if answer.status == Status.OK:
                submission.parts += 1
            return answer

    def _units(self, message: Message) -> list[ShortMessage]:
        """What is submitted: one unit, or the parts of a long text."""
        assert isinstance(message.content, SmsContent)  # noqa: S101 - the channel of the message says so
        text = encode(message.content.body, self._config.alphabet)

        def unit(
            octets: bytes, *, payload: bool = False, part: bool = False, last: bool = True
        ) -> ShortMessage:
            return ShortMessage(
                source=self._source,
                destination=Party(ton=1, npi=1, address=message.to.removeprefix("+")),
                esm_class=HAS_HEADER if part else 0,
                data_coding=text.data_coding,
                registered=SUCCESS_OR_FAILURE if last else 0,
                validity=relative(message.valid_for),
                octets=b"" if payload else octets,
                options={Tag.MESSAGE_PAYLOAD: octets} if payload else {},
            )

        if not text.is_long:
            return [unit(text.octets)]
        if self._config.long == "payload":
            return [unit(text.octets, payload=True)]
        parts = list(text.parts(secrets.randbelow(256)))
        return [unit(one, part=True, last=at == len(parts)) for at, one in enumerate(parts, 1)]

    def _learn_late(self, attempt_id: str, answer: Pdu) -> None:
        """An answer to a message that is unknown by now: its id lets the look-up ask."""
        if answer.status != Status.OK:
            return
        try:
            ref = parse_id(answer.body)
        except Malformed:
            return
        _remember(self._known, ref, attempt_id)
        _remember(self._late, attempt_id, ref)

    async def _bound(self) -> Session:
        """The session, made where there is none. Raises OSError, BindRefused, TimeoutError."""
        async with self._binding:
            if self._session is None or not self._session.is_open:
                gone, self._session = self._session, None
                if gone is not None:
                    await gone.close()
                hears = None if self._take is None else _Hearing(self).hear
                self._session = await open_session(self._config.binding, hears)
            return self._session

    async def listen(self, take: Take) -> None:
        """Keep a session in which receipts and messages come. Raises SessionLost."""
        self._take = take
        try:
            if self._session is not None and not self._session.listens:
                await self.close()  # made by a send that was faster: in it the SMSC says nothing
            async with asyncio.timeout(CONNECT_TIMEOUT):
                session = await self._bound()
            await session.ended()
        except BindRefused as error:
            raise SessionLost(f"the SMSC refused to bind: {name_of(error.status)}") from None
        except (OSError, TimeoutError) as error:
            raise SessionLost(f"the SMSC cannot be reached ({type(error).__name__})") from None
        raise SessionLost("the session ended")

    async def examine(self) -> Sequence[Finding]:
        """A bind, and an enquiry. Whether the sender may be used an SMSC says when it is used."""
        where = f"{self._config.binding.host}:{self._config.binding.port}"
        try:
            session = await self._bound()
            await session.ask(Command.ENQUIRE_LINK)
        except BindRefused as error:
            do = f"set {variable_of(self.name, 'SYSTEM_ID')} and {variable_of(self.name, 'PASSWORD')}"
            said = f"the SMSC refused to bind: {name_of(error.status)}"
            full = error.status == Status.ALREADY_BOUND
            do = "ask the carrier for a session for each worker, and one more" if full else do
            return [Finding(what="credentials", good=None if full else False, said=said, do=do)]
        except (OSError, EOFError, TimeoutError) as error:
            return [unreachable(error, where)]
        return [Finding(what="credentials", good=True, said=f"{where} bound us and answers")]

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask about one attempt by query_sm, which needs the SMSC's id. Never raises."""
        ref = sought.ref or self._late.get(sought.attempt_id)
        if ref is None:
            return CannotTell(reason="an SMSC tells of a message by its id alone")
        try:
            async with asyncio.timeout(LOOK_UP_TIMEOUT):
                session = await self._bound()
                answer = await session.ask(Command.QUERY_SM, query_body(ref, self._source))
            if answer.status == Status.INVALID_ID:
                return Absent()
            if answer.status == Status.INVALID_COMMAND:
                return CannotTell(reason="the SMSC answers no query_sm")
            if answer.status != Status.OK:
                return CannotTell(reason=f"the SMSC answered {name_of(answer.status)}", again=True)
            state, network_error = parse_state(answer.body)
        except Exception as error:  # noqa: BLE001 - whatever the SMSC does, the attempt stays unknown
            return CannotTell(reason=f"no answer from the SMSC ({type(error).__name__})", again=True)
        code = f"{network_error:03d}" if network_error else None
        return Found(receipt=state_receipt(ref, state, provider="smpp", code=code))

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound] | None:
        """None: an SMSC keeps no list that can be read."""
        del since
        return None

    async def close(self) -> None:
        """Unbind."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def take_unit(self, session: _Hearing, pdu: Pdu) -> int:
        """Take what the SMSC delivers in a session; the status that it is answered with."""
        take = self._take
        if take is None:
            return Status.TRY_AGAIN
        try:
            message = parse_message(pdu.body)
            if is_receipt(message):
                return _status(stored=await take(self._pushed(message)))
        except (Malformed, UnicodeDecodeError):
            return Status.NOT_READ
        if is_from_handset(message):
            return Status.OK
        ref = f"{session.id}.{pdu.sequence}"

        async def store(octets: bytes) -> bool:
            said = inbound_of(
                message,
                octets,
                provider="smpp",
                ref=ref,
                alphabet=self._config.alphabet,
                country=self._config.country_code,
            )
            async with self._in_order:
                return await take(Pushed(said=said))

        octets, part = text_of(message)
        if part is None or part[1] == 1:
            return _status(stored=await store(octets))
        reference, total, number = part
        key = message.source.address, message.destination.address, reference, total
        return _status(stored=await session.parts.take(key, number, octets, store))

    def _pushed(self, message: ShortMessage) -> Pushed:
        receipt = receipt_of(message, "smpp")
        readings = readings_of(receipt.ref)
        known = next((one for one in readings if one in self._known), None)
        return Pushed(
            said=receipt,
            attempt_id=None if known is None else self._known[known],
            refs=readings if known is None else (known, *(one for one in readings if one != known)),
            about=number_of(message.source, self._config.country_code),
        )


class _Hearing:
    """What belongs to one session in which the SMSC speaks."""

    def __init__(self, adapter: SmppSms) -> None:
        self.id = secrets.token_hex(8)
        self.parts = Parts()
        self._adapter = adapter

    async def hear(self, pdu: Pdu) -> int:
        return await self._adapter.take_unit(self, pdu)


def _status(*, stored: bool) -> int:
    return Status.OK if stored else Status.TRY_AGAIN


def _remember(kept: OrderedDict[str, str], name: str, value: str) -> None:
    kept[name] = value
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)


def relative(valid_for: timedelta) -> str:
    """A time of SMPP that counts from when the SMSC takes the message (7.1.1): `YYMMDDhhmmss000R`."""
    seconds = max(1, int(valid_for.total_seconds()))
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"0000{min(days, 99):02d}{hour:02d}{minute:02d}{second:02d}000R"


def source_of(sender: str, name: str) -> Party:
    """The sender by its form: a number, a short code or a name. Raises ChannelMisconfigured."""
    if _NUMBER.fullmatch(sender):
        return Party(ton=1, npi=1, address=sender[1:])
    if _SHORT.fullmatch(sender):
        return Party(ton=3, npi=0, address=sender)
    if _NAME.fullmatch(sender) and not sender.isdigit():
        return Party(ton=5, npi=0, address=sender)
    raise ChannelMisconfigured(
        f"{variable_of(name, 'SENDER')}: expected a number such as +12025550100, a short code, or at most 11 "
        "letters and digits"
    )
