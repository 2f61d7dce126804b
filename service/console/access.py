"""Who reaches which page: one table, as the API has one. docs/console.md is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.model.actor import Role

Access = frozenset[Role] | None

_OPEN: Access = None
_OPS: Access = frozenset({Role.OPS, Role.ADMIN})
_AUDITORS: Access = frozenset({Role.AUDITOR, Role.ADMIN})
_BOTH: Access = frozenset({Role.OPS, Role.AUDITOR, Role.ADMIN})
_ADMINS: Access = frozenset({Role.ADMIN})

ACCESS: Mapping[tuple[str, str], Access] = MappingProxyType(
    {
        ("GET", "/console/style.css"): _OPEN,
        ("GET", "/console/login"): _OPEN,
        ("POST", "/console/login"): _OPEN,
        ("POST", "/console/logout"): _BOTH,
        ("GET", "/console/preferences"): _BOTH,
        ("POST", "/console/preferences"): _BOTH,
        ("GET", "/console/find"): _BOTH,
        ("GET", "/console"): _BOTH,
        ("GET", "/console/activity"): _BOTH,
        ("GET", "/console/notices"): _BOTH,
        ("GET", "/console/notices/{id}"): _BOTH,
        ("GET", "/console/notices/{id}/cancel"): _ADMINS,
        ("POST", "/console/notices/{id}/cancel"): _ADMINS,
        ("GET", "/console/borrowers"): _BOTH,
        ("GET", "/console/held"): _BOTH,
        ("GET", "/console/held/release"): _OPS,
        ("POST", "/console/held"): _OPS,
        ("GET", "/console/inbound"): _BOTH,
        ("GET", "/console/suppressions"): _BOTH,
        ("POST", "/console/suppressions"): _OPS,
        ("GET", "/console/suppressions/{id}/lift"): _OPS,
        ("POST", "/console/suppressions/{id}/lift"): _OPS,
        ("GET", "/console/legal-holds"): _BOTH,
        ("POST", "/console/legal-holds"): _OPS,
        ("GET", "/console/legal-holds/release"): _OPS,
        ("POST", "/console/legal-holds/release"): _OPS,
        ("GET", "/console/webhooks"): _OPS,
        ("POST", "/console/webhooks"): _OPS,
        ("GET", "/console/webhooks/{id}"): _OPS,
        ("POST", "/console/webhooks/{id}"): _OPS,
        ("GET", "/console/webhooks/{id}/delete"): _OPS,
        ("POST", "/console/webhooks/{id}/delete"): _OPS,
        ("GET", "/console/policies"): _BOTH,
        ("GET", "/console/policies/new"): _OPS,
        ("POST", "/console/policies/new"): _OPS,
        ("GET", "/console/policies/build"): _OPS,
        ("POST", "/console/policies/build"): _OPS,
        ("GET", "/console/policies/{name}"): _BOTH,
        ("GET", "/console/policies/{name}/edit"): _OPS,
        ("POST", "/console/policies/{name}"): _OPS,
        ("GET", "/console/policies/{name}/compare"): _BOTH,
        ("GET", "/console/policies/{name}/results/{result}"): _BOTH,
        ("GET", "/console/policies/{name}/{version}/{step}"): _OPS,
        ("POST", "/console/policies/{name}/{version}/{step}"): _OPS,
        ("GET", "/console/outcomes"): _BOTH,
        ("GET", "/console/learning"): _BOTH,
        ("GET", "/console/learning/{name}"): _BOTH,
        ("GET", "/console/learning/new"): _OPS,
        ("POST", "/console/learning/new"): _OPS,
        ("POST", "/console/learning/{name}"): _OPS,
        ("GET", "/console/learning/{name}/edit"): _OPS,
        ("GET", "/console/learning/{name}/disparity"): _AUDITORS,
        ("GET", "/console/learning/{name}/results/{result}"): _BOTH,
        ("GET", "/console/learning/{name}/stop"): _OPS,
        ("POST", "/console/learning/{name}/stop"): _OPS,
        ("GET", "/console/learning/{name}/{version}/{step}"): _OPS,
        ("POST", "/console/learning/{name}/{version}/{step}"): _OPS,
        ("GET", "/console/law"): _BOTH,
        ("GET", "/console/templates"): _BOTH,
        ("GET", "/console/templates/{name}"): _BOTH,
        ("POST", "/console/templates/{name}"): _OPS,
        ("GET", "/console/templates/{name}/edit"): _OPS,
        ("GET", "/console/templates/{name}/{version}/{step}"): _OPS,
        ("POST", "/console/templates/{name}/{version}/{step}"): _OPS,
        ("GET", "/console/creditors"): _BOTH,
        ("GET", "/console/creditors/{creditor}"): _BOTH,
        ("POST", "/console/creditors"): _OPS,
        ("GET", "/console/keys"): _ADMINS,
        ("POST", "/console/keys"): _ADMINS,
        ("GET", "/console/keys/{id}/{step}"): _ADMINS,
        ("POST", "/console/keys/{id}/{step}"): _ADMINS,
        ("GET", "/console/log"): _AUDITORS,
        ("GET", "/console/log/chain"): _AUDITORS,
        ("GET", "/console/log/exports"): _AUDITORS,
        ("GET", "/console/log/export"): _AUDITORS,
        ("GET", "/console/log/proof"): _AUDITORS,
        ("GET", "/console/log/{index}"): _AUDITORS,
        ("GET", "/console/{rest:path}"): _BOTH,
    }
)
"""Who reaches which page. No page does more for a role than the API does (docs/roles.md), but that
Activity lists together what ops read of each delivery."""


def may(role: Role, method: str, path: str) -> bool:
    """Whether a role reaches a page, named as in the table. Raises KeyError for a page that stands in no
    row."""
    access = ACCESS[method, path]
    return access is None or role in access


def page_table() -> str:
    """The table above as a document shows it."""
    roles = (Role.OPS, Role.AUDITOR, Role.ADMIN)
    lines = ["| method | page | ops | auditor | admin |", "| --- | --- | --- | --- | --- |"]
    for (method, path), access in ACCESS.items():
        marks = " | ".join("open" if access is None else "yes" if role in access else "" for role in roles)
        lines.append(f"| {method} | `{path}` | {marks} |")
    return "\n".join(lines) + "\n"
