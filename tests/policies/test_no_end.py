"""Who asks us to go on, or what the word for an end would do, asks for no end; who complains that we never
end does."""

from __future__ import annotations

import pytest

from policies.reply_classifier import classify


def taken(words: str) -> str:
    """What a message of nobody knows whom is taken for."""
    return classify(words, language_hint=None).kind


@pytest.mark.parametrize(
    "words",
    [
        "Don't stop texting me, I need the reminders", "please don't stop", "please don't unsubscribe me",
        "I never said stop, keep sending them", "no dejen de mandarme recordatorios",
        "não parem de me avisar, por favor", "n'arrêtez pas les rappels",
        "Bitte hören Sie nicht auf, mich zu erinnern", "non smettete di mandarmi i promemoria",
        "не прекращайте присылать напоминания", "pa sispann voye mesaj yo", "请不要停止提醒我",
        "wag nyo po itigil ang reminders", "đừng ngừng nhắn tin nhắc tôi", "reminder bhejna band mat karo",
    ],
)  # fmt: skip
def test_who_asks_us_to_go_on_asks_for_no_end(words: str) -> None:
    """Likeness, which sees no negation, does not make one of it either."""
    assert taken(words) == "message"


@pytest.mark.parametrize("words", ["What happens if I reply stop?", "¿qué pasa si respondo ALTO?"])
def test_who_asks_what_the_word_does_has_not_said_it(words: str) -> None:
    """A question is answered."""
    assert taken(words) == "message"


@pytest.mark.parametrize(
    "words",
    [
        "you never stop texting me", "why don't you stop texting me", "can't you stop?",
        "please don't. stop", "don't, stop texting me", "do not keep texting me",
        "vous n'arrêtez pas d'envoyer des sms", "Sie hören einfach nicht auf mir zu schreiben",
        "I never wanted these texts, stop", "no paran de mandarme mensajes",
        "vocês não param de mandar mensagem",
    ],
)  # fmt: skip
def test_who_complains_that_we_never_end_wants_an_end(words: str) -> None:
    """The same words with a subject before them, or a pause after the negation."""
    assert taken(words) == "opt_out"


@pytest.mark.parametrize(
    "words",
    [
        "didn't I say stop?",
        "haven't I told you to stop",
        "have I not made you fnord: stop?",
        "if I say stop you should stop",
    ],
)
def test_a_denied_end_in_a_question_is_no_plain_talk(words: str) -> None:
    """Who asks whether it was said has said it."""
    assert taken(words) in {"opt_out", "unclear"}


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("me pueden quitar de la lista?", {"opt_out"}),
        ("Could you guys lay off the texts already", {"opt_out"}),
        ("would anyone there mind blorping my phone off those txt lists", {"opt_out", "unclear"}),
        ("les dije que pararan", {"opt_out"}),
        ("les dije que fnordaran", {"opt_out", "unclear"}),
        ("den herrn weber gibt es hier nicht", {"wrong_number"}),
    ],
)
def test_no_refusal_hides_in_a_question(words: str, kind: set[str]) -> None:
    """A wish is often asked for, and a word that asks often joins a sentence."""
    assert taken(words) in kind


@pytest.mark.parametrize(
    "words", ["um was geht es", "vous êtes qui", "met wie spreek ik", "hi can you tell me how much"]
)
def test_a_question_is_one_wherever_its_word_stands(words: str) -> None:
    """Behind small words, or at the end."""
    assert taken(words) == "message"


def test_what_a_machine_says_holds_no_wish() -> None:
    """Also where a wish reaches into it: `I'm out` of the office."""
    words = "I'm out of the office until Monday 12 May with no access to email."
    assert taken(words) == "automatic"
    assert taken(f"{words} STOP texting me.") == "opt_out"


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("no thanks, I'll pay online", True), ("next Friday", True),
        ("no tienen derecho a contactarme", False), ("fnord for this to blorp last week already", False),
    ],
)  # fmt: skip
def test_a_time_by_itself_and_a_no_by_itself_say_no_more_than_that(words: str, plain: bool) -> None:
    """Beside a payment a `no` is an answer; beside words of being bothered it is none."""
    assert plain is (taken(words) == "message")


@pytest.mark.parametrize("words", ["don't you stop?", "can you not stop?", "is this not stop?"])
def test_a_question_that_denies_an_end_is_held(words: str) -> None:
    """A complaint as easily as a question: a person reads it."""
    assert taken(words) == "unclear"
