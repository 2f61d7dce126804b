"""The pages of experiments: three lines, stop rules, points old and new, and a button that stops."""

from __future__ import annotations

from typing import Any

from service.dispatch.learning.disparity import read_disparity
from service.dispatch.learning.run import learn
from service.model.actor import SYSTEM_ACTOR
from tests.console.visiting import visitor
from tests.learning.lender import NAME, activate
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
