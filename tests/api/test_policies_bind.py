"""What "active" means: how many waiting deliveries a policy binds, where a policy without places binds, and
what the settings add."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from service.errors import SetupError
from service.settings import load
from tests.api.test_policy_life import DOCUMENT, Life


@pytest.fixture
async def life(api: Any) -> Life:
    """Two ops keys."""
    return Life(api, await api.key("ops"), await api.key("ops"))


def in_places(*places: str) -> str:
    """The document for these places; for none in particular without one."""
    return DOCUMENT.replace(
        "match: {jurisdictions: [US-MA]}\n",
        f"match: {{jurisdictions: [{', '.join(places)}]}}\n" if places else "",
    )


async def accept(api: Any, notice: dict[str, Any], name: str, **borrower: Any) -> None:
    """A notice on two channels that waits."""
    body = {
        **notice,
        "channels": ["sms", "email"],
        "fan_out": "all",
        "wait": None,
        "debt": {**notice["debt"], "jurisdiction": None},
        "borrower": {**notice["borrower"], "id": name, **borrower},
    }
    answer = await api.client.post("/v1/notices", json=body)
    assert 202 == answer.status_code, answer.text


async def binds(life: Life, text: str, version: int) -> dict[str, Any]:
    """What the activation answers about what waits."""
    assert 201 == (await life.put(text)).status_code
    for verb in ("test", "approve"):
        await life.step(version, verb)
    found: dict[str, Any] = (await life.step(version, "activate")).json()["binds"]
    assert found == (await life.read())[version]["binds"]
    return found


async def test_activation_says_how_many_waiting_deliveries_it_binds(
    life: Life, notice: dict[str, Any]
) -> None:
    """By the borrower's evidence of place, channel by channel; nobody is a warning."""
    place = {"time_zone": None, "jurisdiction": None}
    await accept(life.api, notice, "B-1", **place, country="US", postal_code="02108")
    await accept(life.api, notice, "B-2", **place, country="US", postal_code="10001")
    await accept(life.api, notice, "B-3", **place, country="DE", postal_code=None)
    assert {"open_deliveries": 2, "of": 6, "complete": True} == await binds(life, in_places("US-MA"), 1)
    assert {"open_deliveries": 4, "of": 6, "complete": True} == await binds(life, in_places("US-NY", "DE"), 2)
    nobody = await binds(life, in_places("JP"), 3)
    assert (0, 6) == (nobody["open_deliveries"], nobody["of"])
    assert "match.jurisdictions" in nobody["warning"]
    assert {"open_deliveries": 6, "of": 6, "complete": True} == await binds(life, in_places(), 4)


async def test_activation_ahead_says_whom_it_will_bind(life: Life, notice: dict[str, Any]) -> None:
    """A version that begins in an hour, or in a month, answers as one that begins now."""
    place = {"time_zone": None, "jurisdiction": None}
    await accept(life.api, notice, "B-1", **place, country="US", postal_code="02108")
    await accept(life.api, notice, "B-2", **place, country="DE", postal_code=None)
    now = life.api.runtime.clock.now()
    for version, hours, places, bound in (
        (1, 1, ("US-MA",), 2),
        (2, 30 * 24, ("US-MA", "DE"), 4),
        (3, 60 * 24, ("JP",), 0),
    ):
        assert 201 == (await life.put(in_places(*places))).status_code
        for verb in ("test", "approve"):
            await life.step(version, verb)
        begins = (now + timedelta(hours=hours)).isoformat()
        answer = (await life.step(version, "activate", **{"from": begins})).json()
        assert not answer["in_force"]
        assert bound == answer["binds"]["open_deliveries"]
        assert (bound == 0) == ("warning" in answer["binds"])


async def test_a_finding_names_the_stored_version(life: Life, notice: dict[str, Any]) -> None:
    """Not the number that the document gives itself: three versions of it may all say "1"."""
    for version in (1, 2, 3):
        await life.active(in_places().replace("09:00-19:00", f"11:{10 + version}-13:00"), version)
    answer = await life.api.client.post("/v1/notices/preview", json=notice)
    (finding,) = [one for one in answer.json()["channels"][0]["findings"] if one["policy"] == "evening-rest"]
    assert "3" == finding["version"]
    assert "evening-rest@3" in answer.json()["channels"][0]["policies"]


async def test_names_beside_auto_bind_too(life: Life, notice: dict[str, Any]) -> None:
    """The packs of the place as before, and tiered-care with them; a demand to somebody who is very late is
    then refused."""

    async def policies() -> set[str]:
        answer = await life.api.client.post("/v1/notices/preview", json=notice)
        return {one.partition("@")[0] for one in answer.json()["channels"][0]["policies"]}

    before = await policies()
    life.api.runtime.in_force.further = ("tiered-care",)
    life.api.runtime.in_force._bound.clear()
    assert before | {"tiered-care"} == await policies()
    assert "house-strict" in before
    assert "tiered-care" not in before
    life.api.runtime.in_force.further = ("no-such",)
    with pytest.raises(SetupError, match="no policy is named no-such"):
        life.api.runtime.in_force.check_names(life.api.clock.now())


@pytest.mark.parametrize(
    ("given", "names", "further"),
    [
        ("auto", None, ()), ("auto,tiered-care", None, ("tiered-care",)),
        (" tiered-care , auto ", None, ("tiered-care",)),
        ("us-reg-f,house-strict", ("us-reg-f", "house-strict"), ()), ("auto,", None, ()),
    ],
)  # fmt: skip
def test_the_setting_takes_auto_names_or_both(
    monkeypatch: pytest.MonkeyPatch, given: str, names: Any, further: Any
) -> None:
    """In any order."""
    monkeypatch.setenv("FORBEAR_POLICIES", given)
    settings = load()
    assert (names, further) == (settings.policy_names, settings.further_policies)
