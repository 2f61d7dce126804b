"""Whose signatures are believed, and which adapters can be named."""

from __future__ import annotations

import pytest

from channels.registry import registered
from channels.twilio.provider import tokens_of
from service.adapters import receivers_of
from service.errors import SetupError
from service.settings import load

MINE = {"ACCOUNT_SID": "AC" + "1" * 32, "AUTH_TOKEN": "mine", "FROM_NUMBER": "+15005550006"}
OTHER = {**MINE, "ACCOUNT_SID": "AC" + "2" * 32, "AUTH_TOKEN": "other"}


@pytest.fixture
def given(monkeypatch, request):
    """Variables of the environment, without the prefix."""
    for name, value in request.param.items():
        monkeypatch.setenv(f"FORBEAR_{name}", value)
    return request.param


def accounts(**named: dict[str, str]) -> dict[str, str]:
    """Variables of accounts."""
    return {
        f"{name.upper()}__{field}": value for name, some in named.items() for field, value in some.items()
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {}),
        (accounts(twilio={"ACCOUNT_SID": "AC" + "1" * 32}), {}),
        (accounts(twilio=MINE), {"AC" + "1" * 32: "mine"}),
        (accounts(twilio=MINE, twilio_backup=OTHER), {"AC" + "1" * 32: "mine", "AC" + "2" * 32: "other"}),
    ],
    ids=["none", "half", "one that nothing is sent through", "two"],
    indirect=["given"],
)
def test_an_account_with_its_token_is_heard_whatever_the_channels_send_through(given, expected):
    """A receipt may come after a channel was switched over; a reply may be tried on the sandbox."""
    settings = load()
    assert expected == tokens_of(settings.accounts("twilio"))  # type: ignore[arg-type]
    assert (["twilio"] if expected else []) == list(receivers_of(settings))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"SMS__ADAPTER": "smtp"}, "FORBEAR_SMS__ADAPTER: expected one of sandbox, "),
        ({"EMAIL__ADAPTER": "twilio"}, "FORBEAR_EMAIL__ADAPTER: expected one of sandbox, "),
        (
            {"VOICE__ADAPTER": "telephone"},
            "got 'telephone'",
        ),
        (
            {"SMS__FALLBACK": "sandbox", **accounts(twilio=MINE), "SMS__ADAPTER": "twilio"},
            "got 'sandbox'",
        ),
        (
            {"SMS__FALLBACK": "twilio", **accounts(twilio=MINE), "SMS__ADAPTER": "twilio"},
            "FORBEAR_SMS__FALLBACK",
        ),
        (
            {"SMS__ADAPTER": "twilio", **accounts(twilio={"ACCOUNT_SID": "AC1", "AUTH_TOKEN": "x"})},
            "FORBEAR_TWILIO__FROM_NUMBER: required by the twilio adapter",
        ),
        (
            {
                "EMAIL__ADAPTER": "smtp",
                "EMAIL__FALLBACK": "smtp_backup",
                "SMTP__HOST": "h",
                "SMTP__SENDER": "a@example.com",
            },
            "FORBEAR_SMTP_BACKUP__HOST",
        ),
    ],
    indirect=["given"],
)
def test_an_adapter_that_cannot_be_used_stops_the_start(given, says):
    """With the variable, and what can be named there."""
    with pytest.raises(SetupError, match="FORBEAR_") as caught:
        load()
    assert says in caught.value.detail


def test_every_registered_provider_has_its_two_accounts(monkeypatch):
    """Under its own name, and the one that takes over."""
    settings = load()
    for name in registered():
        first, second = settings.accounts(name)
        assert type(first) is type(second) is registered()[name].account
