import type { Call } from "./calls.js";
import { Operations } from "./operations.js";
import { ProblemError, Unreachable } from "./problem.js";

/** How often a call is sent (with the first one), and how long it waits in between, in milliseconds. */
export interface Retries {
  attempts: number;
  /** Doubled from one to the next, and shortened at random by up to a half. */
  first: number;
  /** Also of what `Retry-After` asks for. */
  longest: number;
}

export interface Options {
  /** Where the service listens. */
  url: string;
  key?: string;
  /** Milliseconds of each attempt. */
  timeout?: number;
  retries?: Partial<Retries>;
  /** For tests. */
  fetch?: typeof fetch;
  /** For tests. */
  sleep?: (milliseconds: number) => Promise<void>;
}

/** Nothing was done: the same request may be sent again whatever it asks. */
const AGAIN = new Set([429, 503]);
/** Something may have been done: only what is safe is sent again. */
const UNSURE = new Set([500, 502, 504]);
/** Nothing of the request was sent. */
const NEVER_LEFT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

type Named = Record<string, unknown>;

/** Speaks to one service with one key. Throws a `ProblemError` where it says no, `Unreachable` where no answer came. */
export class Forbear extends Operations {
  readonly #options: Options;
  readonly #retries: Retries;

  constructor(options: Options) {
    super();
    this.#options = options;
    this.#retries = { attempts: 5, first: 500, longest: 30_000, ...options.retries };
  }

  /** Every item of a list, page after page: `client.each((cursor) => client.listNotices({ cursor }))`. */
  async *each<T>(page: (cursor: string | undefined) => Promise<{ items: T[]; next_cursor: string | null }>): AsyncGenerator<T> {
    let cursor: string | undefined;
    do {
      const found = await page(cursor);
      yield* found.items;
      cursor = found.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  protected async send<T>(call: Call): Promise<T> {
    const response = await this.#answered(call);
    switch (call.operation.gives) {
      case "json":
        return (await response.json()) as T;
      case "text":
        return (await response.text()) as T;
      case "stream":
        return response.body as T;
      case "nothing":
        await response.arrayBuffer();
        return undefined as T;
    }
  }

  async #answered(call: Call): Promise<Response> {
    const [url, init] = this.#request(call); // made once: every repeat carries the same keys
    const go = this.#options.fetch ?? fetch;
    for (let attempt = 1; ; attempt++) {
      let failure: ProblemError | Unreachable;
      try {
        const signal = AbortSignal.timeout(this.#options.timeout ?? 30_000);
        const response = await go(url, { ...init, redirect: "manual", signal });
        if (response.ok) return response;
        failure = await problemOf(response);
      } catch (error) {
        failure = new Unreachable(`${call.operation.method} ${call.operation.path}: ${String(error)}`, !neverLeft(error), error);
      }
      if (attempt >= this.#retries.attempts || !mayRepeat(call, failure)) throw failure;
      await this.#wait(attempt, failure);
    }
  }

  async #wait(attempt: number, failure: ProblemError | Unreachable): Promise<void> {
    const { first, longest } = this.#retries;
    const asked = failure instanceof ProblemError ? failure.retryAfter : undefined;
    const own = Math.min(first * 2 ** (attempt - 1), longest) * (1 - Math.random() / 2);
    const milliseconds = asked === undefined ? own : Math.min(asked * 1000, longest);
    await (this.#options.sleep ?? ((time) => new Promise((done) => setTimeout(done, time))))(milliseconds);
  }

  #request(call: Call): [string, RequestInit] {
    let path = call.operation.path;
    for (const [name, value] of Object.entries(call.path ?? {})) path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
    const url = new URL(this.#options.url.replace(/\/+$/, "") + path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { Accept: "application/json, text/plain;q=0.9, */*;q=0.8" };
    if (this.#options.key !== undefined) headers["Authorization"] = `Bearer ${this.#options.key}`;
    if (call.operation.id === "createNotice") headers["Idempotency-Key"] = call.idempotencyKey ?? crypto.randomUUID();
    const init: RequestInit = { method: call.operation.method, headers };
    if (call.body !== undefined && call.body !== null) {
      const raw = typeof call.body === "string" || call.body instanceof Uint8Array;
      headers["Content-Type"] = raw ? (call.kind ?? "application/json") : "application/json";
      init.body = raw ? (call.body as string) : JSON.stringify(named(call));
    }
    return [url.href, init];
  }
}

/** The body with keys of its own where that makes a repeat harmless. */
function named(call: Call): unknown {
  if (call.operation.id === "createNotices") {
    const body = call.body as { notices: Named[] };
    return { ...body, notices: body.notices.map((one) => ({ idempotency_key: crypto.randomUUID(), ...one })) };
  }
  if (call.operation.id === "recordEvents") {
    const event = (one: Named) => ({ event_id: `evt-${crypto.randomUUID()}`, ...one });
    return Array.isArray(call.body) ? call.body.map(event) : event(call.body as Named);
  }
  return call.body;
}

async function problemOf(response: Response): Promise<ProblemError> {
  const after = response.headers.get("retry-after") ?? "";
  const seconds = /^\d+$/.test(after) ? Number(after) : undefined;
  const text = await response.text();
  let document: object = { detail: `no problem document came: ${text.slice(0, 200)}` };
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) document = parsed;
  } catch {
    // the text says it
  }
  return new ProblemError(response.status, document, seconds);
}

function neverLeft(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined;
  return cause?.code !== undefined && NEVER_LEFT.has(cause.code);
}

function mayRepeat(call: Call, failure: ProblemError | Unreachable): boolean {
  if (failure instanceof Unreachable) return call.operation.safe || !failure.mayHaveArrived;
  return AGAIN.has(failure.status) || (UNSURE.has(failure.status) && call.operation.safe);
}
