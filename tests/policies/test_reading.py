"""The corpus of replies: what people write back, and what each must be taken for."""

from __future__ import annotations

import asyncio
import threading
import time
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from policies.reading.lexicon import READER, lexicon
from policies.reply_classifier import classify
from service.dispatch.receive import reading
from service.dispatch.receive.reading import give_up, load_words
from service.errors import Unavailable
from tests.lines_run import lines_run
from tests.policies.replying import FOLDER, Said, corpus, measured, page, taken_for

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
EVERY_SO_MANY = 25


@cache
def every_reply() -> list[Said]:
    """Read by the tests that look at it, not by every process that collects them."""
    return list(corpus())


def test_a_sample_of_the_corpus_is_taken_for_what_it_is() -> None:
    """The second tier reads the whole of it."""
    sample = every_reply()[::EVERY_SO_MANY]
    assert {one.kind for one in every_reply()} == {one.kind for one in sample}
    assert [] == [(one, taken) for one in sample if (taken := taken_for(one.words)) != one.kind]


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_reply_of_the_corpus_is_taken_for_something_else(language: str) -> None:
    """Its kind says what it must be taken for, whosever reply it is."""
    said = (one for one in every_reply() if one.language == language)
    assert [] == [(one, taken) for one in said if (taken := taken_for(one.words)) != one.kind]


@pytest.mark.slow
def test_the_corpus_is_large_and_the_goals_are_kept() -> None:
    """No refusal is read as plain talk, and under 3 % of plain talk is held."""
    found = measured(every_reply())
    assert found.count >= 1_500
    assert 0 == found.missed
    assert found.held < 0.03


@pytest.mark.slow
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


class _Slow:
    """Words that take until somebody lets them go."""

    def __init__(self) -> None:
        self.began, self.go, self.times = threading.Event(), threading.Event(), 0

    def cache_info(self) -> SimpleNamespace:
        return SimpleNamespace(currsize=0)

    def __call__(self) -> None:
        self.times += 1
        self.began.set()
        assert self.go.wait(30.0)


def test_a_process_that_is_asked_to_end_does_not_wait_for_the_words(monkeypatch):
    """Its loop ends at once; a thread of the loop's own would be waited for."""
    slow = _Slow()
    monkeypatch.setattr(reading, "lexicon", slow)

    async def asked_to_end() -> None:
        loading = asyncio.create_task(load_words())
        while not slow.began.is_set():
            await asyncio.sleep(0.01)
        loading.cancel()

    before = time.monotonic()
    asyncio.run(asked_to_end())
    assert time.monotonic() - before < 5.0
    slow.go.set()


async def test_a_process_that_ends_reads_no_more_words():
    """Who needs them in that moment is told to ask again; words that are there stay there."""
    had = lexicon()
    give_up()
    try:
        assert lexicon() is had
        await load_words()
        lexicon.cache_clear()
        with pytest.raises(Unavailable, match="ask again"):
            await load_words()
    finally:
        READER.given_up = False
    await load_words()
    assert 1 == lexicon.cache_info().currsize


async def test_words_that_cannot_be_read_are_an_error_of_whoever_waits_for_them(monkeypatch):
    """It is not swallowed with the thread."""

    def broken() -> None:
        raise ValueError("a bracket is left open")

    broken.cache_info = lambda: SimpleNamespace(currsize=0)  # type: ignore[attr-defined]
    monkeypatch.setattr(reading, "lexicon", broken)
    with pytest.raises(ValueError, match="bracket"):
        await load_words()


@pytest.mark.slow
def test_the_page_about_replies_is_current() -> None:
    """`make replies` writes what is there."""
    assert (Path(__file__).parents[2] / "docs" / "replies.md").read_text(encoding="utf-8") == page()


@pytest.mark.slow
def test_a_reply_is_read_without_going_through_every_word() -> None:
    """Once the words are there: most of them are passed over."""
    classify("hello", language_hint=None)
    for one in every_reply()[:500]:
        assert lines_run(partial(classify, one.words, language_hint=one.language)) < 200_000, one.words
