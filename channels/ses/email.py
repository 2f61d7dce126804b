"""E-mail through Amazon SES: one signed POST for a mail, no redirect, no hidden retry, a time-out around each
request.

The mail is composed here and handed over whole (`Raw`), so that its unsubscribe headers are those of any
other mail of ours. Amazon's own signer signs the request; its client is not used, since it repeats requests
by itself."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import get_session
from yarl import URL

from channels.account_checks import check_host
from channels.adapter import CannotTell, ChannelMisconfigured, Sighting, Sought
from channels.email.mail import MAILBOX
from channels.email.wire import write
from channels.examining import Finding, of_status, unreachable
from channels.message import Channel, Medium, Message
from channels.outcome import Accepted, Outcome, RefusalCause, Rejected, Unknown
from channels.posting import NO_TIMEOUT, outcome_of, pooled_session
from channels.retried import retried
from channels.senders import variable_of
from channels.ses.codes import refusal
from channels.ses.tag import TAG, tag_of

PATH = "/v2/email/outbound-emails"
JSON = "application/json"
OK, NOT_FOUND = 200, 404
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class SesConfig:
    """An account at SES in one region."""

    region: str
    sender: str
    configuration_set: str
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    """Without the two, what Amazon's own client would find: the environment, a role."""
    base_url: str | None = None
    allow_other_host: bool = False


class Ses:
    """One account's e-mail."""

    channel: Channel = Channel.EMAIL
    medium: Medium = Medium.EMAIL

    def __init__(self, config: SesConfig, *, name: str = "ses") -> None:
        """Check the configuration. Raises ChannelMisconfigured. `name` tells several accounts apart."""
        _check(config, name)
        self.name = name
        self._config = config
        self._url = (config.base_url or _own_url(config.region)).rstrip("/") + PATH
        self._http: aiohttp.ClientSession | None = None
        self._keys: Any = None

    async def send(self, message: Message, *, timeout: float) -> Outcome:
        """Hand one mail over, at most once."""
        if not MAILBOX.fullmatch(message.to):
            reason = "the address is not one plain mailbox"
            return Rejected(cause=RefusalCause.ADDRESS, code="5.1.3", reason=reason)
        body = orjson.dumps(
            {
                "FromEmailAddress": self._config.sender,
                "Destination": {"ToAddresses": [message.to]},
                "Content": {"Raw": {"Data": _raw(message, self._config.sender)}},
                "ConfigurationSetName": self._config.configuration_set,
                "EmailTags": [{"Name": TAG, "Value": tag_of(message.receipt_url)}],
            }
        )
        return await retried(lambda left: self._post(body, left), timeout)

    async def _post(self, body: bytes, timeout: float) -> Outcome:
        try:
            async with asyncio.timeout(timeout):
                headers = await self._signed(body)
                if headers is None:
                    reason = "no credentials: neither settings nor a role"
                    return Rejected(cause=RefusalCause.ACCOUNT, code="no-credentials", reason=reason)
                async with self._session().post(
                    self._url, data=body, headers=headers, allow_redirects=False, timeout=NO_TIMEOUT
                ) as answer:
                    octets, status = await answer.read(), answer.status
                    kind = answer.headers.get("x-amzn-ErrorType", "")
            return _outcome(status, kind, octets)
        except Exception as error:  # noqa: BLE001 - every failure is an outcome
            return outcome_of(error)

    async def examine(self) -> Sequence[Finding]:
        """The account's state, the sender's identity and the configuration set, by signed reads."""
        variable = partial(variable_of, self.name)
        base, keys = (
            self._url.removesuffix(PATH),
            f"{variable('ACCESS_KEY_ID')}, {variable('SECRET_ACCESS_KEY')}",
        )
        try:
            account = await self._read(f"{base}/v2/email/account")
            if account is None:
                do = f"set {keys}, or give this machine a role"
                return [Finding(what="credentials", good=False, said="there are none", do=do)]
            status, document, date = account
            found = [of_status(status, date, keys)]
            if found[0].good is not True:
                return found
            found += _of_account(document)
            for what, name, field in (
                ("sender", self._config.sender.rpartition("@")[2], "SENDER"),
                ("configuration set", self._config.configuration_set, "CONFIGURATION_SET"),
            ):
                kind = "identities" if what == "sender" else "configuration-sets"
                asked = await self._read(f"{base}/v2/email/{kind}/{quote(name, safe='')}")
                if what == "sender" and asked is not None and asked[0] == NOT_FOUND:
                    asked = await self._read(
                        f"{base}/v2/email/identities/{quote(self._config.sender, safe='')}"
                    )
                status, document, _ = asked or (NOT_FOUND, {}, None)
                good = status == OK and (what != "sender" or bool(document.get("VerifiedForSendingStatus")))
                said = f"SES has it ({name})" if good else f"SES has none that is verified ({name})"
                do = "" if good else f"verify it in the region, or set {variable(field)}"
                found.append(Finding(what=what, good=good, said=said, do=do))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return [unreachable(error, base)]
        return found

    async def _read(self, url: str) -> tuple[int, dict[str, Any], str | None] | None:
        """The status, the document and the Date of a signed GET; None without credentials."""
        headers = await self._signed(b"", method="GET", url=url)
        if headers is None:
            return None
        async with self._session().get(
            URL(url, encoded=True), headers=headers, allow_redirects=False, timeout=NO_TIMEOUT
        ) as answer:
            octets = await answer.read()
            document = orjson.loads(octets) if octets and answer.status == OK else {}
            return answer.status, document if isinstance(document, dict) else {}, answer.headers.get("Date")

    async def _signed(
        self, body: bytes, *, method: str = "POST", url: str | None = None
    ) -> dict[str, str] | None:
        """The headers of a request with Amazon's signature (Version 4); None without credentials."""
        if self._keys is None:
            self._keys = await asyncio.to_thread(_keys_of, self._config)
        if self._keys is None:
            return None
        keys = self._keys
        if type(keys) is not Credentials:  # a role's, which are renewed from time to time
            keys = await asyncio.to_thread(keys.get_frozen_credentials)
        request = AWSRequest(method, url or self._url, data=body, headers={"Content-Type": JSON})  # type: ignore[no-untyped-call]
        SigV4Auth(keys, "ses", self._config.region).add_auth(request)  # type: ignore[no-untyped-call]
        return dict(request.headers)

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = pooled_session()
        return self._http

    async def look_up(self, sought: Sought) -> Sighting:
        """SES keeps no list that tells what became of a mail; its events do."""
        del sought
        return CannotTell(reason="the provider tells of a mail by its events alone")

    def list_since(self, since: datetime) -> None:
        """None: there is no list."""
        del since

    async def close(self) -> None:
        """End pooled connections. Idempotent."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()


def _of_account(document: Mapping[str, Any]) -> list[Finding]:
    """Whether it may send at all, and to anybody."""
    found = []
    if not document.get("SendingEnabled", False):
        do = "look at the account's page of SES: Amazon paused it"
        found.append(Finding(what="sending", good=False, said="sending is paused", do=do))
    if not document.get("ProductionAccessEnabled", False):
        do = "ask for production access: until then only verified mailboxes get anything"
        found.append(Finding(what="sending", good=None, said="the account is in SES's own sandbox", do=do))
    return found


def _raw(message: Message, sender: str) -> str:
    return base64.b64encode(write(message, sender).octets).decode()


def _outcome(status: int, kind: str, octets: bytes) -> Outcome:
    try:
        document = orjson.loads(octets)
    except orjson.JSONDecodeError:
        document = None
    if not 200 <= status < 300:  # noqa: PLR2004
        typed = document.get("__type", "") if isinstance(document, dict) else ""
        return refusal(status, kind or str(typed), document)
    ref = document.get("MessageId") if isinstance(document, dict) else None
    if not isinstance(ref, str) or not ref:
        return Unknown(code="unreadable", reason="the provider's answer holds no message id")
    return Accepted(ref=ref)


def _keys_of(config: SesConfig) -> Any:
    if config.access_key_id and config.secret_access_key:
        return Credentials(config.access_key_id, config.secret_access_key)  # type: ignore[no-untyped-call]
    return get_session().get_credentials()  # type: ignore[no-untyped-call]


def _check(config: SesConfig, name: str) -> None:
    if not MAILBOX.fullmatch(config.sender):
        raise ChannelMisconfigured(
            f"{variable_of(name, 'SENDER')}: expected one mailbox like notices@example.com"
        )
    if not _REGION.fullmatch(config.region):
        raise ChannelMisconfigured(
            f"{variable_of(name, 'REGION')}: expected a region's code, such as eu-central-1"
        )
    own = _own_url(config.region)
    check_host(
        config.base_url or own,
        own,
        name,
        owner="Amazon's",
        receives="signed requests",
        allowed=config.allow_other_host,
    )


def _own_url(region: str) -> str:
    return f"https://email.{region}.amazonaws.com"
