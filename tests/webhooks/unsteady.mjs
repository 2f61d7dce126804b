// The same receiver in node, verified by npm's `standardwebhooks`: node unsteady.mjs PORT SECRET FILE SEED FOLDER
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [port, secret, file, seed, folder] = process.argv.slice(2);
const { Webhook } = createRequire(`${folder}/`)("standardwebhooks");
const REFUSES = 0.20, LOSES = 0.13, MOST = 1;
const webhook = new Webhook(secret), failures = new Map();
let state = Number(seed);
const dice = () => (state = (state * 48271) % 2147483647) / 2147483647;

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts).toString(), id = request.headers["webhook-id"];
    const note = (what) => appendFileSync(file, `${JSON.stringify({ what, id, body })}\n`);
    const answer = (status) => { response.statusCode = status; response.end(); };
    try {
      webhook.verify(body, request.headers);
    } catch {
      note("forged");
      return answer(400);
    }
    const chance = dice(), before = failures.get(id) ?? 0;
    if (chance < REFUSES + LOSES && before < MOST) {
      failures.set(id, before + 1);
      if (chance < REFUSES) {
        note("refused");
        return answer(500);
      }
      note("taken");
      return request.socket.destroy();
    }
    note("taken");
    answer(200);
  });
}).listen(Number(port), "127.0.0.1");
