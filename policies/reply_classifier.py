"""What a borrower's words mean: a machine's text, a word by itself, words that are more, plain talk, or
nothing that is clear.

Clear words act at once, because 47 CFR 64.1200(a)(10) protects any wording that a reasonable person
understands. Loose words that would silence for ever or record a right wait for a person, and so does what is
not understood: doubt is the default. The words themselves stand by language in `policies/reading/words`."""

from __future__ import annotations

import re
from dataclasses import replace

from policies.reading.hits import MEDIA, find
from policies.reading.judge import judged
from policies.reading.lexicon import STRONG, WHOLE, Lexicon, lexicon
from policies.reading.quoted import own
from policies.reading.reading import Reading
from policies.reading.seconded import seconded
from policies.reading.spelling import LONG, ended, meant
from policies.reading.tokens import LONGEST, Tokens, tokens

__all__ = ["LONGEST", "ONLY_IF_OFFERED", "Reading", "classify", "normalised", "offered_in"]

ONLY_IF_OFFERED = frozenset({"t", "n", "r", "no"})
HARMLESS = frozenset({"message"})
MOST_ENDS = 8
"""Words of a message that is looked at for nothing but ends."""


def classify(
    words: str, *, language_hint: str | None, offered: frozenset[str] = frozenset(), asked: bool = False
) -> Reading:
    """Read a message. `offered`: short tokens that the template named as opt-out words (`T`, `N` …); `asked`:
    whether a text of ours asks for a "yes" to be sent again."""
    whole = words[:LONGEST]
    hint = (language_hint or "").split("-")[0].casefold() or None
    said = own(whole)
    message = tokens(said.words)
    if not message.words:
        return _signs(message.signs)
    exact = _exact(message, hint, frozenset(one.casefold() for one in offered))
    if exact is not None and exact.kind != "unclear":
        return _answering(exact) if asked else exact
    found = find(message, hint)
    reading = judged(found, message)
    if exact is None:
        reading = seconded(reading, found, message)
    reading = _beside_signs(reading, message.signs)
    if exact is not None and (reading.kind not in STRONG or " " not in (reading.matched or "")):
        return exact
    if said.doubtful and reading.kind in HARMLESS:
        return _quoting(reading, tokens(whole), hint)
    return reading


_OFFER = re.compile(
    r"(?:\b(?i:reply|text|send|answer|responda|env[ií]e)\s+|回[复覆]?\s*|[发發]送?\s*)[\"'“「]?(T|N|R|NO)(?![A-Za-z0-9])"
)


def offered_in(text: str) -> frozenset[str]:
    """The short tokens that a text offers as a way out, like `T` in `回复T退订` or `N` in
    `Reply N to stop`."""
    return frozenset(match[1].casefold() for match in _OFFER.finditer(text))


def normalised(words: str) -> str:
    """The words as they are compared: folded, single spaces, without signs that carry no meaning."""
    return tokens(words).text()


def _exact(message: Tokens, hint: str | None, offered: frozenset[str]) -> Reading | None:
    """What the message is as a whole, courtesies aside; the borrower's own language is asked first."""
    book = lexicon()
    text = message.text()
    bare = " ".join(dict.fromkeys(one for one in message.words if one not in book.courtesy))
    if text in book.exact:
        return _whole(text, book.exact[text], hint)
    if text in ONLY_IF_OFFERED and text in offered:
        return Reading(kind="opt_out", confidence="exact", matched=text, confirm=True)
    if text in book.affirming and text not in ONLY_IF_OFFERED:
        language = book.affirming[text]
        return Reading(kind="message", confidence="exact", matched=text, language=language, affirms=True)
    if bare in book.exact:
        return _whole(bare, book.exact[bare], hint)
    if (ends := _ends_twice(message, book)) is not None:
        return ends
    joined = bare.replace(" ", "")
    if " " not in bare and joined not in book.words and (end := ended(joined)) is not None:
        return _whole(end, book.exact[end], hint)
    return _slip(joined, hint, book) if joined and (" " in bare or not book.known(joined)) else None


def _ends_twice(message: Tokens, book: Lexicon) -> Reading | None:
    """A short message of nothing but words that end all, with courtesies, in whatever languages: `stop no
    mas`, `stop per favore`."""
    words, at, ended = message.words, 0, ""
    if len(words) > MOST_ENDS:
        return None
    while at < len(words):
        for end in range(len(words), at, -1):
            said = " ".join(words[at:end])
            ends = "opt_out" in book.exact.get(said, {}).values() and said not in book.affirming
            if ends and not _left_open(message, end):
                ended = ended or said
                break
            if said in book.courtesy:
                break
        else:
            return None
        at = end
    return (
        _whole(ended, {k: v for k, v in book.exact[ended].items() if v == "opt_out"}, None) if ended else None
    )


def _left_open(message: Tokens, end: int) -> bool:
    """Whether the words before `end` close with a negation of what follows: `please don't` in `please don't
    stop`."""
    if end == len(message.words) or message.clause[end - 1] != message.clause[end]:
        return False
    return bool(find(tokens(message.words[end - 1]), None).kinds("not_before"))


def _answering(exact: Reading) -> Reading:
    return replace(exact, kind="opt_in") if exact.affirms else exact


def _whole(said: str, kinds: dict[str, str], hint: str | None) -> Reading:
    agreeing = lexicon().affirming.get(said)
    if agreeing is not None and kinds.keys().isdisjoint({hint, "en", agreeing}):
        return _doubtful(said, kinds)  # `acha` ends something in Swahili, and agrees in Hindi
    language = next((one for one in (hint, "en") if one in kinds), None) or min(kinds)
    found = find(tokens(said), language)
    media = tuple(one for one in MEDIA if found.kinds(one))
    kind = (
        "cease" if kinds[language] == "opt_out" and found.kinds("bother") and not media else kinds[language]
    )
    return Reading(
        kind=kind,
        confidence="exact",
        matched=said,
        language=language,
        confirm=kind == "opt_out",
        media=media,
    )


def _slip(joined: str, hint: str | None, book: Lexicon) -> Reading | None:
    """A whole message that is a misspelling of one word that a message may be."""
    if joined in book.exact:
        sure = len(joined) >= LONG
        return _whole(joined, book.exact[joined], hint) if sure else _doubtful(joined, book.exact[joined])
    right = meant(joined, (hint or "en", "en"))
    if right is None or right.word not in book.exact:
        return None
    kinds = book.exact[right.word]
    return _whole(right.word, kinds, hint) if right.sure else _doubtful(right.word, kinds)


def _doubtful(said: str, kinds: dict[str, str]) -> Reading:
    kind = min(kinds.values(), key=WHOLE.index)
    return Reading(kind="unclear", confidence="unsure", matched=said, probably=kind, confirm=True)


def _signs(signs: frozenset[str]) -> Reading:
    """A message of emoji alone."""
    said = {lexicon().signs.get(one) for one in signs}
    if "opt_out" in said:
        return Reading(kind="opt_out", confidence="exact", confirm=True)
    if said and said <= {"plain"}:
        return Reading(kind="message", confidence="exact")
    return Reading(
        kind="unclear",
        confidence="unsure",
        confirm=True,
        probably="complaint" if "complaint" in said else None,
    )


def _beside_signs(reading: Reading, signs: frozenset[str]) -> Reading:
    """An angry or a stop sign beside plain words takes the plainness from them."""
    said = {lexicon().signs.get(one) for one in signs}
    if reading.kind not in HARMLESS or said.isdisjoint({"opt_out", "complaint"}):
        return reading
    probably = "opt_out" if "opt_out" in said else "complaint"
    return Reading(kind="unclear", confidence="unsure", confirm=True, probably=probably)


def _quoting(reading: Reading, all_of_it: Tokens, hint: str | None) -> Reading:
    """Plain words around a quotation that may be the writer's own: what it asks for is not lost."""
    inside = judged(find(all_of_it, hint), all_of_it)
    if inside.kind in {"message", "automatic"}:
        return reading
    return replace(
        inside,
        kind="unclear",
        confidence="unsure",
        probably=inside.probably or inside.kind,
        also=(),
        confirm=True,
        media=(),
    )
