"""Policies: named, versioned lists of rules, read from YAML or JSON with every error named by line and path.

A document is data: its size, depth and node count are bounded before anything is built, aliases are refused,
and so a hostile one costs a clear error and no memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from documents.reader import Document, Unreadable, read
from policies.document_errors import DocumentError, document_errors_of, pointer
from policies.lookups import Lookup
from policies.records import Retain, carried_over
from policies.rules.base import Effective, RuleSpec, Slug, ZoneBasis
from policies.rules.kinds import KINDS, Rule


class PolicyInvalid(ValueError):
    """A document that is no policy; `errors` has one entry for each thing that is wrong."""

    def __init__(self, errors: tuple[DocumentError, ...]) -> None:
        """Keep the errors; the message has them all."""
        super().__init__("; ".join(str(document_error) for document_error in errors))
        self.errors = errors


class Match(BaseModel):
    """Whom a policy concerns under `auto`; a field that is not set concerns everybody."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    jurisdictions: tuple[str, ...] | None = None
    """ISO 3166 codes; a country covers its subdivisions. Matched against every place that the evidence of the
    borrower's place and the account's jurisdiction point to."""
    never_auto: bool = False
    """Binds only where it is named."""


class Binds(BaseModel):
    """Who is bound."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    sender_roles: tuple[Literal["third_party", "original_creditor", "debt_buyer"], ...] | None = None
    """Only these senders; all without it."""
    days_past_due_over: int | None = None
    """Only debts that are more days past due; an unknown number binds."""


class Replaced(BaseModel):
    """A text that the policy rested on, and what took its place."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    citation: str = Field(min_length=1, max_length=400)
    """The text that is no longer in force."""
    by: str = Field(min_length=1, max_length=400)
    """What took its place."""
    on: date
    """The first day of the new text."""


class Change(BaseModel):
    """A line of the policy's change log."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    on: date
    """The day of the change."""
    what: str = Field(min_length=1, max_length=1000)
    """What changed, and why."""


class PolicyDocument(BaseModel):
    """A policy as it is written."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True
    )
    name: Slug
    """Names the policy everywhere: in settings, entries of the log, findings."""
    version: str = Field(default="1", pattern=r"^[0-9A-Za-z.\-]{1,32}$")
    """The author's own word for this text; a stored version has a number beside it."""
    title: str = Field(min_length=1, max_length=300)
    """One line for people."""
    citation: str = Field(min_length=1, max_length=400)
    """The law or the house rule that the policy rests on."""
    force: Literal["law", "presumption", "guideline", "code", "house"]
    """How binding it is: a law, a presumption, a guideline, an industry's code, or the house's own rule."""
    effective: Effective = Effective()
    """The dates between which the policy is in force."""
    match: Match = Match()
    """Whom the policy concerns where `FORBEAR_POLICIES` is `auto`."""
    binds: Binds = Binds()
    """Which senders and debts it binds."""
    zones: ZoneBasis = "all"
    """How the pack reads the set of candidate zones."""
    verified_on: date
    """The day up to which the text of the law that was read is current: of a consolidation its date, of a
    report its own."""
    confidence: Literal["high", "medium", "low"]
    """How sure that reading is."""
    note: str | None = Field(default=None, max_length=4000)
    """What a reader should know."""
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=200)
    """The rules; every one is asked, in any order."""
    records: tuple[Retain, ...] = Field(default=(), max_length=20)
    """How long records are kept; no rule of contact."""
    replaced: tuple[Replaced, ...] = Field(default=(), max_length=20)
    """Citations of this policy that another text took the place of, and from when on."""
    changes: tuple[Change, ...] = Field(default=(), max_length=200)
    """What changed in this policy, newest first."""
    cases: tuple[dict[str, Any], ...] = ()
    """The policy's own cases (policies/case.py)."""

    @model_validator(mode="after")
    def _unique(self) -> PolicyDocument:
        seen: set[str] = set()
        for one in (*self.rules, *self.records):
            if one.id in seen:
                raise ValueError(f"two rules have the id {one.id!r}")
            seen.add(one.id)
        return self

    @model_validator(mode="before")
    @classmethod
    def _carried_over(cls, value: Any) -> Any:
        return carried_over(value)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Policy:
    """A policy ready to be asked."""

    name: str
    version: str
    digest: str
    """SHA-256 of the canonical document without its cases, in hex."""
    document: PolicyDocument = field(repr=False)
    lookback: timedelta
    whole: timedelta
    """How far back a rule may look at every contact; of what lies before, at the latest `counted` of each
    kind."""
    counted: int
    """How many contacts alike a rule tells apart at most."""
    written: int
    """The same of contacts through anything but a telephone call."""
    consented: timedelta
    """How far back a rule may ask of each contact whether a direct consent takes it out of a count."""
    consented_any: bool
    """Whether such a rule may count others than telephone calls about the message's debt."""
    whole_types: frozenset[str]
    """Types of events of which a rule may ask for others than those about the message's debt."""
    one_by_one: bool
    """Whether a rule asks of reported contacts one by one, as of other events."""
    lookups: frozenset[Lookup]
    """What its rules look up of events that are no contacts."""

    def __eq__(self, other: object) -> bool:
        """By digest, which fixes everything but the cases."""
        return isinstance(other, Policy) and self.digest == other.digest

    def __hash__(self) -> int:
        """Of the digest."""
        return hash(self.digest)

    @property
    def rules(self) -> tuple[RuleSpec, ...]:
        """The rules, in the order of the document."""
        return self.document.rules

    @property
    def zones(self) -> str:
        """How the policy reads the candidate zones."""
        return self.document.zones

    def binds(self, *, sender_role: str, days_past_due: int | None) -> bool:
        """Whether a sender of this role is bound; an unknown number of days past due binds."""
        binds = self.document.binds
        if binds.sender_roles is not None and sender_role not in binds.sender_roles:
            return False
        over = binds.days_past_due_over
        return over is None or days_past_due is None or days_past_due > over

    def in_effect_on(self, day: date) -> bool:
        """Whether a local date lies within the policy's effective dates."""
        effective = self.document.effective
        return (effective.from_ is None or day >= effective.from_) and (
            effective.until is None or day < effective.until
        )


def parse_policy(text: str | bytes) -> Policy:
    """A policy from YAML or JSON. Raises PolicyInvalid with every error."""
    document = _document(text)
    return _parse(document.value, document.lines)


def lines_of(text: str | bytes) -> Mapping[str, int]:
    """The line of every JSON pointer in a document. Raises PolicyInvalid for what is no YAML."""
    return _document(text).lines()


def _document(text: str | bytes) -> Document:
    try:
        return read(text)
    except Unreadable as error:
        document_error = DocumentError(path="", line=error.line, expected=error.expected, got=error.got[:200])
        raise PolicyInvalid((document_error,)) from None


def parse_policy_document(document: Mapping[str, Any]) -> Policy:
    """A policy from its JSON form. Raises PolicyInvalid."""
    return _parse(document, dict)


_ADAPTER: TypeAdapter[PolicyDocument] = TypeAdapter(PolicyDocument)


def _parse(document: Any, lines: Callable[[], Mapping[str, int]]) -> Policy:
    try:
        parsed = _ADAPTER.validate_python(document)
    except ValidationError as error:
        raise PolicyInvalid(document_errors_of(error.errors(include_url=False), _path, lines())) from None
    return _policy(parsed)


def _policy(document: PolicyDocument) -> Policy:
    digest = hashlib.sha256(canonical_text(document).encode()).hexdigest()
    lookback = timedelta(days=max(rule.lookback_days() for rule in document.rules))
    return Policy(
        name=document.name,
        version=document.version,
        digest=digest,
        document=document,
        lookback=lookback,
        whole=timedelta(days=max(rule.whole_days() for rule in document.rules)),
        counted=max(rule.most_counted() for rule in document.rules),
        written=max((rule.most_counted() for rule in document.rules if rule.counts_written()), default=1),
        consented=timedelta(days=max(rule.consented_days() for rule in document.rules)),
        consented_any=any(
            rule.counts_written() or rule.counted_per() != "debt"
            for rule in document.rules
            if rule.consented_days()
        ),
        whole_types=frozenset().union(*(rule.whole_types() for rule in document.rules)),
        one_by_one=any(rule.asks_one_by_one() for rule in document.rules),
        lookups=frozenset(
            one for rule in document.rules for one in (*rule.lookups(), *rule.shared_lookups())
        ),
    )


def with_rules(policy: Policy, kinds: frozenset[str]) -> Policy | None:
    """A policy with none but its rules of these kinds, of its own digest; the policy where all are, None
    where none is."""
    rules = tuple(rule for rule in policy.document.rules if rule.kind in kinds)
    if len(rules) == len(policy.document.rules):
        return policy
    return _policy(policy.document.model_copy(update={"rules": rules, "cases": ()})) if rules else None


WORDS_ALONE = {"cases", "changes"}
"""Fields that change nothing that a policy demands."""


def canonical_text(document: PolicyDocument) -> str:
    """What a policy's digest is of: one line of JSON, keys sorted, without defaults, cases and change log.
    `parse_policy` reads it."""
    canonical = document.model_dump(mode="json", by_alias=True, exclude=WORDS_ALONE, exclude_defaults=True)
    return json.dumps(canonical, sort_keys=True, separators=(",", ":"))


def _path(places: Sequence[str | int]) -> str:
    """The JSON pointer of an error. Pydantic names the member of the union, which is no part of the
    document."""
    parts = [str(part) for part in places]
    member = 2
    if len(parts) > member and parts[0] == "rules" and parts[member] in KINDS:
        del parts[member]
    return pointer(parts)


def policy_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a policy document, generated from the models."""
    schema = PolicyDocument.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A policy of Forbear",
    }
