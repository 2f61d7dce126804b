"""What `forbear policy explain` says of whom a policy binds."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from service.cli import app as command_line


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("Binds always.", "house-strict"),
        ("Binds where nothing is known of the borrower's place.", "house-unknown"),
        ("Binds where FORBEAR_POLICIES names it.", "tiered-care"),
        ("Binds where the borrower or the account is in US-NY-NYC", "us-nyc-5-77"),
    ],
)
def test_a_policy_says_whom_it_binds(expected: str, name: str) -> None:
    """Always, by place, where nothing is known, or where it is named."""
    assert expected in CliRunner().invoke(command_line.app, ["policy", "explain", name]).output
