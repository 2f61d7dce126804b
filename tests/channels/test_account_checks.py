"""What adapters refuse of an account, each by the account's own variable."""

from __future__ import annotations

from typing import Any

import pytest

from channels.account_checks import check_host, check_number
from channels.adapter import ChannelMisconfigured
from channels.message import Channel
from channels.registry import registered
from channels.senders import adapter_of

OWN = "https://api.acme.example"


def check(base_url: str, *, adapter: str = "acme", allowed: bool = False) -> None:
    """Ask whether the key of a made-up provider may go there."""
    check_host(base_url, OWN, adapter, owner="Acme's", receives="the key", allowed=allowed)


@pytest.mark.parametrize(
    "base_url", [OWN, f"{OWN}/", "http://127.0.0.1:9", "https://localhost/x", "http://[::1]"]
)
def test_the_provider_itself_and_loopback_may_have_the_key(base_url: str) -> None:
    """With or without a slash at the end."""
    check(base_url)


@pytest.mark.parametrize(
    "base_url",
    ["https://api.acme.example.invalid", "ftp://127.0.0.1", "https://", "//localhost", "http://10.0.0.1", ""],
)
def test_nobody_else_has_it_without_being_allowed(base_url: str) -> None:
    """The line names both settings; allowed, any host may have it."""
    with pytest.raises(ChannelMisconfigured) as caught:
        check(base_url)
    assert "FORBEAR_ACME__BASE_URL: another host than Acme's receives the key" in str(caught.value)
    assert "FORBEAR_ACME__ALLOW_OTHER_HOST=true" in str(caught.value)
    check(base_url, allowed=True)


@pytest.mark.parametrize("value", ["", "12025550100", "+120255", "+0202555010012", "+1202555010O", "acme"])
def test_what_is_no_number_is_named(value: str) -> None:
    """Its plus, its country, and from seven to fifteen digits."""
    check_number("+1202555", "acme")
    with pytest.raises(ChannelMisconfigured, match="FORBEAR_ACME__FROM_NUMBER: expected a number such as"):
        check_number(value, "acme")


NUMBER = "+12025550100"
GIVEN: dict[str, dict[str, Any]] = {
    "twilio": {
        "account_sid": "AC0",
        "auth_token": "t",
        "from_number": NUMBER,
        "whatsapp_number": "1",
    },
    "telnyx": {"api_key": "k", "public_key": "A" * 43 + "=", "from_number": NUMBER},
    "vonage": {
        "application_id": "a",
        "private_key_file": "/dev/null",
        "signature_secret": "s",
        "from_number": "1",
    },
    "smpp": {"host": "h", "system_id": "s", "password": "p" * 9, "sender": NUMBER},
    "smtp": {"host": "h", "sender": "no mailbox"},
    "ses": {"region": "eu-central-1", "sender": "no mailbox", "configuration_set": "c", "topic_arn": "a"},
}


@pytest.mark.parametrize("provider", sorted(set(GIVEN)))
def test_what_a_creditor_s_account_lacks_is_named_by_its_own_variable(provider: str) -> None:
    """Never by the deployment's, whoever the provider is."""
    assert set(GIVEN) == set(registered())
    found = registered()[provider]
    account = found.account.model_validate(GIVEN[provider] | {"base_url": "https://elsewhere.example"})
    refusals = 0
    for channel in Channel:
        if channel not in found.adapters or list(account.missing({channel})):
            continue
        with pytest.raises(ValueError) as caught:
            found.adapters[channel](account, adapter_of(provider, "acme"))
        assert str(caught.value).startswith("FORBEAR_SENDER_ACME__"), caught.value
        refusals += 1
    assert refusals
