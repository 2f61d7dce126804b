"""Generated from the OpenAPI document by `make clients`; not to be edited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Literal, cast

from . import types as t
from .calls import Call, Operation

OPERATIONS: Mapping[str, Operation] = {
    "createNotice": Operation("createNotice", "POST", "/v1/notices", safe=True, gives="json"),
    "listNotices": Operation("listNotices", "GET", "/v1/notices", safe=True, gives="json"),
    "createNotices": Operation("createNotices", "POST", "/v1/notices/batch", safe=True, gives="json"),
    "previewNotice": Operation("previewNotice", "POST", "/v1/notices/preview", safe=True, gives="json"),
    "cancelNotices": Operation("cancelNotices", "POST", "/v1/notices/cancel", safe=True, gives="json"),
    "getNotice": Operation("getNotice", "GET", "/v1/notices/{id}", safe=True, gives="json"),
    "cancelNotice": Operation("cancelNotice", "POST", "/v1/notices/{id}/cancel", safe=True, gives="json"),
    "putBorrower": Operation("putBorrower", "PUT", "/v1/borrowers/{id}", safe=True, gives="json"),
    "getBorrower": Operation("getBorrower", "GET", "/v1/borrowers/{id}", safe=True, gives="json"),
    "eraseBorrower": Operation("eraseBorrower", "POST", "/v1/borrowers/{id}/erase", safe=True, gives="json"),
    "getTimeline": Operation("getTimeline", "GET", "/v1/borrowers/{id}/timeline", safe=True, gives="json"),
    "placeLegalHold": Operation("placeLegalHold", "PUT", "/v1/borrowers/{id}/legal-hold", safe=True, gives="json"),
    "getLegalHold": Operation("getLegalHold", "GET", "/v1/borrowers/{id}/legal-hold", safe=True, gives="json"),
    "releaseLegalHold": Operation("releaseLegalHold", "DELETE", "/v1/borrowers/{id}/legal-hold", safe=True, gives="nothing"),
    "recordEvents": Operation("recordEvents", "POST", "/v1/events", safe=True, gives="json"),
    "evaluate": Operation("evaluate", "POST", "/v1/evaluate", safe=True, gives="json"),
    "getHealth": Operation("getHealth", "GET", "/healthz", safe=True, gives="json"),
    "getReadiness": Operation("getReadiness", "GET", "/readyz", safe=True, gives="json"),
    "getMetrics": Operation("getMetrics", "GET", "/metrics", safe=True, gives="text"),
    "listLog": Operation("listLog", "GET", "/v1/log", safe=True, gives="json"),
    "exportLog": Operation("exportLog", "GET", "/v1/log/export", safe=True, gives="stream"),
    "getCheckpoint": Operation("getCheckpoint", "GET", "/v1/log/checkpoint", safe=True, gives="text"),
    "cosignCheckpoint": Operation("cosignCheckpoint", "POST", "/v1/log/cosignatures", safe=True, gives="text"),
    "getVerifierKeys": Operation("getVerifierKeys", "GET", "/v1/log/key", safe=True, gives="text"),
    "getInclusionProof": Operation("getInclusionProof", "GET", "/v1/log/proof", safe=True, gives="json"),
    "getConsistencyProof": Operation("getConsistencyProof", "GET", "/v1/log/consistency", safe=True, gives="json"),
    "listPolicies": Operation("listPolicies", "GET", "/v1/policies", safe=True, gives="json"),
    "getPolicy": Operation("getPolicy", "GET", "/v1/policies/{name}", safe=True, gives="json"),
    "putPolicy": Operation("putPolicy", "PUT", "/v1/policies/{name}", safe=True, gives="json"),
    "testPolicy": Operation("testPolicy", "POST", "/v1/policies/{name}/versions/{version}/test", safe=True, gives="json"),
    "simulatePolicy": Operation("simulatePolicy", "POST", "/v1/policies/{name}/versions/{version}/simulate", safe=True, gives="json"),
    "approvePolicy": Operation("approvePolicy", "POST", "/v1/policies/{name}/versions/{version}/approve", safe=True, gives="json"),
    "activatePolicy": Operation("activatePolicy", "POST", "/v1/policies/{name}/versions/{version}/activate", safe=True, gives="json"),
    "retirePolicy": Operation("retirePolicy", "POST", "/v1/policies/{name}/versions/{version}/retire", safe=True, gives="json"),
    "rollBackPolicy": Operation("rollBackPolicy", "POST", "/v1/policies/{name}/versions/{version}/rollback", safe=True, gives="json"),
    "listTemplates": Operation("listTemplates", "GET", "/v1/templates", safe=True, gives="json"),
    "listCategories": Operation("listCategories", "GET", "/v1/categories", safe=True, gives="json"),
    "getTemplate": Operation("getTemplate", "GET", "/v1/templates/{name}", safe=True, gives="json"),
    "putTemplate": Operation("putTemplate", "PUT", "/v1/templates/{name}", safe=True, gives="json"),
    "approveTemplate": Operation("approveTemplate", "POST", "/v1/templates/{name}/versions/{version}/approve", safe=True, gives="json"),
    "activateTemplate": Operation("activateTemplate", "POST", "/v1/templates/{name}/versions/{version}/activate", safe=True, gives="json"),
    "previewTemplate": Operation("previewTemplate", "POST", "/v1/templates/{name}/preview", safe=True, gives="json"),
    "putCreditor": Operation("putCreditor", "PUT", "/v1/creditors/{creditor}", safe=True, gives="json"),
    "getCreditor": Operation("getCreditor", "GET", "/v1/creditors/{creditor}", safe=True, gives="json"),
    "listCreditors": Operation("listCreditors", "GET", "/v1/creditors", safe=True, gives="json"),
    "listHolds": Operation("listHolds", "GET", "/v1/holds", safe=True, gives="json"),
    "releaseHolds": Operation("releaseHolds", "POST", "/v1/holds/release", safe=True, gives="json"),
    "listSuppressions": Operation("listSuppressions", "GET", "/v1/suppressions", safe=True, gives="json"),
    "createSuppression": Operation("createSuppression", "POST", "/v1/suppressions", safe=True, gives="json"),
    "liftSuppression": Operation("liftSuppression", "POST", "/v1/suppressions/{id}/lift", safe=True, gives="json"),
    "listInbound": Operation("listInbound", "GET", "/v1/inbound", safe=True, gives="json"),
    "reportOutcomes": Operation("reportOutcomes", "GET", "/v1/reports/outcomes", safe=True, gives="json"),
    "listLearningPolicies": Operation("listLearningPolicies", "GET", "/v1/learning/policies", safe=True, gives="json"),
    "getLearningPolicy": Operation("getLearningPolicy", "GET", "/v1/learning/policies/{name}", safe=True, gives="json"),
    "putLearningPolicy": Operation("putLearningPolicy", "PUT", "/v1/learning/policies/{name}", safe=True, gives="json"),
    "testLearningPolicy": Operation("testLearningPolicy", "POST", "/v1/learning/policies/{name}/versions/{version}/test", safe=True, gives="json"),
    "approveLearningPolicy": Operation("approveLearningPolicy", "POST", "/v1/learning/policies/{name}/versions/{version}/approve", safe=True, gives="json"),
    "activateLearningPolicy": Operation("activateLearningPolicy", "POST", "/v1/learning/policies/{name}/versions/{version}/activate", safe=True, gives="json"),
    "retireLearningPolicy": Operation("retireLearningPolicy", "POST", "/v1/learning/policies/{name}/versions/{version}/retire", safe=True, gives="json"),
    "stopLearningPolicy": Operation("stopLearningPolicy", "POST", "/v1/learning/policies/{name}/stop", safe=True, gives="json"),
    "listSnapshots": Operation("listSnapshots", "GET", "/v1/learning/snapshots", safe=True, gives="json"),
    "getSnapshot": Operation("getSnapshot", "GET", "/v1/learning/snapshots/{digest}", safe=True, gives="json"),
    "getExperiment": Operation("getExperiment", "GET", "/v1/learning/experiments/{name}", safe=True, gives="json"),
    "whyNotice": Operation("whyNotice", "GET", "/v1/notices/{id}/why", safe=True, gives="json"),
    "listWebhooks": Operation("listWebhooks", "GET", "/v1/webhooks", safe=True, gives="json"),
    "createWebhook": Operation("createWebhook", "POST", "/v1/webhooks", safe=False, gives="json"),
    "getWebhook": Operation("getWebhook", "GET", "/v1/webhooks/{id}", safe=True, gives="json"),
    "updateWebhook": Operation("updateWebhook", "PATCH", "/v1/webhooks/{id}", safe=True, gives="json"),
    "deleteWebhook": Operation("deleteWebhook", "DELETE", "/v1/webhooks/{id}", safe=True, gives="nothing"),
    "rotateWebhookSecret": Operation("rotateWebhookSecret", "POST", "/v1/webhooks/{id}/rotate", safe=False, gives="json"),
    "testWebhook": Operation("testWebhook", "POST", "/v1/webhooks/{id}/test", safe=False, gives="json"),
    "replayWebhook": Operation("replayWebhook", "POST", "/v1/webhooks/{id}/replay", safe=False, gives="json"),
    "listWebhookAttempts": Operation("listWebhookAttempts", "GET", "/v1/webhooks/{id}/attempts", safe=True, gives="json"),
    "createKey": Operation("createKey", "POST", "/v1/keys", safe=False, gives="json"),
    "listKeys": Operation("listKeys", "GET", "/v1/keys", safe=True, gives="json"),
    "revokeKey": Operation("revokeKey", "POST", "/v1/keys/{id}/revoke", safe=True, gives="json"),
    "rotateKey": Operation("rotateKey", "POST", "/v1/keys/{id}/rotate", safe=False, gives="json"),
    "listSandboxMessages": Operation("listSandboxMessages", "GET", "/v1/sandbox/messages", safe=True, gives="json"),
    "replyInSandbox": Operation("replyInSandbox", "POST", "/v1/sandbox/replies", safe=False, gives="json"),
    "postInboundMail": Operation("postInboundMail", "POST", "/v1/inbound/email", safe=True, gives="json"),
    "postReturnedMail": Operation("postReturnedMail", "POST", "/v1/receipts/email", safe=True, gives="json"),
}
"""By operation id."""


class Operations:
    """Every operation, one after the other."""

    def _json(self, call: Call) -> object:
        raise NotImplementedError

    def _text(self, call: Call) -> str:
        raise NotImplementedError

    def _stream(self, call: Call) -> Iterator[bytes]:
        raise NotImplementedError

    def _nothing(self, call: Call) -> None:
        raise NotImplementedError

    def create_notice(self, body: t.NoticeBody, *, idempotency_key: str | None = None) -> t.AcceptedNotice:
        """Accept a notice (POST /v1/notices)."""
        return cast("t.AcceptedNotice", self._json(Call(OPERATIONS["createNotice"], body=body, idempotency_key=idempotency_key)))

    def list_notices(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        borrower: str | None = None,
        reference: str | None = None,
        ids: str | None = None,
        creditor: str | None = None,
        category: str | None = None,
        template: str | None = None,
        state: Literal["due", "deferred", "sending", "accepted", "held_by_provider", "delivered", "undelivered", "rejected", "suppressed", "held", "exhausted", "expired", "cancelled", "unknown", "open", "done"] | None = None,
        status: Literal["open", "done"] | None = None,
        accepted_from: str | None = None,
        accepted_to: str | None = None,
        updated_since: str | None = None,
        order: Literal["accepted", "updated"] | None = None,
    ) -> t.NoticePage:
        """List notices, newest first or as they change (GET /v1/notices)."""
        return cast("t.NoticePage", self._json(Call(OPERATIONS["listNotices"], query={"cursor": cursor, "limit": limit, "borrower": borrower, "reference": reference, "ids": ids, "creditor": creditor, "category": category, "template": template, "state": state, "status": status, "accepted_from": accepted_from, "accepted_to": accepted_to, "updated_since": updated_since, "order": order})))

    def create_notices(self, body: t.BatchBody) -> t.BatchAnswer:
        """Accept up to 1,000 notices (POST /v1/notices/batch)."""
        return cast("t.BatchAnswer", self._json(Call(OPERATIONS["createNotices"], body=body)))

    def preview_notice(self, body: t.NoticeBody) -> t.PreviewAnswer:
        """Say what would happen to a notice now (POST /v1/notices/preview)."""
        return cast("t.PreviewAnswer", self._json(Call(OPERATIONS["previewNotice"], body=body)))

    def cancel_notices(self, body: t.CancelBody) -> t.CancelAnswer:
        """Cancel notices by reference or by ids (POST /v1/notices/cancel)."""
        return cast("t.CancelAnswer", self._json(Call(OPERATIONS["cancelNotices"], body=body)))

    def get_notice(self, notice_id: str) -> t.Notice:
        """Read a notice (GET /v1/notices/{id})."""
        return cast("t.Notice", self._json(Call(OPERATIONS["getNotice"], path={"id": notice_id})))

    def cancel_notice(self, notice_id: str) -> t.Notice:
        """Cancel a notice (POST /v1/notices/{id}/cancel)."""
        return cast("t.Notice", self._json(Call(OPERATIONS["cancelNotice"], path={"id": notice_id})))

    def put_borrower(self, borrower_id: str, body: t.BorrowerBody) -> t.BorrowerProfile:
        """Store a borrower's whole profile (PUT /v1/borrowers/{id})."""
        return cast("t.BorrowerProfile", self._json(Call(OPERATIONS["putBorrower"], path={"id": borrower_id}, body=body)))

    def get_borrower(self, borrower_id: str) -> t.BorrowerProfile:
        """Read a borrower's profile (GET /v1/borrowers/{id})."""
        return cast("t.BorrowerProfile", self._json(Call(OPERATIONS["getBorrower"], path={"id": borrower_id})))

    def erase_borrower(self, borrower_id: str, body: t.EraseBody | None = None) -> t.Erasure:
        """Forget a borrower (POST /v1/borrowers/{id}/erase)."""
        return cast("t.Erasure", self._json(Call(OPERATIONS["eraseBorrower"], path={"id": borrower_id}, body=body)))

    def get_timeline(
        self,
        borrower_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> t.Timeline:
        """What reached or did not reach a borrower (GET /v1/borrowers/{id}/timeline)."""
        return cast("t.Timeline", self._json(Call(OPERATIONS["getTimeline"], path={"id": borrower_id}, query={"cursor": cursor, "limit": limit})))

    def place_legal_hold(self, borrower_id: str, body: t.LegalHoldBody) -> t.LegalHold:
        """Place a legal hold (PUT /v1/borrowers/{id}/legal-hold)."""
        return cast("t.LegalHold", self._json(Call(OPERATIONS["placeLegalHold"], path={"id": borrower_id}, body=body)))

    def get_legal_hold(self, borrower_id: str) -> t.LegalHold:
        """Read a legal hold (GET /v1/borrowers/{id}/legal-hold)."""
        return cast("t.LegalHold", self._json(Call(OPERATIONS["getLegalHold"], path={"id": borrower_id})))

    def release_legal_hold(self, borrower_id: str) -> None:
        """Release a legal hold (DELETE /v1/borrowers/{id}/legal-hold)."""
        self._nothing(Call(OPERATIONS["releaseLegalHold"], path={"id": borrower_id}))

    def record_events(self, body: t.EventBody | Sequence[t.EventBody]) -> t.EventResults:
        """Record events that happened elsewhere (POST /v1/events)."""
        return cast("t.EventResults", self._json(Call(OPERATIONS["recordEvents"], body=body)))

    def evaluate(self, body: t.QuestionDocument) -> t.Verdict:
        """Judge without storing anything (POST /v1/evaluate)."""
        return cast("t.Verdict", self._json(Call(OPERATIONS["evaluate"], body=body)))

    def get_health(self) -> t.Alive:
        """Alive (GET /healthz)."""
        return cast("t.Alive", self._json(Call(OPERATIONS["getHealth"])))

    def get_readiness(self) -> t.Ready:
        """Ready (GET /readyz)."""
        return cast("t.Ready", self._json(Call(OPERATIONS["getReadiness"])))

    def get_metrics(self) -> str:
        """Metrics (GET /metrics)."""
        return self._text(Call(OPERATIONS["getMetrics"]))

    def list_log(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        borrower: str | None = None,
        notice: str | None = None,
        delivery: str | None = None,
        kind: str | None = None,
        policy: str | None = None,
        verdict: Literal["allow", "defer", "suppress", "hold"] | None = None,
        actor: str | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> t.LogPage:
        """Read the dispatch log, newest first (GET /v1/log)."""
        return cast("t.LogPage", self._json(Call(OPERATIONS["listLog"], query={"cursor": cursor, "limit": limit, "borrower": borrower, "notice": notice, "delivery": delivery, "kind": kind, "policy": policy, "verdict": verdict, "actor": actor, "from": from_, "to": to})))

    def export_log(
        self,
        *,
        cell: int | None = None,
        format_: Literal["jsonl", "csv", "parquet"] | None = None,
        first: int | None = None,
    ) -> Iterator[bytes]:
        """Export the log up to the last checkpoint (GET /v1/log/export)."""
        return self._stream(Call(OPERATIONS["exportLog"], query={"cell": cell, "format": format_, "first": first}))

    def get_checkpoint(self, *, cell: int | None = None, size: int | None = None) -> str:
        """The last checkpoint (GET /v1/log/checkpoint)."""
        return self._text(Call(OPERATIONS["getCheckpoint"], query={"cell": cell, "size": size}))

    def cosign_checkpoint(self, body: t.CosignatureBody) -> str:
        """Cosign a checkpoint, as a witness (POST /v1/log/cosignatures)."""
        return self._text(Call(OPERATIONS["cosignCheckpoint"], body=body))

    def get_verifier_keys(self, *, cell: int | None = None) -> str:
        """The verifier key (GET /v1/log/key)."""
        return self._text(Call(OPERATIONS["getVerifierKeys"], query={"cell": cell}))

    def get_inclusion_proof(self, *, cell: int | None = None, index: int, size: int) -> t.Hashes:
        """Prove that an entry is in the log (GET /v1/log/proof)."""
        return cast("t.Hashes", self._json(Call(OPERATIONS["getInclusionProof"], query={"cell": cell, "index": index, "size": size})))

    def get_consistency_proof(self, *, cell: int | None = None, from_: int, to: int) -> t.Hashes:
        """Prove that the log only grew (GET /v1/log/consistency)."""
        return cast("t.Hashes", self._json(Call(OPERATIONS["getConsistencyProof"], query={"cell": cell, "from": from_, "to": to})))

    def list_policies(self, *, cursor: str | None = None, limit: int | None = None) -> t.PolicyPage:
        """List policies by name (GET /v1/policies)."""
        return cast("t.PolicyPage", self._json(Call(OPERATIONS["listPolicies"], query={"cursor": cursor, "limit": limit})))

    def get_policy(self, name: str) -> t.PolicyVersions:
        """Read a policy (GET /v1/policies/{name})."""
        return cast("t.PolicyVersions", self._json(Call(OPERATIONS["getPolicy"], path={"name": name})))

    def put_policy(self, name: str, body: str | Mapping[str, object]) -> t.PolicyVersion:
        """Draft a new version (PUT /v1/policies/{name})."""
        return cast("t.PolicyVersion", self._json(Call(OPERATIONS["putPolicy"], path={"name": name}, body=body, kind="application/yaml")))

    def test_policy(self, name: str, version: int) -> t.CaseRun:
        """Run a version's own cases (POST /v1/policies/{name}/versions/{version}/test)."""
        return cast("t.CaseRun", self._json(Call(OPERATIONS["testPolicy"], path={"name": name, "version": version})))

    def simulate_policy(self, name: str, version: int, body: t.SimulateBody) -> t.SimulationAnswer:
        """Take past decisions again by a version (POST /v1/policies/{name}/versions/{version}/simulate)."""
        return cast("t.SimulationAnswer", self._json(Call(OPERATIONS["simulatePolicy"], path={"name": name, "version": version}, body=body)))

    def approve_policy(self, name: str, version: int) -> t.PolicyVersion:
        """Approve a tested version (POST /v1/policies/{name}/versions/{version}/approve)."""
        return cast("t.PolicyVersion", self._json(Call(OPERATIONS["approvePolicy"], path={"name": name, "version": version})))

    def activate_policy(
        self,
        name: str,
        version: int,
        body: t.ActivateBody | None = None,
    ) -> t.PolicyVersion:
        """Let an approved version bind (POST /v1/policies/{name}/versions/{version}/activate)."""
        return cast("t.PolicyVersion", self._json(Call(OPERATIONS["activatePolicy"], path={"name": name, "version": version}, body=body)))

    def retire_policy(self, name: str, version: int, body: t.ReasonBody) -> t.PolicyVersion:
        """Retire a version (POST /v1/policies/{name}/versions/{version}/retire)."""
        return cast("t.PolicyVersion", self._json(Call(OPERATIONS["retirePolicy"], path={"name": name, "version": version}, body=body)))

    def roll_back_policy(self, name: str, version: int, body: t.ReasonBody) -> t.PolicyVersion:
        """Bind by the text of an earlier version again (POST /v1/policies/{name}/versions/{version}/rollback)."""
        return cast("t.PolicyVersion", self._json(Call(OPERATIONS["rollBackPolicy"], path={"name": name, "version": version}, body=body)))

    def list_templates(self, *, cursor: str | None = None, limit: int | None = None) -> t.TemplatePage:
        """List templates by name (GET /v1/templates)."""
        return cast("t.TemplatePage", self._json(Call(OPERATIONS["listTemplates"], query={"cursor": cursor, "limit": limit})))

    def list_categories(self) -> t.CategoryPage:
        """List the categories of notices (GET /v1/categories)."""
        return cast("t.CategoryPage", self._json(Call(OPERATIONS["listCategories"])))

    def get_template(self, name: str) -> t.TemplateVersions:
        """Read a template (GET /v1/templates/{name})."""
        return cast("t.TemplateVersions", self._json(Call(OPERATIONS["getTemplate"], path={"name": name})))

    def put_template(self, name: str, body: str | Mapping[str, object]) -> t.TemplateVersion:
        """Draft a new version (PUT /v1/templates/{name})."""
        return cast("t.TemplateVersion", self._json(Call(OPERATIONS["putTemplate"], path={"name": name}, body=body, kind="application/yaml")))

    def approve_template(self, name: str, version: int) -> t.TemplateVersion:
        """Approve a draft (POST /v1/templates/{name}/versions/{version}/approve)."""
        return cast("t.TemplateVersion", self._json(Call(OPERATIONS["approveTemplate"], path={"name": name, "version": version})))

    def activate_template(self, name: str, version: int, body: t.ReasonBody) -> t.TemplateVersion:
        """Let new notices use an approved version (POST /v1/templates/{name}/versions/{version}/activate)."""
        return cast("t.TemplateVersion", self._json(Call(OPERATIONS["activateTemplate"], path={"name": name, "version": version}, body=body)))

    def preview_template(self, name: str, body: t.SpecimenBody) -> t.Rendering:
        """Show a rendering (POST /v1/templates/{name}/preview)."""
        return cast("t.Rendering", self._json(Call(OPERATIONS["previewTemplate"], path={"name": name}, body=body)))

    def put_creditor(self, creditor: str, body: t.CreditorBody) -> t.CreditorProfile:
        """Store a creditor's profile (PUT /v1/creditors/{creditor})."""
        return cast("t.CreditorProfile", self._json(Call(OPERATIONS["putCreditor"], path={"creditor": creditor}, body=body)))

    def get_creditor(self, creditor: str) -> t.CreditorProfile:
        """Read a creditor's profile (GET /v1/creditors/{creditor})."""
        return cast("t.CreditorProfile", self._json(Call(OPERATIONS["getCreditor"], path={"creditor": creditor})))

    def list_creditors(self, *, cursor: str | None = None, limit: int | None = None) -> t.CreditorPage:
        """List creditors' profiles (GET /v1/creditors)."""
        return cast("t.CreditorPage", self._json(Call(OPERATIONS["listCreditors"], query={"cursor": cursor, "limit": limit})))

    def list_holds(self, *, cursor: str | None = None, limit: int | None = None) -> t.HoldPage:
        """List what waits for a person, the oldest first (GET /v1/holds)."""
        return cast("t.HoldPage", self._json(Call(OPERATIONS["listHolds"], query={"cursor": cursor, "limit": limit})))

    def release_holds(self, body: t.ReleaseBody) -> t.Releases:
        """Release one or many (POST /v1/holds/release)."""
        return cast("t.Releases", self._json(Call(OPERATIONS["releaseHolds"], body=body)))

    def list_suppressions(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        address: str | None = None,
        channel: Literal["sms", "email", "voice", "whatsapp", "any"] | None = None,
        reason: Literal["opt_out", "cease", "complaint", "wrong_number", "reassigned", "dead_address", "attorney", "dispute", "bankruptcy", "deceased", "hardship_request", "unclear_words"] | None = None,
        lifted: Literal["true", "false"] | None = None,
    ) -> t.SuppressionPage:
        """List what is suppressed, the newest first (GET /v1/suppressions)."""
        return cast("t.SuppressionPage", self._json(Call(OPERATIONS["listSuppressions"], query={"cursor": cursor, "limit": limit, "address": address, "channel": channel, "reason": reason, "lifted": lifted})))

    def create_suppression(self, body: t.SuppressionBody) -> t.Suppression:
        """Suppress an address (POST /v1/suppressions)."""
        return cast("t.Suppression", self._json(Call(OPERATIONS["createSuppression"], body=body)))

    def lift_suppression(self, suppression_id: str, body: t.LiftBody) -> t.Suppression:
        """Lift a suppression (POST /v1/suppressions/{id}/lift)."""
        return cast("t.Suppression", self._json(Call(OPERATIONS["liftSuppression"], path={"id": suppression_id}, body=body)))

    def list_inbound(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        matched: Literal["false"],
        address: str | None = None,
    ) -> t.InboundPage:
        """List messages from addresses that no borrower has, the newest first (GET /v1/inbound)."""
        return cast("t.InboundPage", self._json(Call(OPERATIONS["listInbound"], query={"cursor": cursor, "limit": limit, "matched": matched, "address": address})))

    def report_outcomes(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        by: str | None = None,
        format_: Literal["json", "csv", "parquet"] | None = None,
        prices: str | None = None,
    ) -> t.OutcomeReport:
        """Count what came after contacts (GET /v1/reports/outcomes)."""
        return cast("t.OutcomeReport", self._json(Call(OPERATIONS["reportOutcomes"], query={"from": from_, "to": to, "by": by, "format": format_, "prices": prices})))

    def list_learning_policies(self) -> t.LearningPolicyPage:
        """List learning policies (GET /v1/learning/policies)."""
        return cast("t.LearningPolicyPage", self._json(Call(OPERATIONS["listLearningPolicies"])))

    def get_learning_policy(self, name: str) -> t.LearningPolicyVersions:
        """Read a learning policy (GET /v1/learning/policies/{name})."""
        return cast("t.LearningPolicyVersions", self._json(Call(OPERATIONS["getLearningPolicy"], path={"name": name})))

    def put_learning_policy(self, name: str, body: str | Mapping[str, object]) -> t.LearningPolicyVersion:
        """Draft a new version of a learning policy (PUT /v1/learning/policies/{name})."""
        return cast("t.LearningPolicyVersion", self._json(Call(OPERATIONS["putLearningPolicy"], path={"name": name}, body=body, kind="application/yaml")))

    def test_learning_policy(self, name: str, version: int) -> t.LearningTest:
        """Say what a version means (POST /v1/learning/policies/{name}/versions/{version}/test)."""
        return cast("t.LearningTest", self._json(Call(OPERATIONS["testLearningPolicy"], path={"name": name, "version": version})))

    def approve_learning_policy(self, name: str, version: int) -> t.LearningPolicyVersion:
        """Approve a tested version (POST /v1/learning/policies/{name}/versions/{version}/approve)."""
        return cast("t.LearningPolicyVersion", self._json(Call(OPERATIONS["approveLearningPolicy"], path={"name": name, "version": version})))

    def activate_learning_policy(self, name: str, version: int) -> t.LearningPolicyVersion:
        """Let an approved version choose (POST /v1/learning/policies/{name}/versions/{version}/activate)."""
        return cast("t.LearningPolicyVersion", self._json(Call(OPERATIONS["activateLearningPolicy"], path={"name": name, "version": version})))

    def retire_learning_policy(
        self,
        name: str,
        version: int,
        body: t.ReasonBody,
    ) -> t.LearningPolicyVersion:
        """End a version (POST /v1/learning/policies/{name}/versions/{version}/retire)."""
        return cast("t.LearningPolicyVersion", self._json(Call(OPERATIONS["retireLearningPolicy"], path={"name": name, "version": version}, body=body)))

    def stop_learning_policy(self, name: str, body: t.ReasonBody) -> t.LearningPolicyVersion:
        """Stop an experiment at once (POST /v1/learning/policies/{name}/stop)."""
        return cast("t.LearningPolicyVersion", self._json(Call(OPERATIONS["stopLearningPolicy"], path={"name": name}, body=body)))

    def list_snapshots(self, *, creditor: str | None = None, limit: int | None = None) -> t.SnapshotPage:
        """List what was learned (GET /v1/learning/snapshots)."""
        return cast("t.SnapshotPage", self._json(Call(OPERATIONS["listSnapshots"], query={"creditor": creditor, "limit": limit})))

    def get_snapshot(self, digest: str) -> t.SnapshotInFull:
        """Read what was learned (GET /v1/learning/snapshots/{digest})."""
        return cast("t.SnapshotInFull", self._json(Call(OPERATIONS["getSnapshot"], path={"digest": digest})))

    def get_experiment(self, name: str) -> t.Experiment:
        """Read an experiment (GET /v1/learning/experiments/{name})."""
        return cast("t.Experiment", self._json(Call(OPERATIONS["getExperiment"], path={"name": name})))

    def why_notice(self, notice_id: str) -> t.Why:
        """Say why a message came as it did (GET /v1/notices/{id}/why)."""
        return cast("t.Why", self._json(Call(OPERATIONS["whyNotice"], path={"id": notice_id})))

    def list_webhooks(self) -> t.WebhookEndpoints:
        """List webhook endpoints, the oldest first (GET /v1/webhooks)."""
        return cast("t.WebhookEndpoints", self._json(Call(OPERATIONS["listWebhooks"])))

    def create_webhook(self, body: t.EndpointBody) -> t.NewWebhookEndpoint:
        """Make a webhook endpoint (POST /v1/webhooks)."""
        return cast("t.NewWebhookEndpoint", self._json(Call(OPERATIONS["createWebhook"], body=body)))

    def get_webhook(self, webhook_id: str) -> t.WebhookEndpoint:
        """Read a webhook endpoint (GET /v1/webhooks/{id})."""
        return cast("t.WebhookEndpoint", self._json(Call(OPERATIONS["getWebhook"], path={"id": webhook_id})))

    def update_webhook(self, webhook_id: str, body: t.EndpointChange) -> t.WebhookEndpoint:
        """Change a webhook endpoint (PATCH /v1/webhooks/{id})."""
        return cast("t.WebhookEndpoint", self._json(Call(OPERATIONS["updateWebhook"], path={"id": webhook_id}, body=body)))

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook endpoint (DELETE /v1/webhooks/{id})."""
        self._nothing(Call(OPERATIONS["deleteWebhook"], path={"id": webhook_id}))

    def rotate_webhook_secret(self, webhook_id: str) -> t.NewWebhookEndpoint:
        """Replace the secret of a webhook endpoint (POST /v1/webhooks/{id}/rotate)."""
        return cast("t.NewWebhookEndpoint", self._json(Call(OPERATIONS["rotateWebhookSecret"], path={"id": webhook_id})))

    def test_webhook(self, webhook_id: str) -> t.WebhookAttempt:
        """Send a test to a webhook endpoint (POST /v1/webhooks/{id}/test)."""
        return cast("t.WebhookAttempt", self._json(Call(OPERATIONS["testWebhook"], path={"id": webhook_id})))

    def replay_webhook(self, webhook_id: str, body: t.ReplayBody) -> t.Replayed:
        """Send events again (POST /v1/webhooks/{id}/replay)."""
        return cast("t.Replayed", self._json(Call(OPERATIONS["replayWebhook"], path={"id": webhook_id}, body=body)))

    def list_webhook_attempts(
        self,
        webhook_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> t.WebhookAttempts:
        """List requests to a webhook endpoint, the newest first (GET /v1/webhooks/{id}/attempts)."""
        return cast("t.WebhookAttempts", self._json(Call(OPERATIONS["listWebhookAttempts"], path={"id": webhook_id}, query={"cursor": cursor, "limit": limit})))

    def create_key(self, body: t.KeyBody) -> t.NewKey:
        """Make an API key (POST /v1/keys)."""
        return cast("t.NewKey", self._json(Call(OPERATIONS["createKey"], body=body)))

    def list_keys(self, *, cursor: str | None = None, limit: int | None = None) -> t.KeyPage:
        """List API keys, newest first (GET /v1/keys)."""
        return cast("t.KeyPage", self._json(Call(OPERATIONS["listKeys"], query={"cursor": cursor, "limit": limit})))

    def revoke_key(self, key_id: str) -> t.KeyRecord:
        """Revoke an API key (POST /v1/keys/{id}/revoke)."""
        return cast("t.KeyRecord", self._json(Call(OPERATIONS["revokeKey"], path={"id": key_id})))

    def rotate_key(self, key_id: str, body: t.RotateBody | None = None) -> t.NewKey:
        """Replace an API key (POST /v1/keys/{id}/rotate)."""
        return cast("t.NewKey", self._json(Call(OPERATIONS["rotateKey"], path={"id": key_id}, body=body)))

    def list_sandbox_messages(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        channel: Literal["sms", "email", "voice", "whatsapp"] | None = None,
        borrower: str | None = None,
    ) -> t.SandboxPage:
        """List what the sandbox sent, newest first (GET /v1/sandbox/messages)."""
        return cast("t.SandboxPage", self._json(Call(OPERATIONS["listSandboxMessages"], query={"cursor": cursor, "limit": limit, "channel": channel, "borrower": borrower})))

    def reply_in_sandbox(self, body: t.ReplyBody) -> t.ReplyAnswer:
        """Reply as a borrower would (POST /v1/sandbox/replies)."""
        return cast("t.ReplyAnswer", self._json(Call(OPERATIONS["replyInSandbox"], body=body)))

    def post_inbound_mail(self, body: bytes) -> t.MailAnswer:
        """A mail that came in (POST /v1/inbound/email)."""
        return cast("t.MailAnswer", self._json(Call(OPERATIONS["postInboundMail"], body=body, kind="message/rfc822")))

    def post_returned_mail(self, body: bytes) -> t.MailAnswer:
        """A mail that came back (POST /v1/receipts/email)."""
        return cast("t.MailAnswer", self._json(Call(OPERATIONS["postReturnedMail"], body=body, kind="message/rfc822")))


class AsyncOperations:
    """Every operation, to be awaited."""

    async def _json(self, call: Call) -> object:
        raise NotImplementedError

    async def _text(self, call: Call) -> str:
        raise NotImplementedError

    def _stream(self, call: Call) -> AsyncIterator[bytes]:
        raise NotImplementedError

    async def _nothing(self, call: Call) -> None:
        raise NotImplementedError

    async def create_notice(
        self,
        body: t.NoticeBody,
        *,
        idempotency_key: str | None = None,
    ) -> t.AcceptedNotice:
        """Accept a notice (POST /v1/notices)."""
        return cast("t.AcceptedNotice", await self._json(Call(OPERATIONS["createNotice"], body=body, idempotency_key=idempotency_key)))

    async def list_notices(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        borrower: str | None = None,
        reference: str | None = None,
        ids: str | None = None,
        creditor: str | None = None,
        category: str | None = None,
        template: str | None = None,
        state: Literal["due", "deferred", "sending", "accepted", "held_by_provider", "delivered", "undelivered", "rejected", "suppressed", "held", "exhausted", "expired", "cancelled", "unknown", "open", "done"] | None = None,
        status: Literal["open", "done"] | None = None,
        accepted_from: str | None = None,
        accepted_to: str | None = None,
        updated_since: str | None = None,
        order: Literal["accepted", "updated"] | None = None,
    ) -> t.NoticePage:
        """List notices, newest first or as they change (GET /v1/notices)."""
        return cast("t.NoticePage", await self._json(Call(OPERATIONS["listNotices"], query={"cursor": cursor, "limit": limit, "borrower": borrower, "reference": reference, "ids": ids, "creditor": creditor, "category": category, "template": template, "state": state, "status": status, "accepted_from": accepted_from, "accepted_to": accepted_to, "updated_since": updated_since, "order": order})))

    async def create_notices(self, body: t.BatchBody) -> t.BatchAnswer:
        """Accept up to 1,000 notices (POST /v1/notices/batch)."""
        return cast("t.BatchAnswer", await self._json(Call(OPERATIONS["createNotices"], body=body)))

    async def preview_notice(self, body: t.NoticeBody) -> t.PreviewAnswer:
        """Say what would happen to a notice now (POST /v1/notices/preview)."""
        return cast("t.PreviewAnswer", await self._json(Call(OPERATIONS["previewNotice"], body=body)))

    async def cancel_notices(self, body: t.CancelBody) -> t.CancelAnswer:
        """Cancel notices by reference or by ids (POST /v1/notices/cancel)."""
        return cast("t.CancelAnswer", await self._json(Call(OPERATIONS["cancelNotices"], body=body)))

    async def get_notice(self, notice_id: str) -> t.Notice:
        """Read a notice (GET /v1/notices/{id})."""
        return cast("t.Notice", await self._json(Call(OPERATIONS["getNotice"], path={"id": notice_id})))

    async def cancel_notice(self, notice_id: str) -> t.Notice:
        """Cancel a notice (POST /v1/notices/{id}/cancel)."""
        return cast("t.Notice", await self._json(Call(OPERATIONS["cancelNotice"], path={"id": notice_id})))

    async def put_borrower(self, borrower_id: str, body: t.BorrowerBody) -> t.BorrowerProfile:
        """Store a borrower's whole profile (PUT /v1/borrowers/{id})."""
        return cast("t.BorrowerProfile", await self._json(Call(OPERATIONS["putBorrower"], path={"id": borrower_id}, body=body)))

    async def get_borrower(self, borrower_id: str) -> t.BorrowerProfile:
        """Read a borrower's profile (GET /v1/borrowers/{id})."""
        return cast("t.BorrowerProfile", await self._json(Call(OPERATIONS["getBorrower"], path={"id": borrower_id})))

    async def erase_borrower(self, borrower_id: str, body: t.EraseBody | None = None) -> t.Erasure:
        """Forget a borrower (POST /v1/borrowers/{id}/erase)."""
        return cast("t.Erasure", await self._json(Call(OPERATIONS["eraseBorrower"], path={"id": borrower_id}, body=body)))

    async def get_timeline(
        self,
        borrower_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> t.Timeline:
        """What reached or did not reach a borrower (GET /v1/borrowers/{id}/timeline)."""
        return cast("t.Timeline", await self._json(Call(OPERATIONS["getTimeline"], path={"id": borrower_id}, query={"cursor": cursor, "limit": limit})))

    async def place_legal_hold(self, borrower_id: str, body: t.LegalHoldBody) -> t.LegalHold:
        """Place a legal hold (PUT /v1/borrowers/{id}/legal-hold)."""
        return cast("t.LegalHold", await self._json(Call(OPERATIONS["placeLegalHold"], path={"id": borrower_id}, body=body)))

    async def get_legal_hold(self, borrower_id: str) -> t.LegalHold:
        """Read a legal hold (GET /v1/borrowers/{id}/legal-hold)."""
        return cast("t.LegalHold", await self._json(Call(OPERATIONS["getLegalHold"], path={"id": borrower_id})))

    async def release_legal_hold(self, borrower_id: str) -> None:
        """Release a legal hold (DELETE /v1/borrowers/{id}/legal-hold)."""
        await self._nothing(Call(OPERATIONS["releaseLegalHold"], path={"id": borrower_id}))

    async def record_events(self, body: t.EventBody | Sequence[t.EventBody]) -> t.EventResults:
        """Record events that happened elsewhere (POST /v1/events)."""
        return cast("t.EventResults", await self._json(Call(OPERATIONS["recordEvents"], body=body)))

    async def evaluate(self, body: t.QuestionDocument) -> t.Verdict:
        """Judge without storing anything (POST /v1/evaluate)."""
        return cast("t.Verdict", await self._json(Call(OPERATIONS["evaluate"], body=body)))

    async def get_health(self) -> t.Alive:
        """Alive (GET /healthz)."""
        return cast("t.Alive", await self._json(Call(OPERATIONS["getHealth"])))

    async def get_readiness(self) -> t.Ready:
        """Ready (GET /readyz)."""
        return cast("t.Ready", await self._json(Call(OPERATIONS["getReadiness"])))

    async def get_metrics(self) -> str:
        """Metrics (GET /metrics)."""
        return await self._text(Call(OPERATIONS["getMetrics"]))

    async def list_log(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        borrower: str | None = None,
        notice: str | None = None,
        delivery: str | None = None,
        kind: str | None = None,
        policy: str | None = None,
        verdict: Literal["allow", "defer", "suppress", "hold"] | None = None,
        actor: str | None = None,
        from_: str | None = None,
        to: str | None = None,
    ) -> t.LogPage:
        """Read the dispatch log, newest first (GET /v1/log)."""
        return cast("t.LogPage", await self._json(Call(OPERATIONS["listLog"], query={"cursor": cursor, "limit": limit, "borrower": borrower, "notice": notice, "delivery": delivery, "kind": kind, "policy": policy, "verdict": verdict, "actor": actor, "from": from_, "to": to})))

    def export_log(
        self,
        *,
        cell: int | None = None,
        format_: Literal["jsonl", "csv", "parquet"] | None = None,
        first: int | None = None,
    ) -> AsyncIterator[bytes]:
        """Export the log up to the last checkpoint (GET /v1/log/export)."""
        return self._stream(Call(OPERATIONS["exportLog"], query={"cell": cell, "format": format_, "first": first}))

    async def get_checkpoint(self, *, cell: int | None = None, size: int | None = None) -> str:
        """The last checkpoint (GET /v1/log/checkpoint)."""
        return await self._text(Call(OPERATIONS["getCheckpoint"], query={"cell": cell, "size": size}))

    async def cosign_checkpoint(self, body: t.CosignatureBody) -> str:
        """Cosign a checkpoint, as a witness (POST /v1/log/cosignatures)."""
        return await self._text(Call(OPERATIONS["cosignCheckpoint"], body=body))

    async def get_verifier_keys(self, *, cell: int | None = None) -> str:
        """The verifier key (GET /v1/log/key)."""
        return await self._text(Call(OPERATIONS["getVerifierKeys"], query={"cell": cell}))

    async def get_inclusion_proof(self, *, cell: int | None = None, index: int, size: int) -> t.Hashes:
        """Prove that an entry is in the log (GET /v1/log/proof)."""
        return cast("t.Hashes", await self._json(Call(OPERATIONS["getInclusionProof"], query={"cell": cell, "index": index, "size": size})))

    async def get_consistency_proof(self, *, cell: int | None = None, from_: int, to: int) -> t.Hashes:
        """Prove that the log only grew (GET /v1/log/consistency)."""
        return cast("t.Hashes", await self._json(Call(OPERATIONS["getConsistencyProof"], query={"cell": cell, "from": from_, "to": to})))

    async def list_policies(self, *, cursor: str | None = None, limit: int | None = None) -> t.PolicyPage:
        """List policies by name (GET /v1/policies)."""
        return cast("t.PolicyPage", await self._json(Call(OPERATIONS["listPolicies"], query={"cursor": cursor, "limit": limit})))

    async def get_policy(self, name: str) -> t.PolicyVersions:
        """Read a policy (GET /v1/policies/{name})."""
        return cast("t.PolicyVersions", await self._json(Call(OPERATIONS["getPolicy"], path={"name": name})))

    async def put_policy(self, name: str, body: str | Mapping[str, object]) -> t.PolicyVersion:
        """Draft a new version (PUT /v1/policies/{name})."""
        return cast("t.PolicyVersion", await self._json(Call(OPERATIONS["putPolicy"], path={"name": name}, body=body, kind="application/yaml")))

    async def test_policy(self, name: str, version: int) -> t.CaseRun:
        """Run a version's own cases (POST /v1/policies/{name}/versions/{version}/test)."""
        return cast("t.CaseRun", await self._json(Call(OPERATIONS["testPolicy"], path={"name": name, "version": version})))

    async def simulate_policy(self, name: str, version: int, body: t.SimulateBody) -> t.SimulationAnswer:
        """Take past decisions again by a version (POST /v1/policies/{name}/versions/{version}/simulate)."""
        return cast("t.SimulationAnswer", await self._json(Call(OPERATIONS["simulatePolicy"], path={"name": name, "version": version}, body=body)))

    async def approve_policy(self, name: str, version: int) -> t.PolicyVersion:
        """Approve a tested version (POST /v1/policies/{name}/versions/{version}/approve)."""
        return cast("t.PolicyVersion", await self._json(Call(OPERATIONS["approvePolicy"], path={"name": name, "version": version})))

    async def activate_policy(
        self,
        name: str,
        version: int,
        body: t.ActivateBody | None = None,
    ) -> t.PolicyVersion:
        """Let an approved version bind (POST /v1/policies/{name}/versions/{version}/activate)."""
        return cast("t.PolicyVersion", await self._json(Call(OPERATIONS["activatePolicy"], path={"name": name, "version": version}, body=body)))

    async def retire_policy(self, name: str, version: int, body: t.ReasonBody) -> t.PolicyVersion:
        """Retire a version (POST /v1/policies/{name}/versions/{version}/retire)."""
        return cast("t.PolicyVersion", await self._json(Call(OPERATIONS["retirePolicy"], path={"name": name, "version": version}, body=body)))

    async def roll_back_policy(self, name: str, version: int, body: t.ReasonBody) -> t.PolicyVersion:
        """Bind by the text of an earlier version again (POST /v1/policies/{name}/versions/{version}/rollback)."""
        return cast("t.PolicyVersion", await self._json(Call(OPERATIONS["rollBackPolicy"], path={"name": name, "version": version}, body=body)))

    async def list_templates(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> t.TemplatePage:
        """List templates by name (GET /v1/templates)."""
        return cast("t.TemplatePage", await self._json(Call(OPERATIONS["listTemplates"], query={"cursor": cursor, "limit": limit})))

    async def list_categories(self) -> t.CategoryPage:
        """List the categories of notices (GET /v1/categories)."""
        return cast("t.CategoryPage", await self._json(Call(OPERATIONS["listCategories"])))

    async def get_template(self, name: str) -> t.TemplateVersions:
        """Read a template (GET /v1/templates/{name})."""
        return cast("t.TemplateVersions", await self._json(Call(OPERATIONS["getTemplate"], path={"name": name})))

    async def put_template(self, name: str, body: str | Mapping[str, object]) -> t.TemplateVersion:
        """Draft a new version (PUT /v1/templates/{name})."""
        return cast("t.TemplateVersion", await self._json(Call(OPERATIONS["putTemplate"], path={"name": name}, body=body, kind="application/yaml")))

    async def approve_template(self, name: str, version: int) -> t.TemplateVersion:
        """Approve a draft (POST /v1/templates/{name}/versions/{version}/approve)."""
        return cast("t.TemplateVersion", await self._json(Call(OPERATIONS["approveTemplate"], path={"name": name, "version": version})))

    async def activate_template(self, name: str, version: int, body: t.ReasonBody) -> t.TemplateVersion:
        """Let new notices use an approved version (POST /v1/templates/{name}/versions/{version}/activate)."""
        return cast("t.TemplateVersion", await self._json(Call(OPERATIONS["activateTemplate"], path={"name": name, "version": version}, body=body)))

    async def preview_template(self, name: str, body: t.SpecimenBody) -> t.Rendering:
        """Show a rendering (POST /v1/templates/{name}/preview)."""
        return cast("t.Rendering", await self._json(Call(OPERATIONS["previewTemplate"], path={"name": name}, body=body)))

    async def put_creditor(self, creditor: str, body: t.CreditorBody) -> t.CreditorProfile:
        """Store a creditor's profile (PUT /v1/creditors/{creditor})."""
        return cast("t.CreditorProfile", await self._json(Call(OPERATIONS["putCreditor"], path={"creditor": creditor}, body=body)))

    async def get_creditor(self, creditor: str) -> t.CreditorProfile:
        """Read a creditor's profile (GET /v1/creditors/{creditor})."""
        return cast("t.CreditorProfile", await self._json(Call(OPERATIONS["getCreditor"], path={"creditor": creditor})))

    async def list_creditors(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> t.CreditorPage:
        """List creditors' profiles (GET /v1/creditors)."""
        return cast("t.CreditorPage", await self._json(Call(OPERATIONS["listCreditors"], query={"cursor": cursor, "limit": limit})))

    async def list_holds(self, *, cursor: str | None = None, limit: int | None = None) -> t.HoldPage:
        """List what waits for a person, the oldest first (GET /v1/holds)."""
        return cast("t.HoldPage", await self._json(Call(OPERATIONS["listHolds"], query={"cursor": cursor, "limit": limit})))

    async def release_holds(self, body: t.ReleaseBody) -> t.Releases:
        """Release one or many (POST /v1/holds/release)."""
        return cast("t.Releases", await self._json(Call(OPERATIONS["releaseHolds"], body=body)))

    async def list_suppressions(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        address: str | None = None,
        channel: Literal["sms", "email", "voice", "whatsapp", "any"] | None = None,
        reason: Literal["opt_out", "cease", "complaint", "wrong_number", "reassigned", "dead_address", "attorney", "dispute", "bankruptcy", "deceased", "hardship_request", "unclear_words"] | None = None,
        lifted: Literal["true", "false"] | None = None,
    ) -> t.SuppressionPage:
        """List what is suppressed, the newest first (GET /v1/suppressions)."""
        return cast("t.SuppressionPage", await self._json(Call(OPERATIONS["listSuppressions"], query={"cursor": cursor, "limit": limit, "address": address, "channel": channel, "reason": reason, "lifted": lifted})))

    async def create_suppression(self, body: t.SuppressionBody) -> t.Suppression:
        """Suppress an address (POST /v1/suppressions)."""
        return cast("t.Suppression", await self._json(Call(OPERATIONS["createSuppression"], body=body)))

    async def lift_suppression(self, suppression_id: str, body: t.LiftBody) -> t.Suppression:
        """Lift a suppression (POST /v1/suppressions/{id}/lift)."""
        return cast("t.Suppression", await self._json(Call(OPERATIONS["liftSuppression"], path={"id": suppression_id}, body=body)))

    async def list_inbound(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        matched: Literal["false"],
        address: str | None = None,
    ) -> t.InboundPage:
        """List messages from addresses that no borrower has, the newest first (GET /v1/inbound)."""
        return cast("t.InboundPage", await self._json(Call(OPERATIONS["listInbound"], query={"cursor": cursor, "limit": limit, "matched": matched, "address": address})))

    async def report_outcomes(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        by: str | None = None,
        format_: Literal["json", "csv", "parquet"] | None = None,
        prices: str | None = None,
    ) -> t.OutcomeReport:
        """Count what came after contacts (GET /v1/reports/outcomes)."""
        return cast("t.OutcomeReport", await self._json(Call(OPERATIONS["reportOutcomes"], query={"from": from_, "to": to, "by": by, "format": format_, "prices": prices})))

    async def list_learning_policies(self) -> t.LearningPolicyPage:
        """List learning policies (GET /v1/learning/policies)."""
        return cast("t.LearningPolicyPage", await self._json(Call(OPERATIONS["listLearningPolicies"])))

    async def get_learning_policy(self, name: str) -> t.LearningPolicyVersions:
        """Read a learning policy (GET /v1/learning/policies/{name})."""
        return cast("t.LearningPolicyVersions", await self._json(Call(OPERATIONS["getLearningPolicy"], path={"name": name})))

    async def put_learning_policy(
        self,
        name: str,
        body: str | Mapping[str, object],
    ) -> t.LearningPolicyVersion:
        """Draft a new version of a learning policy (PUT /v1/learning/policies/{name})."""
        return cast("t.LearningPolicyVersion", await self._json(Call(OPERATIONS["putLearningPolicy"], path={"name": name}, body=body, kind="application/yaml")))

    async def test_learning_policy(self, name: str, version: int) -> t.LearningTest:
        """Say what a version means (POST /v1/learning/policies/{name}/versions/{version}/test)."""
        return cast("t.LearningTest", await self._json(Call(OPERATIONS["testLearningPolicy"], path={"name": name, "version": version})))

    async def approve_learning_policy(self, name: str, version: int) -> t.LearningPolicyVersion:
        """Approve a tested version (POST /v1/learning/policies/{name}/versions/{version}/approve)."""
        return cast("t.LearningPolicyVersion", await self._json(Call(OPERATIONS["approveLearningPolicy"], path={"name": name, "version": version})))

    async def activate_learning_policy(self, name: str, version: int) -> t.LearningPolicyVersion:
        """Let an approved version choose (POST /v1/learning/policies/{name}/versions/{version}/activate)."""
        return cast("t.LearningPolicyVersion", await self._json(Call(OPERATIONS["activateLearningPolicy"], path={"name": name, "version": version})))

    async def retire_learning_policy(
        self,
        name: str,
        version: int,
        body: t.ReasonBody,
    ) -> t.LearningPolicyVersion:
        """End a version (POST /v1/learning/policies/{name}/versions/{version}/retire)."""
        return cast("t.LearningPolicyVersion", await self._json(Call(OPERATIONS["retireLearningPolicy"], path={"name": name, "version": version}, body=body)))

    async def stop_learning_policy(self, name: str, body: t.ReasonBody) -> t.LearningPolicyVersion:
        """Stop an experiment at once (POST /v1/learning/policies/{name}/stop)."""
        return cast("t.LearningPolicyVersion", await self._json(Call(OPERATIONS["stopLearningPolicy"], path={"name": name}, body=body)))

    async def list_snapshots(
        self,
        *,
        creditor: str | None = None,
        limit: int | None = None,
    ) -> t.SnapshotPage:
        """List what was learned (GET /v1/learning/snapshots)."""
        return cast("t.SnapshotPage", await self._json(Call(OPERATIONS["listSnapshots"], query={"creditor": creditor, "limit": limit})))

    async def get_snapshot(self, digest: str) -> t.SnapshotInFull:
        """Read what was learned (GET /v1/learning/snapshots/{digest})."""
        return cast("t.SnapshotInFull", await self._json(Call(OPERATIONS["getSnapshot"], path={"digest": digest})))

    async def get_experiment(self, name: str) -> t.Experiment:
        """Read an experiment (GET /v1/learning/experiments/{name})."""
        return cast("t.Experiment", await self._json(Call(OPERATIONS["getExperiment"], path={"name": name})))

    async def why_notice(self, notice_id: str) -> t.Why:
        """Say why a message came as it did (GET /v1/notices/{id}/why)."""
        return cast("t.Why", await self._json(Call(OPERATIONS["whyNotice"], path={"id": notice_id})))

    async def list_webhooks(self) -> t.WebhookEndpoints:
        """List webhook endpoints, the oldest first (GET /v1/webhooks)."""
        return cast("t.WebhookEndpoints", await self._json(Call(OPERATIONS["listWebhooks"])))

    async def create_webhook(self, body: t.EndpointBody) -> t.NewWebhookEndpoint:
        """Make a webhook endpoint (POST /v1/webhooks)."""
        return cast("t.NewWebhookEndpoint", await self._json(Call(OPERATIONS["createWebhook"], body=body)))

    async def get_webhook(self, webhook_id: str) -> t.WebhookEndpoint:
        """Read a webhook endpoint (GET /v1/webhooks/{id})."""
        return cast("t.WebhookEndpoint", await self._json(Call(OPERATIONS["getWebhook"], path={"id": webhook_id})))

    async def update_webhook(self, webhook_id: str, body: t.EndpointChange) -> t.WebhookEndpoint:
        """Change a webhook endpoint (PATCH /v1/webhooks/{id})."""
        return cast("t.WebhookEndpoint", await self._json(Call(OPERATIONS["updateWebhook"], path={"id": webhook_id}, body=body)))

    async def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook endpoint (DELETE /v1/webhooks/{id})."""
        await self._nothing(Call(OPERATIONS["deleteWebhook"], path={"id": webhook_id}))

    async def rotate_webhook_secret(self, webhook_id: str) -> t.NewWebhookEndpoint:
        """Replace the secret of a webhook endpoint (POST /v1/webhooks/{id}/rotate)."""
        return cast("t.NewWebhookEndpoint", await self._json(Call(OPERATIONS["rotateWebhookSecret"], path={"id": webhook_id})))

    async def test_webhook(self, webhook_id: str) -> t.WebhookAttempt:
        """Send a test to a webhook endpoint (POST /v1/webhooks/{id}/test)."""
        return cast("t.WebhookAttempt", await self._json(Call(OPERATIONS["testWebhook"], path={"id": webhook_id})))

    async def replay_webhook(self, webhook_id: str, body: t.ReplayBody) -> t.Replayed:
        """Send events again (POST /v1/webhooks/{id}/replay)."""
        return cast("t.Replayed", await self._json(Call(OPERATIONS["replayWebhook"], path={"id": webhook_id}, body=body)))

    async def list_webhook_attempts(
        self,
        webhook_id: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> t.WebhookAttempts:
        """List requests to a webhook endpoint, the newest first (GET /v1/webhooks/{id}/attempts)."""
        return cast("t.WebhookAttempts", await self._json(Call(OPERATIONS["listWebhookAttempts"], path={"id": webhook_id}, query={"cursor": cursor, "limit": limit})))

    async def create_key(self, body: t.KeyBody) -> t.NewKey:
        """Make an API key (POST /v1/keys)."""
        return cast("t.NewKey", await self._json(Call(OPERATIONS["createKey"], body=body)))

    async def list_keys(self, *, cursor: str | None = None, limit: int | None = None) -> t.KeyPage:
        """List API keys, newest first (GET /v1/keys)."""
        return cast("t.KeyPage", await self._json(Call(OPERATIONS["listKeys"], query={"cursor": cursor, "limit": limit})))

    async def revoke_key(self, key_id: str) -> t.KeyRecord:
        """Revoke an API key (POST /v1/keys/{id}/revoke)."""
        return cast("t.KeyRecord", await self._json(Call(OPERATIONS["revokeKey"], path={"id": key_id})))

    async def rotate_key(self, key_id: str, body: t.RotateBody | None = None) -> t.NewKey:
        """Replace an API key (POST /v1/keys/{id}/rotate)."""
        return cast("t.NewKey", await self._json(Call(OPERATIONS["rotateKey"], path={"id": key_id}, body=body)))

    async def list_sandbox_messages(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        channel: Literal["sms", "email", "voice", "whatsapp"] | None = None,
        borrower: str | None = None,
    ) -> t.SandboxPage:
        """List what the sandbox sent, newest first (GET /v1/sandbox/messages)."""
        return cast("t.SandboxPage", await self._json(Call(OPERATIONS["listSandboxMessages"], query={"cursor": cursor, "limit": limit, "channel": channel, "borrower": borrower})))

    async def reply_in_sandbox(self, body: t.ReplyBody) -> t.ReplyAnswer:
        """Reply as a borrower would (POST /v1/sandbox/replies)."""
        return cast("t.ReplyAnswer", await self._json(Call(OPERATIONS["replyInSandbox"], body=body)))

    async def post_inbound_mail(self, body: bytes) -> t.MailAnswer:
        """A mail that came in (POST /v1/inbound/email)."""
        return cast("t.MailAnswer", await self._json(Call(OPERATIONS["postInboundMail"], body=body, kind="message/rfc822")))

    async def post_returned_mail(self, body: bytes) -> t.MailAnswer:
        """A mail that came back (POST /v1/receipts/email)."""
        return cast("t.MailAnswer", await self._json(Call(OPERATIONS["postReturnedMail"], body=body, kind="message/rfc822")))
