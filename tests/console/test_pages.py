"""What the pages show and do, and that nothing which comes from outside runs there or breaks them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from service.api.routers.policies import EXAMPLE
from tests.console.visiting import accepted, after, change, visitor


class Elements(HTMLParser):
    """Which elements and attributes a page has, as a browser reads it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.attributes = set[str](), set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


PAGES = [
    "/console",
    "/console/notices",
    "/console/borrowers?id=B-1",
    "/console/held",
    "/console/webhooks",
    "/console/outcomes",
    "/console/policies",
    "/console/policies/us-reg-f",
    "/console/log",
]


async def test_nothing_that_comes_from_outside_runs(api: Any, notice: dict[str, Any]) -> None:
    """Whatever upstream names its notices: pages escape it, load nothing of others, and no page has a script
    or a style of its own."""
    hostile = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>{{ 7*7 }}"
    id_ = await accepted(api, notice, reference=hostile)
    await change(api, "UPDATE deliveries SET state = 'held', reason = $1", hostile)
    one = await visitor(api)
    for path in [
        *PAGES,
        f"/console/notices/{id_}",
        "/console/notices?reference=<script>alert(1)</script>",
        "/console/borrowers?id=<script>",
    ]:
        answer = await one.get(path)
        assert answer.status_code in {200, 404}, path
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "no-store" == answer.headers["cache-control"]
        found = Elements()
        found.feed(answer.text)
        assert not {"script", "img", "iframe", "object", "style", "base"} & found.tags, path
        assert not [name for name in found.attributes if name == "style" or name.startswith("on")], path
        assert {"/console/style.css"} == set(re.findall(r'<link[^>]+href="([^"]+)"', answer.text))
    assert hostile in unescape((await one.get(f"/console/notices/{id_}")).text)


@pytest.mark.parametrize(
    "path",
    [
        "/console/notices?borrower=%00",
        "/console/notices?borrower=%ff",
        "/console/notices?borrower=" + "x" * 129,
        "/console/notices?state=lost",
        "/console/notices?before=ntc_1",
        "/console/notices/%00",
        "/console/log?from=yesterday",
        "/console/log?from=2026-11-24T00:00:00",
        "/console/log?from=0001-01-01T00:00:00%2B14:00",
        "/console/log?below=-1",
        "/console/log?verdict=maybe",
        "/console/log?kind=a%0ab",
        "/console/log/export?format=exe",
        "/console/policies/%00",
        "/console/policies/house-strict?version=99",
        "/console/borrowers?id=%e2%80%ae%00",
        "/console/" + "x" * 5000,
    ],
)
async def test_what_does_not_fit_is_a_page_that_says_so(api: Any, path: str) -> None:
    """Never a fault of ours."""
    answer = await (await visitor(api)).get(path)
    assert answer.status_code in {200, 404, 422}, answer.status_code
    assert "text/html" in answer.headers["content-type"]
    if answer.status_code != 200:
        assert 'role="alert"' in answer.text


async def test_a_form_that_is_none_changes_nothing(api: Any) -> None:
    """JSON, half a percent sign, thousands of fields."""
    one = await visitor(api)
    for body, kind in [
        (b"{}", "application/json"),
        (b"csrf_token=%ff", None),
        (b"&".join([b"a=1"] * 2001), None),
        (b"\xff", None),
    ]:
        headers = {"Content-Type": kind or "application/x-www-form-urlencoded"}
        answer = await one.client.post("/console/held", content=body, headers=headers)
        assert answer.status_code in {403, 422}
        assert "text/html" in answer.headers["content-type"]


async def test_a_notice_is_found_and_explained(api: Any, notice: dict[str, Any]) -> None:
    """By borrower, reference or state; with its story for who reads the log, and without it for who does
    not."""
    for number in range(3):
        await accepted(api, notice, reference=f"core-{number}")
    auditor, ops = await visitor(api, "auditor"), await visitor(api, "ops")
    found = await ops.get("/console/notices?borrower=B-1&reference=core-1&state=open")
    [link] = set(re.findall(r'href="(/console/notices/ntc_[^"]+)"', found.text))
    assert "asked to send" in (await auditor.get(link)).text
    page = (await ops.get(link)).text
    assert "Its story" not in page
    assert "Download the proof" not in page
    assert "Cancel" not in page
    assert "No notice fits." in (await ops.get("/console/notices?reference=nothing")).text


async def test_a_long_list_goes_on(api: Any, notice: dict[str, Any]) -> None:
    """Page by page every notice and every entry is seen once."""
    batch = {"notices": [{**notice, "reference": f"n-{number}"} for number in range(120)]}
    assert 202 == (await api.client.post("/v1/notices/batch", json=batch)).status_code
    one = await visitor(api)
    for path in ("/console/notices", "/console/log?kind=notice.accepted"):
        seen, at = list[str](), path
        while True:
            page = (await one.get(at)).text
            seen += re.findall(r'<a href="/console/notices/(ntc_\w+)"', page)
            older = re.search(r'href="(\?[^"]+)">Older ones', page)
            if older is None:
                break
            at = path.partition("?")[0] + unescape(older[1])
        assert 120 == len(seen) == len(set(seen)), path


async def test_a_borrower_is_shown_with_what_is_left(api: Any, notice: dict[str, Any]) -> None:
    """Every cap, and when each channel is next allowed; one who is unknown is said to be."""
    await accepted(api, notice)
    one = await visitor(api, "auditor")
    page = (await one.get("/console/borrowers?id=B-1")).text
    assert "three-in-seven" in page
    assert "0 of 3" in page
    assert "Two weeks of contacts" in page
    assert "by stated" in page
    unknown = await one.get("/console/borrowers?id=B-2")
    assert 404 == unknown.status_code
    assert "There is no such borrower." in unknown.text


async def test_what_is_held_is_released_with_a_reason(api: Any, notice: dict[str, Any]) -> None:
    """Many at once; the log says who and why; who was slower is told."""
    for number in range(3):
        await accepted(api, notice, reference=f"core-{number}")
    await change(
        api, "UPDATE deliveries SET state = 'held', reason = 'it cannot be rendered' WHERE channel = 'sms'"
    )
    one = await visitor(api, "ops")
    page = (await one.get("/console/held?all=1")).text
    assert 3 == page.count(" checked")
    assert "Nothing waits for a person" in (await one.get("/console/held?channel=voice")).text
    ticked = re.findall(r'name="delivery" value="([^"]+)"', page)
    assert 3 == len(ticked)
    for wrong in (
        {},
        {"delivery": ticked, "how": "close"},
        {"delivery": ticked, "how": "eat", "reason": "x"},
        {"delivery": ["x"], "how": "close", "reason": "x"},
    ):
        assert 422 == (await one.post("/console/held", wrong)).status_code
    looked = await one.get("/console/held/release", params={"delivery": ticked[:2], "how": "decide_again"})
    assert 2 == looked.text.count('type="hidden" name="delivery"')
    assert 2 == looked.text.count("Every policy permits it now.")
    looked = await one.get("/console/held/release", params={"delivery": ticked[:2], "how": "close"})
    assert "The next channel follows: email." in looked.text
    answer = await one.post(
        "/console/held", {"delivery": ticked[:2], "how": "close", "reason": "the template was wrong"}
    )
    assert "Released 2 of 2." in await after(one, answer)
    assert "Released" not in (await one.get("/console/held")).text, "what is loaded again says nothing again"
    assert 1 == await api.count("deliveries WHERE state = 'held'")
    entries = (await api.client.get("/v1/log", params={"kind": "delivery.released"})).json()["items"]
    assert {"the template was wrong"} == {entry["public"]["reason"] for entry in entries}
    assert all(entry["actor"].startswith("key:") for entry in entries)
    answer = await one.post("/console/held", {"delivery": ticked[:2], "how": "close", "reason": "again"})
    assert "somebody was faster" in await after(one, answer)
    auditor = await visitor(api, "auditor")
    page = (await auditor.get("/console/held")).text
    assert "it cannot be rendered" in page
    assert 'name="delivery"' not in page


async def test_a_policy_goes_from_a_draft_to_one_that_binds(api: Any) -> None:
    """Through its cases and a second person."""
    author, other = await visitor(api, "ops"), await visitor(api, "ops")
    answer = await author.post("/console/policies/new", {"document": EXAMPLE.replace("\n", "\r\n")})
    assert (303, "/console/policies/evening-rest?version=1") == (
        answer.status_code,
        answer.headers["location"],
    )
    step = "/console/policies/evening-rest/1/"
    assert "All 1 cases pass." in await after(author, await author.post(step + "test"))
    here = "/console/policies/evening-rest?version=1"
    assert "another key has to approve it" in (await author.get(here)).text
    assert "Look and approve" not in (await author.get(here)).text
    assert 403 == (await author.post(step + "approve")).status_code
    assert "Look and approve" in (await other.get(here)).text
    assert 303 == (await other.post(step + "approve")).status_code
    span = {"from_date": "2026-11-01", "to_date": "2026-11-24", "to_zone": "America/New_York"}
    simulated = await author.post(step + "simulate", span)
    assert "were taken again" in await after(author, simulated)
    assert await after(author, simulated) == await after(author, simulated), "loading it again does nothing"
    assert 1 == len((await api.client.get("/v1/log", params={"kind": "policy.simulated"})).json()["items"])
    missing = await author.post(step + "simulate", {"from_date": "2026-11-01"})
    assert (422, True) == (missing.status_code, 'id="to_date-error-1"' in missing.text)
    wrong = await author.post(step + "activate", {"when": "later", "from_date": "tomorrow"})
    assert (422, True) == (wrong.status_code, 'aria-invalid="true"' in wrong.text)
    assert "is active" in await after(author, await author.post(step + "activate", {"when": "now"}))
    assert "in force" in (await author.get("/console/policies/evening-rest")).text
    assert 422 == (await author.post(step + "retire", {"reason": " "})).status_code
    assert 303 == (await author.post(step + "retire", {"reason": "a letter"})).status_code
    asked = (await other.get("/console/policies/evening-rest")).text
    assert "in force" in asked
    assert "Confirm the retirement" in asked
    assert "Confirm the retirement" not in (await author.get("/console/policies/evening-rest")).text
    assert 303 == (await other.post(step + "retire", {"reason": "yes"})).status_code
    assert "in force</span>" not in (await author.get("/console/policies/evening-rest?version=1")).text
    assert 409 == (await author.post(step + "activate", {"when": "now"})).status_code
    assert 404 == (await author.post(step + "frobnicate")).status_code
    assert 404 == (await author.post("/console/policies/evening-rest/x/test")).status_code


async def test_a_text_that_is_no_policy_comes_back_as_it_was_written(api: Any) -> None:
    """With every fault and its place; nothing is stored."""
    one = await visitor(api, "ops")
    text = EXAMPLE.replace("daily: 09:00-19:00", "daily: 25:00-19:00").replace("force: house", "force: brute")
    for path in ("/console/policies/new", "/console/policies/house-strict"):
        answer = await one.post(path, {"document": text})
        assert 422 == answer.status_code
        listed = re.sub(r"<[^>]+>", "|", answer.text)
        assert re.search(r"daily: 25:00-19:00\|+\s*\|+/rules/0/hours", listed), (
            "the fault stands under its line"
        )
        assert "25:00-19:00" in answer.text.partition("<textarea")[2]
    assert 0 == await api.count("policies")


async def test_a_text_that_is_no_template_comes_back_with_each_mistake_under_its_line(api: Any) -> None:
    """As a policy's does: what is said of a text stands where that text begins."""
    one = await visitor(api, "ops")
    page = (await one.get("/console/templates/overdue-reminder/edit")).text
    text = unescape(page.partition("required>\n")[2].partition("</textarea>")[0])
    wrong = text.replace("Reply STOP", "Reply {{ nonsense }} STOP", 1)
    assert wrong != text
    above = next(number for number, one in enumerate(wrong.splitlines()) if "nonsense" in one)
    answer = await one.post("/console/templates/overdue-reminder", {"document": wrong})
    assert 422 == answer.status_code
    shown = re.findall(r'<li class="bad"><span>(\d+)</span><span>(.*?)</span></li>', answer.text)
    assert [(str(above), "sms: >-")] == [(number, unescape(words).strip()) for number, words in shown]
    assert "nonsense" in answer.text.partition("<textarea")[2]


async def test_a_limited_key_sees_its_creditors_alone(api: Any, notice: dict[str, Any]) -> None:
    """The numbers that concern all are not shown, nor the whole log, nor others' notices."""
    id_ = await accepted(api, notice)
    one = await visitor(api, "auditor", creditors=["another-bank"])
    assert "limited to another-bank" in (await one.get("/console")).text
    assert "No notice fits." in (await one.get("/console/notices")).text
    assert 404 == (await one.get(f"/console/notices/{id_}")).status_code
    assert 403 == (await one.get("/console/log")).status_code
    assert 403 == (await one.get("/console/log/export")).status_code
    own = await visitor(api, "auditor", creditors=["first-inclusive-bank"])
    assert "asked to send" in (await own.get(f"/console/notices/{id_}")).text


async def test_the_log_is_narrowed_and_exported(api: Any, notice: dict[str, Any]) -> None:
    """As it is by the API."""
    id_ = await accepted(api, notice)
    one = await visitor(api, "auditor")
    page = (await one.get(f"/console/log?notice={id_}&kind=notice.accepted&from=2026-01-01T00:00:00Z")).text
    assert 1 == page.count('<details class="fold">')
    assert "asked to send" in page
    assert "No entry fits." in (await one.get("/console/log?kind=nothing")).text
    answer = await one.get("/console/log/export?format=csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.startswith("index,")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(59, "59 s"), (3599, "59 min 59 s"), (86399, "23 h 59 min"), (200_000, "2 d 7 h")]
)
async def test_the_first_page_tells_what_waits_and_how_the_promise_is_kept(
    api: Any, notice: dict[str, Any], seconds: int, shown: str
) -> None:
    """How much, since when, and the share of the last day."""
    await accepted(api, notice)
    at = api.clock.now()
    await change(
        api, "UPDATE deliveries SET state = 'held', updated_at = $1", at - timedelta(seconds=seconds)
    )
    await change(
        api,
        "INSERT INTO punctuality (channel, hour, kept, missed) VALUES ('sms', $1, 3, 1)",
        at - timedelta(hours=2),
    )
    await change(
        api,
        "INSERT INTO punctuality (channel, hour, kept, missed) VALUES ('voice', $1, 5, 0)",
        at - timedelta(hours=30),
    )
    page = (await (await visitor(api)).get("/console")).text
    assert shown in page
    assert "75.00%" in page
    assert "voice: of" not in page
    assert "Nothing is sequenced yet" in page


async def test_the_upkeep_of_the_law_is_shown(api: Any) -> None:
    """Every rule with the age and the sureness of its reading; the FCC's date stands on the first page from
    sixty days before."""
    one = await visitor(api, "auditor")
    text = (await one.get("/console/law")).text
    assert "us-reg-f" in text
    assert "2027-01-31" in text
    first = (await one.get("/console")).text
    assert "2027-01-31" not in first
    api.clock.move(timedelta(days=10))
    assert "2027-01-31" in (await (await visitor(api, "ops")).get("/console")).text
