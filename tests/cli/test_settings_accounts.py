"""Whose signatures are believed."""

from __future__ import annotations

import pytest

from service.settings import Settings, TwilioSettings

MINE = TwilioSettings(account_sid="AC" + "1" * 32, auth_token="mine", from_number="+15005550006")  # type: ignore[arg-type]
OTHER = TwilioSettings(account_sid="AC" + "2" * 32, auth_token="other", from_number="+15005550006")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        ({"twilio": TwilioSettings(account_sid="AC" + "1" * 32)}, {}),
        ({"twilio": MINE}, {"AC" + "1" * 32: "mine"}),
        ({"twilio": MINE, "twilio_backup": OTHER}, {"AC" + "1" * 32: "mine", "AC" + "2" * 32: "other"}),
    ],
    ids=["none", "half", "one that nothing is sent through", "two"],
)
def test_an_account_with_its_token_is_heard_whatever_the_channels_send_through(given, expected):
    """A receipt may come after a channel was switched over; a reply may be tried on the sandbox."""
    assert expected == Settings(**given).signing_tokens
