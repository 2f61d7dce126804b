"""`FORBEAR_TRACES__…`: spans for an OpenTelemetry collector (the extra `otel`)."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, Field

from channels.provider import OptionalSecret, OptionalText
from service import tracing
from service.errors import SetupError


class TraceSettings(BaseModel):
    """Where spans go, and of how much there are any."""

    endpoint: OptionalText = None
    """Where traces are posted, by OTLP over HTTP; nothing is recorded without it."""
    headers: OptionalSecret = None
    """What goes with each post, as `name=value`, separated by commas; a value is percent-encoded."""
    share: float = Field(default=0.1, ge=0, le=1)
    """Of the requests and batches that come without a trace of their own."""

    def check(self) -> None:
        """Raises SetupError in one line."""
        self.header_values()
        if self.endpoint is None:
            return
        if not _is_good(self.endpoint):
            raise SetupError(
                "FORBEAR_TRACES__ENDPOINT: expected an http or https URL without a login or a query, such as "
                "https://collector.example.com/v1/traces"
            )

    def header_values(self) -> dict[str, str]:
        """The headers by their names. Raises SetupError."""
        found: dict[str, str] = {}
        for one in () if self.headers is None else self.headers.get_secret_value().split(","):
            name, equals, value = one.strip().partition("=")
            if not equals or not name.strip() or not value.strip():
                raise SetupError(
                    "FORBEAR_TRACES__HEADERS: expected name=value pairs, separated by commas, each value "
                    "percent-encoded"
                )
            found[name.strip().lower()] = unquote(value.strip())
        return found

    def start(self, process: str, version: str) -> None:
        """Record from now on, where an endpoint is set. Raises SetupError where the extra is missing."""
        if self.endpoint is None:
            return
        try:
            from service.tracing.otel import tracing_to
        except ModuleNotFoundError as error:
            raise SetupError(
                f"FORBEAR_TRACES__ENDPOINT: needs the extra otel (no module {error.name}): pip install "
                "'forbear[otel]'"
            ) from None
        tracing.start(
            tracing_to(
                self.endpoint, self.header_values(), share=self.share, process=process, version=version
            )
        )


def _is_good(endpoint: str) -> bool:
    """Whether spans can be posted there."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    extra = parts.username or parts.query or parts.fragment
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and not extra
