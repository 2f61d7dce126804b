"""docs/states.md is what the service does: every event is tried in every state on a real PostgreSQL, and the
tables are compared."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from policies.verdict import Kind
from service.dispatch.decide.decision import STATES as STATE_OF_VERDICT
from service.model.delivery import FINAL, AttemptState, DeliveryState
from tests.architecture.every_state import EVENTS, OPEN_ATTEMPTS, SITUATIONS, try_everything


@pytest.fixture(scope="module")
def seen(server_url: str, template_database: str) -> Iterator[dict[tuple[str, str, str], str]]:
    """Everything tried once, on a database of its own."""

    async def run(statement: str) -> None:
        connection = await asyncpg.connect(server_url)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run(f"CREATE DATABASE forbear_states TEMPLATE {template_database}"))
    try:
        yield asyncio.run(try_everything(re.sub(r"/[^/?]*(?=\?|$)", "/forbear_states", server_url, count=1)))
    finally:
        asyncio.run(run("DROP DATABASE forbear_states WITH (FORCE)"))


def table(seen: dict[tuple[str, str, str], str], kind: str) -> str:
    """One table of docs/states.md. An empty cell: nothing moves."""
    events = list(EVENTS[kind])
    lines = [f"| delivery / attempt | {' | '.join(events)} |", "| --- |" + " --- |" * len(events)]
    for situation in SITUATIONS:
        cells = [
            "" if seen[kind, event, situation] == situation else seen[kind, event, situation]
            for event in events
        ]
        lines.append(f"| {situation} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def document(root: Path) -> str:
    return (root / "docs" / "states.md").read_text()


@pytest.mark.parametrize("kind", EVENTS)
def test_every_event_in_every_state_has_the_answer_that_the_document_gives(
    kind: str, seen: dict[tuple[str, str, str], str], document: str
) -> None:
    """The tables of docs/states.md are what happens, late, double and impossible events included."""
    expected = table(seen, kind)
    assert expected in document, expected


def arrows(document: str, heading: str) -> list[tuple[str, str, str]]:
    """The arrows of the diagram under a heading: from, to, label."""
    diagram = document.split(f"## {heading}\n", 1)[1].split("```mermaid\n", 1)[1].split("```", 1)[0]
    return re.findall(r"^ *(\S+) --> (\S+) *: *(.+)$", diagram, re.MULTILINE)


def moves(seen: dict[tuple[str, str, str], str], side: int) -> set[tuple[str, str, str]]:
    """Every move that was seen, of deliveries (0) or attempts (1): from, to, event."""
    found = set()
    for (_, event, situation), after in seen.items():
        found.add((situation.split(" / ")[side], after.split(" / ")[side], event))
    claimable = {before for before, after, _ in found if after == "claimed"}
    verdicts = {
        (before, STATE_OF_VERDICT[kind].value, f"verdict: {kind.value}")
        for before in claimable
        for kind in Kind
    }
    return found | verdicts if side == 0 else found | {("[*]", "reserved", "verdict: allow")}


@pytest.mark.parametrize(
    ("heading", "side", "states"), [("The delivery", 0, DeliveryState), ("The attempt", 1, AttemptState)]
)
def test_every_arrow_of_the_diagrams_is_a_move_that_happens(
    heading: str,
    side: int,
    states: type[DeliveryState | AttemptState],
    seen: dict[tuple[str, str, str], str],
    document: str,
) -> None:
    """No diagram shows a way that the service does not go, and none leaves a state out."""
    drawn = [
        (before, after, event)
        for before, after, label in arrows(document, heading)
        for event in label.split(" or ")
    ]
    begins = {("[*]", "due", "accepted"), ("[*]", "deferred", "accepted for later")}
    assert [] == [
        arrow for arrow in drawn if arrow not in moves(seen, side) | (begins if side == 0 else set())
    ]
    assert {state.value for state in states} == {state for arrow in drawn for state in arrow[:2]} - {"[*]"}


def test_nothing_leaves_a_final_state_but_by_a_receipt(seen: dict[tuple[str, str, str], str]) -> None:
    """Only the provider's own word moves a delivery that has ended; no sweep and no person does."""
    final = {state.value for state in FINAL}
    ended = {
        one for one in SITUATIONS if one.split(" / ")[0] in final and one.split(" / ")[1] not in OPEN_ATTEMPTS
    }
    left = {kind for (kind, _, before), after in seen.items() if before in ended and after != before}
    assert {"receipts"} == left


def test_an_attempt_that_may_have_gone_is_never_sent_again_blindly(
    seen: dict[tuple[str, str, str], str],
) -> None:
    """Out of `unknown` a delivery becomes due only by a person, or by a category for which twice is better
    than never."""
    due = {
        event
        for (_, event, before), after in seen.items()
        if before.endswith("/ unknown") and after.startswith("due /")
    }
    assert {"person: decide again", "nothing learned, twice beats never"} == due


def test_every_open_attempt_stands_in_a_known_situation(seen: dict[tuple[str, str, str], str]) -> None:
    """No event leaves an attempt in flight where no further event would look for it."""
    open_after = {after for after in seen.values() if after.split(" / ")[1] in OPEN_ATTEMPTS}
    assert set() == open_after - set(SITUATIONS) - ENDED


ENDED = {"cancelled / accepted", "cancelled / held_by_provider"}
"""The delivery was ended; its attempt counts, and is asked about by its own look-ups."""
