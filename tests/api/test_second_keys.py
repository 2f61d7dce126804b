"""What takes a policy out of force, or an earlier text back into it, is asked for by one key and done by
another."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.test_policy_life import DOCUMENT, Life, with_close


@pytest.fixture
async def life(api: Any) -> Life:
    """Two ops keys."""
    return Life(api, await api.key("ops"), await api.key("ops"))


async def test_retiring_what_binds_takes_a_reason_and_a_second_key(life: Life) -> None:
    """One key alone does nothing, however often it asks, nor do its successors; an ask of last week is void;
    both stand in the log."""
    await life.active(DOCUMENT, 1)
    path = "/v1/policies/evening-rest/versions/1/retire"
    for body in (None, {}, {"reason": ""}, {"reason": 3}):
        refused = await life.api.client.post(path, headers=life.second, json=body)
        assert 422 == refused.status_code, refused.text
    first = await life.step(1, "retire", reason="a letter of the regulator")
    assert (202, "active") == (first.status_code, first.json()["state"])
    assert "a letter of the regulator" == first.json()["retirement_asked"]["reason"]
    assert [202, 202] == [
        (await life.step(1, "retire", reason=why)).status_code for why in ("again", "again")
    ]
    assert "again" == (await life.read())[1]["retirement_asked"]["reason"]
    assert 1 == await life.in_force()
    life.api.clock.move(timedelta(days=7, seconds=1))
    assert 202 == (await life.step(1, "retire", key=life.author)).status_code
    done = await life.step(1, "retire", reason="yes")
    assert (200, "retired", None) == (done.status_code, done.json()["state"], await life.in_force())
    (entry,) = (await life.api.client.get("/v1/log", params={"kind": "policy.retired"})).json()["items"]
    assert "yes" == entry["public"]["reason"]
    assert entry["actor"] != entry["public"]["asked_by"]


async def test_a_draft_is_dropped_by_one_key(life: Life) -> None:
    """It binds nobody: a reason is enough."""
    await life.put()
    assert (200, "retired") == ((gone := await life.step(1, "retire")).status_code, gone.json()["state"])


async def test_rolling_back_makes_a_version_of_the_earlier_text_by_two_keys(life: Life) -> None:
    """Nothing is edited: the earlier version keeps its dates, and who asked and who agreed stand on the new
    one."""
    await life.active(with_close(15), 1)
    life.api.clock.move(timedelta(days=1))
    await life.active(with_close(16), 2)
    life.api.clock.move(timedelta(days=1))
    assert 409 == (await life.step(2, "rollback")).status_code, "it is in force"
    assert 404 == (await life.step(9, "rollback")).status_code
    asked = await life.step(1, "rollback", key=life.author)
    assert (202, 2) == (asked.status_code, await life.in_force())
    done = (await life.step(1, "rollback")).json()
    assert (3, "active", True) == (done["version"], done["state"], done["in_force"])
    versions = await life.read()
    assert (with_close(15), 3) == (versions[3]["document"], await life.in_force())
    assert versions[3]["created_by"] != versions[3]["approved_by"]
    assert "retired" == versions[1]["state"] == versions[2]["state"]
