"""Letters and complaints by mail in a deployment of several cells: each is taken in every cell that it
concerns, by the attempt that it names and by the mailboxes of its borrowers.

It is stored in one cell together with what that one owes the others, so that nothing is lost where a process
dies or a cell is away: there it acts when that cell is back, before anything is sent there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import orjson

from channels.email.incoming import Complaint
from channels.email.letter import Letter
from service.dispatch.receive.complaints import take_complaint
from service.dispatch.receive.inbound import CHANNELS_OF
from service.dispatch.receive.letters import take_letter
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.merged import reachable
from service.dispatch.runtime.owed import WHOLE, Debt, Part, send_on
from service.errors import Unavailable
from service.ids import AttemptId
from service.store import attempts, borrowers
from service.store.attempts import AttemptKey
from service.store.cells import Owed

MAIL = "mail"
MAIL_CONTEXT = b"cell mail"
Said = Letter | Complaint


class Named(NamedTuple):
    """What a mail names of ours."""

    attempt: AttemptId | None
    """The surest id that is an attempt of a cell that can be asked."""
    surer: Sequence[AttemptId] = ()
    """Ids that are surer still, of cells that are away."""


def key_of(attempt: AttemptId) -> AttemptKey:
    """Where an attempt lives."""
    notice = attempt.delivery.notice
    return AttemptKey(notice.borrower, notice.number, attempt.delivery.channel, attempt.number)


async def find_named(runtime: Runtime, ids: Sequence[AttemptId]) -> Named:
    """Of ids, the surest first, the one that is an attempt of ours. Raises Unavailable where no cell of them
    can be asked."""
    known: set[AttemptKey] = set()
    away: set[int] = set()
    asked = runtime.cells.by_cell(map(key_of, ids), lambda key: key.borrower_id)
    for cell, keys in asked:
        try:
            async with cell.database.connection() as connection:
                known |= (await attempts.known(connection, keys)).keys()
        except Unavailable:
            if runtime.joined is None:
                raise
            away.add(cell.cell)
    place = next((place for place, one in enumerate(ids) if key_of(one) in known), None)
    before = ids if place is None else ids[:place]
    surer = [one for one in before if runtime.of(one.delivery.notice.borrower).cell in away]
    return Named(None if place is None else ids[place], surer)


async def take_said(runtime: Runtime, said: Said, named: Named) -> str | None:
    """Take a letter or a complaint in every cell that it concerns; what a letter was read as. Raises
    Unavailable where no cell can be reached."""
    if runtime.joined is None:
        return await _take(runtime, said, named.attempt, WHOLE)
    digests = {runtime.vault.address_digest(one) for one in _mailboxes(said)}
    holding = await reachable(runtime, lambda one: _held(one, digests))
    awake = [one for one, found in holding if not isinstance(found, Unavailable)]
    if not awake:
        raise Unavailable("no cell can be reached", retry_after=1)
    held = {one.cell: found for one, found in holding if found and not isinstance(found, Unavailable)}
    own = None if named.attempt is None else runtime.of(named.attempt.delivery.notice.borrower).cell
    having = [one for one in awake if one.cell in held]
    first = next((one for one in awake if one.cell == own), (having or awake)[0])
    concerned = {own, *held} | {one.cell for one, _ in holding if one not in awake}
    others = [one.cell for one, _ in holding if one is not first and one.cell in concerned]
    elsewhere = frozenset(digest for found in held.values() for digest in found) - held.get(first.cell, set())
    debt = None
    if others:
        plain = _plain(said, named, elsewhere, first.clock.now())
        encrypted = runtime.vault.encrypt_own(plain, context=MAIL_CONTEXT)
        debt = Debt(others, MAIL, min(digests, default=b""), encrypted)
    meaning = await _take(first, said, named.attempt, Part(debt=debt, elsewhere=elsewhere))
    await send_on(first)
    return meaning


async def act_mail(source: Runtime, other: Runtime, one: Owed) -> None:
    """Take in another cell what was taken in the first, where it concerns borrowers of that one."""
    told = orjson.loads(source.vault.decrypt_own(one.encrypted or b"", context=MAIL_CONTEXT))
    ids = [found for text in told["about"] if (found := AttemptId.parse(text)) is not None]
    ids = [found for found in ids if other.of(found.delivery.notice.borrower).cell == other.cell]
    attempt = (await find_named(other, ids)).attempt
    said: Said = Letter(**told["letter"]) if "letter" in told else _complaint(told["complaint"])
    elsewhere = frozenset(map(bytes.fromhex, told["elsewhere"]))
    part = Part(elsewhere=elsewhere, told=True, said_at=datetime.fromisoformat(told["at"]))
    await _take(other, said, attempt, part)


def _mailboxes(said: Said) -> list[str]:
    """Those that it comes from, or names."""
    return [one for one in ([said.sender] if isinstance(said, Letter) else said.mailboxes) if one]


async def _held(runtime: Runtime, digests: set[bytes]) -> set[bytes]:
    """Of mailboxes, those that borrowers of a cell have or had."""
    async with runtime.database.connection() as connection:
        return {
            digest
            for digest in sorted(digests)
            if await borrowers.with_address(connection, digest, CHANNELS_OF["email"])
        }


async def _take(runtime: Runtime, said: Said, attempt: AttemptId | None, part: Part) -> str | None:
    if isinstance(said, Letter):
        return await take_letter(runtime, said, attempt, part)
    await take_complaint(runtime, said, attempt, part)
    return None


def _plain(said: Said, named: Named, elsewhere: frozenset[bytes], at: datetime) -> bytes:
    """Everything that another cell needs to take it."""
    about = [*named.surer, *([] if named.attempt is None else [named.attempt])]
    told = {
        "letter" if isinstance(said, Letter) else "complaint": said,
        "about": list(map(str, about)),
        "elsewhere": sorted(digest.hex() for digest in elsewhere),
        "at": at,
    }
    return orjson.dumps(told)


def _complaint(told: dict[str, object]) -> Complaint:
    mailboxes = told["mailboxes"]
    assert isinstance(mailboxes, list)  # noqa: S101 - as it was written down
    return Complaint(kind=str(told["kind"]), mailboxes=tuple(map(str, mailboxes)))
