"""A frozen value that is made quickly is the value that it would be otherwise."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from policies.fast_init import fast_init, sparse_init


@fast_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One field of each kind."""

    needed: int
    plain: str = "plain"
    own: list[int] = field(default_factory=list)
    hidden: bytes = field(default=b"", repr=False)


def test_it_has_the_fields_and_the_defaults_of_its_class() -> None:
    """Equal to one with everything said, shown without what is hidden, changed only as a copy."""
    made = Made(needed=1)
    assert Made(needed=1, plain="plain", own=[], hidden=b"") == made
    assert "Made(needed=1, plain='plain', own=[])" == repr(made).rpartition(".")[2]
    assert Made(needed=2, plain="plain") == replace(made, needed=2)
    assert Made(needed=1).own is not made.own


def test_it_stays_frozen() -> None:
    """Nothing is set afterwards."""
    with pytest.raises(FrozenInstanceError):
        Made(needed=1).needed = 2  # type: ignore[misc]


@pytest.mark.parametrize("given", [{}, {"needed": 1, "unknown": 2}])
def test_it_refuses_what_its_class_does_not_know(given: dict[str, int]) -> None:
    """A field without a default that is missing, and one that does not exist."""
    with pytest.raises(TypeError):
        Made(**given)  # type: ignore[arg-type]


@sparse_init
@dataclass(frozen=True, kw_only=True)
class Sparse:
    """A value that holds only what it was given."""

    needed: int
    plain: str = "plain"
    other: tuple[int, ...] = ()


def test_a_sparse_value_is_the_value_that_it_would_be_otherwise() -> None:
    """What was not given is read from the class; equal whether it was said or not, changed only as a copy,
    and frozen."""
    made = Sparse(needed=1)
    assert Sparse(needed=1, plain="plain", other=()) == made
    assert hash(Sparse(plain="plain", needed=1)) == hash(made)
    assert "Sparse(needed=1, plain='plain', other=())" == repr(made).rpartition(".")[2]
    assert Sparse(needed=1, other=(2,)) == replace(made, other=(2,))
    with pytest.raises(FrozenInstanceError):
        made.needed = 2  # type: ignore[misc]


@pytest.mark.parametrize("given", [{}, {"needed": 1, "unknown": 2}])
def test_a_sparse_value_refuses_what_its_class_does_not_know(given: dict[str, int]) -> None:
    """A field without a default that is missing, and one that does not exist."""
    with pytest.raises(TypeError, match=r"missing|unknown"):
        Sparse(**given)  # type: ignore[arg-type]


@fast_init
@dataclass(frozen=True, slots=True)
class Placed:
    """Fields that may be given by their place."""

    needed: int
    plain: str = "plain"


def test_fields_that_are_given_by_their_place_still_are() -> None:
    assert Placed(needed=1, plain="other") == Placed(1, "other")
    assert Placed(1, "plain") == Placed(1)
