"""SQL about ranks: events of one borrower that a rule tells apart by nothing but whom and what they were
about.

Rules count the latest contacts of a kind (by channel, outcome, direction, content and the like), of everybody
or of one debt, account, creditor or address. So of a kind the latest are looked at, the first, and the latest
of each debt, account, creditor and address that a message is about; the others are passed over. Each is noted
when events are recorded, so that a decision reads a few hundred of ten thousand.

What has no rank: contacts that say something else besides, and those that a direct consent may take out
of a count."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from service.store.database import Connection, joined_whole
from service.store.query import Query

STEPS = (8, 16, 32, 128, 1024)
"""Later ones, from which on a contact is passed over by decisions that need no more than so many: each is
written a few times in its life. No rule counts further than 1,000."""
DEBTS = ("debt", "discussed", "either")
"""Names that are debts: what a contact was booked to, what was talked about, and both."""
CALLS = ("voice", "voice_prerecorded", "ringless_vm")
OTHERS = ("sms", "email", "im", "letter", "whatsapp", "any", "")
"""Channels, as contacts name them; none is the last."""
ALL = 32_767
"""More than any step: nothing is passed over."""
MARKED, ASIDE = -1, -2
"""`outranked` of the first of a kind that stands for others, and of the first of a type of which others are
set aside (`service/store/standing.py`)."""
OF_DEBTS = frozenset({
    "cease", "cease_withdrawn", "attorney", "attorney_unresponsive", "attorney_consents",
    "attorney_withdrawn", "notice_sent", "notice_mailed", "became_overdue", "dispute", "dispute_resolved",
    "bankruptcy", "bankruptcy_dismissed", "hardship_request", "hardship_answered", "hardship_offered",
    "payment", "promise_to_pay", "plan_request",
})  # fmt: skip
"""Types of events that earlier releases ranked by their debts, and may still: where no rule in force asks
what is known of other debts, those that are about the message's, the latest and the first are looked at."""


class Matter(NamedTuple):
    """What a message to a borrower is about."""

    borrower_id: UUID
    debt_id: str
    account_id: str | None
    creditor: str
    addresses: tuple[str, ...] = ()
    """The digests, in hex, of addresses that are not stored for this borrower."""


class Ranked(NamedTuple):
    """A borrower with ranks."""

    borrower_id: UUID


_TELLS = (
    "direction", "to", "content_class", "address_kind", "requested_by_consumer", "wrong_party",
)  # fmt: skip
"""Members of a contact's document that make it another kind."""
_NAMES = ("debt_ids", "discussed", "account_id", "creditor", "address", "in_response_to")
"""Those that say whom and what it was about; whether it says so makes it another kind, too."""
_IDLE = (
    "ref", "category", "via", "text", "words", "source", "topic", "until", "scope", "given_to", "only_dates",
    "inconvenient", "start", "end", "from", "result", "mailed", "meaning", "expires_at",
)  # fmt: skip
"""Those that no rule looks at in a contact."""

_KIND = ", ".join(
    ["channel", "outcome", *(f"document -> '{one}'" for one in _TELLS)]
    + [f"document ? '{one}'" for one in _NAMES]
    + ["COALESCE(document -> 'discussed' = '[]', false)"]
)
_KNOWN = ",".join((*_TELLS, *_NAMES, *_IDLE))

_CONTACT = f"md5(ROW(borrower_id, {_KIND}, COALESCE(at <= s.learned, false))::text)::uuid"

COMPACT = f"""
WITH strangers AS (
    SELECT borrower_id AS whose, document ->> 'address' AS address, max(at) AS learned FROM events
    WHERE borrower_id = ANY($1::uuid[]) AND type = 'wrong_number' AND corrected_by IS NULL
    GROUP BY 1, 2
)
UPDATE events e SET outranked = f.outranked, names = f.names
FROM (
    SELECT borrower_id, event_id,
           CASE WHEN min(size) <= ($2::smallint[])[1] THEN 0 WHEN min(first) = 1 THEN -1
           ELSE (SELECT COALESCE(max(s), 0) FROM unnest($2::smallint[]) s WHERE s <= min(place)) END
           AS outranked,
           array_agg(md5(CASE WHEN field = 'in_response_to' THEN concat_ws(chr(31), borrower_id, field, name)
               ELSE concat_ws(chr(31), borrower_id, channel, field,
                   (SELECT count(*) FROM unnest($2::smallint[]) s WHERE s <= rank), name) END)::uuid
               ORDER BY field, name)
           FILTER (WHERE field <> '' AND place >= ($2::smallint[])[1] AND first > 1) AS names
    FROM (
        SELECT p.*, n.field, n.name,
               row_number() OVER (PARTITION BY kind, n.field, n.name ORDER BY at DESC, recorded DESC) - 1
               AS rank
        FROM (
            SELECT *, row_number() OVER (PARTITION BY kind ORDER BY at, recorded) AS first,
                   row_number() OVER (PARTITION BY kind ORDER BY at DESC, recorded DESC) - 1 AS place,
                   count(*) OVER (PARTITION BY kind) AS size
            FROM (
                SELECT borrower_id, event_id, at, recorded, outranked, document,
                       CASE WHEN channel = ANY($3::text[]) THEN channel ELSE '' END AS channel,
                       {_CONTACT} AS kind
                FROM events
                LEFT JOIN strangers s ON s.whose = borrower_id AND s.address = document ->> 'address'
                WHERE borrower_id = ANY($1::uuid[]) AND corrected_by IS NULL AND NOT repeated
                  AND type = 'contact' AND document - '{{{_KNOWN}}}'::text[] = '{{}}'
                  AND jsonb_typeof(COALESCE(document -> 'debt_ids', '[]')) = 'array'
                  AND jsonb_typeof(COALESCE(document -> 'discussed', '[]')) = 'array'
            ) told
        ) p CROSS JOIN LATERAL (
            SELECT '', NULL
            UNION ALL SELECT DISTINCT 'debt', d FROM jsonb_array_elements_text(document -> 'debt_ids') d
            UNION ALL SELECT one, document ->> one
            FROM unnest('{{account_id,creditor,address,in_response_to}}'::text[]) one WHERE document ? one
            UNION ALL SELECT DISTINCT 'discussed', d FROM jsonb_array_elements_text(document -> 'discussed') d
            UNION ALL SELECT DISTINCT 'either', d FROM jsonb_array_elements_text(
                (document -> 'debt_ids') || (document -> 'discussed')) d
        ) n (field, name)
        WHERE p.size > ($2::smallint[])[1] OR p.outranked <> 0
    ) t
    GROUP BY borrower_id, event_id
) f
WHERE e.borrower_id = ANY($1::uuid[])
  AND e.borrower_id = f.borrower_id AND e.event_id = f.event_id
  AND (e.outranked, e.names) IS DISTINCT FROM (f.outranked::smallint, f.names)
"""
"""Of each kind the first stays, since some rules begin with it, and says that it stands for others. A kind
says whether the address was learned to be a stranger's since: what went there before counts no more."""

DISPERSE = Query(
    Ranked,
    """
WITH gone AS (
    UPDATE events SET outranked = 0, names = NULL, aside = false, found_by = NULL, stands = NULL
    WHERE borrower_id = ANY($1::uuid[]) AND (outranked <> 0 OR aside OR found_by IS NOT NULL)
    RETURNING borrower_id
)
SELECT DISTINCT borrower_id FROM gone
""",
)
MOVED = Query(
    Ranked,
    """
SELECT DISTINCT u.borrower_id FROM unnest($1::uuid[], $2::text[]) AS u (borrower_id, address)
JOIN events e ON e.borrower_id = u.borrower_id AND e.type = 'contact' AND e.document ->> 'address' = u.address
WHERE EXISTS (SELECT FROM events c WHERE c.borrower_id = u.borrower_id AND c.outranked = -1)
""",
)
"""Borrowers with ranks, and a contact at an address that was just learned to be a stranger's."""


async def compact(connection: Connection, ids: Sequence[UUID]) -> None:
    """Note of these borrowers' contacts which stand for which. The caller holds the rows."""
    if ids:
        async with joined_whole(connection):
            await connection.execute(COMPACT, ids, STEPS, (*CALLS, *OTHERS))


async def disperse(connection: Connection, ids: Iterable[UUID]) -> list[UUID]:
    """Look at everything of these borrowers again, because something that stood for others is going; returns
    those who had some."""
    return [row.borrower_id for row in await DISPERSE.all(connection, list(set(ids)))]


async def learned_strangers(connection: Connection, found: Collection[tuple[UUID, str]]) -> list[UUID]:
    """Look again at everything of borrowers who have a contact at an address, in hex, that was just learned
    to be a stranger's; returns those who had ranks. The caller holds the rows."""
    rows = await MOVED.all(connection, [one[0] for one in found], [one[1] for one in found])
    return await disperse(connection, [row.borrower_id for row in rows])


def keys(matters: Iterable[Matter]) -> list[list[object]]:
    """By what contacts that concern these messages are found, as columns: borrower, kind of name, name."""
    found = {
        (one.borrower_id, kind, name)
        for one in matters
        for kind, name in (
            *(("address", address) for address in one.addresses),
            *((kind, one.debt_id) for kind in DEBTS),
            ("account_id", one.account_id),
            ("creditor", one.creditor),
        )
        if name is not None
    }
    return [list(column) for column in zip(*sorted(found), strict=True)] or [[], [], []]


def levels(calls: int, others: int) -> list[list[object]]:
    """The steps of a name, as columns: channel, step, and whether so many as are needed may lie there."""
    found = [
        (channel, level, level == 0 or STEPS[level - 1] < latest)
        for channels, latest in ((CALLS, calls), (OTHERS, others))
        for channel in channels
        for level in range(len(STEPS) + 1)
    ]
    return [list(column) for column in zip(*found, strict=True)]
