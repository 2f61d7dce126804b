"""Where the wordings of the lexicon stand in a message, in the languages that it is written in."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from policies.reading.lexicon import DOUBTS, PLAIN, STRONG, Lexicon, lexicon
from policies.reading.spelling import Meant, meant, unjoined
from policies.reading.tokens import Tokens

EVERYWHERE = frozenset({"common", "automatic"})
"""Files whose words belong to no one language."""
SHARE = 0.6
"""A language is in play that knows this share of the words that the best one knows."""
REACH = 3
"""Words over which a negation reaches."""
MANY = 12
"""Words of a message in which a few of another language are no more than resemblances."""
MEDIA = ("voice", "sms", "email")
ONE_NEGATION = frozenset({"en", "de", "nl"})
"""Languages in which two negations deny each other."""
WISHES = frozenset({"opt_out", "cease"})
"""Kinds that ask for an end, of one medium or of all."""
RISKY = frozenset((*STRONG, *DOUBTS))
HARMLESS = frozenset(PLAIN)


@dataclass(frozen=True, slots=True)
class Hit:
    """One wording in the message: what it means and where it stands."""

    kind: str
    sure: bool
    language: str
    start: int
    end: int
    over: tuple[int, ...] = ()
    """Words over which the gaps of a harmless wording reach."""

    @property
    def length(self) -> int:
        """Words from the first to the last."""
        return self.end - self.start


def _place(hit: Hit) -> tuple[object, ...]:
    """By what hits are in order, the longest of a place first: where several are as good, the first is
    told."""
    return hit.start, -hit.end, hit.kind, hit.language, hit.sure, hit.over


@dataclass(frozen=True, slots=True)
class Found:
    """All that is known about a message's words."""

    hits: tuple[Hit, ...]
    covered: int
    """Words of which something is known."""
    total: int
    languages: tuple[str, ...]
    """The languages that it may be in, the likeliest first."""

    def kinds(self, kind: str) -> list[Hit]:
        """The hits of one kind."""
        return [one for one in self.hits if one.kind == kind]


def find(message: Tokens, hint: str | None) -> Found:
    """Every wording in a message that says something of its own, after negations."""
    book = lexicon()
    languages = _languages(message.words, hint, book)
    words, slips = _spelt(message.words, [*languages, *((hint,) if hint else ()), "en"], book)
    if slips:
        languages = _languages(words, hint, book)
    kinds = [_kinds(word, message, languages, book) for word in message.words]
    every = [*_all(message, words, languages, slips, kinds, book), *_sentences(message, words, book)]
    every = _unbroken(every, message.clause)
    hits = _own(every, languages)
    covered = {place for one in hits for place in range(one.start, one.end)}
    covered |= {at for at, word in enumerate(words) if word.isdecimal() or at in slips or _shared(word, book)}
    return Found(
        tuple(_negated(hits, _negations(every), message)), len(covered), len(words), tuple(languages)
    )


def _kinds(word: str, message: Tokens, languages: Sequence[str], book: Lexicon) -> str:
    """The signs of the kinds that a word is of: with a capital, what the language does not know is a name as
    well."""
    if word in book.names or (word in message.capitals and book.known(word).isdisjoint(languages[:1])):
        return "@?"
    return "" if book.known(word) else "?"


def _shared(word: str, book: Lexicon) -> bool:
    return word in book.names or not EVERYWHERE.isdisjoint(book.known(word)) or word in book.courtesy


def _languages(words: Sequence[str], hint: str | None, book: Lexicon) -> list[str]:
    """The languages in play: those that know most words, and those that know words which no better one
    knows."""
    known = [book.known(word) - EVERYWHERE for word in words]
    scores: collections.Counter[str] = collections.Counter()
    for langs in known:
        scores.update(langs)
    if not scores:
        return [hint] if hint else []
    ranked = sorted(
        scores,
        key=lambda one: (-scores[one] - (0.5 if one == hint else 0) - (0.25 if one == "en" else 0), one),
    )
    best = scores[ranked[0]]
    return [
        one for one in ranked if scores[one] >= SHARE * best or one == hint or _adds(one, ranked[0], known)
    ]


def _adds(one: str, best: str, known: Sequence[set[str]]) -> bool:
    """Whether a language knows two words or more that the best one does not: people mix languages."""
    return sum(one in langs and best not in langs for langs in known) >= (2 if len(known) < MANY else 3)


def _spelt(
    words: Sequence[str], languages: Sequence[str], book: Lexicon
) -> tuple[list[str], dict[int, Meant]]:
    """The words with misspelt ones put right, and which those are."""
    put, slips = list(words), dict[int, Meant]()
    for at, word in enumerate(words):
        if word in book.names or _knows(word, languages, book):
            continue
        if (rest := unjoined(word, book)) is not None:
            put[at] = rest
            continue
        right = meant(word, languages)
        if right is not None:
            put[at], slips[at] = right.word, right
    return put, slips


def _knows(word: str, languages: Sequence[str], book: Lexicon) -> bool:
    """Whether a word is known as it stands; a beginning that another language knows makes none of a slip, as
    the Polish `bankru` makes none of `bankrupcy`."""
    known = book.known(word)
    return bool(known) and (word in book.words or not known.isdisjoint({*languages, *EVERYWHERE}))


def _all(
    message: Tokens,
    words: Sequence[str],
    languages: Sequence[str],
    slips: dict[int, Meant],
    kinds: Sequence[str],
    book: Lexicon,
) -> list[Hit]:
    """Every wording in the message, in an order that is the same in every process."""
    spoken = {*languages, *EVERYWHERE}
    lasts = _lasts(message.sentence)
    found: set[Hit] = set()
    for start in range(len(words)):
        for node, end, over in book.root.ends(words, start, lasts[start], kinds):
            for label in node.labels:
                if label.language in spoken:
                    reach = over if label.kind in HARMLESS or label.kind == "no_end" else ()
                    found.add(_hit(Hit(label.kind, label.sure, label.language, start, end, reach), slips))
    return sorted(found, key=_place)


def _unbroken(hits: Sequence[Hit], clause: Sequence[int]) -> list[Hit]:
    """Without harmless wordings over whose gaps somebody denies or ends something: `call me ~ tomorrow` is
    not said in `call me no more tomorrow`; and without a denied end or a loose wording of which the denial is
    another part: `please don't, stop texting`."""
    nots = _negations(hits)
    cut = {at for at in nots if at + 1 < len(clause) and clause[at] != clause[at + 1]}
    hits = [one for one in hits if not _cut(one, clause, cut)]
    ends = {at for one in hits if one.sure and one.kind in STRONG for at in range(one.start, one.end)}
    return [one for one in hits if (nots if one.kind == "no_end" else nots | ends).isdisjoint(one.over)]


def _cut(one: Hit, clause: Sequence[int], cut: AbstractSet[int]) -> bool:
    """Whether a pause after the negation makes no wording of a loose one, as in `no he olvidado, no, pago
    mañana`, or any pause none of a denied end; in German its verb stands behind a comma."""
    broken = not cut.isdisjoint(range(one.start, one.end - 1))
    if one.kind == "no_end":
        return broken or (clause[one.start] != clause[one.end - 1] and one.language != "de")
    return broken and one.kind in RISKY and not one.sure


def _sentences(message: Tokens, words: Sequence[str], book: Lexicon) -> Iterator[Hit]:
    """Sentences that could stand by themselves as a whole message, as in `STOP. I have paid`."""
    start = 0
    for end in range(1, len(words) + 1):
        if end < len(words) and message.sentence[end] == message.sentence[start]:
            continue
        for language, kind in book.exact.get(" ".join(words[start:end]), {}).items():
            if kind in STRONG:
                yield Hit(kind, True, language, start, end)
        start = end
    yield from _last_word(message, words, book)


def _last_word(message: Tokens, words: Sequence[str], book: Lexicon) -> Iterator[Hit]:
    """What ends a message after a pause as an opt-out by itself, as in `I told you already, stop`."""
    clause = message.clause
    if not clause or clause[0] == clause[-1]:
        return
    start = clause.index(clause[-1])
    for language, kind in book.exact.get(" ".join(words[start:]), {}).items():
        if kind == "opt_out":
            yield Hit(kind, True, language, start, len(words))


def _lasts(sentence: Sequence[int]) -> list[int]:
    """For each word the end of its sentence, over which no wording reaches."""
    lasts = [len(sentence)] * len(sentence)
    for at in range(len(sentence) - 2, -1, -1):
        lasts[at] = lasts[at + 1] if sentence[at] == sentence[at + 1] else at + 1
    return lasts


def _hit(hit: Hit, slips: dict[int, Meant]) -> Hit:
    """A hit as it stands, or a doubtful one where a misspelling may be another word altogether."""
    inside = [slips[at] for at in range(hit.start, hit.end) if at in slips]
    if hit.sure and hit.length == len(inside) == 1 and not inside[0].sure:
        return replace(hit, sure=False)
    return hit


def _own(hits: Sequence[Hit], languages: Sequence[str]) -> list[Hit]:
    """Without hits that are part of a longer one: `not mine` in `this number is not mine` is about the
    number. Of several languages' words in one place the likelier language's stand."""
    rank = {language: at for at, language in enumerate(languages)}
    best: dict[tuple[int, int], int] = {}
    for one in hits:
        place = (one.start, one.end)
        best[place] = min(best.get(place, len(rank)), rank.get(one.language, -1))
    harmless = {(one.start, one.end) for one in hits if one.kind == "talk" and one.length > 1}
    hits = [
        one for one in hits if one.kind != "deceased" or not any(_of_a_thing(span, one) for span in harmless)
    ]
    spans = {
        (one.start, one.end): one.sure and one.kind in RISKY
        for one in sorted(hits, key=lambda one: one.sure)
        if one.length > 1 and one.kind not in {"paid", "past"}
    }
    return _wanted(
        one
        for one in hits
        if rank.get(one.language, -1) <= best[one.start, one.end]
        and not any(_swallows(span, one, spans) for span in spans)
        and not (one.kind in RISKY and (one.start, one.end) in harmless)
    )


def _wanted(hits: Iterable[Hit]) -> list[Hit]:
    """Without ends that are not wanted, or only spoken of: `stop texting` in `please don't stop texting
    me`."""
    known = list(hits)
    nearest: dict[int, int] = {}
    for one in known:
        if one.kind == "no_end":
            nearest[one.start] = min(nearest.get(one.start, one.end), one.end)
    spoken_of = [Hit("no_end", True, "", start, end) for start, end in nearest.items()]
    return [
        one
        for one in known
        if one.kind not in WISHES
        or not any(one.start < each.end and each.start < one.end for each in spoken_of)
    ]


def _of_a_thing(span: tuple[int, int], died: Hit) -> bool:
    """Whether what died is told by harmless words into which a hit reaches: `my phone died` in
    `my phone died last week`."""
    return span[0] < died.start < span[1]


def _swallows(span: tuple[int, int], one: Hit, spans: Mapping[tuple[int, int], bool]) -> bool:
    """Whether a longer hit holds this one; a negation is swallowed only by what states something for certain,
    a medium or a word of being bothered by nothing."""
    if one.kind in MEDIA or one.kind in {"bother", "hours", "paid", "past"}:
        return False
    inside = span[0] <= one.start and one.end <= span[1] and span[1] - span[0] > one.length
    return inside and (spans[span] or one.kind not in {"not_before", "not_after"})


def _negations(hits: Sequence[Hit]) -> frozenset[int]:
    """Where negations stand, whatever wordings they are part of."""
    return frozenset(one.start for one in hits if one.kind in {"not_before", "not_after"})


def _negated(hits: Sequence[Hit], negations: frozenset[int], message: Tokens) -> list[Hit]:
    """Risky hits that somebody denies say nothing; a denied wish to end something stays doubtful where `no`
    may be an answer by itself."""
    before = [one for one in hits if one.kind == "not_before"]
    after = [one for one in hits if one.kind == "not_after"]
    doubts = [one.start for one in hits if one.kind == "if"]
    media = {message.clause[one.start] for one in hits if one.kind in MEDIA}
    return [
        _weighed(one, before, after, doubts, message)
        if one.kind in RISKY and not _concords(one, negations) and not _at_that_time(one, media, message)
        else one
        for one in hits
    ]


def _at_that_time(hit: Hit, media: AbstractSet[int], message: Tokens) -> bool:
    """Whether a time or place that does not suit stands beside a medium: what is denied there is the call,
    not the place, as in `bitte nicht auf der Arbeit anrufen`."""
    return hit.kind in DOUBTS and hit.kind != "complaint" and message.clause[hit.start] in media


def _concords(hit: Hit, negations: frozenset[int]) -> bool:
    """Whether what is said has its own negation, which in most languages a second one strengthens:
    `никогда не пишите`, `nunca más no`."""
    return (
        hit.sure
        and hit.kind in STRONG
        and hit.language not in ONE_NEGATION
        and not negations.isdisjoint(range(hit.start, hit.end))
    )


def _weighed(
    hit: Hit, before: Sequence[Hit], after: Sequence[Hit], doubts: Sequence[int], message: Tokens
) -> Hit:
    clause = message.clause
    for one in before:
        if any(one.end <= at < hit.start for at in doubts):
            return replace(
                hit, sure=False
            )  # `I do not know if I need a lawyer` neither states nor denies one
        if 0 <= hit.start - one.end < REACH and clause[one.start] == clause[hit.start]:
            answer = one.start == 0 and hit.kind in {"opt_out", "cease"} and one.sure is False
            return replace(hit, sure=False) if answer else _denied(hit)
    for one in after:
        if 0 <= one.start - hit.end < REACH and clause[one.start] == clause[hit.end - 1]:
            return _denied(hit)
    return hit


def _denied(hit: Hit) -> Hit:
    return replace(hit, kind="denied_end" if hit.kind in WISHES else "denied", sure=False)
