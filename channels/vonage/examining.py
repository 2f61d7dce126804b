"""What Vonage says of an application and its number when it is asked: whether the key is taken, whether the
application may do what the channel needs, and whether the number is the account's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import aiohttp
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from channels.examining import Finding, of_status, unreachable
from channels.json_api import OK
from channels.message import Channel
from channels.senders import variable_of
from channels.vonage.api import VonageApi

CAPABILITIES: Mapping[Channel, str] = {Channel.SMS: "messages", Channel.VOICE: "voice"}
"""What an application is given at Vonage, by channel."""
CONTAINS = 1
"""`search_pattern` of the list of numbers: those in which the pattern stands anywhere."""


async def examine(api: VonageApi, channel: Channel, name: str) -> Sequence[Finding]:
    """Read calls with the application's key, where it calls; the application and the number with the
    account's, where there is one. Raises nothing that Vonage's silence amounts to."""
    variable = partial(variable_of, name)
    login = f"{variable('API_KEY')} and {variable('API_SECRET')}"
    found: list[Finding] = []
    try:
        if channel is Channel.VOICE:
            status = (await api.ask("GET", "/v1/calls?page_size=1")).status
            names = f"{variable('APPLICATION_ID')} and {variable('PRIVATE_KEY_FILE')}"
            found.append(of_status(status, api.date, names))
            if status != OK:
                return found
        if not api.reads_account:
            said = (
                "whose the number is, and what the application may do, is asked with the account's key alone"
            )
            return [*found, Finding(what="sender", good=None, said=said, do=f"set {login}")]
        answer = await api.read_account(f"/v2/applications/{quote(api.config.application_id, safe='')}")
        found.append(_of_application(answer.status, answer.document, api, channel, variable))
        if answer.status in {401, 403}:
            return [*found, of_status(answer.status, api.date, login)]
        number = api.config.from_number.removeprefix("+")
        answer = await api.read_account(
            f"/account/numbers?pattern={number}&search_pattern={CONTAINS}", numbers=True
        )
        found.append(_of_number(answer.status, answer.document, api, channel, variable))
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return [*found, unreachable(error, api.base_url)]
    return found


def _of_application(status: int, document: Any, api: VonageApi, channel: Channel, variable: Any) -> Finding:
    """Whether it is there, has our key, and may do what the channel needs."""
    field = variable("APPLICATION_ID")
    if status != OK or not isinstance(document, Mapping):
        do = f"set {field} to an application of this account"
        return Finding(what="application", good=False, said=f"the provider answered HTTP {status}", do=do)
    if not _is_its_key(document.get("keys"), api.config.private_key):
        do = f"set {variable('PRIVATE_KEY_FILE')} to the key that was made with it, or give it a new one"
        return Finding(what="application", good=False, said="it has another public key than ours", do=do)
    needed = CAPABILITIES[channel]
    if needed not in (document.get("capabilities") or {}):
        do = f"give it the capability {needed} in Vonage's dashboard"
        return Finding(what="application", good=False, said=f"it may not use {needed}", do=do)
    return Finding(what="application", good=True, said=f"it has our key and may use {needed}")


def _is_its_key(keys: Any, private_key: str) -> bool:
    """Whether an application's public key is that of our private one."""
    pem = keys.get("public_key") if isinstance(keys, Mapping) else None
    try:
        theirs = load_pem_public_key(str(pem).encode())
    except ValueError:
        return False
    ours = load_pem_private_key(private_key.encode(), password=None).public_key()
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    return theirs.public_bytes(*form) == ours.public_bytes(*form)


def _of_number(status: int, document: Any, api: VonageApi, channel: Channel, variable: Any) -> Finding:
    """Whether it is the account's, can do what the channel needs, and brings what comes in to us."""
    number, field = api.config.from_number.removeprefix("+"), variable("FROM_NUMBER")
    rows = document.get("numbers") or [] if status == OK and isinstance(document, Mapping) else []
    mine = next((one for one in rows if str(one.get("msisdn")) == number), None)
    do = f"set {field} to a number that Vonage lists for this account"
    if mine is None:
        return Finding(what="sender", good=False, said="the account has no such number", do=do)
    if channel.value.upper() not in (mine.get("features") or []):
        said = f"the number has no {channel.value} at Vonage"
        return Finding(what="sender", good=False, said=said, do=f"{do} with {channel.value}")
    if mine.get("app_id") not in {None, "", api.config.application_id}:
        said = "the number is linked to another application: what borrowers write goes there"
        return Finding(what="sender", good=None, said=said, do="link it to this application at Vonage")
    return Finding(what="sender", good=True, said="the number is the account's")
