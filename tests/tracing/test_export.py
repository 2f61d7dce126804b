"""Traces leave by OTLP, to a collector on loopback; without one, or without an endpoint, nothing suffers."""

from __future__ import annotations

import http.server
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from service.errors import SetupError
from service.settings import load
from service.tracing.otel import tracing_to
from tests.ports import free_port
from tests.processes import address_of, by_daylight, process, ready

ADMIN = "bootstrap-key-for-tests-0123456789"
SECRET = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="
PATIENCE = 60.0


@dataclass
class Collector:
    """What was posted: paths with headers, and the spans."""

    url: str = ""
    posts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)
    spans: list[Any] = field(default_factory=list)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        self.posts.append((path, headers))
        for one in request.resource_spans:
            self.resources.append({each.key: each.value.string_value for each in one.resource.attributes})
            self.spans += [span for scope in one.scope_spans for span in scope.spans]

    def named(self, name: str) -> list[Any]:
        return [one for one in list(self.spans) if one.name == name]


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A receiver of OTLP over HTTP."""
    found = Collector()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.take(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    yield found
    server.shutdown()
    server.server_close()


def settings(database_url: str, **further: str) -> dict[str, str]:
    return {
        "FORBEAR_DATABASE_URL": database_url,
        "FORBEAR_SECRET_KEY": SECRET,
        "FORBEAR_BOOTSTRAP_KEY": ADMIN,
        "FORBEAR_PORT": "0",
        "FORBEAR_LOG_LEVEL": "error",
        **further,
    }


@pytest.mark.slow
def test_spans_of_the_api_and_of_a_worker_reach_the_collector(
    collector: Collector, database_url: str, notice: dict[str, Any], tmp_path: Path
) -> None:
    """Two processes, one notice: what the worker decided links to what the API accepted, through the
    store."""
    env = settings(
        database_url,
        FORBEAR_TRACES__ENDPOINT=collector.url,
        FORBEAR_TRACES__HEADERS="authorization=Bearer%20collect,x-tenant=lender",
        FORBEAR_TRACES__SHARE="1",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
    )
    with (
        process(tmp_path, "serve", "--no-worker", env=env) as api,
        process(tmp_path, "worker", env=env) as worker,
    ):
        url = address_of(api)
        ready(url)
        body = by_daylight(notice)
        posted = httpx.post(f"{url}/v1/notices", json=body, headers={"Authorization": f"Bearer {ADMIN}"})
        assert 202 == posted.status_code, posted.text
        end = time.monotonic() + PATIENCE
        while not collector.named("receipt") and time.monotonic() < end:
            time.sleep(0.2)
        for one in (worker, api):
            one.send_signal(signal.SIGTERM)
            assert 0 == one.wait(40)
    (accept,), (decide, *_), (send,) = (collector.named(name) for name in ("accept", "decide", "send"))
    assert [accept.span_id] == [one.span_id for one in decide.links]
    assert (decide.trace_id, decide.span_id) == (send.trace_id, send.parent_span_id)
    assert {accept.span_id, decide.span_id} == {one.span_id for one in collector.named("receipt")[0].links}
    path, headers = collector.posts[0]
    assert ("/v1/traces", "application/x-protobuf", "Bearer collect", "lender") == (
        path,
        *(headers[name] for name in ("content-type", "authorization", "x-tenant")),
    )
    known = {"service.name", "service.version", "forbear.process", "deployment.environment.name"}
    of_sdk = {"telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version", "service.instance.id"}
    assert known <= collector.resources[0].keys() <= known | of_sdk
    assert {"serve", "worker"} == {one["forbear.process"] for one in collector.resources}
    assert {"forbear"} == {one["service.name"] for one in collector.resources}


@pytest.mark.slow
def test_a_collector_that_is_away_delays_no_request_and_no_end(database_url: str, tmp_path: Path) -> None:
    """Its spans are lost; requests are answered, and a stop waits three seconds for them."""
    env = settings(
        database_url,
        FORBEAR_TRACES__ENDPOINT=f"http://127.0.0.1:{free_port()}/v1/traces",
        FORBEAR_TRACES__SHARE="1",
    )
    with process(tmp_path, "serve", "--no-worker", env=env) as api:
        url = address_of(api)
        ready(url)
        for _ in range(20):
            assert 200 == httpx.get(f"{url}/healthz", timeout=5.0).status_code
        api.send_signal(signal.SIGTERM)
        assert 0 == api.wait(40)
    recording = tracing_to(env["FORBEAR_TRACES__ENDPOINT"], {}, share=1.0, process="serve", version="1")
    with recording.span("send", "client", None, (), {}):
        pass
    begins = time.monotonic()
    recording.stop(1.0)
    assert time.monotonic() - begins < 3


@pytest.mark.slow
def test_without_an_endpoint_nothing_records() -> None:
    """Off costs no memory and no start: a worker imports nothing of it, and the API what its framework
    does."""
    program = (
        "import sys, service.cli.working, service.worker.pipeline;"
        "found = [one for one in sys.modules if one.startswith('opentelemetry')];"
        "import service.cli.serving;"
        "print(found + [one for one in sys.modules if one.startswith('opentelemetry.sdk')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENDPOINT", "collector.example.com"),
        ("ENDPOINT", "https://user:pass@collector.example.com/v1/traces"),
        ("ENDPOINT", "https://collector.example.com/v1/traces?key=x"),
        ("ENDPOINT", "http://collector.example.com:99999/"),
        ("HEADERS", "authorization"),
        ("HEADERS", "authorization="),
        ("SHARE", "1.5"),
    ],
)
def test_a_setting_that_does_not_fit_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str
) -> None:
    """In one line that names it, and never shows a header's value."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"FORBEAR_TRACES__{name}", value)
    with pytest.raises(SetupError, match=rf"^FORBEAR_TRACES__{name}: [^\n]+$") as refused:
        load()
    assert "word" not in str(refused.value)


def test_without_the_extra_one_line_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORBEAR_TRACES__ENDPOINT", "https://collector.example.com/v1/traces")
    monkeypatch.delitem(sys.modules, "service.tracing.otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.setattr("service.tracing.otel", None, raising=False)
    with pytest.raises(SetupError, match=r"needs the extra otel .*pip install 'forbear\[otel\]'"):
        load().traces.start("serve", "1")
