"""Brings the borrowers of a group of requests into the store: new ones, changed ones, and those known by id
alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from policies.fast_init import fast_init
from service.dispatch.events.record import NewEvent, record
from service.dispatch.number_limits.directory import enter
from service.dispatch.number_limits.shared import are_unshared, store_numbers
from service.dispatch.runtime import Runtime, Storing
from service.errors import FieldError, ForbearError, InvalidRequest
from service.ids import CHANNELS
from service.model.actor import SYSTEM_ACTOR
from service.model.notice import Address, BorrowerDraft
from service.store import borrowers, notices
from service.store.borrowers import BorrowerRow, Enrolled, StoredBorrower
from service.store.copies import Rows, copy_all
from service.store.database import Connection, Ending
from service.store.encrypted import (
    Profile,
    address_digests,
    decrypt_profile,
    encrypted_row,
    profile_digest,
)
from service.store.events import EventRow
from service.store.wake import wake_workers


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A borrower who is in the store, with the data key in the clear."""

    borrower: UUID
    data_key: bytes = field(repr=False)
    addresses: Mapping[str, Address]
    language: str = ""


async def enrol(
    runtime: Runtime,
    connection: Connection,
    wanted: Sequence[tuple[BorrowerDraft, UUID]],
    storing: Storing,
    *,
    ending: Ending | None = None,
) -> list[Enrolment | ForbearError]:
    """Store what is new about these borrowers, and say for each what came of it; the last of several profiles
    of one borrower wins. `ending` and RowExists: as `store_profiles` has them."""
    known = await borrowers.enrolled(connection, [borrower for _, borrower in wanted])
    latest = {borrower: draft for draft, borrower in wanted if not draft.known_only}
    keys = await store_profiles(runtime, connection, latest, known, storing, ending=ending)
    return [
        _known(runtime, borrower, keys, known, latest)
        if draft.known_only
        else _enrolled(borrower, keys[borrower], draft)
        for draft, borrower in wanted
    ]


def _known(
    runtime: Runtime,
    borrower: UUID,
    keys: dict[UUID, bytes],
    known: Mapping[UUID, Enrolled | StoredBorrower],
    latest: dict[UUID, BorrowerDraft],
) -> Enrolment | ForbearError:
    """A borrower of whom only the id was given."""
    if borrower in keys:
        return _enrolled(borrower, keys[borrower], latest[borrower])
    row = known.get(borrower)
    if row is None or row.data_key is None:
        return unknown_borrower()
    key = runtime.vault.unwrap(row.data_key)
    profile: Profile = decrypt_profile(key, row.encrypted)
    return Enrolment(borrower=borrower, data_key=key, addresses=profile.addresses, language=row.language)


def _enrolled(borrower: UUID, data_key: bytes, draft: BorrowerDraft) -> Enrolment:
    return Enrolment(borrower=borrower, data_key=data_key, addresses=draft.addresses, language=draft.language)


def unknown_borrower() -> InvalidRequest:
    """The refusal of a notice that names by id alone whom nobody stored."""
    field_error = FieldError(
        pointer="/borrower",
        detail="expected a known borrower or a whole profile; this id is not known",
        code="unknown-borrower",
    )
    return InvalidRequest("the borrower is not known", field_errors=[field_error])


def is_another(runtime: Runtime, draft: BorrowerDraft, row: Enrolled | StoredBorrower | None) -> bool:
    """Whether a whole profile differs from the one in the stored row, if one is stored there."""
    return (
        row is not None
        and row.data_key is not None
        and row.profile_digest != profile_digest(runtime.vault, draft)
    )


def another_profile() -> InvalidRequest:
    """The refusal of a notice with another profile than the stored one, from a key that may not know the
    borrower."""
    field_error = FieldError(
        pointer="/borrower",
        detail=(
            "expected the profile that other creditors stored under this id, or another id; this key may "
            "not change theirs"
        ),
        code="another-profile",
    )
    return InvalidRequest(
        "the borrower is known to other creditors by another profile", field_errors=[field_error]
    )


async def enter_numbers(runtime: Runtime, drafts: Iterable[BorrowerDraft]) -> None:
    """Of several cells: enter the numbers of profiles into the directory. To be called before the transaction
    that stores them."""
    if runtime.joined is None:
        return
    addresses = [one.address for draft in drafts if not draft.known_only for one in draft.addresses.values()]
    await enter(runtime, [runtime.vault.address_digest(one) for one in addresses if "@" not in one])


async def store_profiles(
    runtime: Runtime,
    connection: Connection,
    drafts: dict[UUID, BorrowerDraft],
    known: Mapping[UUID, Enrolled | StoredBorrower],
    storing: Storing,
    *,
    ending: Ending | None = None,
) -> dict[UUID, bytes]:
    """Write what is new or changed, and who shares a number; returns the data keys in the clear.

    With `ending`, that of the transaction, it takes it that nobody else stores the new ones meanwhile, which
    is quicker, and leaves them to the end where nothing else has to be written about them. Raises RowExists,
    and so does the end, where somebody did: then nothing of the transaction can be kept."""
    keys, fresh, changed = _sorted(runtime, drafts, known)
    at, copied = runtime.clock.now(), fresh and ending is not None
    if fresh and ending is not None:
        new = _addresses(runtime, fresh)
        new_keys, rows = _made(runtime, fresh, new, at)
        keys |= new_keys
        if not changed and await _is_all(runtime, connection, fresh, _numbers(new), storing):
            ending.rows += rows
            return keys
        await copy_all(connection, rows)
    elif fresh:
        keys |= await _insert(runtime, connection, fresh, changed, at)
    if changed:
        keys |= await _update(runtime, connection, changed, at)
    if fresh or changed:
        new, others = _addresses(runtime, fresh), _addresses(runtime, changed)
        await borrowers.set_addresses(connection, sorted(changed), others if copied else new + others)
        await _insert_consents(connection, fresh, keys, at)
        if numbers := _numbers(new + others):
            await store_numbers(runtime, connection, storing, numbers)
    if changed:  # who has moved may be where it is day
        await notices.judge_again(connection, changed, CHANNELS, at=at)
        await wake_workers(connection)
    return keys


_Drafts = dict[UUID, BorrowerDraft]
_Addresses = list[tuple[UUID, str, bytes]]
"""Borrower, channel and digest of each."""


def _sorted(
    runtime: Runtime, drafts: _Drafts, known: Mapping[UUID, Enrolled | StoredBorrower]
) -> tuple[dict[UUID, bytes], _Drafts, _Drafts]:
    """The data keys of those whose profiles are stored as they are; the new ones; the changed ones."""
    keys: dict[UUID, bytes] = {}
    fresh: _Drafts = {}
    changed: _Drafts = {}
    for borrower, draft in drafts.items():
        row = known.get(borrower)
        if row is None:
            fresh[borrower] = draft
        elif row.data_key is None or is_another(runtime, draft, row):
            changed[borrower] = draft
        else:
            keys[borrower] = runtime.vault.unwrap(row.data_key)
    return keys, fresh, changed


def _made(
    runtime: Runtime, fresh: _Drafts, addresses: _Addresses, at: datetime
) -> tuple[dict[UUID, bytes], list[Rows]]:
    """The data keys of new borrowers, and their rows as they are copied."""
    made = [encrypted_row(runtime.vault, borrower, draft) for borrower, draft in fresh.items()]
    rows = [borrowers.new_rows([row for row, _ in made], at), borrowers.address_rows(addresses)]
    return {row.borrower_id: key for row, key in made}, rows


def _addresses(runtime: Runtime, drafts: Mapping[UUID, BorrowerDraft]) -> _Addresses:
    """What the addresses of these profiles are found by."""
    return [
        row for borrower, draft in drafts.items() for row in address_digests(runtime.vault, borrower, draft)
    ]


def _numbers(addresses: _Addresses) -> list[tuple[UUID, bytes]]:
    """The numbers that take texts."""
    return [(borrower, digest) for borrower, channel, digest in addresses if channel == "sms"]


async def _is_all(
    runtime: Runtime,
    connection: Connection,
    fresh: _Drafts,
    numbers: Sequence[tuple[UUID, bytes]],
    storing: Storing,
) -> bool:
    """Whether these new borrowers bring nothing but their rows: no consent, no number that others have."""
    if any(draft.consents for draft in fresh.values()):
        return False
    return not numbers or await are_unshared(runtime, connection, storing, numbers)


async def _insert(
    runtime: Runtime,
    connection: Connection,
    fresh: dict[UUID, BorrowerDraft],
    changed: dict[UUID, BorrowerDraft],
    at: datetime,
) -> dict[UUID, bytes]:
    """Insert new borrowers; where another transaction was first, the borrower becomes a changed one."""
    rows: list[BorrowerRow] = []
    keys: dict[UUID, bytes] = {}
    for borrower, draft in fresh.items():
        row, keys[borrower] = encrypted_row(runtime.vault, borrower, draft)
        rows.append(row)
    inserted = await borrowers.insert(connection, rows, at)
    for borrower in [borrower for borrower in fresh if borrower not in inserted]:
        changed[borrower] = fresh.pop(borrower)
        del keys[borrower]
    return keys


async def _update(
    runtime: Runtime, connection: Connection, changed: dict[UUID, BorrowerDraft], at: datetime
) -> dict[UUID, bytes]:
    """Replace profiles under the borrowers' rows; the data key stays unless it was destroyed."""
    await borrowers.lock(connection, changed)
    current = await borrowers.profiles(connection, changed)
    rows: list[BorrowerRow] = []
    keys: dict[UUID, bytes] = {}
    for borrower, draft in changed.items():
        wrapped = current[borrower].data_key
        old = None if wrapped is None else runtime.vault.unwrap(wrapped)
        row, keys[borrower] = encrypted_row(runtime.vault, borrower, draft, data_key=old)
        rows.append(row)
    await borrowers.update(connection, rows, at)
    return keys


async def _insert_consents(
    connection: Connection, fresh: dict[UUID, BorrowerDraft], keys: Mapping[UUID, bytes], at: datetime
) -> None:
    """Consents given at onboarding become events; their ids make a repeat harmless."""
    found = [
        NewEvent(
            row=row,
            actor=SYSTEM_ACTOR.name,
            data_key=keys[borrower],
            public={"via": "onboarding"},
        )
        for borrower, draft in fresh.items()
        for row in onboarding(borrower, draft, at)
    ]
    await record(connection, found, at=at)


def onboarding(borrower: UUID, draft: BorrowerDraft, at: datetime) -> list[EventRow]:
    """The consents with which a borrower comes who was not known before, as events."""
    return [
        EventRow(
            borrower_id=borrower,
            event_id=f"onboarding_{position}_{consent.channel}",
            at=min(consent.at or at, at),
            learned_at=at,
            type="consent",
            channel=consent.channel,
            outcome=None,
            document={"given_to": consent.given_to} if consent.given_to else {},
            encrypted=None,
        )
        for position, consent in enumerate(draft.consents)
    ]
