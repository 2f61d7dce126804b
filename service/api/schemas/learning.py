"""The shapes of answers about learning: policies, what was learned, experiments, and why a message came as it
did."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from service.api.schemas.answers import Shape

Group = Literal["learned", "holdout", "plain", "shadow", "chance"]


class LearningPolicyVersion(Shape):
    """One version of a learning policy; nothing is edited in place."""

    name: str
    """The policy's name."""
    version: int
    """Its number, from 1."""
    creditor: str
    """Whose it is; no other creditor's data is read."""
    stage: Literal["shadow", "chance", "live"]
    """How far it may go."""
    state: Literal["draft", "tested", "approved", "active", "retired", "stopped"]
    """How far it came."""
    digest: str
    """SHA-256 of its canonical text, in hex."""
    sentences: list[str]
    """What the second key approves, in words."""
    created_at: datetime
    """When it was drafted."""
    created_by: str
    """Who drafted it."""
    tested_at: datetime | None
    """When it was said what it means."""
    approved_at: datetime | None
    """When a second key approved it."""
    approved_by: str | None
    """Which one."""
    active_from: datetime | None
    """Since when it chooses."""
    ended_at: datetime | None
    """When it was retired or stopped."""
    ended_by: str | None
    """By whom; `system` where a stop rule did it."""
    reason: str | None
    """Why."""
    document: str
    """Its text."""


class LearningPolicyPage(Shape):
    """Learning policies, one version of each name."""

    items: list[LearningPolicyVersion]
    """The version in force, else the newest."""
    next_cursor: str | None
    """Always null: there are few."""


class LearningPolicyVersions(Shape):
    """A learning policy with every version, the newest first."""

    name: str
    """Its name."""
    creditor: str
    """Whose it is."""
    active_version: int | None
    """The number of the one in force; null for none."""
    versions: list[LearningPolicyVersion]
    """The newest first."""


class FrontierPoint(Shape):
    """What another weighing of the harms would do."""

    harms_times: float
    """By how much the document's harms are multiplied."""
    restraint_share: float
    """The share of the known rounds in which nothing would be sent."""


class LearningTest(Shape):
    """What a version means."""

    sentences: list[str]
    """In words."""
    rounds: int
    """Rounds that are known."""
    frontier: list[FrontierPoint] | None
    """What other weights would do on them; null where they are too few."""
    version: LearningPolicyVersion
    """The version as it stands now."""


class Snapshot(Shape):
    """What was learned in one week."""

    digest: str
    """SHA-256 of its text, in hex."""
    creditor: str
    """Of whose rounds."""
    policy: str
    """Under which policy."""
    policy_digest: str
    """And which text of it."""
    week: date
    """The Monday of the week."""
    made_at: datetime
    """When it was learned."""
    lives_until: datetime
    """From then on the plain order holds."""


class SnapshotPage(Shape):
    """What was learned, the newest first."""

    items: list[Snapshot]
    """Without their points."""
    next_cursor: str | None
    """Always null: `limit` says how many."""


class SnapshotInFull(Snapshot):
    """What was learned, with everything that it chooses by."""

    named: dict[str, int]
    """Each point in millionths of a payment."""
    document: dict[str, JsonValue]
    """The text as it was hashed, as JSON: the points and their 256 draws."""


class Share(Shape):
    """How often something came of rounds."""

    count: int
    """Rounds that it came of."""
    share: float | None
    """Of the mature rounds, from 0 to 1; null without any."""
    low: float | None
    """The lower end of its 95 % interval (Wilson)."""
    high: float | None
    """The upper end of its 95 % interval (Wilson)."""


class ExperimentGroup(Shape):
    """The rounds of one group, and what came of them."""

    group: Group
    """How they came about."""
    rounds: int
    """Rounds whose window is over."""
    not_mature: int
    """Rounds whose window is not over yet."""
    contacts_per_1000: float | None
    """Contacts in 1,000 rounds; null without any round."""
    payment: Share
    """Payments."""
    promise_to_pay: Share
    """Promises to pay."""
    plan_request: Share
    """Requests for a payment plan."""
    opt_out: Share
    """Opt-outs."""
    complaint: Share
    """Complaints."""
    hung_up: Share
    """Hang-ups."""


class DoublyRobust(Shape):
    """The same estimate, helped by what was learned."""

    per_1000: float
    """In 1,000 decisions."""
    low: float
    """The lower end of its 95 % interval."""
    high: float
    """The upper end of its 95 % interval."""


class OffPolicy(Shape):
    """What another order would have brought, by logged chances (SNIPS), or that it cannot be said yet."""

    answer: Literal["estimated", "cannot be said yet"]
    """Whether it can be said."""
    decisions: int
    """Decisions that bear on it."""
    effective: float
    """How many equally weighted ones they are worth."""
    largest_weight: float
    """How many others the weightiest one stands for."""
    per_1000: float | None
    """In 1,000 decisions; null where it cannot be said."""
    low: float | None
    """The lower end of its 95 % interval."""
    high: float | None
    """The upper end of its 95 % interval."""
    dr: DoublyRobust | None
    """The doubly robust estimate."""


class StopEvidence(Shape):
    """How far each stop rule is: evidence by betting, valid at every look."""

    harm: float
    """For more opt-outs and complaints than in the hold-out."""
    bound: float
    """For more of them than the policy's bound."""
    payments: float
    """For fewer payments than the share of the hold-out's that is asked for."""
    limit: float
    """At which any of them stops."""
    reason: str | None
    """Why it must stop; null where it need not."""


class RestraintShare(Shape):
    """How often nothing was sent."""

    unanswered: int
    """After so many unanswered messages; 3 means three or more."""
    rounds: int
    """Rounds."""
    count: int
    """Those in which nothing was sent."""
    share: float | None
    """Of the rounds, from 0 to 1."""
    low: float | None
    """The lower end of its 95 % interval (Wilson)."""
    high: float | None
    """The upper end of its 95 % interval (Wilson)."""


class LearningRun(Shape):
    """What came of a week's learning."""

    week: date
    """The Monday of the week."""
    at: datetime
    """When it ran last."""
    snapshot: str | None
    """What was learned; null where nothing was."""
    result: str
    """`learned`, or why nothing was."""


class Experiment(Shape):
    """The state of an experiment."""

    name: str
    """The policy's name."""
    creditor: str
    """Whose it is."""
    version: int
    """The version in force, else the newest."""
    state: Literal["draft", "tested", "approved", "active", "retired", "stopped"]
    """How far it came."""
    stage: Literal["shadow", "chance", "live"]
    """How far it may go."""
    approved_by: str | None
    """Who approved it."""
    active_from: datetime | None
    """Since when it chooses."""
    ended_at: datetime | None
    """When it ended."""
    reason: str | None
    """Why it ended."""
    groups: list[ExperimentGroup]
    """Each group; the hold-out is the plain order."""
    nobody: OffPolicy
    """Payments, were nobody written to."""
    evidence: StopEvidence
    """How far its stop rules are."""
    contacts_saved_per_1000: float | None
    """Contacts in 1,000 rounds of the hold-out beyond those where it was chosen; null where one of them has
    none."""
    restraint: list[RestraintShare]
    """How often nothing was sent, by unanswered messages."""
    snapshot: Snapshot | None
    """What was learned last."""
    snapshot_before: str | None
    """What was learned before that."""
    last_run: LearningRun | None
    """What came of this week's learning; null where it has not run."""


class Why(Shape):
    """Why a message came as it did, or did not come."""

    notice: str
    """The notice's id."""
    group: Group
    """How it came about."""
    arm: str | None
    """The channel and the part of the day, or `none`; null where nothing was chosen."""
    policy: str | None
    """By which policy."""
    snapshot: str | None
    """By what was learned."""
    decided_at: datetime | None
    """When it was chosen."""
    planned_at: datetime | None
    """For when."""
    sentences: Annotated[dict[str, str], Field(min_length=1)]
    """For the borrower, by language: `en`, `es`, `zh-CN`."""
