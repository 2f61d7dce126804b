// What the TypeScript client does where an answer is late, lost or none, and with webhooks: each check throws where it fails.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const { client: where, webhook } = JSON.parse(readFileSync(0, "utf8"));
const { Forbear, ProblemError, Unreachable, verifyWebhook, WebhookRefused } = await import(where);

function flaky(...answers) {
  const asked = [];
  const waited = [];
  const fetch = async (url, init) => {
    asked.push({ url, ...init });
    const one = answers.shift();
    if (one instanceof Error) throw one;
    return new Response(JSON.stringify(one.body), { status: one.status, headers: one.headers ?? {} });
  };
  const sleep = async (milliseconds) => void waited.push(milliseconds);
  return { asked, waited, client: new Forbear({ url: "http://forbear.example/", key: "k", fetch, sleep, retries: { first: 0, attempts: 3 } }) };
}
const lost = () => new TypeError("fetch failed", { cause: { code: "UND_ERR_SOCKET" } });
const refusedAtOnce = () => new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });
const problem = (status, slug, further = {}) => ({ status, body: { type: `https://forbear.example/problems/${slug}`, detail: "d", ...further } });

{
  const { client, asked, waited } = flaky(lost(), { ...problem(503, "unavailable"), headers: { "Retry-After": "2" } }, { status: 202, body: { id: "n" } });
  assert.equal((await client.createNotice({})).id, "n");
  assert.equal(new Set(asked.map((one) => one.headers["Idempotency-Key"])).size, 1);
  assert.deepEqual(waited, [0, 2000]);
}
{
  const { client } = flaky(lost());
  await assert.rejects(client.createKey({ name: "n", role: "ops" }), (error) => error instanceof Unreachable && error.mayHaveArrived);
}
{
  const { client } = flaky(refusedAtOnce(), problem(429, "too-many-requests"), { status: 201, body: { id: "k" } });
  assert.equal((await client.createKey({ name: "n", role: "ops" })).id, "k");
}
{
  const { client, asked } = flaky({ status: 202, body: {} }, { status: 202, body: {} });
  await client.createNotices({ notices: [{}, { idempotency_key: "mine" }] });
  const { notices } = JSON.parse(asked[0].body);
  assert.ok(notices[0].idempotency_key);
  assert.equal(notices[1].idempotency_key, "mine");
  await client.recordEvents([{ borrower_id: "B" }]);
  assert.match(JSON.parse(asked[1].body)[0].event_id, /^evt-/);
}
{
  const { client } = flaky(problem(422, "invalid-request", { errors: [{ pointer: "/channels/0", detail: "expected a channel", code: "x" }] }));
  await assert.rejects(client.getNotice("x"), (error) => error instanceof ProblemError && error.slug === "invalid-request" && error.errors[0].pointer === "/channels/0");
}
{
  const { client, asked } = flaky({ status: 200, body: { items: [1, 2], next_cursor: "c" } }, { status: 200, body: { items: [3], next_cursor: null } });
  const found = [];
  for await (const one of client.each((cursor) => client.listNotices({ cursor, creditor: "bank" }))) found.push(one);
  assert.deepEqual(found, [1, 2, 3]);
  assert.equal(new URL(asked[1].url).searchParams.get("cursor"), "c");
}
{
  const { client, asked } = flaky({ status: 200, body: {} });
  await client.getBorrower("a/b c");
  assert.equal(new URL(asked[0].url).pathname, "/v1/borrowers/a%2Fb%20c");
}
{
  const { body, headers, secrets, now } = webhook;
  assert.equal((await verifyWebhook(body, headers, secrets[0], { now })).type, "notice.done");
  assert.equal((await verifyWebhook(new TextEncoder().encode(body), new Headers(headers), [secrets[1], secrets[0]], { now })).type, "notice.done");
  for (const [forged, given, secret, at] of [
    [`${body} `, headers, secrets[0], now],
    [body, headers, secrets[1], now],
    [body, headers, secrets[0], now + 301],
    [body, { ...headers, "Webhook-Id": "evt_2" }, secrets[0], now],
    [body, { ...headers, "Webhook-Timestamp": "soon" }, secrets[0], now],
    [body, { ...headers, "Webhook-Signature": "v1,%%% v2,BBBB" }, secrets[0], now],
    [body, {}, secrets[0], now],
  ]) {
    await assert.rejects(verifyWebhook(forged, given, secret, { now: at }), WebhookRefused);
  }
}
process.stdout.write("ok");
