"""The few pages that people see here: the API's own, and the one behind an unsubscribe link. They load
nothing, run nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from jinja2 import Environment, StrictUndefined
from starlette.responses import Response

from service.api.contract import operations

_STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 52rem; padding: 0 1rem }
body { color: #1a1a1a; background: #fff }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
h3 { font-size: 1rem; font-family: ui-monospace, monospace }
pre { background: #f4f4f4; padding: .75rem; overflow-x: auto; font-size: .85rem } small { color: #555 }
button { font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: .3rem }
button { background: #0b57d0; color: #fff; cursor: pointer }
button:focus-visible { outline: 3px solid #ffbf47; outline-offset: 2px }
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)

_environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

_DOCS = _environment.from_string("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ title }}</title><style>{{ style }}</style></head><body><main>
<h1>{{ title }} {{ version }}</h1><p>{{ summary }} The same as <a href="/openapi.json">OpenAPI</a>.</p>
{% for tag, entries in groups.items() %}<h2>{{ tag }}</h2>
{% for one in entries %}<h3 id="{{ one.anchor }}">{{ one.method }} {{ one.path }}</h3>
<p>{{ one.summary }}. {{ one.description }}</p>
{% if one.example %}
<details><summary>Example of a body</summary><pre>{{ one.example }}</pre></details>{% endif %}
{% endfor %}{% endfor %}</main></body></html>
""")

_UNSUBSCRIBE = _environment.from_string("""<!doctype html>
<html lang="{{ language }}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>{{ words.title }}</title><style>{{ style }}</style></head><body><main>
<h1>{{ words.title }}</h1>
{% if opted_out %}<p role="status">{{ words.done }}</p>
{% else %}<p>{{ words.ask }}</p>
<form method="post"><button type="submit">{{ words.act }}</button></form>{% endif %}
</main></body></html>
""")

_WORDS = {
    "en": {
        "title": "E-mails from {creditor}",
        "ask": (
            "{creditor} will send no more e-mails to this address. Other ways to reach you stay as they are."
        ),
        "act": "Stop the e-mails",
        "done": "{creditor} will send no more e-mails to this address.",
    },
    "es": {
        "title": "Correos de {creditor}",
        "ask": (
            "{creditor} no enviará más correos a esta dirección. Las demás formas de contactarle no cambian."
        ),
        "act": "No recibir más correos",
        "done": "{creditor} no enviará más correos a esta dirección.",
    },
    "zh": {
        "title": "来自{creditor}的电子邮件",
        "ask": "{creditor}将不再向此地址发送电子邮件。其他联系方式不受影响。",
        "act": "停止接收邮件",
        "done": "{creditor}将不再向此地址发送电子邮件。",
    },
}


def _page(text: str, *, status: int = 200) -> Response:
    return Response(
        text, status_code=status, media_type="text/html", headers={"Content-Security-Policy": POLICY}
    )


def docs_page(found: dict[str, Any]) -> Response:
    """Every operation of an OpenAPI document, on one page."""
    groups: dict[str, list[dict[str, str]]] = {}
    for path, method, operation in operations(found):
        groups.setdefault(operation["tags"][0], []).append(
            {
                "anchor": operation["operationId"],
                "method": method,
                "path": path,
                "summary": operation.get("summary", ""),
                "description": operation.get("description", ""),
                "example": _shown(_example(operation)),
            }
        )
    about = found["info"]
    return _page(
        _DOCS.render(
            title=about["title"],
            version=about["version"],
            summary=about["summary"],
            groups=groups,
            style=_STYLE,
        )
    )


def _shown(example: Any) -> str:
    """An example as one would write it: a document as it is, anything else as JSON."""
    if example is None:
        return ""
    return example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)


def _example(operation: dict[str, Any]) -> Any:
    content: dict[str, Any] = next(iter(operation.get("requestBody", {}).get("content", {}).values()), {})
    if "example" in content:
        return content["example"]
    first: dict[str, Any] = next(iter(content.get("examples", {}).values()), {})
    return first.get("value")


def unsubscribe_page(creditor: str, language: str, *, opted_out: bool) -> Response:
    """The page behind the link of an e-mail: shows, and has one button."""
    tag = language.partition("-")[0].lower()
    chosen = _WORDS.get(tag, _WORDS["en"])
    words = {name: text.format(creditor=creditor) for name, text in chosen.items()}
    shown = language if tag in _WORDS else "en"
    return _page(_UNSUBSCRIBE.render(language=shown, words=words, opted_out=opted_out, style=_STYLE))
