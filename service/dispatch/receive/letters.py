"""Letters by mail: read as replies are, kept for a person to read, and never answered.

Whose letter it is follows from the mailbox that it comes from, and from the mail of ours that it answers: people write from a mailbox that we do
not know, and close the one that we wrote to. Nobody vouches for the sender of a mail, so that a letter only ever restricts."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from channels.email.letter import Letter
from channels.receipt import Inbound
from policies.words import LONGEST, Reading, classify
from service.dispatch.events.record import Origin, reach_others, record
from service.dispatch.receive.inbound import CHANNELS_OF, message_events
from service.dispatch.receive.unmatched import take_unmatched
from service.dispatch.runtime import Runtime
from service.ids import AttemptId
from service.store import attempts, borrowers
from service.store.attempts import AttemptKey
from service.store.database import Connection

AUTOMATIC = Reading(kind="automatic", confidence="exact")
UNCLEAR = Reading(kind="unclear", confidence="unsure", event_type="unclear_words")
LIFTING = frozenset({"opt_in"})
"""What words could give back: a person looks first."""
GRAVEST = (
    "cease",
    "attorney",
    "opt_out",
    "bankruptcy",
    "deceased",
    "wrong_number",
    "dispute",
    "hardship",
    "designation",
    "unclear",
)
"""What a letter of several pieces is read as: the first of these that one of them is."""


async def take_letter(runtime: Runtime, letter: Letter, attempt: AttemptId | None) -> str:
    """Store a letter for every borrower whose it may be; what it was read as. The same mail twice is one letter."""
    at = runtime.clock.now()
    inbound = Inbound(
        provider="email",
        ref=letter.ref,
        from_address=letter.sender,
        to_address=letter.to,
        words=letter.words,
        channel="email",
        whole=letter.whole,
    )
    async with runtime.database.transaction() as connection:
        writers = await _writers(runtime, connection, letter, attempt)
        await borrowers.lock(connection, writers)
        rows = await borrowers.profiles(connection, writers)
        if not rows:
            reading = _reading(letter, None)
            origin = Origin(digest=runtime.vault.address_digest(letter.sender), channel="email")
            recorded = await take_unmatched(runtime, connection, inbound, reading, origin, at=at)
        else:
            reading = _reading(letter, next(iter(rows.values())).language)
            found = [
                one
                for borrower, row in rows.items()
                for one in message_events(
                    runtime,
                    borrower,
                    row,
                    inbound,
                    reading,
                    Origin(digest=writers[borrower], channel="email"),
                    at,
                )
            ]
            recorded = await record(connection, found, at=at)
    await reach_others(runtime, recorded)
    return reading.kind


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


def _reading(letter: Letter, language: str | None) -> Reading:
    """What a letter asks: the gravest of its pieces, since an opt-out may stand at the end of a long one. What nobody can read here, what is
    empty, and what would give something back, is for a person."""
    if letter.automatic:
        return AUTOMATIC
    readings = [classify(piece, language_hint=language) for piece in _pieces(letter.words)]
    gravest = next((one for kind in GRAVEST for one in readings if one.kind == kind), None)
    if gravest is not None:
        return gravest
    if (
        not readings
        or letter.enclosed
        or any(one.kind in LIFTING for one in readings)
        or len(letter.words) > LONGEST
    ):
        return UNCLEAR
    return readings[0]


def _pieces(words: str) -> Iterable[str]:
    """The whole where it is short, and each paragraph and line, in pieces that the reader takes."""
    pieces = [words] if len(words) <= LONGEST else []
    pieces += [one for one in words.split("\n") if one.strip()]
    return [piece[start : start + LONGEST] for piece in pieces for start in range(0, len(piece), LONGEST)]
