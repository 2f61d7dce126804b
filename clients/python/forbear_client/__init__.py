"""A client of Forbear's HTTP API: typed, with retries that cannot do a thing twice, and the check of webhooks."""

from . import problems, types
from .async_client import AsyncForbear
from .client import Forbear
from .problem import FieldError, ProblemError, Unreachable
from .requests import VERSION, Retries
from .webhooks import WebhookRefused, verify_webhook

__version__ = VERSION
__all__ = [
    "AsyncForbear",
    "FieldError",
    "Forbear",
    "ProblemError",
    "Retries",
    "Unreachable",
    "WebhookRefused",
    "problems",
    "types",
    "verify_webhook",
]
