"""What the engine and its tables meet seldom, each asked by itself."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from policies.decide import decide
from policies.draft import parse_draft
from policies.facts import SUPPRESSION, Event, Inconvenient, Kin
from policies.order import Staircase, lifts
from policies.places.postal import read_postal_code
from policies.places.telephones import Telephone, one_spelling, read_phone
from policies.places.whereabouts import Pointer, Whereabouts
from policies.policy import PolicyInvalid
from policies.reading.lexicon import lexicon
from policies.reading.patterns import patterns
from policies.reading.quoted import Own, own
from policies.reading.tokens import tokens
from policies.reply_classifier import classify
from policies.respoken import respoken
from policies.suppressions import TYPE, seen
from policies.verdict import Kind
from policies.windows import merged
from tests.policies.asking import AT, DAY, HERE, HOUR, THERE, ask, call, event, facts, policy

LATER_TODAY = {"kind": "clock_window", "hours": {"daily": "13:00-21:00"}}
FATIGUE = {"kind": "fatigue", "unanswered": 1, "within_dates": 9, "gap_dates": 3, "longest_dates": 9}


def test_where_the_instant_deferred_to_is_barred_for_good_there_is_none() -> None:
    """The hours open at 13:00, and from 12:30 on nothing may be said any more."""
    barred = policy(LATER_TODAY, {"kind": "bar", "events": ["cease"]})
    found = decide([barred], facts(event("cease", -HOUR)), AT)
    assert (Kind.HOLD, None) == (found.kind, found.until)
    assert Kind.DEFER is decide([barred], facts(), AT).kind


def test_what_events_have_in_common_makes_the_same_events() -> None:
    """As if each had been written out; a field that no event has is refused."""
    common: dict[str, Any] = {
        "type": "contact",
        "channel": "voice",
        "outcome": "voicemail_left",
        "debt_ids": ("loan",),
    }
    kin = Kin("-loan", **common)
    made = kin.events([AT, AT + HOUR], [7, 8])
    plain = [Event(at=AT, event_id="7-loan", **common), Event(at=AT + HOUR, event_id="8-loan", **common)]
    assert [one.at for one in plain] == [one.at for one in made]
    assert [one.to_document() for one in plain] == [one.to_document() for one in made]
    assert kin.document is kin.document
    assert {"at", "event_id"}.isdisjoint(kin.document)
    with pytest.raises(TypeError, match="colour"):
        Kin("-loan", colour="red")


def test_an_event_is_written_down_and_read_as_it_was() -> None:
    """Dates, hours and lists, which JSON has no types for."""
    told = Event(
        type="designation",
        at=AT,
        debt_ids=("loan", "card"),
        only_dates=(date(2026, 11, 24), date(2026, 11, 25)),
        inconvenient=(
            Inconvenient(days=("mon",), start=time(9), end=time(12, 30)),
            Inconvenient(days=("sat", "sun")),
        ),
        start=time(20),
        end=time(21, 15),
        until=date(2026, 12, 24),
        mailed=date(2026, 11, 1),
        expires_at=datetime(2026, 12, 24, tzinfo=UTC),
    )
    written = told.to_document()
    assert {
        "type": "designation",
        "debt_ids": ["loan", "card"],
        "only_dates": ["2026-11-24", "2026-11-25"],
        "inconvenient": [
            {"days": ["mon"], "from": "09:00", "to": "12:30"},
            {"days": ["sat", "sun"]},
        ],
        "start": "20:00",
        "end": "21:15",
        "until": "2026-12-24",
        "mailed": "2026-11-01",
        "expires_at": "2026-12-24T00:00:00+00:00",
    } == written
    assert told == Event.from_document(written, at=AT)


def test_what_lifts_is_found_behind_many_that_were_recorded_too_early() -> None:
    """Dated later than the restriction and recorded before it: dozens of them, and some beside the one."""
    early = [Event(type="opt_in", at=AT + HOUR, recorded=number) for number in range(100)]
    lifting = Event(type="opt_in", at=AT + 2 * HOUR, recorded=301)
    stairs = Staircase([*early, lifting])
    assert lifting.at == stairs.first(Event(type="opt_out", at=AT, recorded=300))
    assert stairs.first(Event(type="opt_out", at=AT, recorded=301)) is None


def test_hours_that_touch_are_one_and_hours_of_no_length_none() -> None:
    """In any order."""
    assert ((1.0, 5.0), (6.0, 7.0)) == merged([(6.0, 7.0), (3.0, 5.0), (2.0, 2.0), (1.0, 3.0)])
    assert () == merged([(4.0, 4.0)])


def test_a_message_that_is_all_quotation_is_the_writer_s_own() -> None:
    """Nothing else is left that could be."""
    words = '"please do not text me about this loan any more"'
    assert Own(words) == own(words)
    assert "opt_out" == classify(words, language_hint=None).kind


def test_how_a_sign_looks_is_no_part_of_a_word() -> None:
    """A selector of how the sign before it is shown, and a colour of skin."""
    assert tokens("stop").words == tokens("st\ufe0fop").words
    assert tokens("ok \U0001f44d").signs == tokens("ok \U0001f44d\U0001f3fd").signs


def test_a_number_with_spaces_has_the_place_of_its_area() -> None:
    """As the same without them."""
    assert read_phone("+12025550101") == read_phone("+1 (202) 555-0101")


@pytest.mark.parametrize(
    ("type_", "fields", "expected"),
    [
        ("opt_in", {}, True),
        ("cease", {}, False),
        ("rnd_check", {"result": "not_reassigned"}, True),
        ("rnd_check", {"result": "reassigned"}, False),
    ],
)
def test_a_check_lifts_where_it_found_nothing_and_a_wish_where_it_opens(
    type_: str, fields: dict[str, Any], expected: bool
) -> None:
    """Everything else restricts, or is a plain fact."""
    assert expected is lifts(event(type_, **fields))


def test_what_another_said_from_the_address_is_not_lifted_by_the_borrowers_own_word() -> None:
    """It ends with the suppression itself."""
    rule = {"kind": "bar", "events": ["opt_out"], "lifted_by": ["opt_in"]}
    out, lift = event("opt_out", 3 * DAY, channel="voice"), event("opt_in", DAY, channel="voice")
    assert Kind.ALLOW is ask(rule, out, lift).kind
    assert Kind.ALLOW is not ask(rule, replace(out, via=SUPPRESSION), lift).kind


def test_of_what_lifts_all_debts_and_what_lifts_one_the_first_counts() -> None:
    """Each by itself lifts; together they lift no later."""
    rule = {"kind": "bar", "events": ["cease"], "lifted_by": ["cease_withdrawn"], "scope": "debt"}
    cease = event("cease", 5 * DAY, debt_ids=("loan",))
    whole = event("cease_withdrawn", -2 * DAY)
    for ahead in (1, 3):
        named = event("cease_withdrawn", -ahead * DAY, debt_ids=("loan",))
        assert AT + min(ahead, 2) * DAY == ask(rule, cease, named, whole).until


@pytest.mark.parametrize(("country", "code"), [("CA", "KA1 0B1"), ("ID", "1234"), ("ID", "12A45")])
def test_a_code_that_is_none_of_the_country_says_nothing(country: str, code: str) -> None:
    """Too short, or letters where digits stand."""
    assert read_postal_code(country, code) is None


def test_a_number_that_no_region_gives_out_is_nowhere() -> None:
    """Disaster relief has a calling code and no country."""
    assert read_phone("+888123456") == read_phone("not a number") == Telephone()


@pytest.mark.parametrize(
    ("number", "today"),
    [
        ("+4407700900123", "+447700900123"),
        ("+390612345678", "+390612345678"),
        ("+440" + "1" * 20, "+440" + "1" * 20),
        ("+2100123456", "+2100123456"),
    ],
)
def test_the_zero_that_is_dialled_at_home_alone_is_left_out(number: str, today: str) -> None:
    """In Italy it is a part of the number; what is no number stays as it is."""
    assert today == one_spelling(number)


def test_the_one_place_is_the_narrowest_within_what_was_found_first() -> None:
    """And none where nothing was found."""
    stated, within, elsewhere = (
        Pointer("US", "stated"),
        Pointer("US-MA", "postal_code"),
        Pointer("CA-ON", "phone"),
    )
    assert "US-MA" == Whereabouts(pointers=(stated, within, elsewhere)).place
    assert Whereabouts().place is None


def test_a_wording_of_gaps_alone_is_none() -> None:
    """It would be found in everything."""
    assert [] == list(patterns("~", {}))


def test_the_words_are_read_also_where_garbage_is_never_looked_for() -> None:
    """And it is not looked for afterwards."""
    before = lexicon()
    lexicon.cache_clear()
    gc.disable()
    try:
        assert before.exact == lexicon().exact
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(("sign", "probably"), [("🖕", "complaint"), ("🚫", "opt_out")])
def test_a_sign_beside_plain_words_takes_the_plainness_from_them(sign: str, probably: str) -> None:
    """A person looks."""
    assert "message" == classify("thanks", language_hint="en").kind
    found = classify(f"thanks {sign}", language_hint="en")
    assert ("unclear", probably) == (found.kind, found.probably)


def test_a_word_that_ends_something_in_one_language_and_agrees_in_another_is_doubtful() -> None:
    """`acha` in Swahili and in Hindi."""
    assert "opt_out" == classify("acha", language_hint="sw").kind
    assert "unclear" == classify("acha", language_hint=None).kind


def test_a_second_zone_in_which_the_gap_ends_no_later_changes_nothing() -> None:
    """The latest of the candidates holds, in whichever order they come."""
    zones = ("America/New_York", "America/Los_Angeles")
    there = ask(FATIGUE, call(DAY), zones=zones)
    assert there.until == ask(FATIGUE, call(DAY), zones=zones[::-1]).until
    assert there.until == ask(FATIGUE, call(DAY), zones=zones[1:]).until


def test_a_gap_that_hardly_grows_counts_as_far_as_is_told_apart() -> None:
    """A thousand contacts make it no longer than a few."""
    [rule] = policy({**FATIGUE, "factor": 1.0001, "longest_dates": 366}).rules
    assert 1000 == rule.most_counted()


def test_what_stands_against_an_address_is_told_by_the_numbers_of_its_recording() -> None:
    """On its channel, on every channel, and on both kinds of texts; sorted, whatever order they came in."""
    history = [
        event(TYPE, address=HERE, channel="any", recorded=9),
        event(TYPE, address=HERE, channel="sms", recorded=4),
        event(TYPE, address=HERE, channel="voice", recorded=5),
        event(TYPE, address=THERE, channel="sms", recorded=6),
        event(TYPE, address=HERE, channel="sms"),
        event("cease", address=HERE, channel="sms", recorded=8),
    ]
    assert "4,9" == seen(history, address=HERE, channel="sms")
    assert "4,9" == seen(history, address=HERE, channel="whatsapp")
    assert "9" == seen(history, address=HERE, channel="email")
    assert seen(history, address=None, channel="email") is None


def test_a_case_whose_instants_no_calendar_has_is_refused_where_it_stands() -> None:
    """With its place among the cases."""
    text = """
name: drafted
title: Drafted
citation: Act
force: house
verified_on: 2026-07-01
confidence: low
rules: [{id: one, citation: s. 1, kind: bar, "on": always}]
cases:
- id: early
  borrower: {}
  proposed: {at: "0001-01-01T00:00:00+10:00", channel: sms}
  expected: {verdict: suppress}
"""
    with pytest.raises(PolicyInvalid) as caught:
        parse_draft(text)
    [error] = caught.value.errors
    assert "/cases/0" == error.path[:8]


def test_a_sentence_that_only_looks_like_one_of_ours_stays_as_it_is() -> None:
    """The words at its places would be said otherwise."""
    said = (
        "1 contacts in a row went unanswered, the last on 2026-07-01; the next is permitted 1 days after "
        "that date"
    )
    assert said == respoken(said, "es")


def test_a_consent_taken_back_is_given_back_by_what_was_recorded_after_it_alone() -> None:
    """Of two opt-ins the later one was recorded before the opt-out, and the earlier one after it."""
    rule = {"kind": "consent"}
    given = event("consent", 9 * DAY, channel="voice", recorded=0)
    out = event("opt_out", 5 * DAY, channel="voice", recorded=5)
    after = event("opt_in", 3 * DAY, channel="voice", recorded=9)
    before = event("opt_in", 2 * DAY, channel="voice", recorded=1)
    assert Kind.ALLOW is ask(rule, given, out, after, before).kind
    assert Kind.ALLOW is not ask(rule, given, out, before).kind


@pytest.mark.parametrize(
    ("words", "probably"),
    [("“stop texting me” ok thanks", "opt_out"), ("“thanks for the kind reminder” thanks", None)],
)
def test_a_quotation_that_may_be_the_writers_own_is_not_lost(words: str, probably: str | None) -> None:
    """What it asks for, a person sees; where it asks for nothing, the words around it count."""
    found = classify(words, language_hint="en")
    assert ("message" if probably is None else "unclear", probably) == (found.kind, found.probably)


@pytest.mark.parametrize("words", ["I will pay tomorrow", "thanks, not by text"])
def test_thanks_beside_a_medium_that_is_denied_are_no_plain_talk(words: str) -> None:
    """It may be our messages that are not wanted."""
    assert ("text" in words) is ("message" != classify(words, language_hint="en").kind)


@pytest.mark.parametrize(
    ("words", "language", "kind"),
    [
        ("no se si contratar abogado", "es", "unclear"),  # a doubt before what it may be about
        ("番号をお間違えではないでしょうか", "ja", "wrong_number"),  # a denial behind what it denies
        ("🛑", "en", "opt_out"),
        ("stop ـ", "en", "opt_out"),  # a stretched line between letters, and no letter of its own
    ],
)
def test_what_few_replies_say_is_taken_for_what_it_is(words: str, language: str, kind: str) -> None:
    """Each meets a branch of the reading that the second tier's whole corpus meets, and hardly another."""
    assert kind == classify(words, language_hint=language).kind
