"""The same words are read alike in every process: what a reply was taken for stands in the log, and is taken
again from it elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.policies.replying import corpus

EVERY_TENTH = 10
READ = """
import hashlib, sys
from policies.reply_classifier import classify
digest = hashlib.sha256()
for words in sys.stdin.read().split("\\0"):
    digest.update(repr(classify(words, language_hint=None)).encode())
print(digest.hexdigest())
"""


def read_by(seed: str, words: str) -> str:
    """A digest of all that a process says of the words whose sets are ordered by this seed."""
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", READ], input=words, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("words", ["不要打我公司电话\0Ik ben afwezig tot 8 december. Automatisch antwoord"])
def test_words_of_several_readings_are_read_alike_in_every_process(words: str) -> None:
    """Two wordings begin at the same word: the same one is told."""
    assert 1 == len({read_by(seed, words) for seed in ("1", "2", "3")})


@pytest.mark.slow
def test_the_corpus_is_read_alike_in_every_process() -> None:
    """Every field of what was read, of every tenth reply."""
    words = "\0".join(one.words for one in list(corpus())[::EVERY_TENTH])
    assert 1 == len({read_by(seed, words) for seed in ("1", "2", "3")})
