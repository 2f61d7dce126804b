"""The console: who comes in, what a form may do, what a page shows, and that nothing which comes from outside runs there."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from service.api.roles import ACCESS as API_ACCESS
from service.console.doors import ACCESS, COOKIE
from service.console.sessions import LIFE
from service.model.actor import Role
from tests.conftest import ADMIN, PUBLIC

POLICY = """\
name: evening-rest
version: "1"
title: "No message after supper"
citation: "house policy"
force: house
verified_on: 2026-11-01
confidence: high
rules:
  - id: hours
    kind: clock_window
    citation: "house policy: 09:00 to 19:00 in every candidate zone"
    hours:
      daily: 09:00-19:00
cases:
  - id: at-noon
    borrower: {zones_by_source: {address: [Europe/Rome]}}
    debt_ids: [d1]
    proposed: {at: "2026-11-03T12:00:00+01:00", channel: sms}
    expected: {verdict: allow}
"""


class Visitor:
    """A browser: keeps cookies, sends the session's mark with its forms."""

    def __init__(self, api: Any) -> None:
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(api.app), base_url=PUBLIC)

    async def log_in(self, key: str) -> httpx.Response:
        return await self.client.post("/console/login", data={"key": key, "next": "/console"})

    async def get(self, path: str, **further: Any) -> httpx.Response:
        return await self.client.get(path, **further)

    async def mark(self) -> str:
        found = re.search(r'name="mark" value="([^"]+)"', (await self.get("/console")).text)
        return found[1] if found else ""

    async def post(self, path: str, fields: dict[str, Any] | None = None, **further: Any) -> httpx.Response:
        return await self.client.post(path, data={"mark": await self.mark(), **(fields or {})}, **further)


async def visitor(api: Any, role: str = "admin", **further: Any) -> Visitor:
    """One who has logged in with a fresh key of this role."""
    key = (await api.key(role, **further))["Authorization"].removeprefix("Bearer ")
    one = Visitor(api)
    assert 303 == (await one.log_in(key)).status_code
    return one


async def accepted(api: Any, notice: dict[str, Any], **further: Any) -> str:
    """A notice that was accepted; its id."""
    answer = await api.client.post("/v1/notices", json={**notice, **further})
    assert 202 == answer.status_code, answer.text
    return str(answer.json()["id"])


async def change(api: Any, statement: str, *values: Any) -> None:
    """Change rows behind the service's back."""
    async with api.desk.database.transaction() as connection:
        await connection.execute(statement, *values)


async def test_without_a_session_one_is_led_to_the_login_and_back(api: Any) -> None:
    """The page that was asked for is remembered, and shown after the login."""
    one = Visitor(api)
    answer = await one.get("/console/notices?state=held")
    assert 303 == answer.status_code
    wanted = parse_qs(urlsplit(answer.headers["location"]).query)["next"][0]
    assert "/console/notices?state=held" == wanted
    assert f'value="{wanted}"' in unescape((await one.get(answer.headers["location"])).text)
    answer = await one.client.post("/console/login", data={"key": ADMIN, "next": wanted})
    assert (303, wanted) == (answer.status_code, answer.headers["location"])
    assert 200 == (await one.get(wanted)).status_code


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/v1/keys", "/console\\@evil.example", "/consoles", "/console/\n"]
)
async def test_a_login_leads_nowhere_else(api: Any, path: str) -> None:
    """A link to our login must not end at another site's."""
    answer = await Visitor(api).client.post("/console/login", data={"key": ADMIN, "next": path})
    assert (303, "/console") == (answer.status_code, answer.headers["location"])


async def test_the_cookie_is_out_of_reach(api: Any) -> None:
    """Of scripts, of other sites, of plain HTTP; and it holds no key."""
    answer = await Visitor(api).log_in(ADMIN)
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/console"} <= {part.strip() for part in cookie.split(";")}
    assert ADMIN not in cookie
    stored = cookie.partition(f"{COOKIE}=")[2].partition(";")[0]
    async with api.desk.database.connection() as connection:
        [row] = await connection.fetch("SELECT * FROM console_sessions")
    assert stored.encode() not in bytes(row["digest"]) + bytes(row["key_digest"])


async def test_guessing_is_refused_and_slowed(api: Any) -> None:
    """As it is at the API's door, by the same brake."""
    one = Visitor(api)
    for _ in range(8):
        answer = await one.log_in("fbr_guess")
        assert 401 == answer.status_code
        assert "no key" in answer.text
    assert [] != api.pauses
    assert "set-cookie" not in answer.headers


async def test_a_producer_has_no_business_here(api: Any) -> None:
    """And keeps no session."""
    key = (await api.key("producer"))["Authorization"].removeprefix("Bearer ")
    assert 403 == (await Visitor(api).log_in(key)).status_code
    assert 0 == await api.count("console_sessions")


async def test_a_session_ends_with_a_logout_everywhere(api: Any) -> None:
    """Also for whoever copied the cookie."""
    one = await visitor(api)
    copied = dict(one.client.cookies)
    answer = await one.post("/console/logout")
    assert (303, "/console/login") == (answer.status_code, answer.headers["location"])
    other = Visitor(api)
    other.client.cookies.update(copied)
    assert 303 == (await other.get("/console")).status_code


async def test_a_session_ends_with_its_time_and_with_its_key(api: Any) -> None:
    """Whatever is first."""
    one, other = await visitor(api), await visitor(api, "auditor")
    [key] = [found["id"] for found in (await api.client.get("/v1/keys")).json()["items"] if found["role"] == "auditor"]
    assert 200 == (await other.get("/console")).status_code
    assert 200 == (await api.client.post(f"/v1/keys/{key}/revoke")).status_code
    assert 303 == (await other.get("/console")).status_code
    api.clock.move(LIFE - timedelta(seconds=1))
    assert 200 == (await one.get("/console")).status_code
    api.clock.move(timedelta(seconds=2))
    assert 303 == (await one.get("/console")).status_code


SAME_AS = {
    ("GET", "/console/notices"): ("GET", "/v1/notices"),
    ("GET", "/console/notices/{id}"): ("GET", "/v1/notices/{id}"),
    ("POST", "/console/notices/{id}/cancel"): ("POST", "/v1/notices/{id}/cancel"),
    ("GET", "/console/borrowers"): ("GET", "/v1/borrowers/{id}/timeline"),
    ("GET", "/console/held"): ("GET", "/v1/holds"),
    ("POST", "/console/held"): ("POST", "/v1/holds/release"),
    ("GET", "/console/policies"): ("GET", "/v1/policies"),
    ("GET", "/console/policies/{name}"): ("GET", "/v1/policies/{name}"),
    ("POST", "/console/policies/{name}"): ("PUT", "/v1/policies/{name}"),
    ("POST", "/console/policies/{name}/{version}/{step}"): ("POST", "/v1/policies/{name}/versions/{version}/approve"),
    ("GET", "/console/log"): ("GET", "/v1/log"),
    ("GET", "/console/log/export"): ("GET", "/v1/log/export"),
}


def test_no_page_does_more_for_a_role_than_the_api() -> None:
    """Of those who may come in; a producer may not."""
    for page, route in SAME_AS.items():
        access = API_ACCESS[route]
        assert access is not None
        assert ACCESS[page] == access - {Role.PRODUCER}, page
    assert {"login", "logout", "style.css"} == {path.rpartition("/")[2] for _, path in ACCESS if (_, path) not in SAME_AS} - {
        "console",
        "{rest:path}",
    }


@pytest.mark.parametrize("role", ["ops", "auditor", "admin"])
async def test_every_page_asks_for_the_role(api: Any, notice: dict[str, Any], role: str) -> None:
    """A walk over the whole table with a key of each role."""
    one, id_ = await visitor(api, role), await accepted(api, notice)
    for (method, pattern), access in ACCESS.items():
        path = pattern.replace("{rest:path}", "nowhere").format(id=id_, name="house-strict", version="1", step="test")
        if pattern in {"/console/login", "/console/logout"}:
            continue
        answer = await (one.get(path) if method == "GET" else one.post(path))
        refused = access is not None and Role(role) not in access
        assert refused == (answer.status_code == 403), (method, path, answer.status_code)
        assert answer.status_code < 500


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"mark": ""}, {}),
        ({"mark": "0" * 32}, {}),
        ({"mark": "é\ud7ff"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
    ],
    ids=["no mark", "a made-up mark", "not even ASCII", "another origin", "no origin", "another site"],
)
async def test_another_site_can_send_no_form(api: Any, notice: dict[str, Any], fields: dict[str, str], headers: dict[str, str]) -> None:
    """The notice stays as it is."""
    one, id_ = await visitor(api), await accepted(api, notice)
    answer = await one.post(f"/console/notices/{id_}/cancel", fields, headers=headers)
    assert 403 == answer.status_code
    assert (await api.client.get(f"/v1/notices/{id_}")).json()["cancelled_at"] is None
    other = await visitor(api)
    answer = await one.client.post(f"/console/notices/{id_}/cancel", data={"mark": await other.mark()})
    assert 403 == answer.status_code, "the mark of another session"
    answer = await one.post(f"/console/notices/{id_}/cancel", headers={"Origin": PUBLIC, "Sec-Fetch-Site": "same-origin"})
    assert 303 == answer.status_code
    assert (await api.client.get(f"/v1/notices/{id_}")).json()["cancelled_at"] is not None


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
    "/console/policies",
    "/console/policies/us-reg-f",
    "/console/log",
]


async def test_nothing_that_comes_from_outside_runs(api: Any, notice: dict[str, Any]) -> None:
    """Whatever upstream names its notices: pages escape it, load nothing of others, and no page has a script or a style of its own."""
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
    for body, kind in [(b"{}", "application/json"), (b"mark=%ff", None), (b"&".join([b"a=1"] * 2001), None), (b"\xff", None)]:
        headers = {"Content-Type": kind or "application/x-www-form-urlencoded"}
        answer = await one.client.post("/console/held", content=body, headers=headers)
        assert answer.status_code in {403, 422}
        assert "text/html" in answer.headers["content-type"]


async def test_a_notice_is_found_and_explained(api: Any, notice: dict[str, Any]) -> None:
    """By borrower, reference or state; with its story for who reads the log, and without it for who does not."""
    for number in range(3):
        await accepted(api, notice, reference=f"core-{number}")
    auditor, ops = await visitor(api, "auditor"), await visitor(api, "ops")
    found = await ops.get("/console/notices?borrower=B-1&reference=core-1&state=open")
    [link] = set(re.findall(r'href="(/console/notices/ntc_[^"]+)"', found.text))
    assert "asked to send" in (await auditor.get(link)).text
    page = (await ops.get(link)).text
    assert "Its story" not in page
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
    unknown = await one.get("/console/borrowers?id=B-2")
    assert 404 == unknown.status_code
    assert "There is no such borrower." in unknown.text


async def test_what_is_held_is_released_with_a_reason(api: Any, notice: dict[str, Any]) -> None:
    """Many at once; the log says who and why; who was slower is told."""
    for number in range(3):
        await accepted(api, notice, reference=f"core-{number}")
    await change(api, "UPDATE deliveries SET state = 'held', reason = 'it cannot be rendered' WHERE channel = 'sms'")
    one = await visitor(api, "ops")
    page = (await one.get("/console/held")).text
    ticked = re.findall(r'name="delivery" value="([^"]+)"', page)
    assert 3 == len(ticked)
    for wrong in (
        {},
        {"delivery": ticked, "how": "close"},
        {"delivery": ticked, "how": "eat", "reason": "x"},
        {"delivery": ["x"], "how": "close", "reason": "x"},
    ):
        assert 422 == (await one.post("/console/held", wrong)).status_code
    answer = await one.post("/console/held", {"delivery": ticked[:2], "how": "close", "reason": "the template was wrong"})
    assert "Released 2 of 2." in answer.text
    assert 1 == await api.count("deliveries WHERE state = 'held'")
    entries = (await api.client.get("/v1/log", params={"kind": "delivery.released"})).json()["items"]
    assert {"the template was wrong"} == {entry["public"]["reason"] for entry in entries}
    assert all(entry["actor"].startswith("key:") for entry in entries)
    answer = await one.post("/console/held", {"delivery": ticked[:2], "how": "close", "reason": "again"})
    assert "somebody was faster" in answer.text
    auditor = await visitor(api, "auditor")
    page = (await auditor.get("/console/held")).text
    assert "it cannot be rendered" in page
    assert 'name="delivery"' not in page


async def test_a_policy_goes_from_a_draft_to_one_that_binds(api: Any) -> None:
    """Through its cases and a second person."""
    author, other = await visitor(api, "ops"), await visitor(api, "ops")
    answer = await author.post("/console/policies/evening-rest", {"document": POLICY.replace("\n", "\r\n")})
    assert (303, "/console/policies/evening-rest?version=1") == (answer.status_code, answer.headers["location"])
    step = "/console/policies/evening-rest/1/"
    assert "All 1 cases pass." in (await author.post(step + "test")).text
    assert 403 == (await author.post(step + "approve")).status_code
    assert 303 == (await other.post(step + "approve")).status_code
    simulated = await author.post(step + "simulate", {"from": "2026-11-01T00:00:00Z", "to": "2026-11-24T00:00:00Z"})
    assert "decisions were taken again" in simulated.text
    assert 422 == (await author.post(step + "simulate", {"from": "2026-11-01T00:00:00Z"})).status_code
    assert 422 == (await author.post(step + "activate", {"from": "tomorrow"})).status_code
    assert 303 == (await author.post(step + "activate", {"from": ""})).status_code
    assert "active, binds" in (await author.get("/console/policies/evening-rest")).text
    assert 303 == (await author.post(step + "retire")).status_code
    assert 409 == (await author.post(step + "activate", {"from": ""})).status_code
    assert 404 == (await author.post(step + "frobnicate")).status_code
    assert 404 == (await author.post("/console/policies/evening-rest/x/test")).status_code


async def test_a_text_that_is_no_policy_comes_back_as_it_was_written(api: Any) -> None:
    """With every fault and its place; nothing is stored."""
    one = await visitor(api, "ops")
    text = POLICY.replace("daily: 09:00-19:00", "daily: 25:00-19:00").replace("force: house", "force: brute")
    for name in ("evening-rest", "house-strict"):
        answer = await one.post(f"/console/policies/{name}", {"document": text})
        assert 422 == answer.status_code
        assert "/rules/0/hours" in answer.text
        assert "25:00-19:00" in answer.text
    assert 0 == await api.count("policies")


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
    assert 1 == page.count("<details>")
    assert "No entry fits." in (await one.get("/console/log?kind=nothing")).text
    answer = await one.get("/console/log/export?format=csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.startswith("index,")
