/** One operation of the API. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** It may be sent again where nobody knows whether it arrived. */
  readonly safe: boolean;
  readonly gives: "json" | "text" | "stream" | "nothing";
}

/** One call of it. */
export interface Call {
  readonly operation: Operation;
  readonly path?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
  /** The content type of a body that is text or octets; any other body is JSON. */
  readonly kind?: string;
  readonly idempotencyKey?: string | undefined;
}
