"""The corpus of replies: what people write back, and what each must be taken for."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from policies.reading.lexicon import lexicon
from policies.reply_classifier import classify
from service.dispatch.receive.reading import load_words
from tests.policies.replying import corpus, measured, page, taken_for

EVERY = list(corpus())


@pytest.mark.parametrize("language", sorted({one.language for one in EVERY}))
def test_no_reply_of_the_corpus_is_taken_for_something_else(language: str) -> None:
    """Its kind says what it must be taken for, whosever reply it is."""
    said = (one for one in EVERY if one.language == language)
    assert [] == [(one, taken) for one in said if (taken := taken_for(one.words)) != one.kind]


def test_the_corpus_is_large_and_the_goals_are_kept() -> None:
    """No refusal is read as plain talk, and under 3 % of plain talk is held."""
    found = measured(EVERY)
    assert found.count >= 1_500
    assert 0 == found.missed
    assert found.held < 0.03


async def test_the_words_are_loaded_beside_the_event_loop() -> None:
    """Once: a call that finds them there gives nobody else a turn."""
    lexicon.cache_clear()
    loading = asyncio.create_task(load_words())
    turns = 0
    while not loading.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    assert 1 == lexicon.cache_info().currsize
    before = lexicon.cache_info().misses
    await load_words()
    assert before == lexicon.cache_info().misses


def test_the_page_about_replies_is_current() -> None:
    """`make replies` writes what is there."""
    assert (Path(__file__).parents[2] / "docs" / "replies.md").read_text(encoding="utf-8") == page()


def test_a_reply_is_read_in_about_a_millisecond() -> None:
    """Of processor time, once the words are read; the bound leaves room for a slow machine."""
    classify("hello", language_hint=None)
    before = time.process_time()
    for one in EVERY[:500]:
        classify(one.words, language_hint=one.language)
    assert (time.process_time() - before) / 500 < 0.005
