"""Replies that differ by little and mean something else."""

from __future__ import annotations

import pytest

from policies.reply_classifier import classify


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ("message", "I'm at work, will pay tonight"),
        ("message", "на работе, вечером оплачу"),
        ("unclear", "I'm at work"),
        ("unclear", "don't call me at work"),
        ("opt_out", "I told you already, stop"),
        ("unclear", "stop, Ana"),
        ("unclear", "purple monkey dishwasher"),
        ("message", "I will send money"),
        ("wrong_number", "vous n'êtes pas au bon numéro"),
        ("unclear", "fuck you"),
        ("opt_out", "fuck off"),
        ("dispute", "這筆帳不是我的"),
        ("deceased", "my father is dead"),
        ("unclear", "my brother is dead to me"),
        ("message", "mi è morto il telefono, pago domani"),
    ],
)
def test_neighbours_are_told_apart(expected: str, words: str) -> None:
    """What is said beside the point does not take its plainness from a promise, and a guess adds none."""
    assert expected == classify(words, language_hint=None).kind
