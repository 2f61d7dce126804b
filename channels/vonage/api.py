"""Vonage's REST API: requests that the application signs (a JWT for each), and reads of the account, which
its key and secret authorize."""

from __future__ import annotations

from dataclasses import dataclass, field

import aiohttp
from vonage_jwt import JwtClient
from vonage_jwt.errors import VonageJwtError

from channels.account_checks import check_host, check_number
from channels.adapter import ChannelMisconfigured
from channels.json_api import Answer, JsonApi
from channels.senders import variable_of

VONAGE = "https://api.nexmo.com"
OF_NUMBERS = "https://rest.nexmo.com"
"""Where the account's numbers are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VonageConfig:
    """The application at Vonage."""

    application_id: str
    private_key: str = field(repr=False)
    """In PEM."""
    from_number: str
    api_key: str | None = None
    """With the secret: what reads the account's numbers and its records of texts."""
    api_secret: str | None = field(default=None, repr=False)
    base_url: str = VONAGE
    allow_other_host: bool = False


class VonageApi(JsonApi):
    """One application's requests."""

    def __init__(self, config: VonageConfig, name: str) -> None:
        """Check the configuration. Raises ChannelMisconfigured."""
        check_number(config.from_number, name)
        check_host(
            config.base_url,
            VONAGE,
            name,
            owner="Vonage's",
            receives="signed tokens",
            allowed=config.allow_other_host,
        )
        try:
            self._signer = JwtClient(config.application_id, config.private_key)
            self._signer.generate_application_jwt()
        except (VonageJwtError, ValueError, TypeError) as error:
            raise ChannelMisconfigured(
                f"{variable_of(name, 'PRIVATE_KEY_FILE')}: expected the application's private key in PEM"
            ) from error
        super().__init__(config.base_url, self._token)
        self.config = config

    def _token(self) -> str:
        return f"Bearer {self._signer.generate_application_jwt().decode()}"

    @property
    def reads_account(self) -> bool:
        """Whether there is a key and a secret to read the account with."""
        return self.config.api_key is not None and self.config.api_secret is not None

    async def read_account(self, path: str, *, numbers: bool = False) -> Answer:
        """One read with the key and the secret. Raises what `ask` raises."""
        login = aiohttp.encode_basic_auth(self.config.api_key or "", self.config.api_secret or "")
        elsewhere = OF_NUMBERS if numbers and self.base_url == VONAGE else None
        return await self.ask("GET", path, authorization=login, base_url=elsewhere)
