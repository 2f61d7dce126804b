"""Every page that may be looked at is whole, for each role and in each language, with things on it and
without."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service.api.routers.policies import EXAMPLE
from service.console.learning_drafts import STARTER
from service.console.words import LANGUAGES
from tests.console.visiting import Visitor, accepted, change, visitor

PATHS = (
    "/console",
    "/console?channel=sms",
    "/console/activity",
    "/console/activity?what=failed&what=unknown&channel=sms&from=2026-11-24T00:00:00Z",
    "/console/preferences",
    "/console/find?q=nobody",
    "/console/notices",
    "/console/notices?state=held",
    "/console/borrowers",
    "/console/borrowers?id=B-1",
    "/console/borrowers?id=nobody",
    "/console/held",
    "/console/held?all=1",
    "/console/inbound",
    "/console/suppressions",
    "/console/legal-holds",
    "/console/webhooks",
    "/console/policies",
    "/console/policies/new",
    "/console/policies/build",
    "/console/policies/us-reg-f",
    "/console/policies/us-reg-f/edit",
    "/console/policies/us-reg-f/0/simulate",
    "/console/policies/us-reg-f/0/retire",
    "/console/policies/us-reg-f/0/activate",
    "/console/policies/us-reg-f/0/approve",
    "/console/outcomes",
    "/console/learning",
    "/console/learning/new",
    "/console/learning/first-bank-timing",
    "/console/learning/first-bank-timing/edit",
    "/console/learning/first-bank-timing/1/approve",
    "/console/learning/first-bank-timing/1/activate",
    "/console/learning/first-bank-timing/1/retire",
    "/console/learning/first-bank-timing/disparity",
    "/console/learning/first-bank-timing/stop",
    "/console/policies/evening-rest?version=1",
    "/console/policies/evening-rest/compare",
    "/console/policies/evening-rest/1/approve",
    "/console/policies/evening-rest/1/activate",
    "/console/policies/evening-rest/1/retire",
    "/console/policies/evening-rest/1/rollback",
    "/console/law",
    "/console/templates",
    "/console/templates/overdue-reminder",
    "/console/templates/overdue-reminder/edit",
    "/console/templates/overdue-reminder/0/approve",
    "/console/templates/overdue-reminder/0/activate",
    "/console/creditors",
    "/console/keys",
    "/console/log",
    "/console/log/chain",
    "/console/log/exports",
)
QUOTED = re.compile(r'<pre>.*?</pre>|<textarea.*?</textarea>|<div class="text".*?</div>', re.DOTALL)
"""What others wrote is shown as it is."""
UNTRANSLATED = re.compile(r"%\(\w+\)s|\{\{|\{%|None|<built-in|Undefined")


async def looked_at(one: Visitor, path: str) -> str:
    """A page, which must be one."""
    answer = await one.get(path)
    assert answer.status_code in {200, 403, 404, 409, 422}, (path, answer.status_code)
    if answer.status_code == 200:
        found = UNTRANSLATED.search(QUOTED.sub("", answer.text))
        assert found is None, (path, found and answer.text[found.start() - 90 : found.end() + 30])
    return answer.text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "language"), [("ops", "en"), ("auditor", "en"), *(("admin", language) for language in LANGUAGES)]
)
async def test_every_page_is_whole(api: Any, notice: dict[str, Any], role: str, language: str) -> None:
    """With nothing in the store, and with notices, a held delivery, a policy on its way, a suppression and a
    legal hold."""
    one = await visitor(api, role)
    one.client.cookies.set("forbear_language", language, domain="forbear.example.com", path="/console")
    for path in PATHS:
        await looked_at(one, path)
    id_ = await accepted(api, notice)
    await change(api, "UPDATE deliveries SET state = 'held', reason = 'it cannot be rendered'")
    ops = await visitor(api, "ops")
    for path, fields in (
        ("/console/policies/new", {"document": EXAMPLE}),
        ("/console/policies/evening-rest/1/test", {}),
        ("/console/learning/new", {"document": STARTER}),
        ("/console/learning/first-bank-timing/1/test", {}),
        ("/console/suppressions", {"address": "+12025550123", "channel": "any", "reason": "opt_out"}),
        ("/console/legal-holds", {"borrower": "B-1", "because": "file 17"}),
    ):
        assert 303 == (await ops.post(path, fields)).status_code, path
    for path in (*PATHS, f"/console/notices/{id_}", f"/console/notices/{id_}/cancel"):
        await looked_at(one, path)
