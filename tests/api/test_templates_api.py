"""Templates over HTTP: refused when stored, versioned, shown; a notice keeps the version that it was accepted
with."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import yaml

from channels.content.template import parse_template
from service.dispatch.runtime import in_force

YAML = {"Content-Type": "application/yaml"}
THANKS = """\
name: thank-you
category: payment_confirmation
languages:
  en:
    sms: "{{ creditor_name }}: thank you, {{ borrower_name }}. {{ contact }}. Reply STOP to end texts."
"""


async def test_what_ships_is_listed_and_read(api: Any) -> None:
    """As version 0, with its text."""
    items = (await api.client.get("/v1/templates")).json()["items"]
    one = (await api.client.get("/v1/templates/overdue-reminder")).json()

    assert {"overdue-reminder", "hardship-offer", "payment-plan-offer", "upcoming-payment"} <= {
        item["name"] for item in items
    }
    assert 0 == one["latest_version"]
    assert ["collection"] == yaml.safe_load(one["versions"][0]["document"])["categories"]


async def test_a_template_is_stored_in_versions(api: Any, notice: dict[str, Any]) -> None:
    """The same text again is no new version; a draft is used by no notice."""
    first = await api.client.put("/v1/templates/thank-you", content=THANKS, headers=YAML)
    again = await api.client.put("/v1/templates/thank-you", content=THANKS, headers=YAML)
    second = await api.client.put(
        "/v1/templates/thank-you", json=yaml.safe_load(THANKS.replace("thank you", "many thanks"))
    )

    assert [(201, 1), (200, 1), (201, 2)] == [
        (one.status_code, one.json()["version"]) for one in (first, again, second)
    ]
    assert [2, 1] == [
        one["version"] for one in (await api.client.get("/v1/templates/thank-you")).json()["versions"]
    ]
    notice |= {"template": "thank-you", "category": "payment_confirmation"}
    assert 422 == (await api.client.post("/v1/notices", json=notice)).status_code
    await api.template(yaml.safe_load(THANKS))
    assert 202 == (await api.client.post("/v1/notices", json=notice)).status_code


async def test_what_is_in_force_is_parsed_once_however_often_something_changes(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three versions stored one after another each is parsed when it is stored and when it first is in
    force: a process with many versions answers while one of them changes."""
    parsed: list[str] = []

    def parse(document: str) -> Any:
        parsed.append(document)
        return parse_template(document)

    monkeypatch.setattr(in_force, "parse_template", parse)
    for word in ("thank you", "many thanks", "thanks a lot"):
        stored = await api.client.put(
            "/v1/templates/thank-you",
            content=THANKS.replace("thank you", word),
            headers=YAML,
        )
        assert 201 == stored.status_code
    assert 3 == len(parsed) == len(set(parsed))


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (THANKS.replace("thank-you", "other"), "/name"), (THANKS.replace("payment_confirmation",
        "collection"), "/languages/en/sms"),
        (THANKS.replace("{{ contact }}", "{{ secrets }}"), "/languages/en/sms"),
        (THANKS.replace("{{ contact }}", "{% for x in y %}{% endfor %}"), "/languages/en/sms"),
        (THANKS.replace("{{ contact }}", "{{ contact.__class__ }}"), "/languages/en/sms"),
        (THANKS.replace("{{ contact }}", "{{"), "/languages/en/sms"), ("name: [", ""), ("- 1", ""), ("", ""),
        (THANKS + "title: [2026]\n", "/title"), (THANKS + "title: 2026\n", "/title"), ("a: &a [*a]", ""),
        (THANKS + "extra: 1\n", "/extra"),
    ],
)  # fmt: skip
async def test_a_template_that_cannot_serve_is_refused_when_it_is_stored(
    api: Any, document: str, pointer: str
) -> None:
    """With the place of the error; nothing is stored."""
    answer = await api.client.put("/v1/templates/thank-you", content=document, headers=YAML)

    assert 422 == answer.status_code, answer.text
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert 0 == await api.count("templates")


@pytest.mark.parametrize(
    ("channel", "fields"),
    [
        ("sms", {"body", "segments", "encoding", "forced_by"}),
        ("email", {"subject", "text", "html"}),
        ("voice", {"opening", "message"}),
    ],
)
@pytest.mark.parametrize("language", ["en-US", "es-MX", "zh-CN", "fr"])
async def test_a_rendering_is_shown_on_every_channel(
    api: Any, channel: str, fields: set[str], language: str
) -> None:
    """In the borrower's language, or the one that serves best."""
    answer = await api.client.post(
        "/v1/templates/overdue-reminder/preview", json={"channel": channel, "language": language}
    )

    assert 200 == answer.status_code
    assert fields <= answer.json()["content"].keys()


async def test_a_rendering_of_what_is_not_there_is_refused(api: Any) -> None:
    """No such template, no such version, no text for that channel."""
    await api.client.put("/v1/templates/thank-you", content=THANKS, headers=YAML)

    async def preview(name: str, **body: Any) -> int:
        answer = await api.client.post(
            f"/v1/templates/{name}/preview", json={"channel": "sms", "language": "en", **body}
        )
        return int(answer.status_code)

    assert [200, 404, 404, 422] == [
        await preview("thank-you"),
        await preview("nothing"),
        await preview("thank-you", version=9),
        await preview("thank-you", channel="voice"),
    ]


async def test_a_new_version_is_used_once_a_second_key_approved_it_and_it_was_activated(
    api: Any, notice: dict[str, Any]
) -> None:
    """Each step in its turn, with who and why; accepted notices keep their version; until then the one
    before, or what ships, is used."""
    author, second = await api.key("ops"), await api.key("ops")
    path = "/v1/templates/payment-confirmation"
    document = {**yaml.safe_load(THANKS), "name": "payment-confirmation"}

    async def step(version: int, verb: str, key: dict[str, str], **body: str) -> Any:
        return await api.client.post(f"{path}/versions/{version}/{verb}", headers=key, json=body or None)

    async def used() -> int:
        api.clock.move(timedelta(seconds=1))
        answer = await api.client.post(
            "/v1/notices",
            json={
                **notice,
                "template": "payment-confirmation",
                "category": "payment_confirmation",
                "channels": ["sms"],
            },
        )
        assert 202 == answer.status_code, answer.text
        found = await api.rows("SELECT notice_no, template_version FROM notices")
        version: int = max(found)["template_version"]
        return version

    assert 201 == (await api.client.put(path, json=document, headers=author)).status_code
    assert 0 == await used()
    assert 409 == (await step(1, "activate", second, reason="too early")).status_code
    assert 403 == (await step(1, "approve", author)).status_code
    rotated = await api.client.post("/v1/keys", json={"name": "x", "role": "producer"})
    producer = {"Authorization": f"Bearer {rotated.json()['key']}"}
    assert 403 == (await step(1, "approve", producer)).status_code
    assert [200, 200] == [(await step(1, "approve", second)).status_code for _ in range(2)]
    assert 0 == await used()
    for body in ({}, {"reason": ""}):
        assert 422 == (await step(1, "activate", author, **body)).status_code
    active = (await step(1, "activate", author, reason="plainer words")).json()
    assert ("active", "plainer words") == (active["state"], active["reason"])
    assert active["approved_by"] != active["created_by"]
    assert 1 == await used()
    await api.client.put(path, json={**document, "title": "Thanks"}, headers=author)
    assert 1 == await used()
    await step(2, "approve", second)
    await step(2, "activate", second, reason="a title")
    assert 2 == await used()
    read = (await api.client.get(path)).json()
    assert ["active", "superseded", "superseded"] == [one["state"] for one in read["versions"]]
    assert (2, 2) == (read["active_version"], read["latest_version"])
    assert [404, 404] == [
        (await step(9, verb, second, reason="x")).status_code for verb in ("approve", "activate")
    ]
    assert 409 == (await step(1, "approve", second)).status_code
    kinds = [
        one["kind"]
        for one in (await api.client.get("/v1/log")).json()["items"]
        if one["kind"].startswith("template")
    ]
    life = ["template.drafted", "template.approved", "template.activated"]
    assert life + life == kinds[::-1]


async def test_one_version_at_most_is_active_whoever_is_faster(api: Any) -> None:
    """Two versions that are activated at once: one supersedes the other, and both stand in the log."""
    second = await api.key("ops")
    for number in range(4):
        await api.client.put("/v1/templates/thank-you", json={**yaml.safe_load(THANKS), "title": str(number)})
        await api.client.post(f"/v1/templates/thank-you/versions/{number + 1}/approve", headers=second)
    answers = await asyncio.gather(
        *(
            api.client.post(f"/v1/templates/thank-you/versions/{number + 1}/activate", json={"reason": "x"})
            for number in range(4)
        )
    )
    assert {200} == {one.status_code for one in answers}
    assert 1 == await api.count("templates WHERE state = 'active'")
