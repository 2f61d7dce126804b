"""Calls through Vonage's Voice API: one POST for a call. The words are fetched from our own signed URL: the
fetch proves the call, and can still be answered with its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from channels.adapter import Absent, CannotTell, Found, Listed, ListedInbound, Sighting, Sought
from channels.examining import Finding
from channels.json_api import NOT_FOUND, OK, looked_up
from channels.message import Channel, Medium, Message
from channels.outcome import Outcome
from channels.vonage.api import VonageApi, VonageConfig
from channels.vonage.codes import call_receipt, refusal
from channels.vonage.examining import examine
from channels.vonage.receiver import ANSWER

RING_SECONDS = 30
CREATED = 201
MOST = 100
"""Calls that a look-up without an id reads."""


class VonageVoice:
    """One application's calls."""

    channel: Channel = Channel.VOICE
    medium: Medium = Medium.VOICE_PRERECORDED

    def __init__(self, config: VonageConfig, *, name: str = "vonage") -> None:
        """Check the configuration. Raises ChannelMisconfigured. `name` tells several accounts apart."""
        self.name, self._config = name, config
        self._api = VonageApi(config, name)

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Place one call, at most once."""
        body = {
            "to": [{"type": "phone", "number": message.to.removeprefix("+")}],
            "from": {"type": "phone", "number": self._config.from_number.removeprefix("+")},
            "answer_url": [f"{message.receipt_url}/{ANSWER}"],
            "answer_method": "POST",
            "event_url": [message.receipt_url],
            "event_method": "POST",
            "ringing_timer": RING_SECONDS,
        }
        return await self._api.create(
            "/v1/calls",
            body,
            created=CREATED,
            id_of=lambda document: document["uuid"],
            refusal=refusal,
            timeout=timeout,
        )

    async def examine(self) -> Sequence[Finding]:
        """Whether the key is taken, the application may call, and the number is the account's. Reads only."""
        return await examine(self._api, self.channel, self.name)

    async def look_up(self, sought: Sought) -> Sighting:
        """Ask about one attempt: by its id, else among the calls to that number since. Never raises."""
        return await looked_up(self._among(sought) if sought.ref is None else self._by_id(sought.ref))

    async def _by_id(self, ref: str) -> Sighting:
        answer = await self._api.ask("GET", f"/v1/calls/{quote(ref, safe='')}")
        if answer.status == NOT_FOUND:
            return Absent()
        if answer.status != OK:
            return CannotTell(reason=f"the provider answered HTTP {answer.status}", again=True)
        return Found(receipt=call_receipt(answer.document))

    async def _among(self, sought: Sought) -> Sighting:
        since = sought.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = urlencode({"date_start": since, "page_size": MOST})
        answer = await self._api.ask("GET", f"/v1/calls?{query}")
        if answer.status != OK:
            return CannotTell(reason=f"the provider answered HTTP {answer.status}", again=True)
        rows = answer.document["_embedded"]["calls"]
        mine = [
            one
            for one in rows
            if str(one["to"].get("number")) == sought.to.removeprefix("+")
            and one["uuid"] not in sought.known_refs
        ]
        match mine:
            case [only]:
                return Found(receipt=call_receipt(only))
            case [] if len(rows) < MOST:
                return Absent()
            case []:
                return CannotTell(reason=f"none of {MOST} calls since is it, and there are more")
            case _:
                refs = tuple(str(one["uuid"]) for one in mine[:10])
                return CannotTell(reason="several calls at the provider could be it", candidates=refs)

    def list_since(self, since: datetime) -> AsyncIterator[Listed | ListedInbound] | None:
        """None: its list gives each call's beginning and no more than a page is read of it."""
        del since
        return None

    async def close(self) -> None:
        """End pooled connections. Idempotent."""
        await self._api.close()
