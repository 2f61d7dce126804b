"""The learning policy: a document of one creditor that says what is valued, what may be looked at, and when
it must stop.

Amounts cannot be named: weighing by them would teach the machine who is rich. Rights (a dispute, hardship, an
attorney, a cease) are not valued either: they are no harms to be steered around."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from documents.reader import Unreadable, read
from policies.document_errors import DocumentError, document_errors_of, pointer
from service.learning.arms import BANDS, FEATURES

_DAYS = re.compile(r"P(\d{1,3})D")
Channel = Literal["sms", "email", "voice"]
DEFAULT_PEACE: dict[Channel, int] = {"sms": 150, "email": 150, "voice": 40}
"""Contacts that one more payment may cost at the most, by channel, where a document says nothing."""
CHANCE_SHARE = 200
"""Thousandths of the rounds that the stage `chance` gives to all open arms alike."""


class LearningPolicyInvalid(ValueError):
    """A document that is no learning policy; `errors` has one entry for each thing that is wrong."""

    def __init__(self, errors: tuple[DocumentError, ...]) -> None:
        """Keep the errors; the message has them all."""
        super().__init__("; ".join(str(one) for one in errors))
        self.errors = errors


def _days(value: Any) -> Any:
    """`P7D` as seven days; anything else is left to be refused."""
    found = _DAYS.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[1].strip("0") == "":
        raise ValueError("expected days such as P7D")
    return timedelta(days=int(found[1]))


def _some_of(known: tuple[str, ...]) -> Any:
    def check(names: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [name for name in names if name not in known]
        if wrong or len(set(names)) < len(names):
            raise ValueError(f"expected some of {', '.join(known)}, each once")
        return tuple(name for name in known if name in names)

    return AfterValidator(check)


Days = Annotated[timedelta, BeforeValidator(_days)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Gain = Annotated[float, Field(ge=0, le=100)]
Harm = Annotated[float, Field(lt=0, ge=-1000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)


class Outcome(_Part):
    """What belongs to a round."""

    window: Days = timedelta(days=7)
    """How long after the decision what happens is counted."""
    from_: Annotated[Literal["decision"], Field(alias="from")] = "decision"
    """From the decision on, so that a round of restraint has a window too."""
    credit: Literal["every"] = "every"
    """Every round whose window holds the event is credited with it."""


class Value(_Part):
    """What an outcome is worth, in payments. Each harm must weigh."""

    payment: Annotated[float, Field(gt=0, le=100)] = 1.0
    promise_to_pay: Gain = 0.2
    plan_request: Gain = 0.3
    opt_out: Harm = -0.5
    complaint: Harm = -3.0
    hung_up: Harm = -0.1


class Peace(_Part):
    """What a contact costs by itself."""

    most_contacts_for_one_more_payment: dict[Channel, Annotated[int, Field(ge=1, le=10_000)]] = DEFAULT_PEACE


class Silence(_Part):
    """How far restraint may go."""

    at_most_days: Annotated[int, Field(ge=1, le=90)] = 28
    """After so many days without a word restraint is no choice any more."""
    always_told: tuple[Name, ...] = ("payment-plan-offer", "hardship-offer")
    """Templates that offer help: restraint never withholds them."""


class Learning(_Part):
    """How it is learned."""

    half_life: Days = timedelta(days=56)
    every: Days = timedelta(days=7)
    floor: Annotated[float, Field(ge=0.01, le=0.5)] = 0.03
    """With so much chance every open arm is taken alike: what is never tried can never be judged."""
    at_least_decisions: Annotated[int, Field(ge=100, le=10_000_000)] = 2000
    snapshot_lives: Days = timedelta(days=21)
    """A snapshot that is older chooses nothing: the plain order holds."""


class Experiment(_Part):
    """The hold-out."""

    holdout: Annotated[float, Field(ge=0.05, le=0.5)] = 0.10
    """The share of borrowers who keep the plain order for good."""
    salt: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class AgainstHoldout(_Part):
    """How sure a stop must be."""

    alpha: Annotated[float, Field(gt=0, le=0.1)] = 0.05


class Stop(_Part):
    """When it must stop by itself."""

    against_holdout: AgainstHoldout = AgainstHoldout()
    at_most_per_1000_rounds: Annotated[float, Field(gt=0, le=200)] = 12.0
    """Opt-outs and complaints together."""
    payments_at_least: Annotated[float, Field(ge=0.8, le=1)] = 0.95
    """Of the hold-out's payments per round."""


class LearningPolicy(_Part):
    """One creditor's learning policy."""

    name: Name
    kind: Literal["learning"]
    creditor: Name
    """Data of no other creditor is read."""
    stage: Literal["shadow", "chance", "live"]
    """`shadow`: chosen and logged, and the plain order is sent. `chance`: the plain order, but for a fifth by
    lot. `live`: by what was learned."""
    categories: Annotated[tuple[Literal["reminder", "collection", "offer"], ...], Field(min_length=1)] = (
        "reminder",
        "collection",
    )
    features: Annotated[tuple[str, ...], _some_of(FEATURES)] = FEATURES
    """May only be shortened."""
    bands: Annotated[tuple[str, ...], _some_of(BANDS), Field(min_length=1)] = BANDS
    outcome: Outcome = Outcome()
    value: Value = Value()
    peace: Peace = Peace()
    silence: Silence = Silence()
    learning: Learning = Learning()
    experiment: Experiment
    stop: Stop = Stop()

    @property
    def values(self) -> dict[str, float]:
        """Each outcome's worth, and each contact's cost by channel, in payments."""
        found = dict(self.value)
        contacts = dict(DEFAULT_PEACE) | self.peace.most_contacts_for_one_more_payment
        return found | {f"contacts_{channel}": -1 / number for channel, number in contacts.items()}

    @property
    def floor(self) -> int:
        """In thousandths."""
        return round(1000 * self.learning.floor)

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical text, in hex."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """The one text of a document, however it was written."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":"))

    def sentences(self) -> list[str]:
        """What the second person approves, in words."""
        value, peace = self.value, self.values
        least = ", ".join(
            f"{round(-1 / peace[f'contacts_{channel}'])} {word} for one more payment"
            for channel, word in (("sms", "texts"), ("email", "mails"), ("voice", "calls"))
        )
        return [
            (
                f"One complaint outweighs {-value.complaint / value.payment:g} payments, one opt-out "
                f"{-value.opt_out / value.payment:g},"
                f" one hang-up {-value.hung_up / value.payment:g}."
            ),
            f"At most {least}.",
            (
                f"Nobody is left without a word for more than {self.silence.at_most_days} days, and never "
                f"without the offer of help"
                f" ({', '.join(self.silence.always_told) or 'none is named'})."
            ),
            f"{self.experiment.holdout:.0%} of the borrowers keep the plain order for good.",
            (
                f"It stops where opt-outs and complaints pass {self.stop.at_most_per_1000_rounds:g} in "
                f"1,000 rounds, where they are shown to be more"
                f" than in the hold-out, or payments to be less than {self.stop.payments_at_least:.0%} of "
                f"its."
            ),
        ]


_ADAPTER = TypeAdapter(LearningPolicy)


def parse_learning_policy(text: str | bytes) -> LearningPolicy:
    """The policy in a YAML or JSON text. Raises LearningPolicyInvalid with every error."""
    try:
        document = read(text)
    except Unreadable as error:
        found = DocumentError(path="", line=error.line, expected=error.expected, got=error.got)
        raise LearningPolicyInvalid((found,)) from None
    try:
        return _ADAPTER.validate_python(document.value)
    except ValidationError as error:
        errors = document_errors_of(error.errors(), pointer, document.lines())
        raise LearningPolicyInvalid(errors) from None
