"""What a call says, as steps that any provider can render: say, gather a key, report, hang up.

A script ends where its steps end. A key that is pressed is not followed inside it: the provider tells us, and
gets the next script, since what may be said is decided at that instant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Branch(StrEnum):
    """Where a key leads."""

    NOTICE = "notice"
    """Whoever presses it says that they are the person, and hears the notice."""
    NO_CALLS = "no_calls"
    """No more calls to this number."""


@dataclass(frozen=True, slots=True)
class Say:
    """Words for a voice; telephone numbers in them are read digit by digit."""

    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Gather:
    """Words, while and after which one key can be pressed; without one the script goes on."""

    words: str = field(repr=False)
    branches: Mapping[str, Branch]
    """By key. Whatever is pressed is reported."""
    seconds: int = 5
    """After the last word."""


@dataclass(frozen=True, slots=True)
class ReportEnd:
    """The provider reports that all before was said: how we know that a message was left."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The end of the call."""


Step = Say | Gather | ReportEnd | HangUp


@dataclass(frozen=True, slots=True)
class Script:
    """One part of a call."""

    language: str
    """Of the words: `en`, `zh-CN`, `es` …"""
    steps: tuple[Step, ...]

    @property
    def words(self) -> str:
        """All that is said, one step a line."""
        return "\n".join(step.words for step in self.steps if isinstance(step, Say | Gather))

    @property
    def branches(self) -> Mapping[str, Branch]:
        """Where keys lead while it is spoken."""
        return {
            key: branch
            for step in self.steps
            if isinstance(step, Gather)
            for key, branch in step.branches.items()
        }

    def canonical(self) -> str:
        """A text that is equal only where the script is, for digests."""
        lines = [self.language]
        for step in self.steps:
            match step:
                case Say(words=words):
                    lines.append(f"say {words!r}")
                case Gather(words=words, branches=branches, seconds=seconds):
                    keys = " ".join(f"{key}={branch}" for key, branch in sorted(branches.items()))
                    lines.append(f"gather {words!r} {keys} {seconds}")
                case ReportEnd():
                    lines.append("report")
                case HangUp():
                    lines.append("hang up")
        return "\n".join(lines)


SILENT_END = Script("en", (HangUp(),))
"""The end of a call that may not speak any more."""
