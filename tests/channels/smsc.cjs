// An SMSC made of npm's smpp. Told by JSON lines on stdin, tells by JSON lines on stdout: {"listens": port}, then every unit that comes.
// {"script": [..]} what submit_sm is answered: a status, "hang", "cut"; {"deliver": {..}} a deliver_sm; {"password": ".."} who may bind.
const smpp = require("smpp");
const readline = require("readline");
let script = [];
let password = "a-pass";
let count = 0;
const sessions = [];
const kept = {};
const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n");
const shown = (pdu) => {
  const found = {};
  for (const [key, value] of Object.entries(pdu)) {
    found[key] = Buffer.isBuffer(value) ? { hex: value.toString("hex") } : value;
  }
  for (const name of ["short_message", "message_payload"]) {
    const value = pdu[name];
    if (value === undefined) continue;
    const text = value.message === undefined ? value : value.message;
    found[name] = Buffer.isBuffer(text) ? { hex: text.toString("hex") } : text;
    if (value.udh) found.udh = value.udh.map((one) => one.toString("hex"));
  }
  return found;
};
const server = smpp.createServer({}, (session) => {
  session.on("error", () => {});
  session.on("pdu", (pdu) => tell(shown(pdu)));
  const bound = (pdu) => {
    if (pdu.password !== password) {
      session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
      return;
    }
    session.send(pdu.response());
    sessions.push(session);
  };
  session.on("bind_transceiver", bound);
  session.on("bind_transmitter", bound);
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => { session.send(pdu.response()); session.close(); });
  session.on("query_sm", (pdu) => {
    if (!(pdu.message_id in kept)) session.send(pdu.response({ command_status: smpp.ESME_RINVMSGID }));
    else session.send(pdu.response({ message_id: pdu.message_id, message_state: kept[pdu.message_id], error_code: 0 }));
  });
  session.on("submit_sm", (pdu) => {
    const said = script.length ? script.shift() : 0;
    if (said === "hang") return;
    if (said === "cut") { session.destroy(); return; }
    if (said !== 0) { session.send(pdu.response({ command_status: said })); return; }
    count += 1;
    const id = (0xabc0 + count).toString(16);
    kept[id] = smpp.MESSAGE_STATE.DELIVERED;
    session.send(pdu.response({ message_id: id }));
  });
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => tell({ listens: Number(process.argv[2]) }));
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const told = JSON.parse(line);
  if (told.script) script = told.script;
  if (told.password) password = told.password;
  if (told.close) sessions.forEach((one) => one.destroy());
  if (told.deliver) {
    const fields = told.deliver;
    for (const name of ["short_message", "message_payload"]) {
      if (fields[name] && fields[name].hex !== undefined) fields[name] = Buffer.from(fields[name].hex, "hex");
    }
    if (fields.udh) {
      fields.short_message = { udh: Buffer.from(fields.udh, "hex"), message: fields.short_message };
      delete fields.udh;
    }
    const session = sessions[sessions.length - 1];
    session.deliver_sm(fields, (answer) => tell({ command: "answered", status: answer.command_status, tag: told.tag }));
  }
}).on("close", () => process.exit(0));
