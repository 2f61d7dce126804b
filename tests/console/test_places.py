"""The pages say which law binds by which evidence, and what the evidence does not agree on."""

from __future__ import annotations

from typing import Any

from service.dispatch.decide.claim import claim_and_decide
from service.dispatch.decide.facts import ZoneCache
from tests.console.visiting import accepted, visitor


async def test_a_notice_shows_why_each_law_binds(api: Any, notice: dict[str, Any]) -> None:
    """A borrower stated in Massachusetts with a ZIP code of New York City and a zone of Japan: both laws, the
    warnings, the hold."""
    place = {"jurisdiction": "US-MA", "country": "US", "postal_code": "10001", "time_zone": "Asia/Tokyo"}
    body = {**notice, "borrower": {**notice["borrower"], **place}, "not_before": None}
    id_ = await accepted(api, body)
    await claim_and_decide(
        api.runtime,
        ZoneCache(),
        limit=5,
        adapters=dict.fromkeys(("sms", "email", "voice"), "x"),
        lease_seconds=30,
    )
    one = await visitor(api)
    for path in (f"/console/notices/{id_}", "/console/borrowers?id=B-1"):
        page = (await one.get(path)).text
        for text in (
            "The evidence points to places that exclude each other",
            "The stated time zone is not that of the address.",
            "Bound by",
            "<td>US-NY-NYC</td><td>postal code</td>",
            "<td>US-MA</td><td>stated</td>",
            "stated time zone is none of those of the borrower&#39;s address",
        ):
            assert text in page, (path, text)
