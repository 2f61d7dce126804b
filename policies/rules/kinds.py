"""Every kind of rule, once: the union that documents are read by, and all that is made of the kinds."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from policies.rules.bar import Bar
from policies.rules.base import RuleSpec
from policies.rules.business_wait import BusinessWait
from policies.rules.cap import Cap
from policies.rules.channel_exclusivity import ChannelExclusivity
from policies.rules.clock_window import ClockWindow
from policies.rules.consent import Consent
from policies.rules.content import Content
from policies.rules.cool_off import CoolOff
from policies.rules.designation import Designation
from policies.rules.dial_cap import DialCap
from policies.rules.fatigue import Fatigue
from policies.rules.min_gap import MinGap
from policies.rules.one_shot import OneShot
from policies.rules.recipient import Recipient
from policies.rules.required_before import RequiredBefore
from policies.rules.term_bar import TermBar
from policies.rules.tier import Tier
from policies.rules.wait_after import WaitAfter
from policies.rules.warn import Warn

AnyKind = (
    Bar | BusinessWait | Cap | ChannelExclusivity | ClockWindow | Consent | Content | CoolOff | Designation
    | DialCap | Fatigue | MinGap | OneShot | Recipient | RequiredBefore | TermBar | Tier | WaitAfter | Warn
)  # fmt: skip
Rule = Annotated[AnyKind, Field(discriminator="kind")]


def name_of(kind: type[RuleSpec]) -> str:
    """A kind's name in documents."""
    (name,) = get_args(kind.model_fields["kind"].annotation)
    return str(name)


KINDS: dict[str, type[RuleSpec]] = {name_of(one): one for one in get_args(AnyKind)}
"""The kinds by their names, in the order of these."""
