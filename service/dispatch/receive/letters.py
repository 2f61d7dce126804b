"""Letters by mail: read as replies are, kept for a person to read, and never answered.

Whose letter it is follows from the mailbox that it comes from, and from the mail of ours that it answers:
people write from a mailbox that we do not know, and close the one that we wrote to. Nobody vouches for the
sender of a mail, so that a letter only ever restricts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from channels.email.letter import Letter
from channels.receipt import Inbound
from policies.reading.lexicon import STRONG
from policies.reply_classifier import LONGEST, Reading, classify
from service.dispatch.events.record import NOTHING, Origin, Recorded, reach_others, record
from service.dispatch.receive.inbound import CHANNELS_OF, message_events
from service.dispatch.receive.reading import load_words
from service.dispatch.receive.unmatched import close_sender, take_unmatched
from service.dispatch.runtime import Runtime
from service.dispatch.runtime.owed import WHOLE, Part
from service.ids import AttemptId
from service.store import attempts, borrowers
from service.store.attempts import AttemptKey
from service.store.borrowers import StoredBorrower
from service.store.database import Connection

AUTOMATIC = Reading(kind="automatic", confidence="exact")
UNCLEAR = Reading(kind="unclear", confidence="unsure")
LIFTING = frozenset({"opt_in"})
"""What words could give back: a person looks first."""


async def take_letter(runtime: Runtime, letter: Letter, attempt: AttemptId | None, part: Part = WHOLE) -> str:
    """Store a letter for every borrower of a cell whose it may be; what it was read as. The same mail twice
    is one letter."""
    at = runtime.clock.now()
    await load_words()
    inbound = Inbound(
        provider="email",
        ref=letter.ref,
        from_address=letter.sender,
        to_address=letter.to,
        words=letter.words,
        channel="email",
        whole=letter.whole,
    )
    recorded = NOTHING
    async with runtime.database.transaction() as connection:
        if part.debt is not None:
            await part.debt.note(connection)
        writers = await _writers(runtime, connection, letter, attempt)
        await borrowers.lock(connection, writers)
        rows = await borrowers.profiles(connection, writers)
        reading = _reading(letter, next(iter(rows.values())).language if rows else None, known=bool(rows))
        if rows:
            recorded = await _record(runtime, connection, inbound, reading, writers, rows, part.elsewhere, at)
        elif not part.told:
            origin = Origin(digest=runtime.vault.address_digest(letter.sender), channel="email")
            recorded = await take_unmatched(runtime, connection, inbound, reading, origin, at=at)
    await reach_others(runtime, recorded)
    return reading.kind


async def _record(
    runtime: Runtime,
    connection: Connection,
    inbound: Inbound,
    reading: Reading,
    writers: Mapping[UUID, bytes],
    rows: Mapping[UUID, StoredBorrower],
    elsewhere: frozenset[bytes],
    at: datetime,
) -> Recorded:
    """The letter of each borrower whose it may be; what it asks for also closes the mailbox that it came
    from, unless that is another cell's borrower's, who has it closed there."""
    found = [
        one
        for borrower, row in rows.items()
        for one in message_events(
            runtime, borrower, row, inbound, reading, Origin(digest=writers[borrower], channel="email"), at
        )
    ]
    recorded = await record(connection, found, at=at)
    sender = Origin(digest=runtime.vault.address_digest(inbound.from_address), channel="email")
    if not recorded or sender.digest in {*writers.values(), *elsewhere}:
        return recorded
    closed = await close_sender(connection, inbound, reading, sender, at=at)
    return replace(recorded, closed=recorded.closed | closed.closed)


async def _writers(
    runtime: Runtime, connection: Connection, letter: Letter, attempt: AttemptId | None
) -> dict[UUID, bytes]:
    """The borrowers whose letter it may be, each with the mailbox that it is about."""
    found: dict[UUID, bytes] = {}
    if attempt is not None:
        notice = attempt.delivery.notice
        key = AttemptKey(notice.borrower, notice.number, attempt.delivery.channel, attempt.number)
        row = (await attempts.known(connection, [key])).get(key)
        if row is not None:
            found[key.borrower_id] = row.address_digest
    if letter.sender:
        digest = runtime.vault.address_digest(letter.sender)
        for borrower in await borrowers.with_address(connection, digest, CHANNELS_OF["email"]):
            found.setdefault(borrower, digest)
    return found


def _reading(letter: Letter, language: str | None, *, known: bool) -> Reading:
    """What a letter asks, in any of its pieces, since an opt-out may stand at the end of a long one. What
    nobody can read here, what is empty, and what would give something back, is for a person."""
    if letter.automatic:
        return _of_a_machine(letter, language) if known and not letter.by_server else AUTOMATIC
    readings = _readings(letter.words, language)
    stated = [kind for kind in STRONG if any(kind in {one.kind, *one.also} for one in readings)]
    if stated:
        first = next(one for one in readings if stated[0] in {one.kind, *one.also})
        return replace(first, kind=stated[0], also=tuple(stated[1:]))
    doubtful = next((one for one in readings if one.probably is not None), None)
    lifts = any(one.kind in LIFTING for one in readings)
    if doubtful is None and (letter.enclosed or lifts or len(letter.words) > LONGEST):
        return UNCLEAR
    return doubtful or readings[0]


def _of_a_machine(letter: Letter, language: str | None) -> Reading:
    """A borrower's letter whose headers say that a machine wrote it. Where its own words refuse all the same,
    one of the two is wrong: a person looks. What only resembles a refusal is what absence notes and
    disclaimers do."""
    readings = _readings(_OFFERED.sub(" ", _OF_ABSENCE.sub(" ", letter.words)), language)
    surely = [one for one in readings if one.confidence in {"exact", "meaning"}]
    stated = [kind for kind in STRONG if any(kind in {one.kind, *one.also} for one in surely)]
    return replace(UNCLEAR, probably=stated[0]) if stated else AUTOMATIC


_OF_ABSENCE = re.compile(
    r"[^.!?\n]*\b(?:wird|werden|wurden?|wordt|worden)\b[^.!?\n]*"
    r"\b(?:(?:weiter|um)geleitet|gelesen|bearbeitet|beantwortet|gelöscht|zugestellt"
    r"|doorgestuurd|gelezen|behandeld|beantwoord|verwijderd|bezorgd)\b"
    r"|\bstop (?:by|in at) (?:(?:the|our|my|her|his) )?(?:front |main )?"
    r"(?:reception|desk|office|branch|lobby)\b",
    re.IGNORECASE,
)
"""What absence notes say in the words of a refusal: what becomes of a mail meanwhile (`Ihre E-Mail wird nicht
weitergeleitet`), and where to call in person (`please stop by reception`)."""


_OFFERED = re.compile(
    r"[^.!?\n]*(?:https?://|\b(?:click|klick\w*|cliqu\w*|clicc\w*|clic|klik\w*|kliknij|tıkla\w*|link)\b"
    r"|\bнажмите\b|\b(?:unsubscribe|opt[ -]out) (?:here|below)\b|\byou (?:can|may) (?:unsubscribe|opt out)\b"
    r"|\babmelden (?:können|kannst|hier)\b|\bafmelden (?:kunt|kan|hier)\b|\bu kunt zich\b"
    r"|\bvous pouvez vous d[ée]s\w*|\bpour vous d[ée]s\w*|\bpuede (?:darse|cancelar)\b|\bpara darse\b"
    r"|\bpuoi (?:annullare|cancell\w+|disiscriverti)\b|\bpode (?:cancelar|descadastrar)\b"
    r"|\bможете отписаться\b)[^.!?\n]*",
    re.IGNORECASE,
)
"""What the foot of a machine's mail offers its reader (`Abmelden können Sie sich hier`); a person who refuses
asks."""


def _readings(words: str, language: str | None) -> list[Reading]:
    """Of the whole, and of each piece."""
    return [classify(one, language_hint=language) for one in (words, *_pieces(words))]


def _pieces(words: str) -> Iterable[str]:
    """Each paragraph and line, in pieces that the reader takes."""
    pieces = [one for one in words.split("\n") if one.strip()]
    return [piece[start : start + LONGEST] for piece in pieces for start in range(0, len(piece), LONGEST)]
