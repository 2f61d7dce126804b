// Walks the scenario with the TypeScript client: reads {client, url, key, steps} from stdin, writes what the steps saved.
import { readFileSync } from "node:fs";

const { client: where, url, key, steps } = JSON.parse(readFileSync(0, "utf8"));
const { Forbear, ProblemError } = await import(where);
const clients = { first: new Forbear({ url, key }) };
const saved = {};
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function filled(value) {
  if (typeof value === "string" && value.startsWith("$")) {
    return value.slice(1).split(".").reduce((found, part) => found[part], saved);
  }
  if (Array.isArray(value)) return value.map(filled);
  if (typeof value === "object" && value !== null) {
    if ("$mail" in value) return new TextEncoder().encode(value.$mail);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one)]));
  }
  return value;
}

async function text(answered) {
  return answered instanceof ReadableStream ? await new Response(answered).text() : answered;
}

for (const step of steps) {
  if (step.by && !clients[step.by]) clients[step.by] = new Forbear({ url, key: saved[step.by].key });
  const client = clients[step.by ?? "first"];
  const args = filled(step.args);
  if (step.query) args.push(step.query);
  for (let patience = 0; ; patience++) {
    try {
      const answered = await text(await client[step.op](...args));
      if (step.problem) throw new Error(`${step.op} was to be refused as ${step.problem}: ${JSON.stringify(answered)}`);
      if (step.save) saved[step.save] = answered;
      break;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (error.slug === step.until && patience < 100) {
        await pause(100);
        continue;
      }
      if (error.slug !== step.problem && !step.maybe?.includes(error.slug)) throw new Error(`${step.op}: ${error.message}`, { cause: error });
      break;
    }
  }
}
process.stdout.write(JSON.stringify(saved));
