"""Why a message came as it did, in sentences for the borrower."""

from __future__ import annotations

from typing import Any

from service.dispatch.runtime import Runtime
from service.errors import NotFound
from service.ids import NoticeId
from service.learning.arms import Segment
from service.learning.words import LANGUAGES, why
from service.model.actor import Actor
from service.store import choices, notices


async def why_notice(runtime: Runtime, id_: NoticeId, actor: Actor) -> dict[str, Any]:
    """What was chosen for a notice, and the sentences in every language that they are written in. Raises
    NotFound."""
    async with runtime.of(id_.borrower).database.connection() as connection:
        stored = await notices.stored(connection, [(id_.borrower, id_.number)])
        if not stored or not actor.may_see(stored[0].creditor):
            raise NotFound("there is no such notice")
        chosen = await choices.chosen(connection, id_.borrower, id_.number)
    contact = runtime.in_force.creditor(stored[0].creditor).contact
    reached = contact.phone or contact.email or contact.url
    group = "plain" if chosen is None else chosen.arm_group
    segment = None if chosen is None else Segment.parse(chosen.segment)
    arm = "plain" if chosen is None else chosen.arm
    said = {
        language: why(language, group=group, segment=segment, arm=arm, contact=reached)
        for language in LANGUAGES
    }
    return {
        "notice": str(id_),
        "group": group,
        "arm": None if chosen is None else arm,
        "policy": None if chosen is None else chosen.policy,
        "snapshot": None if chosen is None else chosen.snapshot,
        "decided_at": None if chosen is None else chosen.decided_at,
        "planned_at": None if chosen is None else chosen.planned_at,
        "sentences": said,
    }
