"""Who may do what: every route and the roles that reach it, in one table. docs/roles.md is made of it.

`admin` is in every row that is not open. A route that stands in no row cannot be built: nothing is open by
oversight.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.model.actor import Role

Access = frozenset[Role] | None
"""The roles that reach a route, or None where no key is needed."""

PUBLIC: Access = None
PRODUCER, OPS, AUDITOR, ADMIN = Role.PRODUCER, Role.OPS, Role.AUDITOR, Role.ADMIN


def _to(*roles: Role) -> Access:
    return frozenset({*roles, ADMIN})


_ALL = _to(PRODUCER, OPS, AUDITOR)
_PRODUCERS = _to(PRODUCER)
_READERS = _to(PRODUCER, OPS, AUDITOR)
_OPERATORS = _to(OPS)
_OVERSIGHT = _to(OPS, AUDITOR)
_AUDITORS = _to(AUDITOR)
_ADMINS = _to()

ACCESS: Mapping[tuple[str, str], Access] = MappingProxyType(
    {
        # Intake
        ("POST", "/v1/notices"): _PRODUCERS,
        ("POST", "/v1/notices/batch"): _PRODUCERS,
        ("POST", "/v1/notices/preview"): _READERS,
        ("GET", "/v1/notices"): _READERS,
        ("POST", "/v1/notices/cancel"): _PRODUCERS,
        ("GET", "/v1/notices/{id}"): _READERS,
        ("POST", "/v1/notices/{id}/cancel"): _PRODUCERS,
        # Borrowers and events
        ("PUT", "/v1/borrowers/{id}"): _PRODUCERS,
        ("GET", "/v1/borrowers/{id}"): _READERS,
        ("POST", "/v1/borrowers/{id}/erase"): _PRODUCERS,
        ("GET", "/v1/borrowers/{id}/timeline"): _OVERSIGHT,
        ("PUT", "/v1/borrowers/{id}/legal-hold"): _OPERATORS,
        ("GET", "/v1/borrowers/{id}/legal-hold"): _OVERSIGHT,
        ("DELETE", "/v1/borrowers/{id}/legal-hold"): _OPERATORS,
        ("POST", "/v1/events"): _PRODUCERS,
        # What belongs to an address
        ("GET", "/v1/suppressions"): _OVERSIGHT,
        ("POST", "/v1/suppressions"): _to(PRODUCER, OPS),
        ("POST", "/v1/suppressions/{id}/lift"): _OPERATORS,
        ("GET", "/v1/inbound"): _OVERSIGHT,
        # Decisions
        ("POST", "/v1/evaluate"): _ALL,
        # Policies, templates, creditors, holds
        ("GET", "/v1/policies"): _READERS,
        ("GET", "/v1/policies/{name}"): _READERS,
        ("PUT", "/v1/policies/{name}"): _OPERATORS,
        ("POST", "/v1/policies/{name}/versions/{version}/test"): _OPERATORS,
        ("POST", "/v1/policies/{name}/versions/{version}/simulate"): _OPERATORS,
        ("POST", "/v1/policies/{name}/versions/{version}/approve"): _OPERATORS,
        ("POST", "/v1/policies/{name}/versions/{version}/activate"): _OPERATORS,
        ("POST", "/v1/policies/{name}/versions/{version}/retire"): _OPERATORS,
        ("POST", "/v1/policies/{name}/versions/{version}/rollback"): _OPERATORS,
        ("GET", "/v1/categories"): _READERS,
        ("GET", "/v1/templates"): _READERS,
        ("GET", "/v1/templates/{name}"): _READERS,
        ("PUT", "/v1/templates/{name}"): _OPERATORS,
        ("POST", "/v1/templates/{name}/versions/{version}/approve"): _OPERATORS,
        ("POST", "/v1/templates/{name}/versions/{version}/activate"): _OPERATORS,
        ("POST", "/v1/templates/{name}/preview"): _READERS,
        ("GET", "/v1/creditors"): _READERS,
        ("GET", "/v1/creditors/{creditor}"): _READERS,
        ("PUT", "/v1/creditors/{creditor}"): _OPERATORS,
        ("GET", "/v1/holds"): _OVERSIGHT,
        ("POST", "/v1/holds/release"): _OPERATORS,
        # Learning
        ("GET", "/v1/learning/policies"): _OVERSIGHT,
        ("GET", "/v1/learning/policies/{name}"): _OVERSIGHT,
        ("PUT", "/v1/learning/policies/{name}"): _OPERATORS,
        ("POST", "/v1/learning/policies/{name}/versions/{version}/test"): _OPERATORS,
        ("POST", "/v1/learning/policies/{name}/versions/{version}/approve"): _OPERATORS,
        ("POST", "/v1/learning/policies/{name}/versions/{version}/activate"): _OPERATORS,
        ("POST", "/v1/learning/policies/{name}/versions/{version}/retire"): _OPERATORS,
        ("POST", "/v1/learning/policies/{name}/stop"): _OPERATORS,
        ("GET", "/v1/learning/snapshots"): _OVERSIGHT,
        ("GET", "/v1/learning/snapshots/{digest}"): _OVERSIGHT,
        ("GET", "/v1/learning/experiments/{name}"): _OVERSIGHT,
        ("GET", "/v1/notices/{id}/why"): _OVERSIGHT,
        # Webhooks
        ("POST", "/v1/webhooks"): _OPERATORS,
        ("GET", "/v1/webhooks"): _OPERATORS,
        ("GET", "/v1/webhooks/{id}"): _OPERATORS,
        ("PATCH", "/v1/webhooks/{id}"): _OPERATORS,
        ("DELETE", "/v1/webhooks/{id}"): _OPERATORS,
        ("POST", "/v1/webhooks/{id}/rotate"): _OPERATORS,
        ("POST", "/v1/webhooks/{id}/test"): _OPERATORS,
        ("POST", "/v1/webhooks/{id}/replay"): _OPERATORS,
        ("GET", "/v1/webhooks/{id}/attempts"): _OPERATORS,
        # Reports
        ("GET", "/v1/reports/outcomes"): _OVERSIGHT,
        # The dispatch log
        ("GET", "/v1/log"): _AUDITORS,
        ("GET", "/v1/log/export"): _AUDITORS,
        ("GET", "/v1/log/proof"): _AUDITORS,
        ("GET", "/v1/log/consistency"): _AUDITORS,
        ("GET", "/v1/log/checkpoint"): PUBLIC,
        ("GET", "/v1/log/key"): PUBLIC,
        ("POST", "/v1/log/cosignatures"): PUBLIC,
        # Keys
        ("POST", "/v1/keys"): _ADMINS,
        ("GET", "/v1/keys"): _ADMINS,
        ("POST", "/v1/keys/{id}/revoke"): _ADMINS,
        ("POST", "/v1/keys/{id}/rotate"): _ADMINS,
        # Sandbox
        ("GET", "/v1/sandbox/messages"): _READERS,
        ("POST", "/v1/sandbox/replies"): _PRODUCERS,
        ("POST", "/v1/receipts/email"): _PRODUCERS,
        ("POST", "/v1/inbound/email"): _PRODUCERS,
        # What providers and borrowers call: signatures and signed links stand in the place of keys
        ("POST", "/v1/receipts/{provider}/{kind}"): PUBLIC,
        ("POST", "/v1/receipts/{provider}/{kind}/{token}"): PUBLIC,
        ("POST", "/v1/receipts/{provider}/{kind}/{token}/{step}"): PUBLIC,
        ("POST", "/v1/inbound/{provider}/{kind}"): PUBLIC,
        ("GET", "/v1/unsubscribe/{token}"): PUBLIC,
        ("POST", "/v1/unsubscribe/{token}"): PUBLIC,
        # Operations
        ("GET", "/healthz"): PUBLIC,
        ("GET", "/readyz"): PUBLIC,
        ("GET", "/metrics"): PUBLIC,
        ("GET", "/openapi.json"): PUBLIC,
        ("GET", "/docs"): PUBLIC,
    }
)


def access_of(method: str, path: str) -> Access:
    """The row of a route. Raises LookupError for a route without one."""
    try:
        return ACCESS[(method, path)]
    except KeyError:
        raise LookupError(f"{method} {path} stands in no row of the role table") from None


def role_table() -> str:
    """The table in Markdown, as docs/roles.md shows it."""
    lines = ["| method | path | producer | ops | auditor | admin |", "| --- | --- | --- | --- | --- | --- |"]
    for (method, path), access in ACCESS.items():
        if access is None:
            cells = ["open"] * 4
        else:
            cells = ["yes" if role in access else "" for role in (PRODUCER, OPS, AUDITOR, ADMIN)]
        lines.append(f"| {method} | `{path}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
