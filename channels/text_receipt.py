"""The receipt of a text message, from a provider's status and code: the two tables that its folder holds, and
what follows from them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from channels.meaning import PASSING, Meaning, meaning_of
from channels.receipt import Progress, Receipt

LONGEST = 32
"""Characters of a provider's word that are kept."""


def text_receipt(
    *,
    provider: str,
    ref: str,
    status: str,
    code: str | None,
    statuses: Mapping[str, tuple[Progress, str | None]],
    codes: Mapping[int, Meaning],
) -> Receipt:
    """A status that is not known is unclear and settles nothing, and so is an end of which the code says that
    nobody knows. A code beside what arrived, or is under way, says nothing."""
    progress, outcome = statuses.get(status, (Progress.UNCLEAR, None))
    meaning = meaning_of(codes, code) if progress is Progress.UNDELIVERED else None
    if meaning is Meaning.UNCLEAR:
        progress, outcome = Progress.UNCLEAR, None
    dead = meaning is Meaning.ADDRESS
    return Receipt(
        provider=provider,
        ref=ref,
        progress=progress,
        outcome="not_in_service" if dead else outcome,
        code=code,
        reason=status[:LONGEST] if status in statuses else "a status that is not known",
        digest=hashlib.sha256(f"{ref}\0{status}\0{code or ''}".encode()).hexdigest()[:32],
        opted_out=meaning is Meaning.OPTED_OUT,
        address_dead=dead,
        again=meaning in PASSING,
        raw={"status": status[:LONGEST], **({} if code is None else {"code": code})},
    )
