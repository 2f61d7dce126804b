"""A language has several names, and a reader one script."""

from __future__ import annotations

import pytest

from channels.content.formats import speaks


@pytest.mark.parametrize(
    ("wanted", "offered", "serves"),
    [
        ("nb-NO", "no", True), ("no", "nb", True), ("arz", "ar", True), ("swc", "sw", True),
        ("iw", "he", True), ("in", "id", True), ("fil", "tl", True), ("zh-TW", "zh-Hant", True),
        ("zh-TW", "zh-CN", False), ("sr-Latn", "sr", False), ("hi-Latn", "hi", False), ("uk", "ru", False),
    ],
)  # fmt: skip
def test_a_language_has_several_names_and_one_script(wanted: str, offered: str, serves: bool) -> None:
    """A template in another script, or in a neighbour's language, is none."""
    assert serves is speaks(wanted, ("en", offered))
