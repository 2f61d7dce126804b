import type { Schemas } from "./operations.js";

/** The request is not the service's, or is too old: answer 400 and do nothing. */
export class WebhookRefused extends Error {
  override readonly name = "WebhookRefused";
}

export interface WebhookOptions {
  /** Seconds since 1970. */
  now?: number;
  /** Seconds that the request may be older or newer than `now`. */
  tolerance?: number;
}

/**
 * The event of a request (Standard Webhooks, v1). `body` is the octets, or the text, as they came; `secrets` one `whsec_…`, or two while one
 * replaces the other. The `webhook-id` is equal in every repeat: answer 200 to one that you know and leave it.
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: Headers | Record<string, string | string[] | undefined>,
  secrets: string | readonly string[],
  { now = Date.now() / 1000, tolerance = 300 }: WebhookOptions = {},
): Promise<Schemas["WebhookEvent"]> {
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  const given = header(headers, "webhook-signature");
  if (!/^\d+$/.test(timestamp)) throw new WebhookRefused("webhook-timestamp is no number of seconds");
  if (Math.abs(now - Number(timestamp)) > tolerance) throw new WebhookRefused("webhook-timestamp is too far from now");
  const text = typeof body === "string" ? body : new TextDecoder().decode(body);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${text}`);
  const offered = given.split(" ").filter((one) => one.startsWith("v1,")).map((one) => octets(one.slice(3)));
  for (const secret of typeof secrets === "string" ? [secrets] : secrets) {
    const raw = octets(secret.replace(/^whsec_/, ""));
    const key = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    for (const one of offered) {
      if (await crypto.subtle.verify("HMAC", key, one, signed)) return JSON.parse(text) as Schemas["WebhookEvent"];
    }
  }
  throw new WebhookRefused("no signature fits");
}

function header(headers: Headers | Record<string, string | string[] | undefined>, name: string): string {
  const lowered = (found: Record<string, string | string[] | undefined>) =>
    Object.entries(found).find(([key]) => key.toLowerCase() === name)?.[1];
  const value = headers instanceof Headers ? headers.get(name) : lowered(headers);
  if (typeof value !== "string") throw new WebhookRefused(`the header ${name} is missing`);
  return value;
}

function octets(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}
