"""What words mean, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EVENTS: Mapping[str, str] = {
    "opt_out": "opt_out", "opt_in": "opt_in", "help": "help", "cease": "cease", "attorney": "attorney",
    "wrong_number": "wrong_number",
    "bankruptcy": "bankruptcy", "deceased": "deceased", "dispute": "dispute", "hardship": "hardship_request",
    "unclear": "unclear_words",
}  # fmt: skip
"""The event that each kind of reading adds to the borrower's history; the other kinds add none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What words mean, and how sure that is."""

    kind: str
    """`opt_out`, `opt_in`, `help`, `cease`, `attorney`, `wrong_number`, `bankruptcy`, `deceased`, `dispute`,
    `hardship`, `unclear`, `automatic` for what no person wrote, or `message` for words that ask nothing of
    us."""
    confidence: str
    """`exact`, `meaning`, `likeness` where the words resemble replies whose meaning is known, or `unsure`."""
    matched: str | None = None
    language: str | None = None
    probably: str | None = None
    """What unclear words were probably meant for: a kind, `designation` (times that do not suit) or
    `complaint`."""
    also: tuple[str, ...] = ()
    """Further kinds that the same words state."""
    confirm: bool = False
    """Whether the one confirmation may follow."""
    media: tuple[str, ...] = ()
    """The media that an opt-out names: `voice`, `sms`, `email`; none where it means the one that it came
    through."""
    affirms: bool = False
    """Whether the words agree, and do not say to what: they give back nothing but as the answer to a question
    of ours."""
    undelivered: bool = False
    """Whether an automatic text says that our message did not arrive."""

    @property
    def event_type(self) -> str | None:
        """The event that belongs into the borrower's history; None for a plain message and for a
        machine's."""
        return EVENTS.get(self.kind)
