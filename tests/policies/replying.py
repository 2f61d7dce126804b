"""The corpus of replies in `tests/policies/replies`, and how far the reader takes them for what they are.

Each file is a language. `open` was in sight while the words were written; `apart`, `later` and the rounds
were not, until they had been measured once."""

from __future__ import annotations

import collections
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from policies.reply_classifier import classify, normalised

FOLDER = Path(__file__).with_name("replies")
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Every process that collects the tests reads the corpus; in Python alone that takes seconds."""
REFUSALS = frozenset({"opt_out", "cease", "wrong_number", "attorney", "dispute", "bankruptcy", "deceased"})
"""Kinds that must never be read as plain talk."""


@dataclass(frozen=True, slots=True)
class Said:
    """A reply, and what it must be taken for."""

    language: str
    half: str
    kind: str
    words: str


def corpus() -> Iterator[Said]:
    """Every reply, by language."""
    for path in sorted(FOLDER.glob("*.yaml")):
        document = yaml.load(path.read_bytes(), Loader=LOADER)
        for half, kinds in document.items():
            for kind, many in kinds.items():
                yield from (Said(path.stem, half, kind, words) for words in many)


@dataclass(frozen=True, slots=True)
class Measure:
    """What some replies were taken for."""

    taken: collections.Counter[tuple[str, str]]
    """How often a kind was taken for a kind."""

    @property
    def count(self) -> int:
        """Replies."""
        return self.taken.total()

    @property
    def right(self) -> int:
        """Those that were taken for what they are."""
        return sum(count for (kind, taken), count in self.taken.items() if kind == taken)

    @property
    def missed(self) -> int:
        """Refusals that were taken for plain talk."""
        return sum(
            count
            for (kind, taken), count in self.taken.items()
            if kind in REFUSALS and taken in {"message", "automatic"}
        )

    @property
    def held(self) -> float:
        """The share of plain talk that was held or acted on."""
        plain = sum(count for (kind, _), count in self.taken.items() if kind == "message")
        return 1 - self.taken["message", "message"] / plain if plain else 0.0


@cache
def taken_for(words: str) -> str:
    """What a reply of nobody knows whom is taken for. Reading the corpus takes most of a minute, so that the
    tests of it and the page share one reading."""
    return classify(words, language_hint=None).kind


def measured(said: Iterable[Said]) -> Measure:
    """Read replies without knowing whose they are."""
    return Measure(collections.Counter((one.kind, taken_for(one.words)) for one in said))


FIRST = {
    "ar": (32, 38), "bn": (30, 33), "de": (39, 43), "el": (34, 35), "en": (88, 95), "es": (64, 69),
    "fr": (41, 45), "gu": (30, 33),
    "he": (32, 36), "hi": (34, 42), "ht": (35, 36), "id": (36, 42), "it": (36, 40), "ja": (35, 39),
    "kn": (29, 33), "ko": (34, 40),
    "ml": (32, 33), "mr": (31, 33), "nl": (32, 36), "pa": (29, 33), "pl": (33, 36), "pt": (41, 45),
    "ro": (31, 36), "ru": (40, 43),
    "sw": (30, 36), "ta": (30, 33), "te": (29, 33), "th": (35, 38), "tl": (35, 42), "tr": (31, 38),
    "uk": (27, 35), "ur": (28, 33),
    "vi": (35, 42), "zh": (41, 46),
}  # fmt: skip
"""Of the half that was kept apart, how many were right when it was measured for the first time, and how many
there were."""
ROUNDS = (
    ("later", 29, 154, 136, 1, None),
    ("round_1", 34, 314, 298, 2, (2, 70)),
    ("round_2", 34, 350, 303, 3, (5, 89)),
    ("round_3", 32, 283, 277, 0, (0, 71)),
    ("round_4", 32, 361, 305, 5, (12, 85)),
    ("round_5", 27, 307, 195, 7, (3, 28)),
    ("round_6", 23, 255, 184, 6, (9, 56)),
    ("round_7", 30, 172, 120, 0, (52, 172)),
    ("round_8", 34, 214, 182, 4, (6, 56)),
    ("round_9", 26, 155, 119, 1, (2, 46)),
    ("round_10", 34, 971, 951, 0, (2, 258)),
    ("round_11", 34, 640, 584, 5, (32, 203)),
    ("round_12", 29, 605, 552, 5, (20, 193)),
    ("round_13", 27, 492, 421, 12, (14, 177)),
    ("round_14", 25, 329, 274, 6, (4, 136)),
    ("round_15", 34, 723, 705, 0, (2, 156)),
    ("round_16", 34, 534, 505, 2, (5, 135)),
    ("round_17", 28, 299, 229, 8, (3, 69)),
    ("round_18", 29, 225, 216, 1, (0, 50)),
    ("round_19", 29, 196, 180, 3, (0, 44)),
    ("round_20", 29, 195, 188, 0, (0, 45)),
    ("round_21", 34, 508, 498, 3, (0, 111)),
    ("round_22", 34, 548, 525, 6, (1, 127)),
    ("round_23", 32, 435, 407, 5, (4, 101)),
    ("round_24", 28, 341, 325, 3, (1, 93)),
    ("round_25", 34, 306, 301, 0, (2, 92)),
    ("round_26", 29, 274, 231, 8, (1, 88)),
    ("round_27", 34, 460, 453, 0, (1, 100)),
    ("round_28", 2, 219, 203, 6, None),
    ("round_29", 29, 197, 186, 0, (11, 197)),
    ("round_30", 34, 223, 214, 1, (1, 48)),
    ("round_31", 1, 173, 137, 5, None),
    ("round_32", 1, 104, 86, 1, (4, 20)),
    ("round_33", 33, 209, 188, 0, (15, 73)),
    ("round_34", 34, 231, 218, 1, (4, 46)),
    ("round_35", 2, 75, 62, 2, (3, 13)),
    ("round_36", 34, 462, 452, 2, (5, 130)),
    ("round_37", 2, 302, 267, 17, None),
    ("round_38", 34, 183, 155, 0, (28, 183)),
    ("round_39", 34, 321, 300, 2, (11, 81)),
    ("round_40", 32, 148, 102, 0, (35, 65)),
    ("round_41", 34, 247, 240, 1, (2, 67)),
    ("round_42", 17, 104, 89, 0, (6, 36)),
    ("round_43", 34, 204, 105, 0, (93, 170)),
    ("round_44", 5, 85, 18, 4, (13, 23)),
    ("round_45", 34, 259, 256, 0, (0, 98)),
    ("round_46", 13, 98, 70, 0, (21, 42)),
    ("round_47", 34, 102, 21, 0, (81, 102)),
    ("round_48", 18, 64, 58, 0, (4, 27)),
    ("round_49", 34, 102, 62, 0, (40, 102)),
    ("round_50", 16, 63, 62, 0, (1, 25)),
)
"""Sets that were written and measured once before anything was mended for them: name, languages, replies,
right, refusals or hardship read as plain talk, and plain talk that was held, of how much."""
TEXT = """\
# Replies

What a borrower writes back is read by words of the language (`policies/reading/words`, one file each, with
cases beside the words): an opt-out in any wording, a request to cease, a wrong number, an attorney, a
dispute, a bankruptcy, a death and a hardship act at once where the words are clear. Loose words that would
silence for ever or record a right, and whatever is no payment word, greeting, question or thanks and is not
understood, are `unclear` and hold until a person has read them. What a machine wrote is `automatic`.

The corpus in `tests/policies/replies` says of {count} replies, {distinct} of them distinct, what each must be
taken for. Of the first 2,788 half was kept apart while the words were written. **When that half was measured
for the first time, {first} of {apart} were right ({share:.1%}), 14 of the refusals were read as plain talk,
and 9.5 % of the plain talk was held.** Afterwards its misses were mended too, so that the tables below say
what the reader does with wordings that it knows, and no longer what it does with new ones: for those the
first measure is the better guide.

After that, sets of further replies were written before the words were touched again, measured once, and
mended by class: what one set missed in one language was looked for in all. They stand in the files under
their names. All were written by those who wrote the words, so that they say less than strangers' replies
would.

| set | languages | replies | right at first sight | new | right of the new | refusals as plain | held |
|---|---|---|---|---|---|---|---|
{rounds}

The sets differ in what they ask for: `round_1`, `round_3`, `round_8` and `round_10` are short and ordinary,
`round_2`, `round_4` and `round_9` longer, misspelt and full of traps, `round_5` and `round_6` ask for every
kind in every language, with what is said seldom (`I disagree with the amount`, `I forbid you to contact
me`, answers of shops' machines), `round_7` is plain talk alone, most of it with a negation, and `round_11`
is what is said beside the point: who asks which company it is, is at work just now, or paid everything long
ago. `round_12` asks for much that is said seldom, and `round_13` and `round_14` say the same dozen
sentences in each language (`I do not need these messages`, `my name is not …`, `not a cent`, `this is not
the number of …`, `I signed nothing`): what was missed there in one language was mostly missed in many.
`round_15` and `round_16` are ordinary and misspelt again, `round_17` is slang and what is said beside the
point. `round_18` to `round_25` are ordinary once more; `round_26` asks in every language
for sentences that no earlier set had (`neither calls nor texts`, `I never was a customer`, `they cut my
hours`). `round_27` was written before its writer had seen a single word of the files, in the mix that an
acceptance would ask for; `round_28` and `round_31` are refusals alone, in English and Spanish, in as many
wordings as came to mind, `round_29` is plain talk alone, with what sounds like a refusal and is none
(`don't stop texting me`, `what happens if I reply STOP?`), `round_32` is Spanish, and half of `round_33` is
what a reader may stumble over: denials, right numbers, quotations, machines; `round_34` is ordinary and
`round_35` English and Spanish. `round_36` to `round_38` come from a writer who had read neither words nor
replies: `round_36` is the mix that an acceptance would ask for, `round_37` holds none but odd English and
Spanish refusals, `round_38` none but plain talk. Where a stranger could not tell an opt-out from a wish for
silence or from anger, each of them counted as right; a refusal that was read as plain talk never did. Each
set was written before it
was first read and before anything was mended for it; whoever wrote one had seen some of the words, or some
of the replies from which the labels are learned, so that no set is a stranger's. `new` are the replies
that stood in no earlier set word for word: people say the same things, and of short ordinary replies a good
part is not new. `classes` is no such set: it holds further members of what those missed, in all languages.

Since `round_22` a message that the wordings leave open is compared with all replies of the corpus
(`policies/reading/likeness.txt`): in how many replies of each kind its words, its pairs of words and its
letters stood. What the corpus taught is not measured by the corpus, so that for new replies the rows from
`round_23` on are the guide. For the nine sets before, `round_12` to `round_20`, the reader and the corpus of
that day were put together again with this comparison: of 3,587 replies 95.7 % were right where 91.3 % had
been; its bounds were chosen there.

Since `round_39` the table has a second column: how far each part leans from plain talk, by the widest margin
between the plain replies of the corpus and all others. Plain talk that leans too far waits for a person, in
English and Spanish sooner than elsewhere, and what the wordings leave open is plain where it leans far the
other way. `round_39` was written afterwards, in the tones of old people, of teenagers, of lawyers, of the
angry, of dictation and of those who write in a language that is not theirs, and measured once: 300 of 321
right, 2 of 213 refusals read as plain talk, 11 of 81 plain ones held. The reader from before, on the same
replies: 293, 10 and 11. Its bounds were chosen by leaving out a fifth of the corpus in turn; of the plain
replies left out they held 4 %, most of them from the sets that are made of traps. `round_40` was written
after that: refusals that name neither texts nor calls (`this stops today`, `hagan de cuenta que no existo`),
none of which was read as plain talk, and one sentence in 24 languages, `not today, tomorrow for sure`, which
was held in nearly all: a day that is denied beside one that is named is now plain.

`round_41` and `round_42` were written before a word of the files was seen: `round_41` is the mix that an
acceptance would ask for, `round_42` odd refusals and plain talk that sounds like one, most of it in English
and Spanish. Neither had an English or Spanish refusal read as plain talk. Then the bounds of both
comparisons were chosen anew. Three times the words of a day before were put together with the replies
of the sets that came after it (`round_19` to `round_26`, `round_28` to `round_35`, `round_36` to `round_40`;
5,628 replies): of 1,538 plain ones 93 were held where 113 had been, of 3,758 refusals and hardships 26 were
read as plain where 28 had been. With a fifth of the corpus left out in turn, 1.9 % of the plain replies
were held where 3.2 % had been. What did it: plain talk of which every word is known may lean farther, and
so may what is likest to plain talk; and what the wordings leave open is plain where both comparisons say so,
unless the paying is denied (`no pago`).
Other strengths of the margin, other letters in a row, three words in a row, and the kinds of the wordings as
parts were tried there too, and told no more.

`round_43` says in every language what the two had missed in one (`I did not get the link, send it again`, `I
don't have the app`, `I haven't forgotten`, `you can call me tonight`, `my father died`): what had not
come was held nearly everywhere. `round_44` is Greek, Arabic, Russian, Ukrainian and Hebrew in
Latin letters, of which hardly a word was known.

`round_45` and `round_46` were written after all that, about other things and before a word that had been
added was read again: of the ordinary `round_45` 256 of 259 were right, no refusal was read as plain talk and
none of 98 plain replies was held; `round_46` holds odd ones, of whose 42 plain replies 13 say `not yet,
Thursday` and 13 that somebody cannot log in or stood before a closed door. `round_47` says the same three in
every language, where they were held nearly everywhere: `not yet` with a day behind a pause is now plain.
`round_48` is ordinary again, for the state after that; `round_49` asks in every language for what it had
missed (`no questions, thanks`, `I forgot my password`). `round_50` measures the state after all of this; its
one miss alone was mended then.

Labels that were put right after a set had been measured count as they were before. Who asks not to be
bothered, and names no medium, asks for an end of all contact: in all languages since `round_15`, for which
`no me molesten mas`, `Dejen de molestarme`, `no me esten molestando`, `beni rahatsız etmeyin artık`, `acheni
kunisumbua` and `תפסיקו להטריד` became `cease`. `no pienso pagar nada` is `unclear`, as `I won't pay` is; `I
never signed up for this` and `không cần, cảm ơn` are opt-outs, and `call me please` is plain talk. `only
contact me by mail, no texts`, `don't text or email me` and `연락 그만하세요` are `cease`, and `отвалите` by
itself is an opt-out. Who buried somebody, or has all go through counsel, says it loosely and is `unclear`, as
are `hapana`, `hindi` and `hayır` before a day; `no texts, no calls` is `cease`. `hasta cuándo` by itself asks
for the last day, and `I'm broke till Friday` is hardship.

`make replies` writes this page; a test holds it current.

## By language

| language | replies | right | first measure, half apart | refusals read as plain talk | plain talk held |
|---|---|---|---|---|---|
{languages}

## What was taken for what

{kinds}
"""


def page() -> str:
    """`docs/replies.md`."""
    every = list(corpus())
    by = {
        language: measured(one for one in every if one.language == language)
        for language in sorted({one.language for one in every})
    }
    new = _new(every)
    first, apart = (sum(pair[at] for pair in FIRST.values()) for at in (0, 1))
    return TEXT.format(
        count=len(every),
        first=first,
        apart=apart,
        share=first / apart,
        rounds="\n".join(_round(one, new[one[0]]) for one in ROUNDS),
        distinct=len({normalised(one.words) for one in every}),
        languages="\n".join(_row(language, one) for language, one in by.items()),
        kinds="\n\n".join(_confusion(language, one) for language, one in by.items()),
    )


def _round(one: tuple[str, int, int, int, int, tuple[int, int] | None], new: int) -> str:
    """A set's row. All that an earlier set held word for word was read rightly by then, so that every miss is
    one of a new reply."""
    name, languages, count, right, missed, held = one
    plain = "" if held is None else f"{held[0]} of {held[1]}"
    right_of_new = f"{(new - (count - right)) / new:.1%}"
    cells = (
        f"`{name}`", languages, count, f"{right} ({right / count:.1%})", new, right_of_new, missed, plain,
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def _new(every: Iterable[Said]) -> dict[str, int]:
    """For each set the replies that no earlier one holds, in the order in which they were written."""
    order = {name: at for at, name in enumerate(("open", "apart", *(one[0] for one in ROUNDS)))}
    known, count = set[str](), collections.Counter[str]()
    for one in sorted((one for one in every if one.half in order), key=lambda each: order[each.half]):
        text = normalised(one.words)
        count[one.half] += text not in known
        known.add(text)
    return dict(count)


def _row(language: str, one: Measure) -> str:
    right, of = FIRST[language]
    return f"| {language} | {one.count} | {one.right} | {right} of {of} | {one.missed} | {one.held:.1%} |"


def _confusion(language: str, one: Measure) -> str:
    """A language's table: a row for each kind, with what it was taken for."""
    kinds = sorted({kind for kind, _ in one.taken})
    rows = [
        f"| {kind} | "
        + ", ".join(
            f"{taken} {count}"
            for (of, taken), count in sorted(one.taken.items(), key=lambda each: -each[1])
            if of == kind
        )
        + " |"
        for kind in kinds
    ]
    return "\n".join([f"### {language}", "", "| is | taken for |", "|---|---|", *rows])


if __name__ == "__main__":
    sys.stdout.write(page())
