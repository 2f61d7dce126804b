"""What changes from one policy document to another: which rules come, go, or demand something else, and in
which field.

Comments, the order of keys and values that stand for the default make no difference; cases are no part of
what a policy demands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from policies.policy import Policy
from policies.rules.base import RuleSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """A field with its value before and after; None where it has none."""

    path: str
    """Names with dots, as in `window.consecutive_dates`."""
    old: Any
    new: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """A rule that comes, goes, or changes; `was` and `now` are its sentences."""

    rule: str
    change: Literal["added", "removed", "changed"]
    fields: tuple[FieldChange, ...] = ()
    was: str | None = None
    now: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that changes; false where nothing does."""

    head: tuple[FieldChange, ...]
    rules: tuple[RuleChange, ...]

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return bool(self.head or self.rules)


def difference(old: Policy, new: Policy) -> Difference:
    """What changes from one policy to another."""
    before, after = ({rule.id: rule for rule in one.rules} for one in (old, new))
    found = [_changed(before[id_], after[id_]) for id_ in before if id_ in after]
    return Difference(
        head=tuple(_fields(_head(old), _head(new))),
        rules=(
            *(
                RuleChange(rule=id_, change="removed", was=_said(rule))
                for id_, rule in before.items()
                if id_ not in after
            ),
            *(
                RuleChange(rule=id_, change="added", now=_said(rule))
                for id_, rule in after.items()
                if id_ not in before
            ),
            *(one for one in found if one is not None),
        ),
    )


def _head(policy: Policy) -> dict[str, Any]:
    return policy.document.model_dump(mode="json", by_alias=True, exclude={"cases", "changes", "rules"})


def _said(rule: RuleSpec) -> str:
    return " ".join(rule.describe())


def _changed(old: RuleSpec, new: RuleSpec) -> RuleChange | None:
    fields = tuple(
        _fields(old.model_dump(mode="json", by_alias=True), new.model_dump(mode="json", by_alias=True))
    )
    if not fields:
        return None
    was, now = _said(old), _said(new)
    return RuleChange(
        rule=old.id,
        change="changed",
        fields=fields,
        was=None if was == now else was,
        now=None if was == now else now,
    )


def _fields(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> Iterator[FieldChange]:
    """The leaves that differ. A list is one value: its order and its length mean something."""
    for name in [*old, *(one for one in new if one not in old)]:
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        where = f"{path}{name}"
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _fields(before, after, f"{where}.")
        else:
            yield FieldChange(path=where, old=before, new=after)
