"""The pages' words: every sentence stands in every catalogue, with the same places for what is put into
it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service.console.words import LANGUAGES, RETOLD, SOURCE, catalogue, negotiated
from tests.console.gathering import OWN, gathered, read
from tests.console.visiting import visitor

PLACE = re.compile(r"%\(\w+\)s|%%")
OTHERS = [one for one in LANGUAGES if one != SOURCE]


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_pages_is_in_every_catalogue(language: str) -> None:
    """None is missing, none is left over, none waits for a person to look at it; `make words` gathers
    them."""
    wanted = {one.id for one in gathered(OWN) if one.id}
    known = {one.id: one for one in read(language) if one.id}
    assert set() == wanted - known.keys(), "gather them: make words"
    assert set() == {id_ for id_, one in known.items() if RETOLD not in one.auto_comments} - wanted
    assert [] == [id_ for id_, one in known.items() if not one.string or one.fuzzy]


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_put_into_a_sentence_has_its_place_in_every_language(language: str) -> None:
    """A place that is missing or made up would break the page."""
    for one in read(language):
        if one.id:
            assert sorted(PLACE.findall(str(one.id))) == sorted(PLACE.findall(str(one.string))), one.id


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("fr-FR, es;q=0.7, en;q=0.3", "es"),
        ("de", "en"),
        ("*", "en"),
        (";q=x,,es-MX", "es"),
    ],
)
def test_the_browsers_language_is_spoken_where_it_can_be(accepted: str, language: str) -> None:
    """By its weights; English where none of its languages is spoken."""
    assert language == negotiated(accepted)


async def test_a_chosen_language_wins_and_the_page_says_which_it_is(api: Any) -> None:
    """In its markup too, for whoever reads it aloud."""
    one = await visitor(api, "ops")
    spanish = await one.get("/console/held", headers={"Accept-Language": "es"})
    assert '<html lang="es">' in spanish.text
    assert catalogue("es").gettext("What waits for a person") in spanish.text
    fields = {"language": "zh", "zone": "Asia/Shanghai"}
    assert 303 == (await one.post("/console/preferences", fields)).status_code
    chinese = await one.get("/console/held", headers={"Accept-Language": "es"})
    assert '<html lang="zh">' in chinese.text
    assert "Asia/Shanghai" in chinese.text
    assert 422 == (await one.post("/console/preferences", {"zone": "Mars/Olympus"})).status_code
