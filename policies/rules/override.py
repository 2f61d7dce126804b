"""Overrides: that a named person may set a rule aside, with a reason and until a date. Never a bar that the borrower set."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from policies.rules.base import OPEN, Answer, RuleSpec
from policies.view import View


class Override(RuleSpec):
    """Names the rules of this pack that a person may override when releasing a held delivery; it decides nothing itself."""

    kind: Literal["override"]
    rules: tuple[str, ...]
    """The ids of the rules that may be set aside."""
    longest_days: int = 7
    """For how many days at most."""

    def judge(self, view: View, at: datetime, basis: str) -> Answer:
        """Open: an override is a person's deed, recorded when a hold is released."""
        del view, at, basis
        return OPEN
