"""The console over several cells: what its pages link to is found in the cell where it stands."""

from __future__ import annotations

import json
import re
from typing import Any

from service.dispatch.reconcile import growing
from tests.cells.conftest import TwoCells
from tests.cells.test_moving import ask
from tests.cells.test_one_face import one_in_each, sequence
from tests.console.visiting import after, visitor

ENTRY = re.compile(r'href="(/console/log/\d+[^"]*)">')
AGAIN = re.compile(r'href="(/console/notices/[^"]+replay=[^"#]+)#(e[\d-]+)"')
PROOF = re.compile(r'href="(/console/log/proof[^"]+)"')


def links(shape: re.Pattern[str], text: str) -> list[Any]:
    """What a page links to, without the marks of HTML."""
    return shape.findall(text.replace("&amp;", "&"))


async def test_each_entry_of_a_story_is_found_where_it_stands(two: TwoCells, plain: dict[str, Any]) -> None:
    """Of a borrower who moved, some entries lie in the log of the cell that they left, under numbers that the
    other log has too: each link shows its own, a decision is taken again from there, and each cell's proof
    holds what that log has."""
    client = two.bench.api.client
    here = two.notice_in(two.home, plain)
    id_ = await two.bench.accept({**here, "fan_out": "all"}, "sms", "email")
    await two.bench.work()
    await ask(two, here["borrower"]["id"], two.other)
    assert 1 == await growing.run(two.home, pause=0)
    assert (await client.post(f"/v1/notices/{id_}/cancel")).is_success
    await sequence(two)
    auditor = await visitor(two.bench.api, "auditor")

    story = (await auditor.get(f"/console/notices/{id_}")).text

    entries = links(ENTRY, story)
    assert {True, False} == {"cell=1" in one for one in entries}
    for path in entries:
        answer = await auditor.get(path)
        assert (200, True) == (answer.status_code, f"/console/notices/{id_}" in answer.text), path
    decisions = links(AGAIN, story)
    assert 2 == len(decisions)
    for path, place in decisions:
        text = (await auditor.get(path)).text
        said = text[text.index(f'id="{place}"') :]
        assert "The same again" in said[: said.index("</li>")]
    proven = [json.loads((await auditor.get(path)).text)["entries"] for path in links(PROOF, story)]
    assert len(entries) == sum(map(len, proven))


async def test_every_log_has_its_chain_its_export_and_its_checkpoint(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """One cell after the other."""
    await one_in_each(two, plain)
    await sequence(two)
    auditor = await visitor(two.bench.api, "auditor")
    assert "?cell=1" in (await auditor.get("/console/log/chain")).text
    assert 200 == (await auditor.get("/console/log/chain?cell=1")).status_code
    exports = (await auditor.get("/console/log/exports")).text.replace("&amp;", "&")
    notes = set()
    for cell in (0, 1):
        assert f"/console/log/export?format=jsonl&cell={cell}" in exports
        notes.add((await auditor.get(f"/console/log/proof?cell={cell}")).text)
    assert 2 == len(notes)


async def test_what_waits_in_another_cell_is_looked_at_and_released(
    two: TwoCells, plain: dict[str, Any]
) -> None:
    """What the policies say of it now, what binds it, and the words of its page."""
    id_ = await two.bench.accept(two.notice_in(two.other, plain))
    ops = await visitor(two.bench.api, "ops")
    assert "of 1 that wait" in (await ops.get("/console/policies")).text
    async with two.other.database.connection() as connection:
        await connection.execute("UPDATE deliveries SET state = 'held', reason = 'somebody wrote'")
    assert "Select all 1" in (await ops.get("/console/held")).text
    look = await ops.get(f"/console/held/release?delivery={id_}.sms&how=decide_again")
    assert "Every policy permits it now." in look.text
    assert "Time zone of the borrower" in (await ops.get(f"/console/notices/{id_}")).text
    chosen = {"delivery": f"{id_}.sms", "how": "decide_again", "reason": "it was clear"}
    assert "Released 1 of 1." in await after(ops, await ops.post("/console/held", chosen))
