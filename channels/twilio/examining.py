"""What Twilio says of an account when it is asked: whether the credentials are taken, whether it is active,
and whether the sender is its own and can do what the channel needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aiohttp

from channels.examining import Finding, of_status, unreachable
from channels.message import Channel
from channels.senders import variable_of
from channels.twilio.client import OK, TwilioSession
from channels.twilio.codes import TOO_MANY, TooManyRequests


async def examine(session: TwilioSession, channel: Channel, name: str) -> Sequence[Finding]:
    """Read the account, and its number where one sends."""
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
        by_number = channel is Channel.VOICE or config.messaging_service_sid is None
        if channel in {Channel.SMS, Channel.VOICE} and config.from_number is not None and by_number:
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
