"""No page in Spanish or Chinese says an English sentence of ours."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from service.api.routers.policies import EXAMPLE
from service.console.learning_drafts import STARTER
from tests.console.test_every_page import PATHS
from tests.console.visiting import accepted, change, visitor

ENGLISH = re.compile(
    r"\b(?:the|of|and|that|is|are|was|were|with|without|which|this|there|nothing|expected|from|until|before"
    r"|after|where|not|has|have|will|would|every|only|all)\b",
    re.IGNORECASE,
)
"""Words that no Spanish or Chinese sentence has."""
AS_WRITTEN = {"pre", "textarea", "code", "cite", "style", "title"}
"""Documents, codes and citations stand as they were written; a title repeats the page's head."""
CLASSES = {"text", "as-written", "message", "secret"}
"""`text`: lines of a document; `message`: the words of a template or of a message; `as-written`: titles,
notes, and names of rules that authors gave."""
VOID = {"input", "br", "meta", "link", "img", "hr", "path", "rect", "line", "circle"}


class Visible(HTMLParser):
    """What a page says, but for what others wrote."""

    def __init__(self) -> None:
        """Nothing was read yet."""
        super().__init__()
        self.found: list[str] = []
        self._inside: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note whether what follows is as others wrote it; labels of elements are said too."""
        given = dict(attrs)
        written = tag in AS_WRITTEN or bool(CLASSES & set((given.get("class") or "").split()))
        if tag not in VOID:
            self._inside.append(written)
        if not any(self._inside):
            self.found += [one for name in ("aria-label", "placeholder") if (one := given.get(name))]

    def handle_endtag(self, tag: str) -> None:
        """Leave."""
        if tag not in VOID and self._inside:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """A text."""
        if data.strip() and not any(self._inside):
            self.found.append(" ".join(data.split()))


def english(text: str) -> list[str]:
    """The texts of a page in which two English words stand."""
    reader = Visible()
    reader.feed(text)
    return [one for one in reader.found if len(ENGLISH.findall(one)) > 1]


def test_an_english_sentence_is_found() -> None:
    """In a text and in a label; a document is not looked at."""
    assert ["there is no such page"] == english("<p>there is no such page</p><pre>it is all that is</pre>")
    assert ["all of the rows"] == english('<div aria-label="all of the rows">todas</div>')


@pytest.mark.slow
@pytest.mark.parametrize("language", ["es", "zh"])
async def test_no_page_says_an_english_sentence(api: Any, notice: dict[str, Any], language: str) -> None:
    """With nothing in the store, and with notices, a held delivery, policies on their way; refusals too."""
    one = await visitor(api, "admin")
    one.client.cookies.set("forbear_language", language, domain="forbear.example.com", path="/console")
    id_ = await accepted(api, notice)
    await change(api, "UPDATE deliveries SET state = 'held', reason = 'it cannot be rendered'")
    ops = await visitor(api, "ops")
    for path, fields in (
        ("/console/policies/new", {"document": EXAMPLE}),
        ("/console/policies/evening-rest/1/test", {}),
        ("/console/learning/new", {"document": STARTER}),
        ("/console/suppressions", {"address": "+12025550123", "channel": "any", "reason": "opt_out"}),
        ("/console/legal-holds", {"borrower": "B-1", "because": "archivo 17"}),
    ):
        assert 303 == (await ops.post(path, fields)).status_code, path
    said: dict[str, list[str]] = {}
    odd = (
        "/console/notices?from=0001-01-01",
        "/console/log?verdict=x",
        "/console/notices/x",
        "/console/nowhere",
    )
    for path in (*PATHS, f"/console/notices/{id_}", f"/console/notices/{id_}/cancel", *odd):
        found = english((await one.get(path)).text)
        if found:
            said[path] = found
    mistaken = EXAMPLE.replace("force: house", "force: brute")
    answer = await one.post("/console/policies/new", {"document": mistaken})
    assert 422 == answer.status_code
    if found := english(answer.text):
        said["a text with mistakes"] = found
    assert not said, "\n".join(f"{path}: {texts}" for path, texts in said.items())
