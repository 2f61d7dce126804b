"""What adapters refuse of an account before they build anything: each refusal is one line that names the
account's own variable, whether the account is the deployment's or a sender's."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from channels.adapter import ChannelMisconfigured
from channels.posting import is_loopback
from channels.senders import variable_of

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def check_number(value: str, adapter: str, field: str = "FROM_NUMBER") -> None:
    """Refuse what is no telephone number in E.164 form. Raises ChannelMisconfigured."""
    if _E164.fullmatch(value) is None:
        raise ChannelMisconfigured(f"{variable_of(adapter, field)}: expected a number such as +12025550100")


def check_host(base_url: str, own: str, adapter: str, *, owner: str, receives: str, allowed: bool) -> None:
    """Refuse to hand credentials to another host than the provider's `own` and loopback, where the operator
    has not `allowed` it. `owner` and `receives` are for the sentence. Raises ChannelMisconfigured."""
    if base_url.rstrip("/") == own or allowed:
        return
    parts = urlsplit(base_url)
    if parts.scheme in {"http", "https"} and is_loopback(parts.hostname):
        return
    raise ChannelMisconfigured(
        f"{variable_of(adapter, 'BASE_URL')}: another host than {owner} receives {receives}; set "
        f"{variable_of(adapter, 'ALLOW_OTHER_HOST')}=true to allow it"
    )
