"""A second look at what the wordings left open, by how like a message is to replies whose meaning is known.

The wordings have the first word: what they state for certain stands, and so does a doubt about a time or a
place. Where they found nothing, or the same but loosely, likeness decides; where they found plain talk in
what resembles a refusal or leans towards one, a person reads it. What bears a payment may lean farther than
what names nothing at all; in the languages that the corpus knows best less is borne with, since a refusal
that is missed harms more than plain talk that waits."""

from __future__ import annotations

import math
from dataclasses import replace

from policies.reading.hits import MEDIA, WISHES, Found, Hit
from policies.reading.judge import asking
from policies.reading.lexicon import PLAIN, STRONG
from policies.reading.likeness import Like, leaning, likest
from policies.reading.reading import Reading
from policies.reading.tokens import Tokens

UNREAD = 2.0
"""Margin from which likeness says what words mean that no wording was found in."""
AGREED = 1.5
"""The same where a loose wording says so as well."""
OTHERWISE = 4.0
"""The same where loose wordings say something else."""
HARMLESS = 3.0
"""The same for plain talk with words that nobody knows."""
HELD = 4.5
"""Margin from which plain talk that resembles a refusal waits for a person."""
FOR_EVER = frozenset({"deceased", "bankruptcy", "attorney"})
"""What likeness never states, only asks a person about: it silences for ever or records a right for good, and
`my grandmother died` is no borrower's death."""
DENIED = frozenset({"denied", "denied_end", "no_end"})
MORE = 2
"""Words beside doubtful ones that may settle the doubt."""
WORDING = 3
"""Words of a harmless wording that leaves no doubt."""
REFUSED = 5.5
"""Margin from which it is taken for the refusal."""
STRICT = frozenset({"en", "es"})
"""Languages of a fourth of the corpus."""
LEANS, LEANS_STRICTLY = 0.15, 0.1
"""From which leaning on plain talk waits for a person."""
LEANS_PAYING = 0.4
"""The same beside a word about paying."""
LEANS_KNOWN = 0.5
"""The same where something plain is said and every word is known."""
LEANS_EMPTY = -0.2
"""The same in a strict language where nothing plain is said but a word that asks, agrees or names a day."""
LEANS_DENYING = 1.0
"""The same where something is denied."""
PLAINLY = -0.8
"""Leaning below which what the wordings leave open is plain talk, whatever is negated in it."""
AS_PLAINLY = -0.4
"""The same where it is likest to plain talk too, by as much as words that nobody knows need."""
AGREEING = 0.2
"""How much farther a message may lean that is likest to plain talk."""
NEAR = 2
"""Words from a negation to what it denies."""
SAYING = frozenset({"pay", "talk", "thanks", "greet"})


def seconded(reading: Reading, found: Found, message: Tokens) -> Reading:
    """A reading of the wordings after the second look."""
    if reading.kind not in {"unclear", "message"}:
        return reading
    like = likest(message)
    if like is None:
        return reading
    leans = leaning(message)
    if reading.kind == "message":
        reading = _plain(reading, like, found, message)
        return _leaning(reading, like, found, leans) if reading.kind == "message" else reading
    reading = _unclear(reading, like, found, message)
    return reading if leans is None else _freed(reading, like, found, leans)


def _leaning(reading: Reading, like: Like, found: Found, leans: float | None) -> Reading:
    """Plain talk that leans too far from it is doubtful."""
    agreeing = AGREEING if like.kind == "message" else 0.0
    if leans is None or leans <= _borne(found) + agreeing:
        return reading
    probably = like.kind if like.kind in STRONG else None
    return Reading(kind="unclear", confidence="unsure", confirm=True, probably=probably)


def _borne(found: Found) -> float:
    """How far a message may lean and still be plain talk."""
    kinds = {one.kind for one in found.hits}
    whole = any(one.length == found.total > 1 for one in found.kinds("talk"))
    if "no_end" in kinds or whole or _of_one_wording(found):
        return math.inf
    if kinds & DENIED:
        return LEANS_DENYING
    if kinds & SAYING and found.covered == found.total:
        return LEANS_KNOWN
    if any(one.sure for one in found.kinds("pay")):
        return LEANS_PAYING
    if STRICT.isdisjoint(found.languages[:1]):
        return LEANS
    return LEANS_STRICTLY if kinds & SAYING else LEANS_EMPTY


def _freed(reading: Reading, like: Like, found: Found, leans: float) -> Reading:
    """What nobody found anything in, and what leans far towards plain talk, is plain; less far where it is
    clearly likest to plain talk as well, whatever is known of its words, unless it is the paying that is
    denied."""
    open_ = reading.kind == "unclear" and reading.confidence == "unsure" and reading.probably is None
    said = {one.kind for one in found.hits} & SAYING
    alike = like.margin >= HARMLESS and leans <= AS_PLAINLY
    plainly = like.kind == "message" and (alike or (said and leans <= PLAINLY))
    if open_ and plainly and not _unpaid(found):
        return Reading(kind="message", confidence="likeness", language=reading.language)
    return reading


def _unpaid(found: Found) -> bool:
    """Whether paying is denied, as in `no lo pago`, or every day that is named: both looks see `pago`."""
    days = found.kinds("when")
    return any(_near_not(one, found) for one in found.kinds("pay")) or (
        bool(days) and all(_near_not(one, found) for one in days)
    )


def _near_not(hit: Hit, found: Found) -> bool:
    return any(0 <= hit.start - one.end < NEAR for one in found.kinds("not_before")) or any(
        0 <= one.start - hit.end < NEAR for one in found.kinds("not_after")
    )


def _plain(reading: Reading, like: Like, found: Found, message: Tokens) -> Reading:
    """Who asks about a debt or how to pay uses the words of a refusal without one, and so does who denies
    it; a wish to end is often asked for: `could you lay off the texts?`."""
    asks = asking(found, message)
    if like.kind not in STRONG or _harmless(found) or (asks and like.kind not in WISHES):
        return reading
    if like.margin >= REFUSED and like.kind not in FOR_EVER and not asks:
        return _taken(like, found)
    if like.margin < HELD or found.kinds("pay"):
        return reading
    return Reading(kind="unclear", confidence="unsure", confirm=True, probably=like.kind)


def _unclear(reading: Reading, like: Like, found: Found, message: Tokens) -> Reading:
    if like.kind in STRONG:
        if _denied(found):
            return reading  # likeness does not see what a negation is about: `don't stop texting me`
        if reading.probably is not None and (asking(found, message) or not _more(found)):
            return reading
        if like.kind not in WISHES and _complains(found):
            return reading
        if like.kind in FOR_EVER:
            return reading if reading.probably is not None else replace(reading, probably=like.kind)
        least = OTHERWISE if reading.probably or asking(found, message) else UNREAD
        if reading.probably == like.kind or {reading.probably, like.kind} <= WISHES:
            least = AGREED
        if like.margin < least:
            return reading
        return (
            replace(reading, probably="designation") if _timed(reading, like, found) else _taken(like, found)
        )
    if like.kind == "message" and reading.probably is None and like.margin >= HARMLESS and _peaceful(found):
        return Reading(kind="message", confidence="likeness", language=reading.language)
    return reading


def _harmless(found: Found) -> bool:
    """Whether a refusal is denied, or one harmless wording is most of the message."""
    return _denied(found) or _of_one_wording(found)


def _of_one_wording(found: Found) -> bool:
    most = max((one.length for one in found.hits if one.kind in PLAIN), default=0)
    return most >= WORDING and 2 * most > found.total


def _denied(found: Found) -> bool:
    """Whether something is denied, of which likeness sees but the words."""
    return any(one.kind in DENIED for one in found.hits)


def _complains(found: Found) -> bool:
    """Whether one wording of anger is most of the message: what that resembles is no fact."""
    most = max((one.length for one in found.kinds("complaint")), default=0)
    return most >= WORDING and 2 * most > found.total


def _more(found: Found) -> bool:
    """Whether more is said than the doubtful words by themselves, or with a name."""
    doubtful = max((one.length for one in found.hits if one.kind in STRONG), default=0)
    return found.total - doubtful >= MORE


def _timed(reading: Reading, like: Like, found: Found) -> bool:
    """Whether a call or text is refused for some times or places alone."""
    times = any(found.kinds(kind) for kind in ("hours", "designation", "busy"))
    refuses = like.kind in {"opt_out", "cease"} or any(found.kinds(medium) for medium in MEDIA)
    return reading.probably == "designation" or (times and refuses)


def _peaceful(found: Found) -> bool:
    """Whether something harmless is said and nothing is denied."""
    kinds = {one.kind for one in found.hits}
    return bool(kinds & {"pay", "ask", "talk", "greet", "thanks"}) and not kinds & {"not_before", "not_after"}


def _taken(like: Like, found: Found) -> Reading:
    media = tuple(one for one in MEDIA if found.kinds(one)) if like.kind == "opt_out" else ()
    reading = Reading(
        kind=like.kind,
        confidence="likeness",
        language=found.languages[0] if found.languages else None,
        confirm=like.kind == "opt_out",
    )
    return replace(reading, media=media)
