"""The page of the laws: every place, rule, number, citation, confidence and date of the policies, made of
them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policies.phrases import ROLES, listed
from policies.policy import Policy

ELSEWHERE = "the house's own"
"""Where a policy names no jurisdiction."""


def law_page(policies: Iterable[Policy]) -> str:
    """The page, in Markdown."""
    return "\n".join(_page(sorted(policies, key=_by_place))).rstrip() + "\n"


def places_of(policy: Policy) -> str:
    """The jurisdictions that a policy names."""
    named = policy.document.match.jurisdictions
    return ELSEWHERE if named is None else ", ".join(named)


def _by_place(policy: Policy) -> tuple[bool, str, str]:
    return (policy.document.match.jurisdictions is None, places_of(policy), policy.name)


def _page(policies: list[Policy]) -> Iterator[str]:
    yield "# The laws, and how sure we are of them"
    yield ""
    yield (
        "Made by `make reference` from the packs; a test holds it current. It says how rules were read; "
        "it is not legal advice. A date is that of the"
    )
    yield (
        "text that was read; `low` rests on memory or on one report, and binds on the strict side. "
        "`forbear policy review` lists what is old, unsure,"
    )
    yield "about to change or replaced; `forbear policy explain NAME` says every sentence of a pack."
    yield ""
    yield "| place | policy | rule | what it demands | citation | confidence | as of |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for policy in policies:
        yield from _rows(policy)
    yield ""
    yield "## The policies"
    yield ""
    for policy in policies:
        yield from _section(policy)


def _rows(policy: Policy) -> Iterator[str]:
    about = policy.document
    place, name = places_of(policy), f"`{policy.name}`"
    for rule in policy.rules:
        demands = " ".join((*rule.demands(), rule.when.words(), rule.effective.words())).strip()
        sure = rule.confidence or about.confidence
        yield _row(place, name, f"`{rule.id}`", demands, rule.citation, sure, about.verified_on.isoformat())
    for kept in about.records:
        day = about.verified_on.isoformat()
        yield _row(place, name, f"`{kept.id}`", kept.words(), kept.citation, about.confidence, day)


def _row(*cells: str) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _section(policy: Policy) -> Iterator[str]:
    about = policy.document
    yield f"### `{policy.name}`"
    yield ""
    roles = about.binds.sender_roles
    whom = "everybody" if roles is None else listed((ROLES[one] for one in roles), "and")
    yield (
        f"{about.title}. {about.citation}. {about.force.capitalize()}; binds {whom}. Version {about.version}."
    )
    yield ""
    if about.note:
        yield " ".join(about.note.split())
        yield ""
    for rule in policy.rules:
        if rule.note:
            yield f"- `{rule.id}`: {' '.join(rule.note.split())}"
    for one in about.replaced:
        yield f"- {one.on}: {one.by} took the place of {one.citation}."
    for change in about.changes:
        yield f"- {change.on}, changed: {' '.join(change.what.split())}"
    if any(rule.note for rule in policy.rules) or about.replaced or about.changes:
        yield ""
