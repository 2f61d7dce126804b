"""How a call ended, in our words: what rang counts, whatever the person did about it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.receipt import Progress
from channels.sip import call_end
from channels.twilio.receipts import CALL_WORDS, call_receipt


@pytest.mark.parametrize(
    ("form", "progress", "outcome"),
    [
        ({"CallStatus": "queued"}, Progress.ACCEPTED, None),
        ({"CallStatus": "initiated"}, Progress.ACCEPTED, None),
        ({"CallStatus": "ringing"}, Progress.ACCEPTED, None),
        ({"CallStatus": "in-progress"}, Progress.ACCEPTED, None),
        ({"CallStatus": "busy"}, Progress.UNDELIVERED, "busy"),
        ({"CallStatus": "no-answer"}, Progress.UNDELIVERED, "rang_no_answer"),
        ({"CallStatus": "canceled"}, Progress.UNDELIVERED, "rang_no_answer"),
        ({"CallStatus": "failed"}, Progress.UNDELIVERED, "bounced"),
        ({"CallStatus": "failed", "SipResponseCode": "404"}, Progress.UNDELIVERED, "not_in_service"),
        ({"CallStatus": "failed", "SipResponseCode": "503"}, Progress.UNDELIVERED, "bounced"),
        ({"CallStatus": "completed", "AnsweredBy": "human"}, Progress.DELIVERED, "conversation"),
        ({"CallStatus": "completed", "AnsweredBy": "machine_end_beep"}, Progress.UNCLEAR, None),
        ({"CallStatus": "completed", "AnsweredBy": "machine_end_silence"}, Progress.UNCLEAR, None),
        ({"CallStatus": "completed", "AnsweredBy": "machine_end_other"}, Progress.UNCLEAR, None),
        ({"CallStatus": "completed", "AnsweredBy": "machine_start"}, Progress.UNCLEAR, "answered_dropped"),
        ({"CallStatus": "completed", "AnsweredBy": "fax"}, Progress.UNDELIVERED, "not_in_service"),
        ({"CallStatus": "completed", "AnsweredBy": "unknown"}, Progress.UNCLEAR, "unknown"),
        ({"CallStatus": "completed"}, Progress.UNCLEAR, "unknown"),
        ({"CallStatus": "something new"}, Progress.UNCLEAR, None),
        ({}, Progress.UNCLEAR, None),
    ],
)
def test_every_end_of_a_call_has_a_word_of_ours(form, progress, outcome):
    """Where nobody says who answered, nobody knows what came of it."""
    receipt = call_receipt({"CallSid": "CAa", **form})
    assert ("CAa", progress, outcome) == (receipt.ref, receipt.progress, receipt.outcome)
    assert form == receipt.raw
    assert form.get("CallStatus") in {*CALL_WORDS, "completed", "something new", None}


ENDS = ("busy", "failed", "no-answer", "canceled")


def ended(status: str, code: object):
    """The receipt of a call that nobody answered."""
    return call_receipt({"CallSid": "CAa", "CallStatus": status, "SipResponseCode": str(code)})


@pytest.mark.parametrize(("status", "code"), list(product(ENDS, (600, 603, 607, 608))))
def test_a_call_that_was_declined_rang(status, code):
    """Whatever word Twilio has for it: it counts, and is not dialled again; 607 and 608 say that such calls
    are unwanted."""
    receipt = ended(status, code)
    assert (Progress.UNDELIVERED, "rang_no_answer", False) == (
        receipt.progress,
        receipt.outcome,
        receipt.again,
    )
    assert (code in {607, 608}) is receipt.unwanted


@pytest.mark.parametrize("status", ["busy", "failed", "no-answer"])
def test_a_busy_line_did_not_ring(status):
    """486 comes from a line that is in use."""
    receipt = ended(status, 486)
    assert ("busy", True, False) == (receipt.outcome, receipt.again, receipt.unwanted)


@pytest.mark.parametrize(("status", "code"), list(product(("failed", "busy"), (404, 410, 484, 604))))
def test_a_number_that_is_none_is_dead(status, code):
    """Not found, gone, incomplete, nowhere: no later call reaches anybody."""
    receipt = ended(status, code)
    assert ("not_in_service", True, False) == (receipt.outcome, receipt.address_dead, receipt.again)


@pytest.mark.parametrize(
    ("code", "again"),
    [
        (500, True),
        (502, True),
        (503, True),
        (504, True),
        (403, False),
        (488, False),
        (606, False),
        (505, False),
    ],
)
def test_a_failure_in_between_reached_nobody(code, again):
    """It counts as no call that rang and says nothing about the number; only what passes is tried again."""
    receipt = ended("failed", code)
    assert ("bounced", again) == (receipt.outcome, receipt.again)
    assert not (receipt.address_dead or receipt.unwanted or receipt.outcome_if_rang)


@pytest.mark.parametrize("code", [408, 480, 487])
def test_who_gave_up_waiting_rang_only_where_it_rang(code):
    """480 comes from a phone that is switched off, and from one that rang until it gave up; 408 and 487 end
    the ringing as well."""
    receipt = ended("failed", code)
    assert ("bounced", "rang_no_answer", True) == (receipt.outcome, receipt.outcome_if_rang, receipt.again)
    assert "rang_no_answer" == ended("no-answer", code).outcome


@pytest.mark.parametrize("status", ["completed", "busy", "no-answer", "canceled", "failed"])
@pytest.mark.parametrize("code", [607, 608])
def test_unwanted_is_heard_beside_any_word(status, code):
    """Also where the call is said to have been completed."""
    assert ended(status, code).unwanted
    assert not ended(status, 603).unwanted


@pytest.mark.parametrize("code", ["", "what?", "0", "200", "99", "7000", "²", "-603", "6 0 3"])
def test_a_failure_without_a_code_says_nothing_about_the_number(code):
    """Neither dead, nor busy, nor rung; and nobody knows that another try would be better."""
    receipt = ended("failed", code)
    assert ("bounced", False, False) == (receipt.outcome, receipt.again, receipt.address_dead)


@pytest.mark.parametrize("code", ["", "487", "408", "480"])
def test_no_answer_rang_whatever_ended_the_ringing(code):
    """Twilio's own time-out is a 487."""
    assert ("rang_no_answer", False) == ((receipt := ended("no-answer", code)).outcome, receipt.again)


@pytest.mark.parametrize(
    ("status", "rang"), [("queued", False), ("initiated", False), ("ringing", True), ("in-progress", True)]
)
def test_ringing_is_remembered(status, rang):
    """It decides what a later 480 means."""
    assert rang is call_receipt({"CallSid": "CAa", "CallStatus": status}).rang


@given(st.integers())
def test_every_status_has_one_end_or_none(code):
    """300 to 699 end a call; nothing rings and is tried again; nothing is dead and rang."""
    end = call_end(code)
    assert (300 <= code <= 699) == (end is not None)
    if end is not None:
        assert not (end.outcome == "rang_no_answer" and (end.again or end.address_dead))
