"""Who comes into the console, for how long, and that no other site sends a form in somebody's name."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from service.api.roles import ACCESS as API_ACCESS
from service.console.routes import ACCESS, COOKIE
from service.console.sessions import LIFE
from service.model.actor import Role
from tests.console.visiting import Visitor, accepted, visitor
from tests.face import ADMIN, PUBLIC


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
    "path",
    [
        "https://evil.example/",
        "//evil.example",
        "/v1/keys",
        "/console\\@evil.example",
        "/consoles",
        "/console/\n",
    ],
)
async def test_a_login_leads_nowhere_else(api: Any, path: str) -> None:
    """A link to our login must not end at another site's."""
    answer = await Visitor(api).client.post("/console/login", data={"key": ADMIN, "next": path})
    assert (303, "/console") == (answer.status_code, answer.headers["location"])


async def test_the_cookie_is_out_of_reach(api: Any) -> None:
    """Of scripts, of other sites, of plain HTTP; and it holds no key."""
    answer = await Visitor(api).log_in(ADMIN)
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/console"} <= {
        part.strip() for part in cookie.split(";")
    }
    assert ADMIN not in cookie
    stored = cookie.partition(f"{COOKIE}=")[2].partition(";")[0]
    async with api.runtime.database.connection() as connection:
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
    [key] = [
        found["id"]
        for found in (await api.client.get("/v1/keys")).json()["items"]
        if found["role"] == "auditor"
    ]
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
    ("GET", "/console/activity"): ("GET", "/v1/notices/{id}"),  # its decisions, of many deliveries together
    ("POST", "/console/notices/{id}/cancel"): ("POST", "/v1/notices/{id}/cancel"),
    ("GET", "/console/borrowers"): ("GET", "/v1/borrowers/{id}/timeline"),
    ("GET", "/console/notices/{id}/cancel"): ("POST", "/v1/notices/{id}/cancel"),
    ("GET", "/console/find"): ("GET", "/v1/borrowers/{id}/timeline"),
    ("GET", "/console/held"): ("GET", "/v1/holds"),
    ("GET", "/console/held/release"): ("POST", "/v1/holds/release"),
    ("POST", "/console/held"): ("POST", "/v1/holds/release"),
    ("GET", "/console/inbound"): ("GET", "/v1/inbound"),
    ("GET", "/console/legal-holds"): ("GET", "/v1/borrowers/{id}/legal-hold"),
    ("POST", "/console/legal-holds"): ("PUT", "/v1/borrowers/{id}/legal-hold"),
    ("GET", "/console/legal-holds/release"): ("DELETE", "/v1/borrowers/{id}/legal-hold"),
    ("POST", "/console/legal-holds/release"): ("DELETE", "/v1/borrowers/{id}/legal-hold"),
    ("GET", "/console/policies"): ("GET", "/v1/policies"),
    ("GET", "/console/policies/{name}"): ("GET", "/v1/policies/{name}"),
    ("POST", "/console/policies/{name}"): ("PUT", "/v1/policies/{name}"),
    ("GET", "/console/policies/{name}/edit"): ("PUT", "/v1/policies/{name}"),
    ("GET", "/console/policies/{name}/compare"): ("GET", "/v1/policies/{name}"),
    ("GET", "/console/policies/{name}/results/{result}"): ("GET", "/v1/policies/{name}"),
    **{
        (method, f"/console/policies/{page}"): ("PUT", "/v1/policies/{name}")
        for method in ("GET", "POST")
        for page in ("new", "build")
    },
    **{
        (method, "/console/policies/{name}/{version}/{step}"): (
            "POST",
            "/v1/policies/{name}/versions/{version}/approve",
        )
        for method in ("GET", "POST")
    },
    ("GET", "/console/templates"): ("GET", "/v1/templates"),
    ("GET", "/console/templates/{name}"): ("GET", "/v1/templates/{name}"),
    ("GET", "/console/templates/{name}/edit"): ("PUT", "/v1/templates/{name}"),
    ("POST", "/console/templates/{name}"): ("PUT", "/v1/templates/{name}"),
    **{
        (method, "/console/templates/{name}/{version}/{step}"): (
            "POST",
            "/v1/templates/{name}/versions/{version}/approve",
        )
        for method in ("GET", "POST")
    },
    ("GET", "/console/creditors"): ("GET", "/v1/creditors"),
    ("GET", "/console/creditors/{creditor}"): ("GET", "/v1/creditors/{creditor}"),
    ("POST", "/console/creditors"): ("PUT", "/v1/creditors/{creditor}"),
    ("GET", "/console/keys"): ("GET", "/v1/keys"),
    ("POST", "/console/keys"): ("POST", "/v1/keys"),
    ("GET", "/console/keys/{id}/{step}"): ("POST", "/v1/keys/{id}/rotate"),
    ("POST", "/console/keys/{id}/{step}"): ("POST", "/v1/keys/{id}/revoke"),
    ("GET", "/console/suppressions"): ("GET", "/v1/suppressions"),
    ("POST", "/console/suppressions"): ("POST", "/v1/suppressions"),
    ("GET", "/console/suppressions/{id}/lift"): ("POST", "/v1/suppressions/{id}/lift"),
    ("POST", "/console/suppressions/{id}/lift"): ("POST", "/v1/suppressions/{id}/lift"),
    ("GET", "/console/webhooks"): ("GET", "/v1/webhooks"),
    ("POST", "/console/webhooks"): ("POST", "/v1/webhooks"),
    ("GET", "/console/webhooks/{id}"): ("GET", "/v1/webhooks/{id}"),
    ("POST", "/console/webhooks/{id}"): ("POST", "/v1/webhooks/{id}/rotate"),
    ("GET", "/console/webhooks/{id}/delete"): ("DELETE", "/v1/webhooks/{id}"),
    ("POST", "/console/webhooks/{id}/delete"): ("DELETE", "/v1/webhooks/{id}"),
    ("GET", "/console/outcomes"): ("GET", "/v1/reports/outcomes"),
    ("GET", "/console/learning"): ("GET", "/v1/learning/policies"),
    ("GET", "/console/learning/{name}"): ("GET", "/v1/learning/experiments/{name}"),
    **{
        (method, f"/console/learning/{page}"): ("PUT", "/v1/learning/policies/{name}")
        for method, page in (("GET", "new"), ("POST", "new"), ("GET", "{name}/edit"), ("POST", "{name}"))
    },
    **{
        (method, "/console/learning/{name}/{version}/{step}"): (
            "POST",
            "/v1/learning/policies/{name}/versions/{version}/approve",
        )
        for method in ("GET", "POST")
    },
    ("GET", "/console/learning/{name}/results/{result}"): ("GET", "/v1/learning/policies/{name}"),
    ("GET", "/console/learning/{name}/disparity"): ("GET", "/v1/log"),
    ("GET", "/console/learning/{name}/stop"): ("POST", "/v1/learning/policies/{name}/stop"),
    ("POST", "/console/learning/{name}/stop"): ("POST", "/v1/learning/policies/{name}/stop"),
    ("GET", "/console/law"): ("GET", "/v1/policies"),
    ("GET", "/console/log"): ("GET", "/v1/log"),
    ("GET", "/console/log/export"): ("GET", "/v1/log/export"),
    ("GET", "/console/log/exports"): ("GET", "/v1/log/export"),
    ("GET", "/console/log/chain"): ("GET", "/v1/log"),
    ("GET", "/console/log/proof"): ("GET", "/v1/log/proof"),
    ("GET", "/console/log/{index}"): ("GET", "/v1/log"),
}


def test_no_page_does_more_for_a_role_than_the_api() -> None:
    """Of those who may come in; a producer may not."""
    for page, route in SAME_AS.items():
        access = API_ACCESS[route]
        assert access is not None
        assert ACCESS[page] == access - {Role.PRODUCER}, page
    assert {"login", "logout", "style.css", "preferences"} == {
        path.rpartition("/")[2] for _, path in ACCESS if (_, path) not in SAME_AS
    } - {
        "console",
        "{rest:path}",
    }


@pytest.mark.parametrize("role", ["ops", "auditor", "admin"])
async def test_every_page_asks_for_the_role(api: Any, notice: dict[str, Any], role: str) -> None:
    """A walk over the whole table with a key of each role."""
    one, id_ = await visitor(api, role), await accepted(api, notice)
    for (method, pattern), access in ACCESS.items():
        path = pattern.replace("{rest:path}", "nowhere").format(
            id=id_, name="house-strict", version="1", step="test", creditor="a-bank", result="r", index="0"
        )
        if pattern in {"/console/login", "/console/logout"}:
            continue
        answer = await (one.get(path) if method == "GET" else one.post(path))
        refused = access is not None and Role(role) not in access
        assert refused == (answer.status_code == 403), (method, path, answer.status_code)
        assert answer.status_code < 500


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"csrf_token": ""}, {}),
        ({"csrf_token": "0" * 32}, {}),
        ({"csrf_token": "é\ud7ff"}, {}),
        ({}, {"Origin": "https://evil.example"}),
        ({}, {"Origin": "null"}),
        ({}, {"Sec-Fetch-Site": "cross-site"}),
    ],
    ids=["no token", "a made-up token", "not even ASCII", "another origin", "no origin", "another site"],
)
async def test_another_site_can_send_no_form(
    api: Any, notice: dict[str, Any], fields: dict[str, str], headers: dict[str, str]
) -> None:
    """The notice stays as it is."""
    one, id_ = await visitor(api), await accepted(api, notice)
    answer = await one.post(f"/console/notices/{id_}/cancel", fields, headers=headers)
    assert 403 == answer.status_code
    assert (await api.client.get(f"/v1/notices/{id_}")).json()["cancelled_at"] is None
    other = await visitor(api)
    answer = await one.client.post(
        f"/console/notices/{id_}/cancel", data={"csrf_token": await other.csrf_token()}
    )
    assert 403 == answer.status_code, "the token of another session"
    answer = await one.post(
        f"/console/notices/{id_}/cancel", headers={"Origin": PUBLIC, "Sec-Fetch-Site": "same-origin"}
    )
    assert 303 == answer.status_code
    assert (await api.client.get(f"/v1/notices/{id_}")).json()["cancelled_at"] is not None
