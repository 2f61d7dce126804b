"""How long records are kept, by the word of a policy: counted from an event and not from a date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from policies.phrases import number
from policies.rules.base import Slug


class Retain(BaseModel):
    """Records of `what` are kept for `days` after `since`; it stops no message. `policies/retention.py` reads
    it.

    `last_contact` is the last collection activity on the debt, `contact` the notice's own last one, `closed`
    the end of the notice (12 CFR 1006.100: three years after the last activity)."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    id: Slug
    """Names the demand within its policy."""
    citation: str = Field(min_length=1, max_length=400)
    """The paragraph that it rests on."""
    what: str = Field(default="contacts", min_length=1, max_length=100)
    """Which records."""
    days: int = Field(ge=1, le=36500)
    """How long they are kept."""
    since: Literal["last_contact", "contact", "closed"] = "last_contact"
    """From when on."""

    def words(self) -> str:
        """The demand as a sentence."""
        since = {
            "last_contact": "the last contact",
            "contact": "the contact",
            "closed": "the debt is closed",
        }[self.since]
        return f"Records of {self.what} are kept for {number(self.days, 'day')} after {since}."


def carried_over(document: Any) -> Any:
    """A document as it is written today, from one that was stored when the kinds `retain` and `override` and
    the fields `discloses` and, of consents, `per_debt` were rules: a demand on records is no rule, and what
    decided nothing is left out. A consent that names other debts than the message's serves for none."""
    rules = document.get("rules") if isinstance(document, Mapping) else None
    if not isinstance(rules, list | tuple) or not any(map(_is_of_old, rules)):
        return document
    kept = [
        one for one in rules if not (isinstance(one, Mapping) and one.get("kind") in {"retain", "override"})
    ]
    kept = [_without_per_debt(_without_discloses(one)) for one in kept]
    records = [
        {name: one[name] for name in Retain.model_fields if name in one}
        for one in rules
        if isinstance(one, Mapping) and one.get("kind") == "retain"
    ]
    return {
        **document,
        "rules": [one for one in kept if one is not None],
        "records": [*document.get("records", ()), *records],
    }


def _is_of_old(rule: Any) -> bool:
    return isinstance(rule, Mapping) and (
        rule.get("kind") in {"retain", "override"} or "discloses" in rule or _has_per_debt(rule)
    )


def _has_per_debt(rule: Any) -> bool:
    return isinstance(rule, Mapping) and rule.get("kind") == "consent" and "per_debt" in rule


def _without_per_debt(rule: Any) -> Any:
    return {name: rule[name] for name in rule if name != "per_debt"} if _has_per_debt(rule) else rule


def _without_discloses(rule: Any) -> Any:
    """A rule of content without its disclosures; nothing where it demanded nothing else."""
    if not isinstance(rule, Mapping) or "discloses" not in rule or rule.get("kind") != "content":
        return rule
    left = {name: value for name, value in rule.items() if name != "discloses"}
    return left if left.get("required") or left.get("forbidden") else None
