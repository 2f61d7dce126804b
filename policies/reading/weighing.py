"""The weights by which replies that ask something of us are told from plain talk.

Likeness compares a message with each kind by how often its parts stood there. Here each part has a weight of
its own, by which the two sorts of replies in the corpus stand apart with the widest margin (a linear support
vector machine): a part that both share weighs nothing, however often it stood. `make replies` writes them
into the table of likeness."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

UNIT = 1_000
"""A weight of the table is in thousandths of the margin."""
PASSES = 12
"""Times that every reply is looked at; more of them change little."""
STRICTNESS = 0.1
"""What a reply on the wrong side of the margin costs; of new replies this told most, among five values."""
STRIDE = 7_919
"""The step in which the replies are gone through, so that no language comes all at once."""


def weights(replies: Sequence[tuple[bool, Iterable[str]]]) -> dict[str, int]:
    """The weight of each part, and under the empty name of all messages, by dual coordinate descent (Hsieh
    and others, 2008). `replies`: whether each asks something, and its parts.

    Nothing but sums and products, one after another in a fixed order: the same on every machine."""
    number = {one: at for at, one in enumerate(sorted({"", *(one for _, each in replies for one in each)}))}
    rows = [sorted({number[one] for one in (*each, "")}) for _, each in replies]
    signs = [1.0 if asks else -1.0 for asks, _ in replies]
    weight, dual, slack = [0.0] * len(number), [0.0] * len(rows), 1 / (2 * STRICTNESS)
    for run in range(PASSES):
        for step in range(len(rows)):
            at = (step * STRIDE + run) % len(rows)
            row, sign, before = rows[at], signs[at], dual[at]
            far = 0.0
            for one in row:
                far += weight[one]
            dual[at] = max(before - (sign * far - 1 + slack * before) / (len(row) + slack), 0.0)
            if change := (dual[at] - before) * sign:
                for one in row:
                    weight[one] += change
    return {one: round(weight[at] * UNIT) for one, at in number.items()}
