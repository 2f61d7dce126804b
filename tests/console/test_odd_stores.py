"""Every page answers on every odd state of the store, and to every odd id, number and filter: with a page and
a sentence, and never with a failure of ours."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from starlette.routing import Match

from service.api.routers.policies import EXAMPLE
from service.console.access import ACCESS
from service.console.app import ROUTERS
from service.console.learning_drafts import STARTER
from service.dispatch.audit import log as log_use_cases
from service.log.sequence import sequence_once
from tests.console.visiting import Visitor, accepted, change, visitor
from tests.log.archiving import Store
from tests.log.ledger import Ledger

PAGES = tuple(path for method, path in ACCESS if method == "GET")
PLACE = re.compile(r"\{(\w+)(?::path)?\}")
SEGMENTS = (
    "nobody",
    "0",
    "1",
    "-1",
    "9" * 18,
    "9" * 40,
    "1e9",
    "٣",
    "%00",
    "é",
    "%F0%9F%92%A9",
    "..",
    "a%2Fb",
    "x" * 300,
    "00000000-0000-0000-0000-000000000000",
    "{}",
)
"""What may stand in a path where an id, a name or a number is expected."""
STEPS = ("simulate", "retire", "approve", "activate", "rollback", "test", "revoke", "rotate", "nothing")
VALUES = (
    "nobody", "-1", "9" * 40, "\x00", "x" * 5000, "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59", "1.2.3", "\U0001f642",
)  # fmt: skip
"""What may stand in a field of a query."""
FIELDS = (
    "actor", "address", "after", "all", "before", "below", "borrower", "by", "cell", "channel", "creditor",
    "debt", "delivery", "format", "from", "how", "id", "index", "kept", "kind", "lifted", "new", "next",
    "notice", "now", "old", "policy", "provider", "q", "reason", "reference", "replay", "rule", "state",
    "template", "to", "verdict", "version", "what",
)  # fmt: skip
"""Every name that a page reads from its query."""
SAYS = re.compile(r"<h1>[^<]+</h1>")


@pytest.fixture(autouse=True)
def _nobody_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export waits for the index of its own entry as long as three rounds of the sequencer take; here
    there is none, and every export would wait for nothing."""
    monkeypatch.setattr(log_use_cases, "SEQUENCED_WITHIN", 0.02)


async def asked(one: Visitor, path: str) -> int:
    """A page's answer, which must be one: a page that says something, a file, or a way to elsewhere."""
    answer = await one.get(path)
    assert answer.status_code in {200, 303, 403, 404, 409, 422}, (path, answer.status_code, answer.text[:400])
    if answer.headers.get("content-type", "").startswith("text/html"):
        assert SAYS.search(answer.text) or answer.status_code == 303, (path, answer.text[:400])
    return int(answer.status_code)


def plain() -> Iterator[str]:
    """Every page with what stands in the store, and with what does not."""
    known = {
        "name": "us-reg-f", "version": "0", "step": "simulate", "creditor": "first-inclusive-bank",
        "index": "0", "id": "nobody", "result": "nothing", "rest": "nowhere/at/all",
    }  # fmt: skip
    for path in PAGES:
        yield PLACE.sub(lambda match: known[match[1]], path)
    yield from ("/console/policies/evening-rest", "/console/policies/evening-rest/compare?old=0&new=1")
    yield from ("/console/templates/overdue-reminder", "/console/learning/first-bank-timing")
    yield from ("/console/borrowers?id=B-1", "/console/log/1", "/console/log/2", "/console/log/1000")
    yield from ("/console/log/proof?index=0", "/console/log/proof?index=1000", "/console/log?kind=decision")
    yield "/console/log/chain?kept=" + quote("forbear.example\n5\nAAAA\n\n— forbear.example AAAA")


async def sequenced(api: Any) -> None:
    """What the sequencer does."""
    async with api.runtime.database.connection() as connection:
        await sequence_once(connection, api.runtime.vault)


async def empty(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """Nothing in it."""


async def lived(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """Notices, a held delivery, versions on their way; nothing of the log is sequenced."""
    await accepted(api, notice)
    await change(api, "UPDATE deliveries SET state = 'held', reason = 'it cannot be rendered'")
    ops = await visitor(api, "ops")
    for path, fields in (
        ("/console/policies/new", {"document": EXAMPLE}),
        ("/console/learning/new", {"document": STARTER}),
        ("/console/suppressions", {"address": "+12025550123", "channel": "any", "reason": "opt_out"}),
        ("/console/legal-holds", {"borrower": "B-1", "because": "file 17"}),
    ):
        assert 303 == (await ops.post(path, fields)).status_code, path


async def whole(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """The same with its log sequenced."""
    await lived(api, notice, folder)
    await sequenced(api)


async def without_tiles(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """A signed head over entries, and no tree: as after a restore that went wrong."""
    await whole(api, notice, folder)
    await change(api, "DELETE FROM log_tiles")


async def torn(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """Tiles that are cut short."""
    await whole(api, notice, folder)
    await change(api, "UPDATE log_tiles SET hashes = substr(hashes, 1, 40)")


async def headless(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """Entries with their index and no checkpoint."""
    await whole(api, notice, folder)
    await change(api, "DELETE FROM log_checkpoints")


async def odd_notes(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """A checkpoint that is none, with a witness that is none."""
    await whole(api, notice, folder)
    await change(api, "UPDATE log_checkpoints SET note = 'planted', cosignatures = '— nobody zzz'")


async def erased(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """The one borrower was erased."""
    await whole(api, notice, folder)
    answer = await api.client.delete("/v1/borrowers/B-1/legal-hold")
    assert answer.is_success, answer.text
    answer = await api.client.post("/v1/borrowers/B-1/erase", json={"reason": "she asked"})
    assert answer.is_success, answer.text


async def unreadable(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """Encrypted columns that nothing opens any more."""
    await whole(api, notice, folder)
    await change(api, "UPDATE notices SET sealed = '\\x0000'::bytea")


async def without_policies(api: Any, notice: dict[str, Any], folder: Path) -> None:
    """No policy ships and none is stored."""
    await accepted(api, notice)
    api.runtime.in_force.shipped_policies = {}
    async with api.runtime.database.connection() as connection:
        await api.runtime.in_force.refresh(connection, api.clock.now())


STATES: dict[str, Callable[[Any, dict[str, Any], Path], Awaitable[None]]] = {
    one.__name__: one
    for one in (
        empty, lived, whole, without_tiles, torn, headless, odd_notes, erased, unreadable, without_policies
    )
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("state", STATES)
async def test_every_page_answers_on_every_odd_store(
    api: Any, notice: dict[str, Any], tmp_path: Path, state: str
) -> None:
    """What is missing, torn or erased is said; nothing fails."""
    api.log_is_damaged = True
    await STATES[state](api, notice, tmp_path)
    async with api.runtime.database.connection() as connection:
        rows = await connection.fetch("SELECT borrower_id, notice_no FROM notices")
    one = await visitor(api, "admin")
    for path in plain():
        await asked(one, path)
    for row in rows:
        await asked(one, f"/console/borrowers?id={row['borrower_id'].hex}")
    auditor = await visitor(api, "auditor")
    for path in plain():
        await asked(auditor, path)


async def test_every_page_answers_where_the_beginning_was_archived(api: Any, tmp_path: Path) -> None:
    """An entry that was dropped says in which archive it is."""
    store = Store(Ledger(api), tmp_path)
    await store.grow(300, 0)
    await store.grow(7, 300)
    await store.drop(await store.archive(300))
    one = await visitor(api, "auditor")
    for path in plain():
        await asked(one, path)
    answer = await one.get("/console/log/5")
    assert (404, True) == (answer.status_code, "archive of entries 0 to" in answer.text)


@pytest.mark.slow
async def test_every_page_answers_to_whatever_stands_in_its_path(
    api: Any, notice: dict[str, Any], tmp_path: Path
) -> None:
    """Ids that nobody has, numbers without end or below nothing, signs that no id holds."""
    api.log_is_damaged = True
    await whole(api, notice, tmp_path)
    one = await visitor(api, "admin")
    for path in PAGES:
        for place in PLACE.findall(path):
            for odd in SEGMENTS:
                for step in STEPS if place == "version" else ("simulate",):
                    given = {"name": "us-reg-f", "version": "0", "id": "1", "step": step, place: odd}
                    await asked(one, _filled(path, given))


def _filled(path: str, given: dict[str, str]) -> str:
    """A path with something in each of its places."""
    return PLACE.sub(lambda match: given.get(match[1], "1"), path)


def _read_by(path: str) -> list[str]:
    """The fields that the module of a page names."""
    scope = {"type": "http", "method": "GET", "path": path}
    routes: list[Any] = [one for router in ROUTERS for one in router.routes]
    endpoint = next(one.endpoint for one in routes if one.matches(scope)[0] is Match.FULL)
    source = Path(inspect.getfile(endpoint)).read_text()
    return [field for field in FIELDS if f'"{field}"' in source]


@pytest.mark.slow
async def test_every_page_answers_to_whatever_stands_in_its_query(
    api: Any, notice: dict[str, Any], tmp_path: Path
) -> None:
    """Each field alone with each odd value, and given twice."""
    api.log_is_damaged = True
    await whole(api, notice, tmp_path)
    one = await visitor(api, "admin")
    paths = [page for page in PAGES if "{" not in page]
    paths += ["/console/policies/us-reg-f", "/console/policies/evening-rest/compare", "/console/log/0"]
    paths += ["/console/policies/evening-rest/1/simulate", "/console/learning/first-bank-timing"]
    for path in paths:
        for field in _read_by(path):
            for value in VALUES:
                await asked(one, f"{path}?{urlencode([(field, value), (field, value)])}")
    await asked(one, "/console/notices?" + "&".join(["state=held"] * 3000))
    await asked(one, "/console/notices?state=%FF%FE")
