"""What Twilio says of an account when it is asked: whether the credentials are taken, whether it is active,
and whether what sends is its own and can do what the channel needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import aiohttp

from channels.examining import Finding, of_status, unreachable
from channels.meaning import TOO_MANY
from channels.message import Channel
from channels.senders import variable_of
from channels.twilio.client import OK, TwilioSession
from channels.twilio.codes import TooManyRequests

SENDERS = ("PhoneNumbers", "ShortCodes", "AlphaSenders")
"""What a messaging service sends by."""
ONLINE = "ONLINE"


async def examine(session: TwilioSession, channel: Channel, name: str, sender: str = "") -> Sequence[Finding]:
    """Read the account, and what sends: a number, a messaging service, or the `sender` that WhatsApp knows,
    as Twilio writes it."""
    config = session.config
    try:
        status, document, date = await session.read("")
        secrets = f"{variable_of(name, 'ACCOUNT_SID')} and {variable_of(name, 'AUTH_TOKEN')}"
        found = [of_status(status, date, secrets)]
        if status != OK:
            return found
        if (state := str(document.get("status"))) != "active":
            do = "look at the account's page at Twilio: it was closed, or it owes"
            found.append(Finding(what="account", good=False, said=f"it is {state[:20]}", do=do))
        if channel is Channel.WHATSAPP:
            found.append(await _of_whatsapp(session, sender, variable_of(name, "WHATSAPP_NUMBER")))
        elif channel is Channel.SMS and config.messaging_service_sid is not None:
            field = variable_of(name, "MESSAGING_SERVICE_SID")
            found.append(await _of_service(session, config.messaging_service_sid, field))
        elif config.from_number is not None:
            status, document, _ = await session.read("IncomingPhoneNumbers", PhoneNumber=config.from_number)
            numbers = document.get("incoming_phone_numbers", []) if status == OK else []
            found.append(_of_numbers(numbers, channel, variable_of(name, "FROM_NUMBER")))
    except TooManyRequests:
        return [of_status(TOO_MANY, None, "")]
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return [unreachable(error, config.base_url)]
    return found


def _of_numbers(numbers: Sequence[Any], channel: Channel, field: str) -> Finding:
    do = f"set {field} to a number that Twilio lists for this account"
    if not numbers:
        return Finding(what="sender", good=False, said="the account has no such number", do=do)
    can = numbers[0].get("capabilities", {})
    if not can.get(channel.value, False):
        said = f"the number has no {channel.value} at Twilio"
        return Finding(what="sender", good=False, said=said, do=f"{do} with {channel.value}")
    return Finding(what="sender", good=True, said="the number is the account's")


async def _of_service(session: TwilioSession, service: str, field: str) -> Finding:
    """A messaging service, and whether anything is in it that can send."""
    path = f"v1/Services/{quote(service, safe='')}"
    status, _ = await session.read_messaging(path)
    if status != OK:
        do = f"set {field} to a messaging service that Twilio lists for this account"
        return Finding(what="sender", good=False, said="the account has no such messaging service", do=do)
    for one in SENDERS:
        status, rows = await session.read_messaging(f"{path}/{one}", PageSize="1")
        if status == OK and rows:
            return Finding(what="sender", good=True, said="the messaging service is the account's")
    do = "give it a number at Twilio, on the service's page of senders"
    return Finding(what="sender", good=False, said="the messaging service has nothing to send by", do=do)


async def _of_whatsapp(session: TwilioSession, sender: str, field: str) -> Finding:
    """A sender of WhatsApp, and whether it is online."""
    status, rows = await session.read_messaging("v2/Channels/Senders", Channel="whatsapp", PageSize="1000")
    if status != OK:
        said = f"Twilio's list of senders answered HTTP {status}"
        return Finding(what="sender", good=None, said=said, do="look at the sender's page at Twilio")
    mine = next((one for one in rows if one.get("sender_id") == sender), None)
    if mine is None:
        do = f"set {field} to a sender that Twilio lists for this account"
        return Finding(what="sender", good=False, said="the account has no such WhatsApp sender", do=do)
    state = str(mine.get("status"))
    if state.partition(":")[0] != ONLINE:
        do = "look at the sender's page at Twilio, which says what is missing"
        return Finding(what="sender", good=False, said=f"the sender is {state[:20].lower()}", do=do)
    return Finding(what="sender", good=True, said="the WhatsApp sender is the account's, and online")
