"""From the wordings in a message to its reading. Doubt is the default: what says nothing that is plainly
harmless is unclear."""

from __future__ import annotations

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from policies.reading.hits import MEDIA, REACH, Found, Hit
from policies.reading.lexicon import DOUBTS, STRONG
from policies.reading.reading import Reading
from policies.reading.tokens import Tokens

FAR = frozenset({"deceased", "bankruptcy", "attorney", "wrong_number", "cease", "dispute"})
"""What reaches farther than an opt-out: a person looks at it too where it was said loosely beside one."""
PRESSING = frozenset({"pay", "ask"})
SLACK = 0.5
"""Unknown words for each known one that a payment word or a question bears."""
TIMES = 7
"""Words of a message that names times alone, as an answer does; in more of them something else is said."""
THIN = 0.34
"""The same for what says little by itself, like a greeting."""


def judged(found: Found, message: Tokens) -> Reading:
    """The reading of a message by its wordings."""
    sure = [_farther(one, found, message) for one in found.hits if one.sure and one.kind in STRONG]
    sure = [*_conditional(sure, found), *_long_paid(found, message)]
    machine = found.kinds("undelivered") or found.kinds("automatic")
    if machine and all(_beneath(one, machine) for one in sure):
        undelivered = bool(found.kinds("undelivered"))
        return _reading("automatic", "meaning", machine[0], message, undelivered=undelivered)
    loose = [one for one in found.hits if one.kind in STRONG or one.kind in DOUBTS]
    if sure and (timed := _only_at_times(sure, found, message)) is not None:
        return _reading("unclear", "unsure", timed, message, probably="designation", confirm=True)
    if sure:
        return _stated(sure, loose, found, message)
    for kind in ("opt_in", "help"):
        if (hits := [one for one in found.kinds(kind) if one.sure]) and not loose:
            return _reading(kind, "meaning", hits[0], message)
    if loose and not _only_at_work(loose, found):
        first = _first(loose)
        return _reading("unclear", "unsure", first, message, probably=_meant(first), confirm=True)
    return _plain(found, message)


def _within(one: Hit, machine: Sequence[Hit]) -> bool:
    """Whether a hit is part of what a machine says, not something that a person adds to it."""
    return any(each.start <= one.start and one.end <= each.end for each in machine)


def _beneath(one: Hit, machine: Sequence[Hit]) -> bool:
    """Whether a hit has words in common with what a machine says, as `I'm out` has with `out of the
    office`."""
    return any(one.start < each.end and each.start < one.end for each in machine)


def _farther(one: Hit, found: Found, message: Tokens) -> Hit:
    """An opt-out that names no medium and is about being bothered asks for an end of all contact: `stop
    harassing me`; not so `stop bothering me with texts`."""
    if one.kind != "opt_out" or any(found.kinds(medium) for medium in MEDIA):
        return one
    clause = message.clause
    bothered = any(clause[each.start] == clause[one.end - 1] for each in found.kinds("bother"))
    return replace(one, kind="cease") if bothered else one


def _conditional(sure: Sequence[Hit], found: Found) -> list[Hit]:
    """Without wishes that hang on a condition, as in `if you stop calling I will pay`."""
    if not found.kinds("if") or not found.kinds("pay"):
        return list(sure)
    return [one for one in sure if one.kind not in {"opt_out", "cease"}]


def _long_paid(found: Found, message: Tokens) -> list[Hit]:
    """What is said to have been paid long ago, as in `I paid this in 2019`: not that a payment is on its way,
    but that nothing is owed."""
    if found.kinds("not_before") or found.kinds("not_after") or message.asks:
        return []
    past = {message.sentence[one.start] for one in found.kinds("past")}
    paid = [one for one in found.kinds("paid") if message.sentence[one.start] in past]
    return [replace(one, kind="dispute", sure=True) for one in paid[:1]]


def _only_at_times(sure: Sequence[Hit], found: Found, message: Tokens) -> Hit | None:
    """Words by which an opt-out is about some hours or days alone, as in `don't call me on Sundays`: a person
    hears which (12 CFR 1006.14(h)); None where more is asked."""
    if any(one.kind not in {"opt_out", "cease"} for one in sure):
        return None
    hours = [one for kind in ("hours", "designation", "busy") for one in found.kinds(kind)]
    near = [_beside(one, hours, message) for one in sure]
    return near[0] if all(near) else None


def _beside(hit: Hit, hours: Sequence[Hit], message: Tokens) -> Hit | None:
    clause = message.clause
    return next(
        (
            one
            for one in hours
            if clause[one.start] == clause[hit.start]
            and max(one.start - hit.end, hit.start - one.end) < REACH
        ),
        None,
    )


def _first(hits: Sequence[Hit]) -> Hit:
    order = (*STRONG, *DOUBTS)
    return min(hits, key=lambda one: (order.index(one.kind), one.start))


def _only_at_work(loose: Sequence[Hit], found: Found) -> bool:
    """Whether all that is doubtful is where the borrower is just now, beside a plain word about paying."""
    return bool(found.kinds("pay")) and all(one.kind == "busy" for one in loose)


def _meant(hit: Hit) -> str:
    """What doubtful words probably mean, for a person: who is at work now does not want to hear now."""
    return "designation" if hit.kind == "busy" else hit.kind


def _stated(sure: Sequence[Hit], loose: Sequence[Hit], found: Found, message: Tokens) -> Reading:
    first = _first(sure)
    also = [kind for kind in STRONG if kind != first.kind and any(one.kind == kind for one in sure)]
    stated = {one.kind for one in sure}
    doubtful = [one for one in loose if one.kind in FAR - stated]
    probably = None
    if doubtful and not stated & FAR:
        also.append("unclear")
        probably = _first(doubtful).kind
    media = tuple(one for one in MEDIA if found.kinds(one)) if "opt_out" in stated else ()
    confirm = stated == {"opt_out"}
    return _reading(
        first.kind,
        "meaning",
        first,
        message,
        also=tuple(also),
        probably=probably,
        confirm=confirm,
        media=media,
    )


def _plain(found: Found, message: Tokens) -> Reading:
    """A message that asks nothing of us, as far as its words are known; else an unclear one."""
    kinds = {one.kind for one in found.hits}
    unknown = found.total - found.covered
    asks = asking(found, message)
    sure = {one.kind for one in found.hits if one.sure or one.kind in {"denied", "denied_end"}}
    said = sure & {"pay", "when", "greet", "thanks", "yes", "talk", "denied", "denied_end", "no_end"}
    pays = any(one.sure for one in found.kinds("pay"))  # a `monkey` may be no misspelt `money`
    if pays or "no_end" in kinds or (asks and kinds & {"talk", "when"}):
        bears = unknown <= max(2, found.covered * 2 * SLACK)
    elif asks:
        bears = unknown <= found.covered * THIN
    else:
        said -= {"when"} if found.total > TIMES else set()
        bears = bool(said) and unknown <= found.covered * THIN
    if bears and not _denies(found, kinds, message, asks=asks):
        return Reading(
            kind="message", confidence="meaning", language=found.languages[0] if found.languages else None
        )
    return Reading(kind="unclear", confidence="unsure", confirm=True)


JOINING = frozenset({"en", "es", "pt", "fr", "ht", "it", "ro", "de", "nl", "pl", "ru", "uk", "el"})
"""Languages whose words that ask, like `que`, stand within a statement too."""


def asking(found: Found, message: Tokens) -> bool:
    """Whether something is asked. A word that asks also joins sentences, unless it begins one, by itself or
    after a small word (`met wie spreek ik`), or ends one (`vous êtes qui`); several that ask, like `can you`,
    may stand behind more small words."""
    small = {at for one in found.hits if one.kind in SMALL for at in range(one.start, one.end)}
    return message.asks or any(
        one.language not in JOINING
        or one.end == len(message.words)
        or _before(one, message, small) <= (MANY_SMALL if one.length > 1 else 1)
        for one in found.kinds("ask")
    )


SMALL = frozenset({"filler", "greet", "thanks", "yes"})
MANY_SMALL = 4


def _before(one: Hit, message: Tokens, small: AbstractSet[int]) -> float:
    """Small words of the same clause before a hit; endless where other words stand there too."""
    clause, at = message.clause, one.start
    while at > 0 and clause[at - 1] == clause[one.start]:
        at -= 1
    return one.start - at if small >= set(range(at, one.start)) else math.inf


HARMLESS = frozenset({"greet", "thanks", "yes", "talk", "ask"})


def _denies(found: Found, kinds: AbstractSet[str], message: Tokens, *, asks: bool) -> bool:
    """Whether something is denied, and nobody knows what: it may be the debt, or the person. A promise with
    its day may hold a `not`. Beside a medium it may be our messages that are not wanted, also in a question:
    `could you not text me?`."""
    if _of_a_medium(found, message):
        return True
    if asks and "denied_end" in kinds:
        return True  # `didn't I say stop?`
    if asks or kinds & {"denied", "denied_end"} or {"pay", "when"} <= kinds:
        return False
    if _another_day(found, message) or _only_answered(found, message):
        return False
    harmless = [one for one in found.hits if one.kind in HARMLESS or one.kind == "no_end"]
    return any(
        not _within(one, harmless) and not _answers(one, found, message)
        for one in (*found.kinds("not_before"), *found.kinds("not_after"))
    )


def _another_day(found: Found, message: Tokens) -> bool:
    """Whether all that is denied is a day, and another one is named: `not today, tomorrow`."""
    days, clause = found.kinds("when"), message.clause
    nots = [*found.kinds("not_before"), *found.kinds("not_after")]
    beside = [
        [one.start for one in days if _next_to(one, each) and clause[one.start] == clause[each.start]]
        for each in nots
    ]
    denied = {start for starts in beside for start in starts}
    return bool(denied) and all(beside) and any(one.start not in denied for one in days)


def _only_answered(found: Found, message: Tokens) -> bool:
    """Whether all that is denied is what we asked, and a day is named behind a pause: `no, not yet,
    Thursday`; not so `not mine, Thursday`."""
    clause = message.clause
    nots = [*found.kinds("not_before"), *found.kinds("not_after")]
    said = {at for kind in ("yet", "greet", "thanks") for one in found.kinds(kind) for at in _places(one)}
    said |= {at for one in nots for at in _places(one)}
    denied = {clause[one.start] for one in nots}
    so_far = any(clause[one.start] in denied for one in found.kinds("yet"))
    rest = {clause[one.start] for one in found.kinds("when")} - denied
    return (
        bool(rest)
        and all(at in said for at in range(len(clause)) if clause[at] in denied)
        and (so_far or not any(one.sure for one in nots))
    )


def _places(one: Hit) -> range:
    return range(one.start, one.end)


def _next_to(one: Hit, other: Hit) -> bool:
    return one.start in {other.end, other.end + 1} or other.start in {one.end, one.end + 1}


def _answers(hit: Hit, found: Found, message: Tokens) -> bool:
    """Whether a `no` stands for itself beside a word about paying, as in `no thanks, I'll pay online`."""
    clause = message.clause
    here = {at for at in range(len(clause)) if clause[at] == clause[hit.start]}
    small = {at for one in found.hits if one.kind in SMALL for at in range(one.start, one.end)}
    elsewhere = any(clause[one.start] != clause[hit.start] for one in found.kinds("pay"))
    return not hit.sure and elsewhere and here <= small | {hit.start}


def _of_a_medium(found: Found, message: Tokens) -> bool:
    """Whether a negation stands near a medium or a word of being bothered, outside of words that are harmless
    as a whole and of what is said about paying."""
    clause = message.clause
    paying = {clause[one.start] for one in found.kinds("pay")}
    media = [
        one for medium in (*MEDIA, "bother") for one in found.kinds(medium) if clause[one.start] not in paying
    ]
    whole = [one for one in found.hits if one.kind in HARMLESS and one.length > 1] + found.kinds("no_end")
    nots = [one for one in (*found.kinds("not_before"), *found.kinds("not_after")) if not _within(one, whole)]
    return any(
        max(one.start - each.end, each.start - one.end) < REACH
        or message.clause[one.start] == message.clause[each.start]
        for one in nots
        for each in media
    )


def _reading(
    kind: str,
    confidence: str,
    hit: Hit,
    message: Tokens,
    *,
    probably: str | None = None,
    also: tuple[str, ...] = (),
    confirm: bool = False,
    media: tuple[str, ...] = (),
    undelivered: bool = False,
) -> Reading:
    return Reading(
        kind=kind,
        confidence=confidence,
        matched=message.text(hit.start, hit.end),
        language=hit.language,
        probably=probably,
        also=also,
        confirm=confirm,
        media=media,
        undelivered=undelivered,
    )
