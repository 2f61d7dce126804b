"""The policies, templates and creditor profiles in force: read from the store at the start and again when
they change."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TypeVar

from channels.content.template import Template, parse_template
from policies.binding import Binding, binding, ceilings
from policies.lookups import Lookup
from policies.places.whereabouts import Whereabouts
from policies.policy import Policy, parse_policy
from service.dispatch.runtime.learned import Active, read_active
from service.errors import FieldError, InvalidRequest, SetupError
from service.learning.segment import LOOKBACK
from service.store import creditors, policies, templates
from service.store.database import Connection
from service.store.events import Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a borrower reaches a lender."""

    phone: str | None = None
    email: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditorProfile:
    """A creditor as borrowers should see it."""

    name: str
    contact: Contact
    senders: Mapping[str, str] = field(default_factory=dict)
    """By channel, the account that its messages leave by; on any other channel the deployment's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivePolicy:
    """A stored policy version that is or will be active."""

    policy: Policy
    version: int
    active_from: datetime
    retired_at: datetime | None


Parsed = TypeVar("Parsed")


def _parsed(
    known: Mapping[str, Parsed], documents: Iterable[str], parse: Callable[[str], Parsed]
) -> dict[str, Parsed]:
    """Each of the documents, parsed unless it is known."""
    return {one: known[one] if one in known else parse(one) for one in documents}


@dataclass(slots=True, kw_only=True)
class InForce:
    """What is in force. Reading is in memory; `refresh` replaces everything at once."""

    shipped_policies: Mapping[str, Policy]
    shipped_templates: Mapping[str, Template]
    names: tuple[str, ...] | None
    """FORBEAR_POLICIES: the policies that bind, or None for `auto`."""
    contact: Contact
    """Where a creditor has no profile."""
    further: tuple[str, ...] = ()
    """FORBEAR_POLICIES beside `auto`: policies that bind everywhere too, such as tiered-care."""
    senders: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By channel, the accounts of the settings that a creditor's profile can name (FORBEAR_SENDERS)."""
    any_creditor: bool = True
    """Every adapter is a sandbox: a creditor without a profile is introduced by its id. Beside a real one it
    is refused."""
    _policies: Mapping[str, Policy] = field(default_factory=dict)
    """By their documents, as `_texts`."""
    _texts: Mapping[str, Template] = field(default_factory=dict)
    _stored: tuple[ActivePolicy, ...] = ()
    _templates: Mapping[tuple[str, int], Template] = field(default_factory=dict)
    _active: Mapping[str, int] = field(default_factory=dict)
    _creditors: Mapping[str, CreditorProfile] = field(default_factory=dict)
    _bound: dict[tuple[object, ...], Binding] = field(default_factory=dict)
    _asked: tuple[datetime, tuple[datetime, int]] | None = None
    """The last instant that was asked about, with its hour and what began or ended within it: many deliveries
    are decided at one."""
    _unnamed: dict[str, CreditorProfile] = field(default_factory=dict)
    """What creditors without a profile are called."""
    _elements: dict[tuple[str, str, str], tuple[str, ...] | None] = field(default_factory=dict)
    learned: Mapping[str, Active] = field(default_factory=dict)
    """What chooses channels and hours, by creditor; none where nobody asked for it."""
    loaded_at: datetime | None = None

    async def refresh(self, connection: Connection, at: datetime) -> None:
        """Read policies, templates and creditors again. A document that was there before is not parsed
        again: that takes a tenth of a second for a template, in which the process answers nobody."""
        rows = await policies.in_force(connection)
        self._policies = _parsed(self._policies, [row.document for row in rows], parse_policy)
        self._stored = tuple(
            ActivePolicy(
                policy=replace(self._policies[row.document], version=str(row.version)),
                version=row.version,
                active_from=row.active_from,
                retired_at=row.retired_at,
            )
            for row in rows
        )
        texts = await templates.texts(connection)
        self._texts = _parsed(self._texts, [row.document for row in texts], parse_template)
        self._templates = MappingProxyType(
            {(row.name, row.version): self._texts[row.document] for row in texts}
        )
        self._active = {row.name: row.version for row in texts if row.state == "active"}
        self._creditors = {
            row.creditor: CreditorProfile(
                name=row.name, contact=Contact(**row.contact), senders=row.senders or {}
            )
            for row in await creditors.every(connection)
        }
        self.learned = await read_active(connection, self.learned)
        self._bound, self._asked = {}, None
        self._unnamed, self._elements = {}, {}
        self.loaded_at = at

    def policies(self, at: datetime) -> Mapping[str, Policy]:
        """Every policy by name as it stands at `at`: what ships, replaced by stored versions that are active
        then."""
        found = dict(self.shipped_policies)
        for active in sorted(self._stored, key=lambda one: one.active_from):
            if active.active_from <= at and (active.retired_at is None or at < active.retired_at):
                found[active.policy.name] = active.policy
        return found

    def binding(
        self, where: Whereabouts, *, sender_role: str, days_past_due: int | None, at: datetime
    ) -> Binding:
        """What binds, cached by the hour: effective dates do not move within one."""
        if self._asked is None or self._asked[0] != at:
            hour = at.replace(minute=0, second=0, microsecond=0)
            self._asked = (at, (hour, self._changes_within(hour, at)))
        key = (where.pointers, where.unsure, sender_role, days_past_due, self._asked[1])
        found = self._bound.get(key)
        if found is None:
            if len(self._bound) >= BOUND_CACHE:
                self._bound.clear()
            found = self._bound[key] = self._bind(where, sender_role, days_past_due, at)
        return found

    def _changes_within(self, hour: datetime, at: datetime) -> int:
        """How many stored versions began or ended between the hour and `at`; keeps the cache exact."""
        instants = [one.active_from for one in self._stored]
        instants += [one.retired_at for one in self._stored if one.retired_at is not None]
        return sum(hour < instant <= at for instant in instants)

    def _bind(self, where: Whereabouts, sender_role: str, days_past_due: int | None, at: datetime) -> Binding:
        policies = self.policies(at)
        if self.names is not None:
            return Binding(tuple(policies[name] for name in self.names))
        found = binding(policies.values(), where, sender_role=sender_role, days_past_due=days_past_due, at=at)
        named = {policies[name].name: policies[name] for name in self.further}
        if not named:
            return found
        every = {**{policy.name: policy for policy in found.policies}, **named}
        return replace(found, policies=tuple(every[name] for name in sorted(every)))

    def find_policy(self, name: str, version: str, digest: str) -> Policy | None:
        """A policy by name and version, that with this digest where several have it; None where it is
        gone."""
        candidates = [one.policy for one in self._stored if one.policy.name == name]
        if name in self.shipped_policies:
            candidates.append(self.shipped_policies[name])
        candidates += [
            limits for one in candidates if (limits := ceilings(one)) is not None and limits != one
        ]
        exact = [one for one in candidates if one.digest == digest]
        same = exact or [one for one in candidates if one.version == version]
        return same[0] if same else None

    def binds(
        self,
        policy: Policy,
        where: Whereabouts,
        *,
        sender_role: str,
        days_past_due: int | None,
        at: datetime,
    ) -> Policy | None:
        """What of a policy would bind such a message at `at`, were it in force: all of it, its hours and
        caps, or nothing."""
        if self.names is not None:
            return policy if policy.name in self.names else None
        if policy.name in self.further:
            return policy
        found = binding((policy,), where, sender_role=sender_role, days_past_due=days_past_due, at=at)
        return found.policies[0] if found.policies else None

    def check_names(self, at: datetime) -> None:
        """Refuse a start whose FORBEAR_POLICIES names a policy that does not exist."""
        known = self.policies(at)
        missing = [name for name in (*(self.names or ()), *self.further) if name not in known]
        if missing:
            raise SetupError(f"FORBEAR_POLICIES: no policy is named {', '.join(missing)}")

    def reach(self, at: datetime) -> Reach:
        """Which contacts may matter to any policy, or to a learned choice."""
        policies = self.policies(at).values()
        whole = LOOKBACK if self.learned else _ONE_DAY
        least = COUNTED_BY_LEARNED if self.learned else ALWAYS_COUNTED
        return reach_of(policies, at, whole=whole, least=least)

    def template_version(self, name: str) -> int:
        """The version of a template that a notice accepted now will use. Raises InvalidRequest."""
        stored = self._active.get(name)
        if stored is not None:
            return stored
        if name in self.shipped_templates:
            return SHIPPED
        known = ", ".join(sorted({*self._active, *self.shipped_templates}))
        field_error = FieldError(
            pointer="/template", detail=f"expected one of: {known}", code="unknown-template"
        )
        raise InvalidRequest("there is no such template", field_errors=[field_error])

    def newest_template(self, name: str) -> int | None:
        """The version that new notices use, else the newest draft; None where there is neither."""
        if name in self._active:
            return self._active[name]
        if name in self.shipped_templates:
            return SHIPPED
        return max((version for one, version in self._templates if one == name), default=None)

    def knows_creditor(self, name: str) -> bool:
        """Whether borrowers may be told of this creditor: it has a profile, or nothing leaves the sandbox."""
        return self.any_creditor or name in self._creditors

    @property
    def assigned_senders(self) -> list[tuple[str, str, str]]:
        """Creditor, channel and the account that its profile names there."""
        return [
            (creditor, channel, sender)
            for creditor, profile in self._creditors.items()
            for channel, sender in profile.senders.items()
        ]

    def unknown_senders(self) -> list[tuple[str, str, str]]:
        """Creditor, channel and sender where a profile names an account that these settings do not have: what
        waits there is sent by nobody."""
        return sorted(
            (creditor, channel, sender)
            for creditor, channel, sender in self.assigned_senders
            if sender not in self.senders.get(channel, ())
        )

    def templates_under(self, category: str) -> list[str]:
        """The names of the templates that may be sent under a category, as new notices use them."""
        names = {*self._active, *self.shipped_templates}
        return sorted(
            one for one in names if category in self.template(one, self.template_version(one)).categories
        )

    def template(self, name: str, version: int) -> Template:
        """A template by version; raises KeyError where a version is gone."""
        if version == SHIPPED:
            return self.shipped_templates[name]
        return self._templates[(name, version)]

    def elements(self, *, template: str, creditor: str, medium: str) -> tuple[str, ...] | None:
        """What the text of a template, as new notices use it, carries through a medium, of the elements that
        policies speak of; None where nothing is known of it."""
        key = (template, creditor, medium)
        try:
            return self._elements[key]
        except KeyError:
            if len(self._elements) >= BOUND_CACHE:
                self._elements.clear()
            found = self._elements[key] = self._elements_of(template, creditor, medium)
            return found

    def _elements_of(self, template: str, creditor: str, medium: str) -> tuple[str, ...] | None:
        try:
            version = self.template_version(template)
        except InvalidRequest:
            return None
        printed = self.template(template, version).prints(CHANNEL_OF.get(medium, medium))
        reached_by_phone = "contact" in printed and self.creditor(creditor).contact.phone is not None
        found = {"creditor_name": "creditor_name" in printed, "contact_phone": reached_by_phone}
        return tuple(name for name, there in found.items() if there)

    def languages(self, name: str, version: int) -> tuple[str, ...]:
        """The languages of a template; none for a version that is gone, which is found out where its words
        are needed."""
        try:
            return self.template(name, version).languages
        except KeyError:
            return ()

    def creditor(self, name: str) -> CreditorProfile:
        """A creditor's profile, or one made of its name and the house's contact."""
        found = self._creditors.get(name) or self._unnamed.get(name)
        if found is None:
            if len(self._unnamed) >= BOUND_CACHE:
                self._unnamed.clear()
            found = self._unnamed[name] = CreditorProfile(
                name=name.replace("-", " ").replace("_", " ").title(), contact=self.contact
            )
        return found


def reach_of(
    policies: Collection[Policy], at: datetime, *, whole: timedelta = timedelta(0), least: int = 0
) -> Reach:
    """Which contacts may matter to these policies at `at`: every one of `whole` at least, and `least` of
    those that are alike."""
    return Reach(
        since=at - max([whole, *(policy.whole for policy in policies)]),
        latest=max([least, *(policy.counted for policy in policies)]),
        written=max([1, *(policy.written for policy in policies)]),
        consented=at - max([_ONE_DAY, *(policy.consented for policy in policies)]) - CONSENT_EVENTS,
        consented_any=any(policy.consented_any for policy in policies),
        whole=frozenset().union(*(policy.whole_types for policy in policies)),
        one_by_one=any(policy.one_by_one for policy in policies),
        lookups=_lookups(tuple(policies)),
    )


@lru_cache(maxsize=64)
def _lookups(policies: tuple[Policy, ...]) -> frozenset[Lookup]:
    return frozenset().union(*(policy.lookups for policy in policies))


CONSENT_EVENTS = timedelta(days=12)
"""How long before a contact that a consent takes out of a count the talk may lie that used the consent up
(`policies/rules/direct_consent.py`, `LONGEST`), and the day that a date is long elsewhere."""
CHANNEL_OF = {"voice_prerecorded": "voice", "im": "whatsapp"}
"""The channel of a medium that is not named like one."""
SHIPPED = 0
"""The version number of a template that ships with the project."""
_ONE_DAY = timedelta(days=1)
ALWAYS_COUNTED = 32
"""Contacts alike that are looked at whatever the policies say: the bounds on one number count beside every
policy."""
COUNTED_BY_LEARNED = 128
"""Of those that a learned choice looks at: more of one kind tell it nothing new."""
BOUND_CACHE = 10_000
