"""What names a delivery or an attempt: a key, or any row that has its columns."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class DeliveryPlace(Protocol):
    """Whatever names a delivery."""

    @property
    def borrower_id(self) -> UUID:
        """The borrower's key."""

    @property
    def notice_no(self) -> int:
        """The notice's number among the borrower's."""

    @property
    def channel(self) -> str:
        """The channel."""


class AttemptPlace(DeliveryPlace, Protocol):
    """Whatever names an attempt."""

    @property
    def number(self) -> int:
        """The attempt's number, from 1."""
