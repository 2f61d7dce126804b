"""Templates over HTTP: refused when stored, versioned, shown; a notice keeps the version that it was accepted with."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

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
    """The same text again is no new version; notices can name it at once."""
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
    assert 202 == (await api.client.post("/v1/notices", json=notice)).status_code


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (THANKS.replace("thank-you", "other"), "/name"), (THANKS.replace("payment_confirmation", "collection"), "/languages/en/sms"),
        (THANKS.replace("{{ contact }}", "{{ secrets }}"), "/languages/en/sms"),
        (THANKS.replace("{{ contact }}", "{% for x in y %}{% endfor %}"), "/languages/en/sms"),
        (THANKS.replace("{{ contact }}", "{{ contact.__class__ }}"), "/languages/en/sms"),
        (THANKS.replace("{{ contact }}", "{{"), "/languages/en/sms"), ("name: [", ""), ("- 1", ""), ("", ""),
        (THANKS + "title: 2026-01-01\n", "/title"), ("a: &a [*a]", ""), (THANKS + "extra: 1\n", "/extra"),
    ],
)  # fmt: skip
async def test_a_template_that_cannot_serve_is_refused_when_it_is_stored(
    api: Any, document: str, pointer: str
) -> None:
    """With the place of the fault; nothing is stored."""
    answer = await api.client.put("/v1/templates/thank-you", content=document, headers=YAML)

    assert 422 == answer.status_code, answer.text
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert 0 == await api.count("templates")


@pytest.mark.parametrize(
    ("channel", "fields"),
    [
        ("sms", {"body", "segments", "encoding", "forced_by"}),
        ("email", {"subject", "text", "html"}),
        ("voice", {"twiml"}),
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
