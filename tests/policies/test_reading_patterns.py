"""The small language of wordings: what is not well formed is refused, and what it means is what it says."""

from __future__ import annotations

import pytest

from policies.reading.patterns import patterns, spelt_out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stop) it", "closes that was not opened"),
        ("(stop it", "is left open"),
        ("[stop it)", "is left open"),
        ("* it", "a star follows"),
        ("~* it", "a star follows"),
        ("s* it", "a star follows"),
        ("{nothing} it", "listed under the name {nothing}"),
    ],
)
def test_a_wording_that_is_not_well_formed_is_refused(text: str, said: str) -> None:
    """With the wording, so that whoever wrote it finds it."""
    with pytest.raises(ValueError, match=said.replace("{", r"\{")):
        list(patterns(text, {}))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "stop (texting|calling) [me]",
            {"stop texting", "stop texting me", "stop calling", "stop calling me"},
        ),
        ("~ stop ~", {"stop"}),
        ("{doing} it", {"do it", "try it"}),
    ],
)
def test_a_wording_means_each_text_that_it_spells(text: str, meant: set[str]) -> None:
    """Gaps at its ends are no part of it."""
    found = patterns(text, {"doing": "do, try"})
    assert meant == {" ".join(one.split()) for row in found for one in spelt_out(row)}


def test_a_whole_message_has_no_gaps() -> None:
    """Nobody could write every text that a gap stands for."""
    with pytest.raises(ValueError, match="no gaps"):
        [text for row in patterns("stop ~ now", {}) for text in spelt_out(row)]


@pytest.mark.parametrize("text", ["(stop|start)* it", "([so] stop)* it"])
def test_a_star_after_alternatives_is_the_beginning_of_each(text: str) -> None:
    """`(stop|start)*` means what begins with either."""
    words = [word for row in patterns(text, {}) for word in spelt_out(row)]
    assert all(word.endswith("it") for word in words)
