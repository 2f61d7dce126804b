"""An experiment of some weeks, put into a planted world as it would stand: groups by lot, rounds with what
came of them, a weekly run, and a next version that waits for somebody."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from service.console.learning_drafts import STARTER
from service.dispatch.learning.run import learn
from service.learning.arms import ARMS, NONE, Segment
from service.model.actor import SYSTEM_ACTOR
from tests.console.planting import Planted

NAME, BANK = "first-bank-timing", "first-inclusive-bank"
PATH = f"/v1/learning/policies/{NAME}"
ROUNDS, FIRST_NOTICE = 2600, 10**15
GROUPS = ("learned", "learned", "learned", "learned", "chance", "holdout")
PLACES = (("en", "US-MA"), ("es", "US-CA"), ("en", "US-NY"), ("zh", "CN"), ("es", "ES"))

BORROWERS = """
INSERT INTO borrowers (borrower_id, profile_digest, language, jurisdiction, created_at, updated_at)
SELECT md5('round ' || g)::uuid, '', ($2::text[])[1 + g % 5], ($3::text[])[1 + g % 5], now(), now()
FROM generate_series(0, $1::int - 1) g
"""
CHOICE = """
INSERT INTO choices (borrower_id, notice_no, creditor, policy, policy_digest, arm_group, segment, allowed,
    arm, weight, total, decided_at, counts_until, matures_at, counted_at, contacts_sms, contacts_email,
    payment, opt_out, complaint)
VALUES (md5('round ' || $1::int)::uuid, $2, $3, $4, '', $5, $6, $7, $8, 1, 13, $9, $10, $10, $11, $12, $13,
    $14, $15, $16)
"""
CELLS = """
INSERT INTO learning_cells
SELECT creditor, policy, date_trunc('week', decided_at)::date, arm_group, segment, arm, count(*),
    sum(contacts_sms), sum(contacts_email), 0, count(*) FILTER (WHERE payment), 0, 0,
    count(*) FILTER (WHERE opt_out), count(*) FILTER (WHERE complaint), 0
FROM choices GROUP BY 1, 2, 3, 4, 5, 6
"""


async def plant_learning(world: Planted, *, number: int = ROUNDS) -> None:
    """Put the experiment into the store."""
    text = STARTER.replace("stage: shadow", "stage: live")
    await world.call("PUT", PATH, key="ops", text=text)
    for step, who in (("test", "ops"), ("approve", "second"), ("activate", "ops")):
        await world.call("POST", f"{PATH}/versions/1/{step}", key=who)
    async with world.service.runtime.database.connection() as connection:
        languages, places = zip(*PLACES, strict=True)
        await connection.execute(BORROWERS, number, list(languages), list(places))
        await connection.executemany(CHOICE, [_round(world, place) for place in range(number)])
        await connection.execute(CELLS)
    await learn(world.service.runtime, SYSTEM_ACTOR)
    await world.call("PUT", PATH, key="ops", text=text.replace("opt_out: -0.5", "opt_out: -1"))
    await world.call("POST", f"{PATH}/versions/2/test", key="ops")
    await world.call("PUT", PATH, key="ops", text=text.replace("opt_out: -0.5", "opt_out: -2"))


def _round(world: Planted, place: int) -> tuple[Any, ...]:
    """One round: who is written to in vain, more often opts out; mornings bring most."""
    random = Random(place)
    group, unanswered = GROUPS[place % len(GROUPS)], random.randrange(4)
    arm = ARMS[random.randrange(len(ARMS))]
    if group == "learned" and random.random() < 0.2 * unanswered:
        arm = NONE
    if group == "holdout" and arm == NONE:
        arm = ARMS[0]
    begun = world.clock.now() - timedelta(days=10 + random.randrange(25))
    matures = begun + timedelta(days=9)
    pays = 0.31 + (0.05 if "08:00" in arm else 0.0) - (0.04 if arm == NONE else 0.0)
    return (
        place, FIRST_NOTICE + place, BANK, NAME, group, Segment("early", unanswered, "none").text(),
        list(ARMS), arm, begun, matures, matures, int(arm.startswith("sms")), int(arm.startswith("email")),
        random.random() < pays, arm != NONE and random.random() < 0.004 * (1 + unanswered),
        random.random() < 0.001,
    )  # fmt: skip
