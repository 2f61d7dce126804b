"""Every operation that a program calls, in an order that works on a fresh service; the same for each client.

A step names the operation, its positional arguments and its query. A text that begins with `$` stands for
something that an earlier step answered: `$notice.id`. `problem` is the type that a step must be refused with,
`maybe` those that it may be; `until` repeats a step until it is not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from service.api.routers.learning import EXAMPLE as LEARNING
from service.api.routers.policies import EXAMPLE
from service.clock import SystemClock
from tests.processes import by_daylight

SECOND = "second"
TEMPLATE = """\
name: thank-you
title: A payment has come in
categories: [payment_confirmation]
languages:
  en:
    sms: >-
      {{ creditor_name }}: thank you, {{ borrower_name }}, your payment has come in. {{ contact }}.
      Reply STOP to end texts.
"""
MAIL = (
    "From: MAILER-DAEMON@mail.example.com\r\nTo: care@example.com\r\nSubject: Out of office\r\n"
    "Date: Tue, 24 Nov 2026 17:00:00 +0000\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n"
)


def step(op: str, *args: Any, **further: Any) -> dict[str, Any]:
    """One step."""
    return {"op": op, "args": list(args), **further}


def steps(notice: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The whole scenario; `notice` is one that is accepted as it is."""
    now = SystemClock().now()
    body = by_daylight(dict(notice))
    span = {"from": (now - timedelta(days=2)).isoformat(), "to": (now + timedelta(hours=1)).isoformat()}
    profile = {key: value for key, value in body["borrower"].items() if key != "id"}
    event = {
        "borrower_id": "B-1",
        "type": "contact",
        "at": (now - timedelta(hours=2)).isoformat(),
        "channel": "voice",
    }
    return [
        step("getHealth"),
        step("getReadiness"),
        step("getMetrics"),
        step("createKey", {"name": "second", "role": "admin"}, save="second"),
        step("createKey", {"name": "spare", "role": "auditor"}, save="spare"),
        step("rotateKey", "$spare.id", {"overlap": "PT1H"}, save="rotated"),
        step("revokeKey", "$rotated.id"),
        step("listKeys", query={"limit": 2}),
        step(
            "putCreditor", "first-inclusive-bank", {"name": "First Inclusive Bank", "phone": "+12025550100"}
        ),
        step("getCreditor", "first-inclusive-bank"),
        step("listCreditors"),
        step("createNotice", body, save="notice"),
        step("createNotices", {"notices": [body, {"channels": []}]}, save="batch"),
        step("previewNotice", body),
        step("getNotice", "$notice.id"),
        step("getNotice", "ntc_none", problem="not-found"),
        step("listNotices", query={"reference": "core-4711", "order": "updated"}),
        step("cancelNotice", "$notice.id"),
        step("cancelNotices", {"reference": "core-4711"}),
        step("putBorrower", "B-2", profile),
        step("putBorrower", "B-2", {"addresses": {"sms": "no number"}}, problem="invalid-request"),
        step("getBorrower", "B-2"),
        step("getTimeline", "B-1"),
        step("placeLegalHold", "B-2", {"because": "case 4711"}),
        step("getLegalHold", "B-2"),
        step("eraseBorrower", "B-2", {"reason": "a test"}, problem="conflict"),
        step("releaseLegalHold", "B-2"),
        step("eraseBorrower", "B-2", {"reason": "a test"}),
        step("recordEvents", event),
        step("recordEvents", [event, {**event, "borrower_id": "B-none"}]),
        step(
            "evaluate",
            {"policies": ["house-strict"], "borrower": {}, "proposed": {"at": span["to"], "channel": "sms"}},
        ),
        step(
            "createSuppression",
            {"address": "+12025550199", "channel": "sms", "reason": "opt_out"},
            save="stop",
        ),
        step("listSuppressions", query={"channel": "sms", "lifted": "true"}),
        step("liftSuppression", "$stop.id", {"reason": "a test"}),
        step("listInbound", query={"matched": "false"}),
        step("listPolicies", query={"limit": 5}),
        step("putPolicy", "evening-rest", EXAMPLE, save="policy"),
        step("getPolicy", "evening-rest"),
        step("testPolicy", "evening-rest", "$policy.version"),
        step("approvePolicy", "evening-rest", "$policy.version", problem="forbidden"),
        step("approvePolicy", "evening-rest", "$policy.version", by=SECOND),
        step("activatePolicy", "evening-rest", "$policy.version", {}),
        step("simulatePolicy", "evening-rest", "$policy.version", span),
        step("rollBackPolicy", "evening-rest", "$policy.version", {"reason": "a test"}, problem="conflict"),
        step("retirePolicy", "evening-rest", "$policy.version", {"reason": "a test"}),
        step("retirePolicy", "evening-rest", "$policy.version", {"reason": "a test"}, by=SECOND),
        step("listCategories"),
        step("listTemplates"),
        step("putTemplate", "thank-you", TEMPLATE, save="template"),
        step("getTemplate", "thank-you"),
        step("approveTemplate", "thank-you", "$template.version", by=SECOND),
        step("activateTemplate", "thank-you", "$template.version", {"reason": "a test"}, by=SECOND),
        step("previewTemplate", "thank-you", {"channel": "sms", "language": "en"}),
        *_learning(),
        step("listHolds"),
        step(
            "releaseHolds",
            {"deliveries": ["$notice.deliveries.0.id"], "how": "decide_again", "reason": "a test"},
            problem="not-found",
        ),
        step(
            "createWebhook",
            {"url": "https://core.example.com/forbear", "types": ["notice.done"]},
            save="hook",
        ),
        step("listWebhooks"),
        step("getWebhook", "$hook.id"),
        step("updateWebhook", "$hook.id", {"enabled": False}),
        step("rotateWebhookSecret", "$hook.id"),
        step("testWebhook", "$hook.id"),
        step("replayWebhook", "$hook.id", {"from": span["from"]}),
        step("listWebhookAttempts", "$hook.id"),
        step("deleteWebhook", "$hook.id"),
        step("reportOutcomes", query={"by": "channel,week"}),
        step("getCheckpoint", until="not-found"),
        step("getVerifierKeys"),
        step("listLog", query={"kind": "notice.accepted", "limit": 1}, save="log"),
        step("getInclusionProof", query={"index": 0, "size": 1}),
        step("getConsistencyProof", query={"from": 1, "to": 1}),
        step("exportLog", query={"format": "jsonl"}, save="export"),
        step("cosignCheckpoint", {"size": 10**12, "cosignature": "no signature"}, problem="not-found"),
        step("listSandboxMessages", query={"limit": 1}),
        step("replyInSandbox", {"from": "+12025550101", "words": "STOP"}),
        step("postReturnedMail", {"$mail": MAIL}),
        step("postInboundMail", {"$mail": MAIL}),
    ]


def _learning() -> list[dict[str, Any]]:
    """A learning policy from its draft to its end; whether it may choose depends on what the store has
    seen."""
    name = next(line.split(":")[1].strip() for line in LEARNING.splitlines() if line.startswith("name:"))
    why = {"reason": "a test"}
    unready = ["conflict", "not-found", "invalid-request", "forbidden"]
    return [
        step("putLearningPolicy", name, LEARNING, save="learning"),
        step("listLearningPolicies"),
        step("getLearningPolicy", name),
        step("testLearningPolicy", name, "$learning.version"),
        step("approveLearningPolicy", name, "$learning.version", by=SECOND),
        step("activateLearningPolicy", name, "$learning.version", maybe=unready),
        step("getExperiment", name, maybe=unready),
        step("stopLearningPolicy", name, why, maybe=unready),
        step("retireLearningPolicy", name, "$learning.version", why, maybe=unready),
        step("listSnapshots", query={"limit": 1}),
        step("getSnapshot", "0" * 64, problem="not-found"),
        step("whyNotice", "$notice.id", maybe=unready),
    ]
