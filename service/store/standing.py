"""SQL about what was told of a borrower beside contacts and messages: restrictions, what lifts them, plain
facts.

Of thousands that differ, few matter to a message: those that are about its debt, from or for its address, of
its creditor, and of those that are about everything the latest. So events of a type of which there are many
are set aside when they are recorded, each noted by what it is found by; of what is found by one name those
stay that no later one outdoes, `KEPT` at the most. Where more would have to stay, the newest stands for the
others in the strictest reading: as recorded with the last of them, and lifted by nothing that names a
debt, an account or a topic."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from policies.lookups import LIFTED_BY, REVOKING, Lookup, taking_back
from policies.order import LIFTING
from service.store.database import Connection, joined_whole
from service.store.query import Query
from service.store.ranks import ASIDE, Matter, Ranked

KEPT, TIMES, MESSAGES = 8, 64, 32
"""Events of a type from which on they are set aside, and how many stay of what is found by one name; how
many of the times that do not suit; how many of the borrower's messages through one channel."""
MANY_EVENTS = 1_000
"""Events of a borrower, beside contacts, from which on fewer stay."""
FEW, FEW_TIMES, FEW_MESSAGES = 2, 16, 8
MARKED = -2
"""`outranked` of the first of a type of which others are set aside."""
ELSEWHERE = ("contact", "consent_call")
"""Types that are kept few by other means (`service/store/repeats.py`, `service/store/ranks.py`)."""
ANSWERS = frozenset(
    {"inbound", "opt_out", "payment", "promise_to_pay", "hardship_request", "plan_request", "complaint"}
)
"""Types that answer a notice, so that no further channel of its cascade follows."""
UNSAID = ("provider", "suppression")
"""Through what an opt-out came that answers nothing."""
OTHERS = "\x1fothers"
"""Stands for debts and accounts of events that are set aside: no id of either is written so."""
ALWAYS = frozenset(
    {("revoke_consent", "calls"), ("cease_withdrawn", "address")}
    | {(one.type, str(one.by)) for one in taking_back(("opt_in",))}
    | {("inbound", "latest"), ("inbound", "address")}
    | {(type_, by) for type_ in ANSWERS for by in ("debt", "answer")}
)
"""What is looked up whatever the policies say: what ended a direct consent, what takes an opt-out or a cease
back that holds for an address and what takes that back again, what a message may answer, and what answers a
notice."""

_DEBTS = "CASE WHEN jsonb_typeof(document -> 'debt_ids') = 'array' THEN document -> 'debt_ids' END"
_AT_ALL = (
    "(channel IS NULL OR channel = 'any') "
    "AND NOT document ?| '{address,creditor,account_id,topic,only_dates}'::text[]"
)
_LATER = "ORDER BY recorded DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"

SET_ASIDE = f"""
WITH told AS (
    SELECT borrower_id, event_id, type, at, recorded, channel, document, debts,
           aside OR outranked <> 0 OR count(*) OVER of_type > $2 AS crowded,
           max(learned_at) OVER (PARTITION BY borrower_id)::date AS today,
           count(*) OVER of_type > $2 AS many,
           count(*) OVER (PARTITION BY borrower_id) > $9 AS overfull,
           row_number() OVER (of_type ORDER BY at, recorded) AS first,
           row_number() OVER (of_type ORDER BY at DESC, recorded DESC) AS newest,
           type = ANY($3::text[]) OR document ->> 'result' IS NOT DISTINCT FROM 'not_reassigned' AS opens
    FROM (
        SELECT *, {_DEBTS} AS debts FROM events
        WHERE borrower_id = ANY($1::uuid[]) AND corrected_by IS NULL AND NOT repeated
          AND type <> ALL($4::text[]) AND at <= learned_at
          AND COALESCE(jsonb_typeof(document -> 'debt_ids'), 'array') = 'array'
    ) e
    WINDOW of_type AS (PARTITION BY borrower_id, type)
), lifted AS (
    SELECT borrower_id, event_id, bool_and(COALESCE(GREATEST(whole, own) > at, false)) AS closed
    FROM (
        SELECT borrower_id, event_id, at, shuts,
               max(at) FILTER (WHERE NOT shuts AND debt = '')
               OVER (PARTITION BY borrower_id, pair {_LATER}) AS whole,
               max(at) FILTER (WHERE NOT shuts)
               OVER (PARTITION BY borrower_id, pair, debt {_LATER}) AS own
        FROM (
            SELECT t.borrower_id, t.event_id, t.at, t.recorded, t.type = p.shut AS shuts, p.shut AS pair,
                   d.debt
            FROM told t JOIN unnest($5::text[], $6::text[]) AS p (shut, lift)
                 ON t.type IN (p.shut, p.lift) AND (t.type = p.shut OR NOT t.document ? 'expires_at')
            CROSS JOIN LATERAL (
                SELECT '' AS debt WHERE t.debts IS NULL
                UNION ALL SELECT DISTINCT jsonb_array_elements_text(t.debts)
            ) d
            WHERE t.type = p.shut OR {_AT_ALL}
        ) said
    ) paired
    WHERE shuts GROUP BY borrower_id, event_id
), ended AS (
    SELECT DISTINCT ON (c.borrower_id, c.event_id) t.borrower_id, t.event_id
    FROM events c JOIN told t ON t.borrower_id = c.borrower_id AND t.type = 'revoke_consent'
         AND (t.at >= c.at OR t.recorded > c.recorded)
    WHERE c.borrower_id = ANY($1::uuid[]) AND c.type = 'consent_call' AND c.corrected_by IS NULL
      AND NOT c.repeated
    ORDER BY c.borrower_id, c.event_id, t.at, t.recorded
), named AS (
    SELECT t.borrower_id, t.event_id, t.type, t.at, t.recorded, t.many, t.overfull, t.first, t.newest,
           t.opens,
           t.document ->> 'until' AS until, n.by, n.name, md5(n.part)::uuid AS part,
           CASE WHEN t.type = 'inbound' THEN concat(t.channel, t.document ->> 'address_kind')
           WHEN n.by = 'address' OR t.opens THEN t.channel END AS heard,
           t.opens AND t.document ?| '{{expires_at,account_id,topic,only_dates}}'::text[] AS ends
    FROM told t
    LEFT JOIN lifted l ON l.borrower_id = t.borrower_id AND l.event_id = t.event_id
    LEFT JOIN ended e ON e.borrower_id = t.borrower_id AND e.event_id = t.event_id
    CROSS JOIN LATERAL (
        SELECT t.channel AS heard, t.document -> 'address' AS place, t.document -> 'creditor' AS lender,
               t.document -> 'until' AS until, t.type = ANY($3::text[]) AS lifts,
               ROW(t.document -> 'account_id', t.document -> 'topic')::text AS matter,
               CASE WHEN t.opens THEN ROW(t.document -> 'expires_at', t.document -> 'only_dates')::text END
               AS ends,
               COALESCE(t.document ->> 'via' = ANY($8::text[]), false) AS unsaid
    ) s CROSS JOIN LATERAL (
        SELECT 'latest' AS by, '' AS name,
               CASE WHEN lifts THEN ROW(debts, heard, place, lender, matter, ends)::text
               ELSE ROW(document -> 'result', ends)::text END AS part
        UNION ALL
        SELECT by, '', ROW(debts, matter, until)::text FROM unnest('{{borrower,open}}'::text[]) by
        WHERE NOT lifts AND (by = 'borrower' OR t.type = ANY($5::text[]) AND NOT COALESCE(l.closed, false))
        UNION ALL
        SELECT 'times', '', ROW(debts, matter, until, document -> 'inconvenient')::text
        WHERE t.type = 'designation' AND NOT COALESCE(l.closed, false)
          AND COALESCE((t.document ->> 'until')::date + 2 >= t.today, true)
        UNION ALL
        SELECT 'debt', name, CASE WHEN lifts THEN ROW(heard, place, lender, matter, ends)::text
               ELSE ROW(until, lender IS NULL, matter, unsaid)::text END
        FROM (
            SELECT '' AS name WHERE debts IS NULL
            UNION ALL SELECT DISTINCT jsonb_array_elements_text(debts)
        ) d
        UNION ALL
        SELECT 'address', name,
               ROW(debts, heard, lender, matter, until, ends, name = '' AND place IS NOT NULL)::text
        FROM (
            SELECT COALESCE(t.document ->> 'address', '') AS name
            UNION SELECT '' WHERE t.document ->> 'scope' = 'medium'
        ) a
        UNION ALL
        SELECT 'creditor', COALESCE(t.document ->> 'creditor', ''),
               ROW(debts, matter, until)::text WHERE NOT lifts
        UNION ALL
        SELECT 'answer', t.document ->> 'creditor', ROW(unsaid)::text
        WHERE t.type = ANY($7::text[]) AND lender IS NOT NULL
        UNION ALL
        SELECT 'calls', '', '' WHERE e.event_id IS NOT NULL
    ) n
    WHERE t.crowded
), placed AS (
    SELECT *, ($10::int[])[CASE WHEN by = 'times' THEN 2 WHEN type = 'inbound' AND by = 'latest' THEN 3
                      ELSE 1 END + CASE WHEN overfull THEN 3 ELSE 0 END] AS most,
           row_number() OVER (
                  PARTITION BY borrower_id, type, by, name, heard, opens, ends
                  ORDER BY outdone, at DESC, recorded DESC
              ) AS place,
           row_number() OVER (PARTITION BY borrower_id, type, by, name ORDER BY at, recorded) AS begins
    FROM (
        SELECT *, COALESCE(
                   max(at) OVER (PARTITION BY borrower_id, type, by, name, part {_LATER}) >= at, false
               ) AS outdone
        FROM named
    ) o
), summed AS (
    SELECT *, max(recorded) FILTER (WHERE place > most AND NOT outdone AND NOT opens)
              OVER (PARTITION BY borrower_id, type, by, name, heard) AS over,
           max(until) OVER (PARTITION BY borrower_id, type, by, name, heard) AS last_day
    FROM placed
), found AS (
    SELECT borrower_id, event_id, bool_or(many) AS many, min(first) AS first, min(newest) AS newest,
           array_agg(md5(concat_ws(chr(31), borrower_id, type, by, name))::uuid ORDER BY by, name)
           FILTER (WHERE many AND (place <= most OR by = 'calls' OR by = 'debt' AND begins = 1)) AS found_by,
           jsonb_object_agg(by, over ORDER BY over) FILTER (WHERE many AND heads)
           || jsonb_build_object('until', max(last_day) FILTER (WHERE many AND heads)) AS stands
    FROM (SELECT *, place = 1 AND NOT opens AND over IS NOT NULL AS heads FROM summed) s
    GROUP BY borrower_id, event_id
)
UPDATE events e
SET aside = f.many AND f.first > 1 AND f.newest > 2, found_by = f.found_by, stands = f.stands,
    outranked = CASE WHEN f.many AND f.first = 1 THEN {ASIDE} ELSE 0 END, names = NULL
FROM found f
WHERE e.borrower_id = ANY($1::uuid[]) AND e.borrower_id = f.borrower_id AND e.event_id = f.event_id
  AND (e.aside, e.found_by, e.stands, e.outranked, e.names IS NULL) IS DISTINCT FROM
      (f.many AND f.first > 1 AND f.newest > 2, f.found_by, f.stands,
       (CASE WHEN f.many AND f.first = 1 THEN {ASIDE} ELSE 0 END)::smallint, true)
"""
"""What outdoes an event is a later recorded one, dated no earlier, that says as much by the same name: what
lifts the one lifts the other. Of what lifts, to pass over one only lifts less; what ends and what does not
are kept apart, and one stands for another only where both end at once. An event that shuts everything about a
borrower is not `open` any more once each of its debts was freed by something that frees it on every channel,
and for good. Of revocations those stay that first ended a direct consent: each call of the past is asked
whether one held then."""


class Told(NamedTuple):
    """An event that was found by what it is about: a `StoredEvent`, with what it stands for."""

    borrower_id: UUID
    event_id: str
    at: datetime
    type: str
    channel: str | None
    outcome: str | None
    document: Any
    recorded: int
    outranked: int
    stands: Any = None
    """What it stands for: by what it is found by, the number of the last recorded; and the last `until`."""


FIND = Query(
    Told,
    """
WITH wanted AS (
    SELECT array_agg(md5(concat_ws(chr(31), k.borrower_id, l.type, l.by, k.name))::uuid) AS names
    FROM (
        SELECT borrower_id, by, name
        FROM unnest($2::uuid[], $3::text[], $4::text[]) AS u (borrower_id, by, name)
        UNION ALL SELECT borrower_id, 'address', encode(digest, 'hex')
        FROM addresses WHERE borrower_id = ANY($1::uuid[]) AND current
    ) k JOIN unnest($5::text[], $6::text[]) AS l (type, by) ON l.by = k.by
)
SELECT borrower_id, event_id, at, type, channel, outcome, document, recorded, outranked, stands FROM events
WHERE found_by && (SELECT names FROM wanted) AND corrected_by IS NULL AND NOT repeated
ORDER BY at
""",
)
"""By the keys in the index alone; the joined sides are a message's names and what the policies look up."""

CONSENTED = Query(
    Ranked,
    """
WITH again AS (
    UPDATE events SET repeated = false
    WHERE borrower_id = ANY($1::uuid[]) AND type = 'revoke_consent' AND repeated AND corrected_by IS NULL
    RETURNING borrower_id
)
SELECT DISTINCT borrower_id FROM again
UNION SELECT DISTINCT borrower_id FROM events
WHERE borrower_id = ANY($1::uuid[]) AND aside AND type = 'revoke_consent'
""",
)
"""Those of some borrowers whose revocations are looked at anew, since one of them may have ended a direct
consent that was just recorded."""


STOOD = Query(
    Ranked,
    "SELECT DISTINCT borrower_id FROM events WHERE borrower_id = ANY($1::uuid[]) AND stands IS NOT NULL",
)
"""Those of some borrowers of whom an event stands for others."""


async def set_aside(connection: Connection, ids: Sequence[UUID]) -> None:
    """Note what these borrowers' events are found by. The caller holds the rows."""
    if ids:
        async with joined_whole(connection):
            await connection.execute(
                SET_ASIDE,
                ids,
                KEPT,
                sorted(LIFTING),
                ELSEWHERE,
                list(LIFTED_BY),
                list(LIFTED_BY.values()),
                sorted(ANSWERS),
                UNSAID,
                MANY_EVENTS,
                [KEPT, TIMES, MESSAGES, FEW, FEW_TIMES, FEW_MESSAGES],
            )


async def learned_consents(connection: Connection, ids: Collection[UUID]) -> None:
    """Look again at what ended the direct consents of these borrowers. The caller holds the rows."""
    await set_aside(connection, [row.borrower_id for row in await CONSENTED.all(connection, list(ids))])


async def learned_lifts(connection: Connection, ids: Collection[UUID]) -> None:
    """Look again at what stands for others of these borrowers, since some of that was lifted. The caller
    holds the rows."""
    await set_aside(connection, [row.borrower_id for row in await STOOD.all(connection, list(ids))])


@lru_cache(maxsize=16)
def read_whole(lookups: frozenset[Lookup]) -> tuple[str, ...]:
    """Types that one rule is shut by and another is opened by, so that nothing stands for them: all of them
    are read."""
    lifts = {one.type for one in lookups if one.use == "lifts"} | LIFTING
    return tuple(sorted({one.type for one in lookups if one.use == "bars"} & lifts))


@lru_cache(maxsize=16)
def looked_up(lookups: frozenset[Lookup]) -> tuple[list[str], list[str]]:
    """What is looked up, as columns: type, and by what."""
    pairs = sorted({(one.type, str(one.by)) for one in lookups} | ALWAYS)
    return [one[0] for one in pairs], [one[1] for one in pairs]


async def find(
    connection: Connection, borrowers: Collection[UUID], matters: Iterable[Matter], lookups: frozenset[Lookup]
) -> list[Told]:
    """What was told of these borrowers that concerns the messages, with what stands for others."""
    keys = [
        (one.borrower_id, by, name)
        for one in set(matters)
        for by, name in _names(one)
        if one.borrower_id in borrowers
    ]
    columns = [list(column) for column in zip(*keys, strict=True)] or [[], [], []]
    rows = await FIND.all(connection, list(borrowers), *columns, *looked_up(lookups))
    return [event for row in rows for event in (row, *_standing(row, lookups))]


def _names(matter: Matter) -> list[tuple[str, str]]:
    whole = [
        (by, "") for by in ("latest", "borrower", "open", "debt", "address", "creditor", "calls", "times")
    ]
    own: list[tuple[str, str]] = [
        ("debt", matter.debt_id),
        ("creditor", matter.creditor),
        ("answer", matter.creditor),
    ]
    return [*whole, *own, *(("address", address) for address in matter.addresses)]


async def strangers(connection: Connection, addresses: Collection[tuple[UUID, str]]) -> list[Told]:
    """What was learned of these addresses of borrowers: that they are somebody else's."""
    keys = sorted(addresses)
    columns = [one[0] for one in keys], ["address"] * len(keys), [one[1] for one in keys]
    return await FIND.all(connection, [], *columns, ["wrong_number"], ["address"])


def _standing(row: Told, lookups: frozenset[Lookup]) -> list[Told]:
    """The strictest readings of what an event stands for, where a rule is shut by it."""
    if not row.stands:
        return []
    bars = {str(one.by) for one in lookups if one.type == row.type and one.use == "bars"}
    if row.type in REVOKING:
        bars.add("address")
    last_day = row.stands.get("until")
    return [
        _strictest(row, by, number, until)
        for by, number in row.stands.items()
        if by in bars
        for until in (None, last_day)[: 1 if last_day is None else 2]
    ]


def _strictest(row: Told, by: str, number: int, until: str | None) -> Told:
    left = {"topic", "creditor", "until", "inconvenient"}
    document = {name: value for name, value in (row.document or {}).items() if name not in left}
    document["account_id"] = OTHERS
    if by != "debt":
        document["debt_ids"] = [OTHERS]
    if until is not None:
        document["until"] = until
    if row.type == "designation":
        document["inconvenient"] = [{}]
    return row._replace(
        event_id=f"{row.event_id}.{by}.{until or ''}",
        document=document,
        recorded=max(row.recorded, number),
        stands=None,
    )
