"""Addresses in documents: however one is written, it is one."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from policies.places.telephones import comparable

Address = Annotated[str, StringConstraints(max_length=10_000), AfterValidator(comparable)]
"""A mailbox or a telephone number, as it is compared with others."""
