"""The circuit breaker: opens on what concerns the whole account, tries one, closes on success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels.outcome import Accepted, Busy, RefusalCause, Rejected, Unknown
from service.clock import MovableClock
from service.worker.breaker import FAILURES, PAUSES, Breaker

AWAY = Busy(code="refused", reason="cannot be connected to", account_wide=True)
GONE = Unknown(code="timeout", reason="no answer")
TAKEN = Accepted(ref="1")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 11, 24, 17, tzinfo=UTC))


@pytest.mark.parametrize(
    "outcome", [AWAY, Rejected(cause=RefusalCause.ACCOUNT, code="30002", reason="suspended")]
)
def test_a_word_about_the_whole_account_opens_at_once(clock, outcome):
    """Nothing is sent until the pause is over; then one is tried."""
    breaker = Breaker(clock)
    breaker.note(outcome)
    assert breaker.is_open
    clock.move(PAUSES[0])
    assert (False, True) == (breaker.is_open, breaker.is_trying)
    breaker.note(TAKEN)
    assert (False, False) == (breaker.is_open, breaker.is_trying)


def test_silences_in_a_row_open_it_and_one_answer_between_them_does_not(clock):
    """Five time-outs in a row are an outage; four are not."""
    breaker = Breaker(clock)
    for _ in range(FAILURES - 1):
        breaker.note(GONE)
    breaker.note(TAKEN)
    breaker.note(GONE)
    assert not breaker.is_open
    for _ in range(FAILURES - 1):
        breaker.note(GONE)
    assert breaker.is_open


def test_a_failed_trial_opens_it_for_longer_up_to_a_bound(clock):
    """5 s, 15 s, a minute, five minutes, five minutes."""
    breaker = Breaker(clock)
    for pause in (*PAUSES, PAUSES[-1]):
        breaker.note(AWAY)
        clock.move(pause - timedelta(milliseconds=1))
        assert breaker.is_open
        clock.move(timedelta(milliseconds=1))
        assert breaker.is_trying


def test_what_concerns_one_address_leaves_it_closed(clock):
    """A dead number says nothing about the provider."""
    breaker = Breaker(clock)
    for _ in range(20):
        breaker.note(Rejected(cause=RefusalCause.ADDRESS, code="21211", reason="invalid"))
        breaker.note(Busy(code="21611", reason="queue full"))
    assert not breaker.is_open
