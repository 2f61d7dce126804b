"""Where one may go: the pages of the sidebar, in groups, each for the roles that reach it."""

from __future__ import annotations

from dataclasses import dataclass

from service.console.access import may
from service.console.words import N_
from service.model.actor import Role


@dataclass(frozen=True, slots=True)
class Place:
    """One link of the sidebar."""

    path: str
    name: str
    is_here: bool = False


GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        N_("Contacts"),
        (
            ("/console", N_("Overview")),
            ("/console/activity", N_("Activity")),
            ("/console/borrowers", N_("Borrowers")),
            ("/console/notices", N_("Notices")),
            ("/console/held", N_("Held")),
            ("/console/inbound", N_("Inbound")),
            ("/console/outcomes", N_("Outcomes")),
            ("/console/learning", N_("Learning")),
        ),
    ),
    (
        N_("Rules"),
        (
            ("/console/policies", N_("Policies")),
            ("/console/law", N_("Law")),
            ("/console/suppressions", N_("Suppressions")),
            ("/console/legal-holds", N_("Legal holds")),
        ),
    ),
    (
        N_("Words"),
        (("/console/templates", N_("Templates")), ("/console/creditors", N_("Creditors"))),
    ),
    (
        N_("Proof"),
        (
            ("/console/log", N_("Log")),
            ("/console/log/chain", N_("Chain")),
            ("/console/log/exports", N_("Exports")),
        ),
    ),
    (
        N_("Access"),
        (("/console/keys", N_("Keys")), ("/console/webhooks", N_("Webhooks"))),
    ),
)


def places(role: Role, path: str) -> list[tuple[str, list[Place]]]:
    """The groups that a role sees, with the page that is nearest to `path` marked."""
    seen = [(name, [one for one in pages if may(role, "GET", one[0])]) for name, pages in GROUPS]
    known = [page for _, pages in seen for page, _ in pages]
    here = max((one for one in known if path == one or path.startswith(f"{one}/")), key=len, default=None)
    if here == "/console" and path != here:
        here = None
    return [
        (name, [Place(page, words, page == here) for page, words in pages]) for name, pages in seen if pages
    ]
