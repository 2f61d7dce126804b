"""The pages of experiments: three lines, stop rules, points old and new, and a button that stops."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from service.dispatch.learning.disparity import read_disparity
from service.dispatch.learning.run import learn
from service.model.actor import SYSTEM_ACTOR
from tests.api.as_twilio import send_due
from tests.console.visiting import after, change, visitor
from tests.learning.lender import NAME, accept_all, activate, adaptive
from tests.learning.test_life import DAY, paid, rounds

PATH = f"/console/learning/{NAME}"


async def test_an_experiment_is_shown_and_stopped(api: Any, notice: Any) -> None:
    """Ops stop it with a reason; auditors see it without the button."""
    one = await visitor(api, "ops")
    assert "Nothing is learned here" in (await one.get("/console/learning")).text
    await activate(api, learning={"at_least_decisions": 500})
    await paid(api, notice)
    await rounds(api, 1300, payment=True)
    await learn(api.runtime, SYSTEM_ACTOR)
    assert NAME in (await one.get("/console/learning")).text
    text = (await one.get(PATH)).text
    assert "Nobody is written to" in text
    assert "cannot be said yet" in text
    assert "channel=sms band=08:00-11:00" in text
    assert "Stop it" not in (await (await visitor(api, "auditor")).get(PATH)).text
    assert "starts again" in (await one.get(f"{PATH}/stop")).text
    refused = await one.post(f"{PATH}/stop", {})
    assert 422 == refused.status_code
    assert 303 == (await one.post(f"{PATH}/stop", {"reason": "complaints"})).status_code
    assert {} == api.runtime.in_force.learned
    assert "complaints" in (await one.get(PATH)).text


async def test_a_notice_says_why_it_came_so_in_three_languages(api: Any, notice: Any) -> None:
    """Where something may choose, for those who may read the log; a plain notice says nothing of it."""
    await activate(api, stage="chance")
    chosen, plain = await accept_all(api, [adaptive(notice, 1), adaptive(notice, 2, fan_out="cascade")])
    await send_due(api)
    one = await visitor(api, "auditor")
    said = (await api.client.get(f"/v1/notices/{chosen}/why")).json()["sentences"]
    text = html.unescape((await one.get(f"/console/notices/{chosen}")).text)
    assert "channel and hour may be chosen" in text
    for language in ("en", "es", "zh-CN"):
        assert f'lang="{language}">{said[language]}' in text
    text = (await one.get(f"/console/notices/{plain}")).text
    assert ("one after the other" in text, "Why at this hour" in text) == (True, False)


async def test_the_disparity_report_hides_small_groups(api: Any, notice: Any) -> None:
    """By language and place, fifty rounds at the least; the rounds of people who are gone are in none."""
    await activate(api)
    await rounds(api, 120, payment=True)
    async with api.runtime.database.connection() as connection:
        await connection.execute("UPDATE choices SET arm_group = 'learned'")
        await connection.execute(
            "INSERT INTO borrowers (borrower_id, profile_digest, language, jurisdiction, created_at, "
            "updated_at)"
            " SELECT borrower_id, '', CASE WHEN notice_no < 90 THEN 'en-US' ELSE 'es' END, 'US-MA', now(), "
            "now() FROM choices"
        )
    at = api.clock.now()
    found = await read_disparity(api.runtime, NAME, SYSTEM_ACTOR, since=at - 30 * DAY, until=at)
    assert [("language", "en", 90), ("place", "US-MA", 120)] == [
        (one["trait"], one["value"], one["rounds"]) for one in found["rows"]
    ]
    assert 1 == found["hidden"]
    assert 90 == found["rows"][0]["payments"]["count"]


async def test_a_policy_goes_its_way_on_the_pages(api: Any) -> None:
    """Drafted from the text that stands there, tested, approved by another, active, retired; nobody is
    offered what they may not do."""
    author, second = await visitor(api, "ops", name="Dana"), await visitor(api, "ops", name="Ravi")
    starter = _text_of((await author.get("/console/learning/new")).text)
    assert "kind: learning" in starter
    wrong = await author.post(
        "/console/learning/new", {"document": starter.replace("opt_out: -0.5", "opt_out: 1")}
    )
    assert 422 == wrong.status_code
    assert "/value/opt_out" in wrong.text
    assert 'class="mistake"' in wrong.text
    drafted = await author.post("/console/learning/new", {"document": starter})
    text = await after(author, drafted)
    assert "Stored as version 1, a draft." in text
    assert "Dana" in text
    assert "test first-bank-timing, version 1" in (await second.get("/console")).text
    tested = await author.post(f"{PATH}/1/test")
    result = await after(author, tested)
    assert "One complaint outweighs 3 payments" in result
    assert "Too few rounds are known" in result
    assert "You wrote it: another key has to approve it." in (await author.get(PATH)).text
    assert f"{PATH}/1/approve" not in (await author.get(PATH)).text
    assert 403 == (await author.post(f"{PATH}/1/approve")).status_code
    assert "One complaint outweighs" in (await second.get(f"{PATH}/1/approve")).text
    assert "Version 1 is approved." in await after(second, await second.post(f"{PATH}/1/approve"))
    assert "Version 1 chooses from now on." in await after(author, await author.post(f"{PATH}/1/activate"))
    edited = await author.post(PATH, {"document": starter.replace("stage: shadow ", "stage: chance ")})
    assert "Stored as version 2" in await after(author, edited)
    assert 422 == (await author.post(f"{PATH}/1/retire")).status_code
    over = await after(author, await author.post(f"{PATH}/1/retire", {"reason": "another way"}))
    assert "Version 1 is over" in over
    assert "another way" in over


def _text_of(page: str) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/1/dance", 404),
        ("/x/approve", 404),
        ("/1/test", 404),
        ("/results/nothing", 404),
        ("?version=9", 404),
    ],
)
async def test_what_a_policy_has_not_is_not_found(api: Any, path: str, status: int) -> None:
    """No step, no version, no result of that name."""
    await activate(api)
    one = await visitor(api, "ops")
    assert status == (await one.get(f"{PATH}{path}")).status_code
    assert 404 == (await one.post(f"{PATH}/1/dance")).status_code


async def test_a_test_draws_what_other_weights_would_do(api: Any) -> None:
    """On rounds that are known."""
    await activate(api)
    await rounds(api, 260, payment=True)
    one = await visitor(api, "ops")
    text = await after(one, await one.post(f"{PATH}/1/test"))
    assert "On the 260 rounds that are known" in text
    assert "harms weigh 4 times as much" in text


async def test_the_disparity_report_is_the_auditors(api: Any) -> None:
    """By language and place, over a span; for ops it is no page."""
    await activate(api)
    auditor = await visitor(api, "auditor")
    assert "No group is large enough" in (await auditor.get(f"{PATH}/disparity")).text
    await rounds(api, 120, payment=True)
    await change(api, "UPDATE choices SET arm_group = 'learned'")
    await change(
        api,
        "INSERT INTO borrowers (borrower_id, profile_digest, language, jurisdiction, created_at, updated_at)"
        " SELECT borrower_id, '', CASE WHEN notice_no < 90 THEN 'en-US' ELSE 'es' END, 'US-MA', now(), now()"
        " FROM choices",
    )
    text = (await auditor.get(f"{PATH}/disparity")).text
    assert "US-MA" in text
    assert "1 groups of fewer than 50 rounds are hidden." in text
    assert "Disparity report" in (await auditor.get(PATH)).text
    early = (await auditor.get(f"{PATH}/disparity?from=2020-01-01&to=2020-02-01")).text
    assert "No group is large enough" in early
    assert 422 == (await auditor.get(f"{PATH}/disparity?from=yesterday")).status_code
    ops = await visitor(api, "ops")
    assert 403 == (await ops.get(f"{PATH}/disparity")).status_code
    assert "Disparity report" not in (await ops.get(PATH)).text
