"""The page of outcomes: pictures that say the numbers, a table with intervals, and words that claim no
cause."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from service.console.pictures import Cell, Series, columns_picture, map_picture
from tests.api.as_twilio import accept, send_due
from tests.api.test_outcomes import DAY, said
from tests.console.visiting import visitor

SVG = "<svg"


def drawings(text: str) -> list[ET.Element]:
    """Every picture of a page."""
    parts = text.split(SVG)[1:]
    found = [ET.fromstring(SVG + part.split("</svg>")[0] + "</svg>") for part in parts]
    return [one for one in found if one.get("role") == "img"]


async def test_the_page_draws_contacts_harms_and_hours(api: Any, notice: Any) -> None:
    """Each bar and each place of the map says its number in words."""
    await accept(api, notice, "sms")
    await said(api, "contact", api.clock.now() - 9 * DAY, outcome="hung_up")
    await said(api, "payment", api.clock.now() - 8 * DAY, debt_ids=["L-1"])
    await said(api, "contact", api.clock.now() - DAY, channel="email", outcome="delivered")
    text = (await (await visitor(api)).get("/console/outcomes?by=channel")).text
    against, harms, hours = drawings(text)
    titles = [one.text for one in against.iter("title")]
    assert ["2026-W46: contacts 1", "2026-W48: contacts 1"] == titles[:2]
    assert "2026-W46: followed by a payment 1" in titles
    assert "2026-W46: hang ups 1,000" in [one.text for one in harms.iter("title")]
    assert "voice, 11-14: 1 of 1 mature contacts, 20.7% to 100.0%" in [
        one.text for one in hours.iter("title")
    ]
    assert "email, 11-14: 1 contacts, none mature" in [one.text for one in hours.iter("title")]
    assert "because" not in text.lower()
    assert "nothing here says that a contact was the cause" in text


async def test_many_contacts_of_the_last_days_are_counted_when_asked_for(
    api: Any, notice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a page would take as long as they are many."""
    monkeypatch.setattr("service.dispatch.audit.outcomes.FEW", 1)
    await accept(api, notice, "sms")
    await said(api, "contact", api.clock.now() - 2 * DAY, outcome="hung_up")
    one = await visitor(api)
    text = (await one.get("/console/outcomes?by=channel")).text
    assert "Nobody was contacted" in text
    assert "Contacts of the last nine days are many and left out" in text
    asked = re.search(r'href="(\?[^"]*fresh=yes)"', text)
    assert asked is not None
    whole = (await one.get(f"/console/outcomes{html.unescape(asked[1])}")).text
    assert "left out" not in whole
    assert 3 == len(drawings(whole))


async def test_a_span_without_contacts_says_so_and_a_bad_one_why(api: Any) -> None:
    """No picture of nothing."""
    one = await visitor(api)
    assert "Nobody was contacted" in (await one.get("/console/outcomes")).text
    for query in ("from=soon", "by=name", "from=2026-01-01&to=2026-12-01"):
        assert 422 == (await one.get(f"/console/outcomes?{query}")).status_code


def test_bars_are_as_high_as_their_numbers() -> None:
    """The largest reaches the top; what is unknown has no height and says so."""
    picture = columns_picture(["a", "b"], [Series("x", (4.0, 2.0)), Series("y", (None, 0.0))])
    heights = [one["height"] for one in picture["bars"]]
    assert (heights[0], heights[0] / 2, 0.0, 0.0) == tuple(heights)
    assert "a: y unknown" == picture["bars"][2]["title"]


def test_shades_rise_with_the_share() -> None:
    """And what is not known has none."""
    cells = [Cell("sms", "08-11", value, "") for value in (None, 0.0, 0.1, 0.2)]
    assert [0, 1, 3, 5] == [one["shade"] for one in map_picture(["sms"], ["08-11"], cells)["cells"]]
    assert timedelta(days=1) == DAY


async def test_where_groups_are_told_apart_the_page_says_what_was_drawn_by_lot(api: Any, notice: Any) -> None:
    """In each language; and elsewhere nothing of it, nor that nobody chose."""
    await accept(api, notice, "sms")
    await said(api, "contact", api.clock.now() - DAY)
    one = await visitor(api)
    for language, words in (("en", "drawn by lot"), ("es", "se sorteó"), ("zh", "由抽签决定")):
        headers = {"Accept-Language": language}
        grouped = (await one.get("/console/outcomes?by=group&by=channel", headers=headers)).text
        plain = (await one.get("/console/outcomes?by=channel", headers=headers)).text
        assert (True, False) == (words in grouped, words in plain)
    assert "Nobody chose" not in plain


async def test_the_page_says_what_contacts_cost_where_prices_are_named(api: Any, notice: Any) -> None:
    """And where they are none it says what was expected."""
    await accept(api, notice, "sms")
    assert 1 == len(await send_due(api))
    one = await visitor(api)
    text = (await one.get("/console/outcomes?by=channel&prices=sms%3A0.0079")).text
    assert ">0.0079</td>" in text
    assert 'value="sms:0.0079"' in text
    assert ">Cost</th>" not in (await one.get("/console/outcomes?by=channel")).text
    assert 422 == (await one.get("/console/outcomes?prices=sms")).status_code
