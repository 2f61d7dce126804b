// Generated from the OpenAPI document by `make clients`; not to be edited.

import type { components } from "./schema.js";
import type { Call, Operation } from "./calls.js";

export type Schemas = components["schemas"];

export const OPERATIONS = {
  createNotice: { id: "createNotice", method: "POST", path: "/v1/notices", safe: true, gives: "json" },
  listNotices: { id: "listNotices", method: "GET", path: "/v1/notices", safe: true, gives: "json" },
  createNotices: { id: "createNotices", method: "POST", path: "/v1/notices/batch", safe: true, gives: "json" },
  previewNotice: { id: "previewNotice", method: "POST", path: "/v1/notices/preview", safe: true, gives: "json" },
  cancelNotices: { id: "cancelNotices", method: "POST", path: "/v1/notices/cancel", safe: true, gives: "json" },
  getNotice: { id: "getNotice", method: "GET", path: "/v1/notices/{id}", safe: true, gives: "json" },
  cancelNotice: { id: "cancelNotice", method: "POST", path: "/v1/notices/{id}/cancel", safe: true, gives: "json" },
  putBorrower: { id: "putBorrower", method: "PUT", path: "/v1/borrowers/{id}", safe: true, gives: "json" },
  getBorrower: { id: "getBorrower", method: "GET", path: "/v1/borrowers/{id}", safe: true, gives: "json" },
  eraseBorrower: { id: "eraseBorrower", method: "POST", path: "/v1/borrowers/{id}/erase", safe: true, gives: "json" },
  getTimeline: { id: "getTimeline", method: "GET", path: "/v1/borrowers/{id}/timeline", safe: true, gives: "json" },
  placeLegalHold: { id: "placeLegalHold", method: "PUT", path: "/v1/borrowers/{id}/legal-hold", safe: true, gives: "json" },
  getLegalHold: { id: "getLegalHold", method: "GET", path: "/v1/borrowers/{id}/legal-hold", safe: true, gives: "json" },
  releaseLegalHold: { id: "releaseLegalHold", method: "DELETE", path: "/v1/borrowers/{id}/legal-hold", safe: true, gives: "nothing" },
  recordEvents: { id: "recordEvents", method: "POST", path: "/v1/events", safe: true, gives: "json" },
  evaluate: { id: "evaluate", method: "POST", path: "/v1/evaluate", safe: true, gives: "json" },
  getHealth: { id: "getHealth", method: "GET", path: "/healthz", safe: true, gives: "json" },
  getReadiness: { id: "getReadiness", method: "GET", path: "/readyz", safe: true, gives: "json" },
  getMetrics: { id: "getMetrics", method: "GET", path: "/metrics", safe: true, gives: "text" },
  listLog: { id: "listLog", method: "GET", path: "/v1/log", safe: true, gives: "json" },
  exportLog: { id: "exportLog", method: "GET", path: "/v1/log/export", safe: true, gives: "stream" },
  getCheckpoint: { id: "getCheckpoint", method: "GET", path: "/v1/log/checkpoint", safe: true, gives: "text" },
  cosignCheckpoint: { id: "cosignCheckpoint", method: "POST", path: "/v1/log/cosignatures", safe: true, gives: "text" },
  getVerifierKeys: { id: "getVerifierKeys", method: "GET", path: "/v1/log/key", safe: true, gives: "text" },
  getInclusionProof: { id: "getInclusionProof", method: "GET", path: "/v1/log/proof", safe: true, gives: "json" },
  getConsistencyProof: { id: "getConsistencyProof", method: "GET", path: "/v1/log/consistency", safe: true, gives: "json" },
  listPolicies: { id: "listPolicies", method: "GET", path: "/v1/policies", safe: true, gives: "json" },
  getPolicy: { id: "getPolicy", method: "GET", path: "/v1/policies/{name}", safe: true, gives: "json" },
  putPolicy: { id: "putPolicy", method: "PUT", path: "/v1/policies/{name}", safe: true, gives: "json" },
  testPolicy: { id: "testPolicy", method: "POST", path: "/v1/policies/{name}/versions/{version}/test", safe: true, gives: "json" },
  simulatePolicy: { id: "simulatePolicy", method: "POST", path: "/v1/policies/{name}/versions/{version}/simulate", safe: true, gives: "json" },
  approvePolicy: { id: "approvePolicy", method: "POST", path: "/v1/policies/{name}/versions/{version}/approve", safe: true, gives: "json" },
  activatePolicy: { id: "activatePolicy", method: "POST", path: "/v1/policies/{name}/versions/{version}/activate", safe: true, gives: "json" },
  retirePolicy: { id: "retirePolicy", method: "POST", path: "/v1/policies/{name}/versions/{version}/retire", safe: true, gives: "json" },
  rollBackPolicy: { id: "rollBackPolicy", method: "POST", path: "/v1/policies/{name}/versions/{version}/rollback", safe: true, gives: "json" },
  listTemplates: { id: "listTemplates", method: "GET", path: "/v1/templates", safe: true, gives: "json" },
  listCategories: { id: "listCategories", method: "GET", path: "/v1/categories", safe: true, gives: "json" },
  getTemplate: { id: "getTemplate", method: "GET", path: "/v1/templates/{name}", safe: true, gives: "json" },
  putTemplate: { id: "putTemplate", method: "PUT", path: "/v1/templates/{name}", safe: true, gives: "json" },
  approveTemplate: { id: "approveTemplate", method: "POST", path: "/v1/templates/{name}/versions/{version}/approve", safe: true, gives: "json" },
  activateTemplate: { id: "activateTemplate", method: "POST", path: "/v1/templates/{name}/versions/{version}/activate", safe: true, gives: "json" },
  previewTemplate: { id: "previewTemplate", method: "POST", path: "/v1/templates/{name}/preview", safe: true, gives: "json" },
  putCreditor: { id: "putCreditor", method: "PUT", path: "/v1/creditors/{creditor}", safe: true, gives: "json" },
  getCreditor: { id: "getCreditor", method: "GET", path: "/v1/creditors/{creditor}", safe: true, gives: "json" },
  listCreditors: { id: "listCreditors", method: "GET", path: "/v1/creditors", safe: true, gives: "json" },
  listHolds: { id: "listHolds", method: "GET", path: "/v1/holds", safe: true, gives: "json" },
  releaseHolds: { id: "releaseHolds", method: "POST", path: "/v1/holds/release", safe: true, gives: "json" },
  listSuppressions: { id: "listSuppressions", method: "GET", path: "/v1/suppressions", safe: true, gives: "json" },
  createSuppression: { id: "createSuppression", method: "POST", path: "/v1/suppressions", safe: true, gives: "json" },
  liftSuppression: { id: "liftSuppression", method: "POST", path: "/v1/suppressions/{id}/lift", safe: true, gives: "json" },
  listInbound: { id: "listInbound", method: "GET", path: "/v1/inbound", safe: true, gives: "json" },
  reportOutcomes: { id: "reportOutcomes", method: "GET", path: "/v1/reports/outcomes", safe: true, gives: "json" },
  listLearningPolicies: { id: "listLearningPolicies", method: "GET", path: "/v1/learning/policies", safe: true, gives: "json" },
  getLearningPolicy: { id: "getLearningPolicy", method: "GET", path: "/v1/learning/policies/{name}", safe: true, gives: "json" },
  putLearningPolicy: { id: "putLearningPolicy", method: "PUT", path: "/v1/learning/policies/{name}", safe: true, gives: "json" },
  testLearningPolicy: { id: "testLearningPolicy", method: "POST", path: "/v1/learning/policies/{name}/versions/{version}/test", safe: true, gives: "json" },
  approveLearningPolicy: { id: "approveLearningPolicy", method: "POST", path: "/v1/learning/policies/{name}/versions/{version}/approve", safe: true, gives: "json" },
  activateLearningPolicy: { id: "activateLearningPolicy", method: "POST", path: "/v1/learning/policies/{name}/versions/{version}/activate", safe: true, gives: "json" },
  retireLearningPolicy: { id: "retireLearningPolicy", method: "POST", path: "/v1/learning/policies/{name}/versions/{version}/retire", safe: true, gives: "json" },
  stopLearningPolicy: { id: "stopLearningPolicy", method: "POST", path: "/v1/learning/policies/{name}/stop", safe: true, gives: "json" },
  listSnapshots: { id: "listSnapshots", method: "GET", path: "/v1/learning/snapshots", safe: true, gives: "json" },
  getSnapshot: { id: "getSnapshot", method: "GET", path: "/v1/learning/snapshots/{digest}", safe: true, gives: "json" },
  getExperiment: { id: "getExperiment", method: "GET", path: "/v1/learning/experiments/{name}", safe: true, gives: "json" },
  whyNotice: { id: "whyNotice", method: "GET", path: "/v1/notices/{id}/why", safe: true, gives: "json" },
  listWebhooks: { id: "listWebhooks", method: "GET", path: "/v1/webhooks", safe: true, gives: "json" },
  createWebhook: { id: "createWebhook", method: "POST", path: "/v1/webhooks", safe: false, gives: "json" },
  getWebhook: { id: "getWebhook", method: "GET", path: "/v1/webhooks/{id}", safe: true, gives: "json" },
  updateWebhook: { id: "updateWebhook", method: "PATCH", path: "/v1/webhooks/{id}", safe: true, gives: "json" },
  deleteWebhook: { id: "deleteWebhook", method: "DELETE", path: "/v1/webhooks/{id}", safe: true, gives: "nothing" },
  rotateWebhookSecret: { id: "rotateWebhookSecret", method: "POST", path: "/v1/webhooks/{id}/rotate", safe: false, gives: "json" },
  testWebhook: { id: "testWebhook", method: "POST", path: "/v1/webhooks/{id}/test", safe: false, gives: "json" },
  replayWebhook: { id: "replayWebhook", method: "POST", path: "/v1/webhooks/{id}/replay", safe: false, gives: "json" },
  listWebhookAttempts: { id: "listWebhookAttempts", method: "GET", path: "/v1/webhooks/{id}/attempts", safe: true, gives: "json" },
  createKey: { id: "createKey", method: "POST", path: "/v1/keys", safe: false, gives: "json" },
  listKeys: { id: "listKeys", method: "GET", path: "/v1/keys", safe: true, gives: "json" },
  revokeKey: { id: "revokeKey", method: "POST", path: "/v1/keys/{id}/revoke", safe: true, gives: "json" },
  rotateKey: { id: "rotateKey", method: "POST", path: "/v1/keys/{id}/rotate", safe: false, gives: "json" },
  listSandboxMessages: { id: "listSandboxMessages", method: "GET", path: "/v1/sandbox/messages", safe: true, gives: "json" },
  replyInSandbox: { id: "replyInSandbox", method: "POST", path: "/v1/sandbox/replies", safe: false, gives: "json" },
  postInboundMail: { id: "postInboundMail", method: "POST", path: "/v1/inbound/email", safe: true, gives: "json" },
  postReturnedMail: { id: "postReturnedMail", method: "POST", path: "/v1/receipts/email", safe: true, gives: "json" },
} as const satisfies Record<string, Operation>;

/** Every operation. */
export abstract class Operations {
  protected abstract send<T>(call: Call): Promise<T>;

  /** Accept a notice (POST /v1/notices). */
  createNotice(body: Schemas["NoticeBody"], options: { idempotencyKey?: string } = {}): Promise<Schemas["AcceptedNotice"]> {
    return this.send({ operation: OPERATIONS.createNotice, body, idempotencyKey: options.idempotencyKey });
  }

  /** List notices, newest first or as they change (GET /v1/notices). */
  listNotices(query: { cursor?: string | null; limit?: number; borrower?: string | null; reference?: string; ids?: string; creditor?: string | null; category?: string | null; template?: string | null; state?: "due" | "deferred" | "sending" | "accepted" | "held_by_provider" | "delivered" | "undelivered" | "rejected" | "suppressed" | "held" | "exhausted" | "expired" | "cancelled" | "unknown" | "open" | "done" | null; status?: "open" | "done" | null; accepted_from?: string | null; accepted_to?: string | null; updated_since?: string | null; order?: "accepted" | "updated" } = {}): Promise<Schemas["NoticePage"]> {
    return this.send({ operation: OPERATIONS.listNotices, query });
  }

  /** Accept up to 1,000 notices (POST /v1/notices/batch). */
  createNotices(body: Schemas["BatchBody"]): Promise<Schemas["BatchAnswer"]> {
    return this.send({ operation: OPERATIONS.createNotices, body });
  }

  /** Say what would happen to a notice now (POST /v1/notices/preview). */
  previewNotice(body: Schemas["NoticeBody"]): Promise<Schemas["PreviewAnswer"]> {
    return this.send({ operation: OPERATIONS.previewNotice, body });
  }

  /** Cancel notices by reference or by ids (POST /v1/notices/cancel). */
  cancelNotices(body: Schemas["CancelBody"]): Promise<Schemas["CancelAnswer"]> {
    return this.send({ operation: OPERATIONS.cancelNotices, body });
  }

  /** Read a notice (GET /v1/notices/{id}). */
  getNotice(noticeId: string): Promise<Schemas["Notice"]> {
    return this.send({ operation: OPERATIONS.getNotice, path: { id: noticeId } });
  }

  /** Cancel a notice (POST /v1/notices/{id}/cancel). */
  cancelNotice(noticeId: string): Promise<Schemas["Notice"]> {
    return this.send({ operation: OPERATIONS.cancelNotice, path: { id: noticeId } });
  }

  /** Store a borrower's whole profile (PUT /v1/borrowers/{id}). */
  putBorrower(borrowerId: string, body: Schemas["BorrowerBody"]): Promise<Schemas["BorrowerProfile"]> {
    return this.send({ operation: OPERATIONS.putBorrower, path: { id: borrowerId }, body });
  }

  /** Read a borrower's profile (GET /v1/borrowers/{id}). */
  getBorrower(borrowerId: string): Promise<Schemas["BorrowerProfile"]> {
    return this.send({ operation: OPERATIONS.getBorrower, path: { id: borrowerId } });
  }

  /** Forget a borrower (POST /v1/borrowers/{id}/erase). */
  eraseBorrower(borrowerId: string, body?: Schemas["EraseBody"]): Promise<Schemas["Erasure"]> {
    return this.send({ operation: OPERATIONS.eraseBorrower, path: { id: borrowerId }, body });
  }

  /** What reached or did not reach a borrower (GET /v1/borrowers/{id}/timeline). */
  getTimeline(borrowerId: string, query: { cursor?: string | null; limit?: number } = {}): Promise<Schemas["Timeline"]> {
    return this.send({ operation: OPERATIONS.getTimeline, path: { id: borrowerId }, query });
  }

  /** Place a legal hold (PUT /v1/borrowers/{id}/legal-hold). */
  placeLegalHold(borrowerId: string, body: Schemas["LegalHoldBody"]): Promise<Schemas["LegalHold"]> {
    return this.send({ operation: OPERATIONS.placeLegalHold, path: { id: borrowerId }, body });
  }

  /** Read a legal hold (GET /v1/borrowers/{id}/legal-hold). */
  getLegalHold(borrowerId: string): Promise<Schemas["LegalHold"]> {
    return this.send({ operation: OPERATIONS.getLegalHold, path: { id: borrowerId } });
  }

  /** Release a legal hold (DELETE /v1/borrowers/{id}/legal-hold). */
  releaseLegalHold(borrowerId: string): Promise<void> {
    return this.send({ operation: OPERATIONS.releaseLegalHold, path: { id: borrowerId } });
  }

  /** Record events that happened elsewhere (POST /v1/events). */
  recordEvents(body: Schemas["EventBody"] | Schemas["EventBody"][]): Promise<Schemas["EventResults"]> {
    return this.send({ operation: OPERATIONS.recordEvents, body });
  }

  /** Judge without storing anything (POST /v1/evaluate). */
  evaluate(body: Schemas["QuestionDocument"]): Promise<Schemas["Verdict"]> {
    return this.send({ operation: OPERATIONS.evaluate, body });
  }

  /** Alive (GET /healthz). */
  getHealth(): Promise<Schemas["Alive"]> {
    return this.send({ operation: OPERATIONS.getHealth });
  }

  /** Ready (GET /readyz). */
  getReadiness(): Promise<Schemas["Ready"]> {
    return this.send({ operation: OPERATIONS.getReadiness });
  }

  /** Metrics (GET /metrics). */
  getMetrics(): Promise<string> {
    return this.send({ operation: OPERATIONS.getMetrics });
  }

  /** Read the dispatch log, newest first (GET /v1/log). */
  listLog(query: { cursor?: string | null; limit?: number; borrower?: string | null; notice?: string | null; delivery?: string | null; kind?: string | null; policy?: string | null; verdict?: "allow" | "defer" | "suppress" | "hold" | null; actor?: string | null; from?: string | null; to?: string | null } = {}): Promise<Schemas["LogPage"]> {
    return this.send({ operation: OPERATIONS.listLog, query });
  }

  /** Export the log up to the last checkpoint (GET /v1/log/export). */
  exportLog(query: { cell?: number; format?: "jsonl" | "csv" | "parquet"; first?: number } = {}): Promise<ReadableStream<Uint8Array>> {
    return this.send({ operation: OPERATIONS.exportLog, query });
  }

  /** The last checkpoint (GET /v1/log/checkpoint). */
  getCheckpoint(query: { cell?: number; size?: number | null } = {}): Promise<string> {
    return this.send({ operation: OPERATIONS.getCheckpoint, query });
  }

  /** Cosign a checkpoint, as a witness (POST /v1/log/cosignatures). */
  cosignCheckpoint(body: Schemas["CosignatureBody"]): Promise<string> {
    return this.send({ operation: OPERATIONS.cosignCheckpoint, body });
  }

  /** The verifier key (GET /v1/log/key). */
  getVerifierKeys(query: { cell?: number } = {}): Promise<string> {
    return this.send({ operation: OPERATIONS.getVerifierKeys, query });
  }

  /** Prove that an entry is in the log (GET /v1/log/proof). */
  getInclusionProof(query: { cell?: number; index: number; size: number }): Promise<Schemas["Hashes"]> {
    return this.send({ operation: OPERATIONS.getInclusionProof, query });
  }

  /** Prove that the log only grew (GET /v1/log/consistency). */
  getConsistencyProof(query: { cell?: number; from: number; to: number }): Promise<Schemas["Hashes"]> {
    return this.send({ operation: OPERATIONS.getConsistencyProof, query });
  }

  /** List policies by name (GET /v1/policies). */
  listPolicies(query: { cursor?: string | null; limit?: number } = {}): Promise<Schemas["PolicyPage"]> {
    return this.send({ operation: OPERATIONS.listPolicies, query });
  }

  /** Read a policy (GET /v1/policies/{name}). */
  getPolicy(name: string): Promise<Schemas["PolicyVersions"]> {
    return this.send({ operation: OPERATIONS.getPolicy, path: { name } });
  }

  /** Draft a new version (PUT /v1/policies/{name}). */
  putPolicy(name: string, body: string | Record<string, unknown>): Promise<Schemas["PolicyVersion"]> {
    return this.send({ operation: OPERATIONS.putPolicy, path: { name }, body, kind: "application/yaml" });
  }

  /** Run a version's own cases (POST /v1/policies/{name}/versions/{version}/test). */
  testPolicy(name: string, version: number): Promise<Schemas["CaseRun"]> {
    return this.send({ operation: OPERATIONS.testPolicy, path: { name, version } });
  }

  /** Take past decisions again by a version (POST /v1/policies/{name}/versions/{version}/simulate). */
  simulatePolicy(name: string, version: number, body: Schemas["SimulateBody"]): Promise<Schemas["SimulationAnswer"]> {
    return this.send({ operation: OPERATIONS.simulatePolicy, path: { name, version }, body });
  }

  /** Approve a tested version (POST /v1/policies/{name}/versions/{version}/approve). */
  approvePolicy(name: string, version: number): Promise<Schemas["PolicyVersion"]> {
    return this.send({ operation: OPERATIONS.approvePolicy, path: { name, version } });
  }

  /** Let an approved version bind (POST /v1/policies/{name}/versions/{version}/activate). */
  activatePolicy(name: string, version: number, body?: Schemas["ActivateBody"]): Promise<Schemas["PolicyVersion"]> {
    return this.send({ operation: OPERATIONS.activatePolicy, path: { name, version }, body });
  }

  /** Retire a version (POST /v1/policies/{name}/versions/{version}/retire). */
  retirePolicy(name: string, version: number, body: Schemas["ReasonBody"]): Promise<Schemas["PolicyVersion"]> {
    return this.send({ operation: OPERATIONS.retirePolicy, path: { name, version }, body });
  }

  /** Bind by the text of an earlier version again (POST /v1/policies/{name}/versions/{version}/rollback). */
  rollBackPolicy(name: string, version: number, body: Schemas["ReasonBody"]): Promise<Schemas["PolicyVersion"]> {
    return this.send({ operation: OPERATIONS.rollBackPolicy, path: { name, version }, body });
  }

  /** List templates by name (GET /v1/templates). */
  listTemplates(query: { cursor?: string | null; limit?: number } = {}): Promise<Schemas["TemplatePage"]> {
    return this.send({ operation: OPERATIONS.listTemplates, query });
  }

  /** List the categories of notices (GET /v1/categories). */
  listCategories(): Promise<Schemas["CategoryPage"]> {
    return this.send({ operation: OPERATIONS.listCategories });
  }

  /** Read a template (GET /v1/templates/{name}). */
  getTemplate(name: string): Promise<Schemas["TemplateVersions"]> {
    return this.send({ operation: OPERATIONS.getTemplate, path: { name } });
  }

  /** Draft a new version (PUT /v1/templates/{name}). */
  putTemplate(name: string, body: string | Record<string, unknown>): Promise<Schemas["TemplateVersion"]> {
    return this.send({ operation: OPERATIONS.putTemplate, path: { name }, body, kind: "application/yaml" });
  }

  /** Approve a draft (POST /v1/templates/{name}/versions/{version}/approve). */
  approveTemplate(name: string, version: number): Promise<Schemas["TemplateVersion"]> {
    return this.send({ operation: OPERATIONS.approveTemplate, path: { name, version } });
  }

  /** Let new notices use an approved version (POST /v1/templates/{name}/versions/{version}/activate). */
  activateTemplate(name: string, version: number, body: Schemas["ReasonBody"]): Promise<Schemas["TemplateVersion"]> {
    return this.send({ operation: OPERATIONS.activateTemplate, path: { name, version }, body });
  }

  /** Show a rendering (POST /v1/templates/{name}/preview). */
  previewTemplate(name: string, body: Schemas["SpecimenBody"]): Promise<Schemas["Rendering"]> {
    return this.send({ operation: OPERATIONS.previewTemplate, path: { name }, body });
  }

  /** Store a creditor's profile (PUT /v1/creditors/{creditor}). */
  putCreditor(creditor: string, body: Schemas["CreditorBody"]): Promise<Schemas["CreditorProfile"]> {
    return this.send({ operation: OPERATIONS.putCreditor, path: { creditor }, body });
  }

  /** Read a creditor's profile (GET /v1/creditors/{creditor}). */
  getCreditor(creditor: string): Promise<Schemas["CreditorProfile"]> {
    return this.send({ operation: OPERATIONS.getCreditor, path: { creditor } });
  }

  /** List creditors' profiles (GET /v1/creditors). */
  listCreditors(query: { cursor?: string | null; limit?: number } = {}): Promise<Schemas["CreditorPage"]> {
    return this.send({ operation: OPERATIONS.listCreditors, query });
  }

  /** List what waits for a person, the oldest first (GET /v1/holds). */
  listHolds(query: { cursor?: string | null; limit?: number } = {}): Promise<Schemas["HoldPage"]> {
    return this.send({ operation: OPERATIONS.listHolds, query });
  }

  /** Release one or many (POST /v1/holds/release). */
  releaseHolds(body: Schemas["ReleaseBody"]): Promise<Schemas["Releases"]> {
    return this.send({ operation: OPERATIONS.releaseHolds, body });
  }

  /** List what is suppressed, the newest first (GET /v1/suppressions). */
  listSuppressions(query: { cursor?: string | null; limit?: number; address?: string | null; channel?: "sms" | "email" | "voice" | "whatsapp" | "any" | null; reason?: "opt_out" | "cease" | "complaint" | "wrong_number" | "reassigned" | "dead_address" | "attorney" | "dispute" | "bankruptcy" | "deceased" | "hardship_request" | "unclear_words" | null; lifted?: "true" | "false" | null } = {}): Promise<Schemas["SuppressionPage"]> {
    return this.send({ operation: OPERATIONS.listSuppressions, query });
  }

  /** Suppress an address (POST /v1/suppressions). */
  createSuppression(body: Schemas["SuppressionBody"]): Promise<Schemas["Suppression"]> {
    return this.send({ operation: OPERATIONS.createSuppression, body });
  }

  /** Lift a suppression (POST /v1/suppressions/{id}/lift). */
  liftSuppression(suppressionId: string, body: Schemas["LiftBody"]): Promise<Schemas["Suppression"]> {
    return this.send({ operation: OPERATIONS.liftSuppression, path: { id: suppressionId }, body });
  }

  /** List messages from addresses that no borrower has, the newest first (GET /v1/inbound). */
  listInbound(query: { cursor?: string | null; limit?: number; matched: "false"; address?: string | null }): Promise<Schemas["InboundPage"]> {
    return this.send({ operation: OPERATIONS.listInbound, query });
  }

  /** Count what came after contacts (GET /v1/reports/outcomes). */
  reportOutcomes(query: { from?: string | null; to?: string | null; by?: string | null; format?: "json" | "csv" | "parquet"; prices?: string | null } = {}): Promise<Schemas["OutcomeReport"]> {
    return this.send({ operation: OPERATIONS.reportOutcomes, query });
  }

  /** List learning policies (GET /v1/learning/policies). */
  listLearningPolicies(): Promise<Schemas["LearningPolicyPage"]> {
    return this.send({ operation: OPERATIONS.listLearningPolicies });
  }

  /** Read a learning policy (GET /v1/learning/policies/{name}). */
  getLearningPolicy(name: string): Promise<Schemas["LearningPolicyVersions"]> {
    return this.send({ operation: OPERATIONS.getLearningPolicy, path: { name } });
  }

  /** Draft a new version of a learning policy (PUT /v1/learning/policies/{name}). */
  putLearningPolicy(name: string, body: string | Record<string, unknown>): Promise<Schemas["LearningPolicyVersion"]> {
    return this.send({ operation: OPERATIONS.putLearningPolicy, path: { name }, body, kind: "application/yaml" });
  }

  /** Say what a version means (POST /v1/learning/policies/{name}/versions/{version}/test). */
  testLearningPolicy(name: string, version: number): Promise<Schemas["LearningTest"]> {
    return this.send({ operation: OPERATIONS.testLearningPolicy, path: { name, version } });
  }

  /** Approve a tested version (POST /v1/learning/policies/{name}/versions/{version}/approve). */
  approveLearningPolicy(name: string, version: number): Promise<Schemas["LearningPolicyVersion"]> {
    return this.send({ operation: OPERATIONS.approveLearningPolicy, path: { name, version } });
  }

  /** Let an approved version choose (POST /v1/learning/policies/{name}/versions/{version}/activate). */
  activateLearningPolicy(name: string, version: number): Promise<Schemas["LearningPolicyVersion"]> {
    return this.send({ operation: OPERATIONS.activateLearningPolicy, path: { name, version } });
  }

  /** End a version (POST /v1/learning/policies/{name}/versions/{version}/retire). */
  retireLearningPolicy(name: string, version: number, body: Schemas["ReasonBody"]): Promise<Schemas["LearningPolicyVersion"]> {
    return this.send({ operation: OPERATIONS.retireLearningPolicy, path: { name, version }, body });
  }

  /** Stop an experiment at once (POST /v1/learning/policies/{name}/stop). */
  stopLearningPolicy(name: string, body: Schemas["ReasonBody"]): Promise<Schemas["LearningPolicyVersion"]> {
    return this.send({ operation: OPERATIONS.stopLearningPolicy, path: { name }, body });
  }

  /** List what was learned (GET /v1/learning/snapshots). */
  listSnapshots(query: { creditor?: string | null; limit?: number } = {}): Promise<Schemas["SnapshotPage"]> {
    return this.send({ operation: OPERATIONS.listSnapshots, query });
  }

  /** Read what was learned (GET /v1/learning/snapshots/{digest}). */
  getSnapshot(digest: string): Promise<Schemas["SnapshotInFull"]> {
    return this.send({ operation: OPERATIONS.getSnapshot, path: { digest } });
  }

  /** Read an experiment (GET /v1/learning/experiments/{name}). */
  getExperiment(name: string): Promise<Schemas["Experiment"]> {
    return this.send({ operation: OPERATIONS.getExperiment, path: { name } });
  }

  /** Say why a message came as it did (GET /v1/notices/{id}/why). */
  whyNotice(noticeId: string): Promise<Schemas["Why"]> {
    return this.send({ operation: OPERATIONS.whyNotice, path: { id: noticeId } });
  }

  /** List webhook endpoints, the oldest first (GET /v1/webhooks). */
  listWebhooks(): Promise<Schemas["WebhookEndpoints"]> {
    return this.send({ operation: OPERATIONS.listWebhooks });
  }

  /** Make a webhook endpoint (POST /v1/webhooks). */
  createWebhook(body: Schemas["EndpointBody"]): Promise<Schemas["NewWebhookEndpoint"]> {
    return this.send({ operation: OPERATIONS.createWebhook, body });
  }

  /** Read a webhook endpoint (GET /v1/webhooks/{id}). */
  getWebhook(webhookId: string): Promise<Schemas["WebhookEndpoint"]> {
    return this.send({ operation: OPERATIONS.getWebhook, path: { id: webhookId } });
  }

  /** Change a webhook endpoint (PATCH /v1/webhooks/{id}). */
  updateWebhook(webhookId: string, body: Schemas["EndpointChange"]): Promise<Schemas["WebhookEndpoint"]> {
    return this.send({ operation: OPERATIONS.updateWebhook, path: { id: webhookId }, body });
  }

  /** Delete a webhook endpoint (DELETE /v1/webhooks/{id}). */
  deleteWebhook(webhookId: string): Promise<void> {
    return this.send({ operation: OPERATIONS.deleteWebhook, path: { id: webhookId } });
  }

  /** Replace the secret of a webhook endpoint (POST /v1/webhooks/{id}/rotate). */
  rotateWebhookSecret(webhookId: string): Promise<Schemas["NewWebhookEndpoint"]> {
    return this.send({ operation: OPERATIONS.rotateWebhookSecret, path: { id: webhookId } });
  }

  /** Send a test to a webhook endpoint (POST /v1/webhooks/{id}/test). */
  testWebhook(webhookId: string): Promise<Schemas["WebhookAttempt"]> {
    return this.send({ operation: OPERATIONS.testWebhook, path: { id: webhookId } });
  }

  /** Send events again (POST /v1/webhooks/{id}/replay). */
  replayWebhook(webhookId: string, body: Schemas["ReplayBody"]): Promise<Schemas["Replayed"]> {
    return this.send({ operation: OPERATIONS.replayWebhook, path: { id: webhookId }, body });
  }

  /** List requests to a webhook endpoint, the newest first (GET /v1/webhooks/{id}/attempts). */
  listWebhookAttempts(webhookId: string, query: { cursor?: string | null; limit?: number } = {}): Promise<Schemas["WebhookAttempts"]> {
    return this.send({ operation: OPERATIONS.listWebhookAttempts, path: { id: webhookId }, query });
  }

  /** Make an API key (POST /v1/keys). */
  createKey(body: Schemas["KeyBody"]): Promise<Schemas["NewKey"]> {
    return this.send({ operation: OPERATIONS.createKey, body });
  }

  /** List API keys, newest first (GET /v1/keys). */
  listKeys(query: { cursor?: string | null; limit?: number } = {}): Promise<Schemas["KeyPage"]> {
    return this.send({ operation: OPERATIONS.listKeys, query });
  }

  /** Revoke an API key (POST /v1/keys/{id}/revoke). */
  revokeKey(keyId: string): Promise<Schemas["KeyRecord"]> {
    return this.send({ operation: OPERATIONS.revokeKey, path: { id: keyId } });
  }

  /** Replace an API key (POST /v1/keys/{id}/rotate). */
  rotateKey(keyId: string, body?: Schemas["RotateBody"]): Promise<Schemas["NewKey"]> {
    return this.send({ operation: OPERATIONS.rotateKey, path: { id: keyId }, body });
  }

  /** List what the sandbox sent, newest first (GET /v1/sandbox/messages). */
  listSandboxMessages(query: { cursor?: string | null; limit?: number; channel?: "sms" | "email" | "voice" | "whatsapp" | null; borrower?: string | null } = {}): Promise<Schemas["SandboxPage"]> {
    return this.send({ operation: OPERATIONS.listSandboxMessages, query });
  }

  /** Reply as a borrower would (POST /v1/sandbox/replies). */
  replyInSandbox(body: Schemas["ReplyBody"]): Promise<Schemas["ReplyAnswer"]> {
    return this.send({ operation: OPERATIONS.replyInSandbox, body });
  }

  /** A mail that came in (POST /v1/inbound/email). */
  postInboundMail(body: Uint8Array): Promise<Schemas["MailAnswer"]> {
    return this.send({ operation: OPERATIONS.postInboundMail, body, kind: "message/rfc822" });
  }

  /** A mail that came back (POST /v1/receipts/email). */
  postReturnedMail(body: Uint8Array): Promise<Schemas["MailAnswer"]> {
    return this.send({ operation: OPERATIONS.postReturnedMail, body, kind: "message/rfc822" });
  }
}
