export { Forbear, type Options, type Retries } from "./client.js";
export { OPERATIONS, Operations, type Schemas } from "./operations.js";
export { ProblemError, Unreachable, type FieldError } from "./problem.js";
export { verifyWebhook, WebhookRefused, type WebhookOptions } from "./webhooks.js";
