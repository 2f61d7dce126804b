"""The lenders of the campaign: beside a real adapter nobody is introduced to borrowers by an id."""

from __future__ import annotations

import json
import urllib.request

CREDITORS = ("lender-0", "lender-1", "lender-2", "lender-of-many", "lender-of-few")


def introduce(door: str, key: str) -> None:
    """Give every lender a profile."""
    for creditor in CREDITORS:
        request = urllib.request.Request(
            f"{door}/v1/creditors/{creditor}",
            json.dumps({"name": creditor, "phone": "+12025550100"}).encode(),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            method="PUT",
        )
        urllib.request.urlopen(request, timeout=30).close()
