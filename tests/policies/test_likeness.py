"""Replies that no wording is known for are taken for what they resemble, and no more than that."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.reading import likeness
from policies.reading.hits import find
from policies.reading.judge import judged
from policies.reading.likeness import Like, likest, parts, written
from policies.reading.reading import Reading
from policies.reading.seconded import (
    AGREEING,
    AS_PLAINLY,
    HARMLESS,
    LEANS,
    LEANS_DENYING,
    LEANS_EMPTY,
    LEANS_KNOWN,
    LEANS_PAYING,
    LEANS_STRICTLY,
    PLAINLY,
    REFUSED,
    UNREAD,
    seconded,
)
from policies.reading.tokens import tokens
from policies.reading.weighing import weights
from policies.reply_classifier import classify
from tests.policies.likening import made
from tests.policies.replying import corpus

KEPT = Path(__file__).parents[2] / "policies" / "reading" / "likeness.txt"


@pytest.mark.slow
def test_the_table_is_made_of_the_corpus() -> None:
    """`make replies` writes it."""
    assert KEPT.read_text(encoding="utf-8") == made(corpus())


def test_the_parts_of_a_message_are_its_words_their_neighbours_and_four_letters_in_a_row() -> None:
    """A word with its bounds, so that a beginning and an end are told apart."""
    assert parts(["stop", "it"]) == {
        "stop", "it", "^ stop", "stop it", "it $", "/<sto", "/stop", "/top>", "/<it>",
    }  # fmt: skip
    assert "no _ msgs" in parts(["no", "more", "msgs"])
    assert parts([]) == {"^ $"}


def test_a_table_holds_what_stood_in_two_replies_and_how_many_there_were() -> None:
    """Kinds by a sign each, in the order of the first line."""
    lines = written([("opt_out", ["stop"]), ("opt_out", ["stop"]), ("message", ["stop", "by"])]).splitlines()
    assert lines[0].split("\t")[0] == "message=1 opt_out=2"
    assert ["stop", "a1b2"] in [one.split("\t")[:2] for one in lines]
    assert not [one for one in lines if one.startswith("by")]


def test_a_message_of_which_nothing_is_known_is_like_nothing() -> None:
    """No part of it stood in any reply."""
    assert likest(tokens("qqqqwx zzzzvk")) is None


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("would rather not get these kind of messages on my cell anymore", "opt_out"),
        ("ese telefono ya no lo tiene la señora Carmen", "wrong_number"),
        ("desde que perdi mi empleo no me alcanza ni para la renta", "hardship"),
        ("je nai vraiment plus dargent", "hardship"),
    ],
)
def test_words_that_resemble_a_refusal_are_one(words: str, kind: str) -> None:
    """In wordings that no list holds."""
    assert classify(words, language_hint=None).kind == kind


def looked_at(
    words: str, like: Like | None, monkeypatch: pytest.MonkeyPatch, leans: float | None = None
) -> Reading:
    """A message read with a likeness and a leaning of our choice."""
    monkeypatch.setattr("policies.reading.seconded.likest", lambda _: like)
    monkeypatch.setattr("policies.reading.seconded.leaning", lambda _: leans)
    message = tokens(words)
    found = find(message, None)
    return seconded(judged(found, message), found, message)


@pytest.mark.parametrize(
    ("words", "like", "kind"),
    [
        ("STOP texting me", Like("message", 30.0), "opt_out"),  # what is clear stands
        ("blorp fnord", Like("opt_out", UNREAD), "opt_out"),
        ("blorp fnord", Like("opt_out", UNREAD - 0.1), "unclear"),
        ("blorp fnord", None, "unclear"),
        ("lawyer", Like("attorney", 30.0), "unclear"),  # a word by itself states nothing
        ("maybe I should see a lawyer", Like("attorney", 30.0), "unclear"),  # loose words never do for ever
        ("the neighbour from upstairs wrote this", Like("deceased", 30.0), "unclear"),  # nor unknown ones
        ("the neighbour from upstairs wrote this", Like("dispute", 30.0), "dispute"),
        ("how can I pay this", Like("hardship", 30.0), "message"),  # who asks has not refused
        ("I'm not bankrupt, I will pay", Like("bankruptcy", 30.0), "message"),  # who denies neither
        ("good morning", Like("opt_out", REFUSED), "opt_out"),
        ("good morning", Like("opt_out", REFUSED - 0.1), "unclear"),
        ("good morning", Like("unclear", 30.0), "message"),
    ],
)
def test_the_wordings_have_the_first_word(
    words: str, like: Like | None, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Likeness decides where they leave something open, and makes plain talk doubtful."""
    assert looked_at(words, like, monkeypatch).kind == kind


ODD = "Good morning and thank you very much blorp"
UNGEWOHNT = "Guten Morgen und vielen Dank für alles blorp"


@pytest.mark.parametrize(
    ("words", "leans", "kind"),
    [
        (ODD, LEANS_STRICTLY, "message"), (ODD, LEANS_STRICTLY + 0.01, "unclear"),
        (UNGEWOHNT, LEANS, "message"), (UNGEWOHNT, LEANS + 0.01, "unclear"),
        ("good morning", LEANS_KNOWN, "message"), ("good morning", LEANS_KNOWN + 0.01, "unclear"),
        ("tomorrow", LEANS_EMPTY, "message"), ("tomorrow", LEANS_EMPTY + 0.01, "unclear"),
        ("morgen", LEANS, "message"),
        ("I will pay the blorp", LEANS_PAYING, "message"),
        ("I will pay the blorp", LEANS_PAYING + 0.01, "unclear"),
        ("I'm not bankrupt", LEANS_DENYING, "message"), ("I'm not bankrupt", LEANS_DENYING + 0.01, "unclear"),
        ("please don't stop texting me", 30.0, "message"),  # what is denied is heard whole
        ("my phone just died", 30.0, "message"),  # and so is one harmless wording of most of it
        ("call me", 30.0, "message"),  # or one that is all of it
        ("not today, tomorrow", LEANS_EMPTY, "message"), ("not today, not tomorrow", -30.0, "unclear"),
        ("good morning", None, "message"),
        ("maybe I should see a lawyer", -30.0, "unclear"),  # a loose wording stays one
        ("STOP texting me", -30.0, "opt_out"),
    ],
)  # fmt: skip
def test_plain_talk_leans_only_so_far(
    words: str, leans: float | None, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Farther where something plain is paid or denied or every word is known, less far where a refusal is
    best known; and farther by a little what is likest to plain talk."""
    assert looked_at(words, Like("opt_out", 1.0), monkeypatch, leans).kind == kind
    more = None if leans is None else leans + AGREEING
    assert looked_at(words, Like("message", 1.0), monkeypatch, more).kind == kind


@pytest.mark.parametrize(
    ("words", "margin", "leans", "kind"),
    [
        ("can't fnord the blorp, will pay", 1.0, PLAINLY, "message"),
        ("not for the blorp of my fnord, good morning", 1.0, PLAINLY, "message"),
        ("not for the blorp of my fnord, good morning", 1.0, PLAINLY + 0.01, "unclear"),
        ("not for the blorp of my fnord", 1.0, PLAINLY, "unclear"),  # of which nobody knows what it says
        ("not for the blorp of my fnord", HARMLESS, AS_PLAINLY, "message"),  # but that it is like plain talk
        ("not for the blorp of my fnord", HARMLESS, AS_PLAINLY + 0.01, "unclear"),
        ("not for the blorp of my fnord", HARMLESS - 0.1, AS_PLAINLY, "unclear"),
        ("maybe I should see a lawyer", HARMLESS, AS_PLAINLY, "unclear"),
        ("no lo pago", 30.0, -30.0, "unclear"),  # nor where the paying itself is denied
        ("никак не плачу", 30.0, -30.0, "unclear"),
    ],
)
def test_what_the_wordings_leave_open_is_plain_where_both_looks_say_so(
    words: str, margin: float, leans: float, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or where it leans far that way and something plain is said."""
    assert looked_at(words, Like("message", margin), monkeypatch, leans).kind == kind


def test_the_weights_tell_what_asks_from_what_is_plain() -> None:
    """A part of both weighs least, and the same replies have the same weights in whatever order they come."""
    replies = [
        (True, ["stop", "it"]), (True, ["stop", "now"]), (False, ["pay", "it"]), (False, ["pay", "now"]),
    ]  # fmt: skip
    made_of = weights(replies)
    assert made_of["stop"] > abs(made_of["it"]) < -made_of["pay"]
    assert {"", "stop", "it", "now", "pay"} == made_of.keys()
    assert {one: type(each) for one, each in made_of.items()} == dict.fromkeys(made_of, int)


@pytest.mark.parametrize(
    "words",
    [
        "who gave y'all my info", "y'all are driving my wife nuts", "I said no", "done with you folks",
        "quién les pasó mi celular", "me tienen hasta el copete", "ni una llamada más", "se pasan de verdad",
        "what is wrong with you people", "bro who asked", "están pasados", "cuántas veces les digo",
    ],
)  # fmt: skip
def test_anger_without_a_word_of_refusal_is_no_plain_talk(words: str) -> None:
    """Whoever writes so wants something; what, a person hears."""
    for hint in (None, "en", "es"):
        assert classify(words, language_hint=hint).kind != "message"


def test_a_refusal_by_likeness_names_its_media_and_may_be_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one by wordings does."""
    reading = looked_at("blorp emails fnord", Like("opt_out", 9.0), monkeypatch)
    assert ("opt_out", "likeness", ("email",), True) == (
        reading.kind, reading.confidence, reading.media, reading.confirm,
    )  # fmt: skip


def test_a_refusal_of_some_times_waits_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it resembles."""
    reading = looked_at("ringing at night blorp", Like("opt_out", 9.0), monkeypatch)
    assert ("unclear", "designation") == (reading.kind, reading.probably)


def test_kinds_have_a_sign_each() -> None:
    """As many as there may be."""
    assert len(likeness.table().replies) <= len(likeness.SIGNS)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("I paid this off in 2019", "dispute"), ("esa cuenta la pagué hace dos años", "dispute"),
        ("das wurde längst bezahlt", "dispute"), ("j'ai tout payé l'année dernière", "dispute"),
        ("I paid it this morning", "message"), ("I have not paid since last year", "unclear"),
        ("was this paid last year?", "message"),
    ],
)  # fmt: skip
def test_who_paid_long_ago_disputes_the_debt(words: str, kind: str) -> None:
    """Who paid just now does not."""
    taken = classify(words, language_hint=None).kind
    assert taken == kind or (kind != "dispute" and taken != "dispute")


@pytest.mark.parametrize(
    "words",
    ["rufen sie mich nicht mehr an", "bitte nicht auf der arbeit anrufen", "please dont call me at work"],
)
def test_no_refusal_of_a_call_is_plain_talk(words: str) -> None:
    """However far the negation stands from the verb."""
    assert classify(words, language_hint=None).kind in {"opt_out", "unclear"}


@pytest.mark.parametrize(
    "words", ["please do not löschen Sie meine Nummer", "please do not kein Interesse", "nie keine SMS mehr"]
)
def test_what_is_denied_in_one_language_and_said_in_another_waits_for_a_person(words: str) -> None:
    """Likeness sees the words of a refusal, and not whether the denial is about them."""
    found = classify(words, language_hint=None)
    assert ("unclear", "unsure") == (found.kind, found.confidence)


@pytest.mark.parametrize(
    ("words", "probably"),
    [
        ("you're a joke, represented", "complaint"),
        ("we have nothing to discuss, formally dispute", "dispute"),
        ("you're a joke estoy representado", "complaint"),
    ],
)
def test_what_anger_resembles_is_no_fact(words: str, probably: str) -> None:
    """Where a wording of anger is most of the message a person reads the rest, whatever it is like."""
    found = classify(words, language_hint=None)
    assert ("unclear", probably, True) == (found.kind, found.probably, found.confirm)


@pytest.mark.parametrize(
    "words",
    [
        "no pago", "no, no pago", "no lo pago", "I don't pay", "not paying", "non pago", "je paie pas",
        "ich zahle nicht", "não pago nada", "nu plătesc", "ik betaal niks", "nie płacę", "не плачу",
        "не платитиму",
        "δεν πληρώνω", "ödemiyorum", "لن أدفع", "לא משלם", "nahi dunga paisa", "টাকা দেব না", "paisa nahi aapu",
        "paise denar nahi", "panam kudukka matten", "dabbu ivvanu", "duddu kodalla", "panam tharilla",
        "không trả tiền", "gak mau bayar", "hindi ako magbabayad", "sitalipa", "m p ap peye",
        "我不还钱", "払わない",
        "안 갚아", "ไม่จ่าย", "پیسے نہیں دوں گا", "ਪੈਸੇ ਨਹੀਂ ਦੇਵਾਂਗਾ",
    ],
)  # fmt: skip
def test_who_denies_to_pay_says_nothing_plain(words: str) -> None:
    """In no language, though a word about paying is what plain talk is made of."""
    assert classify(words, language_hint=None).kind != "message"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("não esqueci não, pago amanhã", "message"), ("no, pago el lunes", "message"),
        ("no pago el lunes", "unclear"),
    ],
)  # fmt: skip
def test_no_loose_wording_stands_on_both_sides_of_a_pause_after_a_negation(words: str, kind: str) -> None:
    """`no, pago` is not `no pago`."""
    assert classify(words, language_hint=None).kind == kind


@pytest.mark.parametrize(
    "words",
    [
        "no, not yet, thursday", "todavía no, el jueves", "nein, noch nicht, donnerstag", "pas encore, jeudi",
        "ainda não, quinta", "нет, ещё нет, в четверг", "अभी नहीं, गुरुवार को",
        "还没,星期四",
        "ще ні, у п’ятницю",
    ],
)  # fmt: skip
def test_what_is_not_so_yet_with_a_day_behind_a_pause_is_an_answer(words: str) -> None:
    """Somebody was asked whether it is paid."""
    assert classify(words, language_hint=None).kind == "message"


@pytest.mark.parametrize(
    "words",
    [
        "please don't, thursday", "no, not thursday", "not today, not tomorrow", "never, monday",
        "not me, friday",
        "bitte nicht, morgen", "no soy yo, el lunes", "no more, tomorrow",
    ],
)  # fmt: skip
def test_what_is_denied_beside_a_day_waits_where_it_is_no_answer(words: str) -> None:
    """Nobody knows what is denied: it may be a call, the debt or the person."""
    assert classify(words, language_hint=None).kind != "message"
