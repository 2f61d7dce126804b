import type { Schemas } from "./operations.js";

export type FieldError = Schemas["ProblemError"];

/** The service answered with a problem (RFC 9457); `slug` says which, such as `invalid-request`. */
export class ProblemError extends Error {
  readonly status: number;
  readonly type: string;
  readonly slug: string;
  readonly title: string;
  readonly detail: string;
  /** The request's id, as the service's log has it. */
  readonly instance: string | undefined;
  readonly errors: readonly FieldError[];
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(status: number, document: Partial<Schemas["Problem"]>, retryAfter?: number) {
    const type = document.type ?? "about:blank";
    const slug = type.slice(type.lastIndexOf("/") + 1);
    const faults = (document.errors ?? []).map((one) => `${one.pointer || "/"}: ${one.detail}`).join("; ");
    super(`${status} ${slug}: ${document.detail ?? ""}${faults ? ` (${faults})` : ""}`);
    this.name = "ProblemError";
    this.status = status;
    this.type = type;
    this.slug = slug;
    this.title = document.title ?? "";
    this.detail = document.detail ?? "";
    this.instance = document.instance ?? undefined;
    this.errors = document.errors ?? [];
    this.retryAfter = retryAfter;
  }
}

/** No answer came; `mayHaveArrived` says whether the service may have done it all the same. */
export class Unreachable extends Error {
  readonly mayHaveArrived: boolean;

  constructor(detail: string, mayHaveArrived: boolean, cause: unknown) {
    super(detail, { cause });
    this.name = "Unreachable";
    this.mayHaveArrived = mayHaveArrived;
  }
}
