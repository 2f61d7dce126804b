"""What says where a borrower may be, each piece by its source. Places and zones follow from it, never from
one field alone."""

from __future__ import annotations

from typing import NamedTuple


class Evidence(NamedTuple):
    """What is known of a borrower's whereabouts; None and empty: nothing from that source."""

    stated: str | None = None
    """The jurisdiction that upstream stated (ISO 3166-1 or 3166-2)."""
    country: str | None = None
    """Of the postal address (ISO 3166-1 alpha-2)."""
    postal_code: str | None = None
    account: str | None = None
    """The jurisdiction of the debt's account."""
    time_zone: str | None = None
    """Where upstream says that the borrower is (IANA)."""
    phones: tuple[str, ...] = ()
    """Telephone numbers in E.164."""
