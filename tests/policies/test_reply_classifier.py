"""What borrowers write: opt-out words of every language in any dress, words that are more than an opt-out,
and what stays unclear."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.facts import EVENT_TYPES
from policies.reading.lexicon import lexicon
from policies.reply_classifier import LONGEST, ONLY_IF_OFFERED, classify, normalised, offered_in


def read(words: str, hint: str | None = None, *offered: str) -> tuple[str, str | None]:
    """Kind and event of a message."""
    reading = classify(words, language_hint=hint, offered=frozenset(offered))
    return reading.kind, reading.event_type


BY_LANGUAGE = {
    "en": "STOP QUIT END REVOKE OPT-OUT OPTOUT CANCEL UNSUBSCRIBE STOPALL REMOVE",
    "fr": "ARRET ARRÊT STOP DESABONNER DÉSABONNER",
    "es": "ALTO PARAR BAJA CANCELAR",
    "zh": "退订 TD 取消 拒收 不要再发 退訂 停止",
    "pt": "PARAR SAIR CANCELAR PARE",
    "de": "STOPP ABMELDEN STOP",
    "it": "STOP BASTA ANNULLA",
    "nl": "STOP AFMELDEN",
    "pl": "STOP WYPISZ",
    "ru": "СТОП ОТПИСАТЬСЯ ВІДПИСАТИСЯ",
    "hi": "बंद रोकें STOP",
    "id": "BERHENTI STOP",
    "th": "ยกเลิก หยุด",
    "vi": "TC HUY DUNG HỦY DỪNG",
    "tl": "TIGIL STOP",
    "ja": "停止 配信停止",
    "ko": "수신거부 거부",
    "ar": "إلغاء توقف",
}


@pytest.mark.parametrize(("language", "words"), BY_LANGUAGE.items())
def test_the_opt_out_words_of_a_language_stop_whatever_language_we_expected(
    language: str, words: str
) -> None:
    """Other languages' words count wherever the borrower writes them; each may be confirmed once."""
    for word in words.split():
        for hint in (language, f"{language.upper()}-XX", None, "en", "xx", ""):
            reading = classify(word, language_hint=hint)
            assert ("opt_out", "exact", "opt_out", True) == (
                reading.kind,
                reading.confidence,
                reading.event_type,
                reading.confirm,
            )


def test_the_borrowers_own_language_is_told_where_a_word_is_of_several() -> None:
    """`parar` is Spanish and Portuguese, `停止` Chinese and Japanese: the borrower's own comes first."""
    found = [
        classify(word, language_hint=hint).language
        for word, hint in (("parar", "pt-BR"), ("parar", "es"), ("停止", "ja"), ("停止", "zh-CN"))
    ]
    assert ["pt", "es", "ja", "zh"] == found


@pytest.mark.parametrize("words", ["Stop", "QUIT", "end", "Revoke", "opt out", "Cancel", "unsubscribe"])
def test_the_words_that_stop_by_rule_stop(words: str) -> None:
    """47 CFR 64.1200(a)(10) names seven words that are a revocation per se."""
    assert ("opt_out", "opt_out") == read(words)


full_width = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
DRESSES = (
    str.upper,
    str.title,
    str.lower,
    lambda word: word.translate(full_width),
    lambda word: unicodedata.normalize("NFD", word),
)
NOISE = st.text(
    alphabet=' \n\t.!?,;:*~_"()[]{}<>/\\|#@&+=^%$…。！？、，·—–🛑🙏😡👍'
    "\u200b\u200d\ufeff\ufe0f\u00a0\u3000\u202e",
    max_size=6,
)


@given(
    st.sampled_from([word for words in BY_LANGUAGE.values() for word in words.split()]),
    st.sampled_from(DRESSES),
    NOISE,
    NOISE,
)
def test_an_opt_out_word_stops_in_any_dress(word: str, dress: object, before: str, after: str) -> None:
    """Case, full width, decomposed accents, punctuation, emoji and invisible marks change nothing."""
    assert ("opt_out", "opt_out") == read(f"{before}{dress(word)}{after}")  # type: ignore[operator]


@pytest.mark.parametrize(
    "words",
    ["stop please", "Please stop texting me", "STOP now!!! thanks", "ok stop", "stop sms", "请 停止",
    "baja por favor", "stop sending me texts", "Don’t text me", "Donʼt text me",
     "don‘t text me",
     "do not call me anymore", "no more calls please", "stop calling and texting me", "STOP STOP",
     "stop e-mailing me", "不要打电话了", "no me llamen más",
     "remove me from your list", "take me off this list",
     "arrêt merci", "СТОП СМС", "стоп, пожалуйста", "¡Alto ya!", "Arrêt SVP", "tolong berhenti",
     "कृपया बंद करें"],
)  # fmt: skip
def test_courtesies_and_plain_wordings_change_nothing(words: str) -> None:
    """What a reasonable person understands as an opt-out is one."""
    assert ("opt_out", "opt_out") == read(words)


@pytest.mark.parametrize("token", ["T", "N", "R", "NO", "no.", "t!"])
def test_short_tokens_stop_only_where_the_template_offered_them(token: str) -> None:
    """`T`, `N`, `R` and `NO` are answers to many questions; END is an opt-out always."""
    assert ("unclear", "unclear_words") == read(token)
    assert ("opt_out", "opt_out") == read(token, None, *(one.upper() for one in ONLY_IF_OFFERED))
    assert "opt_out" != read(f"{token} thank you very much", None, *ONLY_IF_OFFERED)[0]
    assert ("opt_out", "opt_out") == read("End")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("【某某】您的贷款已逾期。回复T退订。", {"t"}),
        ("退订回N", {"n"}),
        ("拒收请回复R", {"r"}),
        ("Reply NO to end texts.", {"no"}),
        ('Reply "N" to stop, text R to stop', {"n", "r"}),
        ("回复TD退订", set()),
        ("Reply STOP to end texts. Reply NOW and save", set()),
        ("No reply needed. T", set()),
    ],
)
def test_the_short_tokens_that_a_text_offers(text: str, tokens: set[str]) -> None:
    """As a way out, by themselves; longer words are not taken for them."""
    assert tokens == offered_in(text)


@pytest.mark.parametrize("words", ["start", "unstop", "subscribe", "开始", "恢复", "alta"])
def test_words_that_start_again(words: str) -> None:
    """START, UNSTOP and their like lift an opt-out."""
    assert ("opt_in", "opt_in") == read(words.upper())


@pytest.mark.parametrize("words", ["yes", "YES!", "si", "sí", "oui", "да", "はい", "نعم", "haan", "ok"])
def test_a_yes_starts_again_only_where_we_asked(words: str) -> None:
    """Out of nowhere it agrees to nothing in particular."""
    assert ("message", None) == read(words)
    assert classify(words, language_hint=None).affirms
    assert "opt_in" == classify(words, language_hint=None, asked=True).kind
    assert not classify("yes please stop", language_hint=None, asked=True).affirms


@pytest.mark.parametrize("words", ["help", "info", "aide", "ayuda", "帮助", "ajuda"])
def test_words_that_ask_for_help(words: str) -> None:
    """HELP stops nothing and starts nothing."""
    assert ("help", "help") == read(f"{words}?")


MORE = {
    ("attorney", "attorney"): [
        "Talk to my lawyer.",
        "My attorney will answer",
        "Jones, my solicitor",
        "a lawyer represents me",
        "联系我的律师",
        "hable con mi abogado",
        "I have an attorney",
        "we hired a lawyer",
        "I am represented by counsel",
        "我委托律师了",
    ],
    ("cease", "cease"): [
        "Do not contact me at all",
        "don't contact me",
        "CEASE and desist",
        "leave me alone",
        "I refuse to pay",
        "不要再联系我",
        "déjenme en paz",
        "stop contacting me",
        "I am refusing to pay",
        "no further contact please",
        "别联系我",
    ],
    ("wrong_number", "wrong_number"): [
        "Wrong number!",
        "you have the wrong person",
        "that's not me",
        "I dont know this person",
        "你打错了",
        "número equivocado",
    ],
    ("bankruptcy", "bankruptcy"): ["I am bankrupt", "filed chapter 7", "我已破产", "estoy en quiebra"],
    ("deceased", "deceased"): [
        "He passed away in May",
        "my mother is deceased",
        "他去世了",
        "falleció, murió ayer",
    ],
    ("dispute", "dispute"): [
        "I dispute this",
        "this is not my debt",
        "not mine",
        "I don't owe you",
        "I want to dispute the charge",
        "这不是我的债",
        "no es mi deuda",
    ],
    ("hardship", "hardship_request"): [
        "I lost my job",
        "I can't pay",
        "cannot afford it",
        "我失业了",
        "no puedo pagar",
    ],
}


@pytest.mark.parametrize(
    ("expected", "words"), [(kind, words) for kind, many in MORE.items() for words in many]
)
def test_words_that_are_more_than_an_opt_out_open_their_own_event(
    expected: tuple[str, str], words: str
) -> None:
    """Lawyer, cease, wrong number, bankruptcy, death, dispute and hardship are heard."""
    reading = classify(words, language_hint=None)
    assert expected == (reading.kind, reading.event_type)
    assert reading.confidence in {"exact", "meaning"}
    assert reading.matched


@pytest.mark.parametrize(
    ("probably", "words"),
    [
        ("opt_out", "stop being so rude and send me the bill"),
        ("opt_out", "how do I unsubscribe from the letters only"),
        ("attorney", "lawyer"),
        ("attorney", "are you an attorney?"),
        ("cease", "I won't pay"),
        ("designation", "I am at work"),
        ("designation", "not on Fridays"),
        ("designation", "only after 6"),
        ("designation", "我在上班"),
        (None, "unstoppable"),
        (None, "appendix"),
        (None, "sign"),
        (None, ""),
        (None, "..."),
    ],
)
def test_what_is_unclear_is_held_for_a_person(probably: str | None, words: str) -> None:
    """A stop word among others may mean anything: nothing more goes out until a person has read it, who sees
    what it probably means."""
    reading = classify(words, language_hint=None)
    expected = ("unclear", "unsure", "unclear_words", True, probably)
    assert expected == (
        reading.kind,
        reading.confidence,
        reading.event_type,
        reading.confirm,
        reading.probably,
    )


@pytest.mark.parametrize(
    ("words", "hint"),
    [(one, None) for one in ("st op", "dtop", "REMOVED", "stop, Ana", "yes stop")] + [("parsr", "es")],
)
def test_what_may_be_another_word_is_held_for_a_person(words: str, hint: str | None) -> None:
    """A slip of the thumb is no permission to go on; nor is it an opt-out for certain."""
    assert ("unclear", "unclear_words") == read(words, hint)


@pytest.mark.parametrize(
    "words", ["ST0P", "stpo", "Unsuscribe", "STОP", "unsub", "stop\n\nSent from my phone", "отписатся",
    "stop2end", "sttop", "STOOP", "cancell", "parrar", "unscribe", "unsubscrb"]
)  # fmt: skip
def test_a_slip_that_can_be_nothing_else_stops(words: str) -> None:
    """Letters that are swapped or written twice, digits and foreign letters that stand for a letter, a long
    word without some of its own: a reasonable person reads the word."""
    assert ("opt_out", "opt_out") == read(words)


@pytest.mark.parametrize(
    "words",
    ["ne m'appelez plus", "Je veux me désabonner", "plus de SMS svp", "quiero darme de baja",
    "No me escriban más", "ya no quiero recibir mensajes", "dejen de escribirme",
     "não me ligue", "pare de me ligar", "bitte keine SMS mehr", "nicht mehr anrufen", "Hör auf!",
     "non chiamatemi", "niet meer bellen", "rezygnuję", "nie dzwońcie",
     "не звоните мне", "отпишите меня", "не турбуйте", "berhenti dong", "jangan hubungi saya", "yêu cầu dừng",
     "huwag na po", "मैसेज बंद कर दो",
     "मत भेजो", "หยุดส่งข้อความ", "ไม่ต้องส่ง", "やめてください", "送らないで", "전화하지 마세요", "그만 보내세요",
     "توقفوا عن المراسلة", "لا ترسل", "请勿打扰", "別傳了", "停止發送",
     "取消短信", "I revoke my consent", "delete my number", "take me off", "do not call",
     "go away", "mon avocat",
     "mein Anwalt", "мой адвокат", "yes please stop", "will you stop calling?", "别再发邮件"],
)  # fmt: skip
def test_a_wish_for_silence_is_heard_in_any_language(words: str) -> None:
    """Other languages' words count wherever the borrower writes them: never silently a plain message."""
    assert read(words)[0] in {"opt_out", "cease", "attorney"}


@pytest.mark.parametrize(
    "words", ["C'est un faux numéro", "falsche Nummer", "número errado", "вы ошиблись номером", "打錯了"]
)
def test_a_wrong_number_is_heard_in_any_language(words: str) -> None:
    """What went to it before was no contact with the borrower."""
    assert ("wrong_number", "wrong_number") == read(words)


@pytest.mark.parametrize(
    "words",
    [
        "🙏",
        "can you stop by my office",
        "I will pay on the 5th",
        "thank you",
        "gracias",
        "the weekend suits me",
        "ya pagué ayer",
        "la cuota es más baja",
        "je paie demain",
        "ich zahle morgen",
        "заплачу завтра",
        "明日払います",
        "我明天还款",
        "내일 낼게요",
        "سأدفع غدا",
        "cancel my plan",
        "post",
        "pay",
        "paid",
        "Hello",
        "tomorrow",
    ],
)
def test_a_plain_message_asks_nothing_of_us(words: str) -> None:
    """No event, no confirmation; and never "unknown command"."""
    reading = classify(words, language_hint="en")
    assert ("message", None, False) == (reading.kind, reading.event_type, reading.confirm)


@pytest.mark.parametrize("words", ["S T O P", "s.t.o.p.", "S-T-O-P!", "Q U I T", "e n d"])
def test_a_word_that_is_spelt_out_is_that_word(words: str) -> None:
    """A reasonable person reads it (47 CFR 64.1200(a)(10))."""
    assert ("opt_out", "opt_out") == read(words)


def test_only_an_opt_out_and_what_is_unclear_may_be_confirmed() -> None:
    """One confirmation at most, and none after words that close more than a channel."""
    for words in [one for many in MORE.values() for one in many]:
        assert not classify(words, language_hint=None).confirm


@given(st.text(max_size=300), st.none() | st.text(max_size=8), st.frozensets(st.text(max_size=3), max_size=3))
def test_any_text_has_a_reading(words: str, hint: str | None, offered: frozenset[str]) -> None:
    """Whatever is written, it is read, twice the same, and its event is one that the history knows."""
    reading = classify(words, language_hint=hint, offered=offered)
    assert reading == classify(words, language_hint=hint, offered=offered)
    assert reading.event_type is None or reading.event_type in EVENT_TYPES
    assert normalised(words) == normalised(normalised(words))


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        "stop " * 100_000,
        "a" * 1_000_000,
        "don't " * 50_000,
        "please " * 99_999,
        "\u0301" * 100_000,
        "ﷺ" * 50_000,
    ],
)
def test_a_book_is_read_as_far_as_a_message_goes(words: str) -> None:
    """Only the beginning of a very long text is looked at, so that no text costs much."""
    assert classify(words[:LONGEST], language_hint=None) == classify(words, language_hint=None)


def test_each_case_beside_the_words_is_read_as_it_says() -> None:
    """Every file of words says what some messages in its language are taken for."""
    cases = lexicon().cases
    found = {words: classify(words, language_hint=None).kind for _, _, words in cases}
    assert {words: kind for _, kind, words in cases} == found
