"""The pool that nonces are drawn from: no bytes twice, whoever draws at once, and none of the parent's in a
child."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

import pytest

from service.vault import random_bytes

NONCE_BYTES = 12
DRAWS = 20_000


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads that are switched as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_threads_that_draw_at_once_never_get_the_same_bytes_nor_too_few() -> None:
    """A nonce that is used twice under one key gives two plain texts away; one that is too short is none."""
    drawn: list[list[bytes]] = [[] for _ in range(8)]
    begin = threading.Barrier(len(drawn))

    def draw(into: list[bytes]) -> None:
        begin.wait()
        into.extend(random_bytes(NONCE_BYTES) for _ in range(DRAWS))

    threads = [threading.Thread(target=draw, args=(one,)) for one in drawn]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [nonce for one in drawn for nonce in one]
    assert {NONCE_BYTES} == {len(nonce) for nonce in every}
    assert len(drawn) * DRAWS == len(set(every))


def test_a_forked_process_draws_nothing_that_its_parent_draws() -> None:
    """The child forgets the page that both have, however it was forked."""
    random_bytes(NONCE_BYTES)  # a page is open
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"".join(random_bytes(NONCE_BYTES) for _ in range(100)))
        os._exit(0)
    os.close(writer)
    own = {random_bytes(NONCE_BYTES) for _ in range(400)}
    with os.fdopen(reader, "rb") as pipe:
        theirs = pipe.read()
    os.waitpid(child, 0)
    assert 100 * NONCE_BYTES == len(theirs)
    assert not own & {theirs[at : at + NONCE_BYTES] for at in range(0, len(theirs), NONCE_BYTES)}
