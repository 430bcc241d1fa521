// What is made of what the gateway says: names, sessions, transcripts, failures, settings.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { beforeEach, test } from "node:test";

import { PACKAGE, load } from "./package.mjs";

const { addressFor, addressOf, sessionOf } = await load(PACKAGE, "gateway/address.js");
const { seenAgents } = await load(PACKAGE, "gateway/agents.js");
const { callerOf } = await load(PACKAGE, "gateway/caller.js");
const { classify } = await load(PACKAGE, "gateway/failure.js");
const { Names } = await load(PACKAGE, "gateway/names.js");
const { Runs } = await load(PACKAGE, "gateway/runs.js");
const { answered, asked, usageOf } = await load(PACKAGE, "gateway/transcript.js");
const { Sessions } = await load(PACKAGE, "orchestrator/sessions.js");
const { madeDataDir, settingsOf } = await load(PACKAGE, "entry/settings.js");

/** The runs of a process outlive what started them; no test is to see those of another. */
beforeEach(() => globalThis[Symbol.for("aof.openclaw.runs")]?.clear());

const RUN = "01M8F26W2GW7YP6WPDKEEZJW3H";
const ID = `aof-${RUN.toLowerCase()}`;

test("what is written down of a session leads back to it", () => {
  const spawned = addressFor({ key: RUN, method: "spawn" }, "ada");
  assert.deepEqual(spawned, { sessionKey: `agent:ada:subagent:${ID}`, runId: ID });
  const sent = addressFor({ key: RUN, method: "send", sessionKey: "agent:ada:main" }, "ada");
  assert.deepEqual(sent, { sessionKey: "agent:ada:main", runId: ID });
  for (const address of [spawned, sent]) assert.deepEqual(addressOf(sessionOf(address)), address);
});

function namesOver(agents) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "aof-names-"));
  const orchestrator = { view: async () => ({ org: { chart: { agents } } }) };
  return new Names({ orchestrator, root });
}

test("only the chart makes an agent of the gateway one of the chart", async () => {
  const names = namesOver([{ id: "lead", openclawAgentId: "Main" }, { id: "ada" }]);
  await names.refresh();
  assert.equal(names.inChart("main"), "lead");
  assert.equal(names.inChart("ada"), "ada");
  assert.equal(names.inChart("lead"), "unlisted-lead");
  assert.equal(names.inChart("mallory"), "mallory");
  assert.equal(names.inGateway("lead"), "Main");
});

test("only a session that was started for a run speaks for it", async () => {
  const names = namesOver([{ id: "ada" }, { id: "bob" }]);
  await names.refresh();
  const sessions = new Sessions();
  const session = `agent:ada:subagent:${ID}`;
  sessions.add({ run: RUN, task: "T", agent: "ada", session, heartbeatAtMs: 0 });
  const run = (context) => callerOf(context, sessions, names).val.run;
  assert.equal(run({ agentId: "ada", sessionKey: session.toUpperCase() }), RUN);
  assert.equal(run({ agentId: "bob", sessionKey: session }), undefined);
  assert.equal(run({ agentId: "ada", sessionKey: "agent:ada:main" }), undefined);
  assert.throws(() => callerOf({ sessionKey: session }, sessions, names), /does not say/);
  sessions.remove(RUN);
  assert.equal(run({ agentId: "ada", sessionKey: session }), undefined);
});

const MESSAGES = [
  { role: "user", idempotencyKey: `${ID}:user`, content: [{ type: "text", text: "Do it." }] },
  {
    role: "assistant",
    __openclaw: { runId: ID },
    stopReason: "toolUse",
    usage: { input: 10, output: 5, cacheRead: 2, cost: { total: 0.5 } },
    content: [],
  },
  {
    role: "assistant",
    __openclaw: { runId: ID },
    stopReason: "stop",
    model: "m",
    usage: { input: 1, output: 2 },
    content: "Done.",
  },
];

test("a transcript tells what was asked, answered and used", () => {
  assert.equal(asked(MESSAGES, ID), "Do it.");
  assert.equal(answered(MESSAGES, ID), "Done.");
  assert.equal(answered(MESSAGES.slice(0, 2), ID), undefined);
  assert.equal(asked(MESSAGES, "another"), undefined);
  assert.deepEqual(usageOf(MESSAGES, ID), {
    model: "m",
    inputTokens: 13n,
    outputTokens: 7n,
    costMicros: 500_000n,
  });
});

function runsOver(subagent, place = fs.mkdtempSync(path.join(os.tmpdir(), "aof-runs-"))) {
  const names = { inGateway: (agent) => agent };
  const log = { debug: () => {}, warn: () => {} };
  fs.mkdirSync(path.join(place, "run"), { recursive: true });
  return new Runs({ runtime: { subagent }, log, place, tools: ["t"], names });
}

const SPAWN = {
  key: RUN,
  run: RUN,
  agent: "ada",
  method: "spawn",
  prompt: "Do it.",
  runDir: "run",
};

test("a start is one run of the gateway under a key of its own", async () => {
  const asks = [];
  const runs = runsOver({ run: async (params) => asks.push(params) });
  assert.equal(await runs.start(SPAWN, false), `agent:ada:subagent:${ID}`);
  assert.equal(asks[0].idempotencyKey, ID);
  assert.match(asks[0].message, /^Do it\.\n/);
});

test("a repeated start of a run that answered starts nothing and ends at once", async () => {
  const runs = runsOver({
    run: () => assert.fail("started"),
    getSessionMessages: async () => ({ messages: MESSAGES }),
  });
  const session = await runs.start(SPAWN, true);
  const end = await runs.ended(RUN, session);
  assert.deepEqual([end.ending, end.outputTail], [{ tag: "exited", val: 0 }, "Done."]);
});

test("an interrupted run goes on with the message that it was asked", async () => {
  const asks = [];
  const runs = runsOver({
    run: async (params) => asks.push(params.message),
    getSessionMessages: async () => ({ messages: MESSAGES.slice(0, 1) }),
  });
  const session = `agent:ada:subagent:${ID}`;
  assert.equal(await runs.adopt({ run: RUN, session, runDir: "run" }), session);
  assert.deepEqual(asks, ["Do it."]);
});

test("a run that was killed before its first word begins under its own key", async () => {
  const asks = [];
  const runs = runsOver({
    run: async (params) => asks.push(params),
    getSessionMessages: async () => ({ messages: [] }),
  });
  const session = `agent:ada:subagent:${ID}`;
  await runs.start(SPAWN, false);
  globalThis[Symbol.for("aof.openclaw.runs")].clear();
  const adopted = { run: RUN, agent: "ada", session, runDir: "run" };
  assert.equal(await runs.adopt(adopted), session);
  await runs.start({ ...SPAWN, prompt: "Another text." }, true);
  const [first, ...later] = asks;
  for (const ask of later)
    assert.deepEqual(ask, first, "the gateway takes no other message for it");
});

test("what a killed gateway had only just accepted goes on as another turn", async () => {
  const asks = [];
  const runs = runsOver({
    run: async ({ idempotencyKey, sessionKey }) => {
      if (idempotencyKey === ID)
        throw new Error("Pending input ownership ended; submit a new turn");
      asks.push([sessionKey, idempotencyKey]);
    },
    waitForRun: async ({ runId }) => ({ status: runId === `${ID}-anew` ? "ok" : "timeout" }),
    getSessionMessages: async () => ({
      messages: [{ ...MESSAGES[2], __openclaw: { runId: `${ID}-anew` } }],
    }),
  });
  const session = await runs.start(SPAWN, false);
  assert.deepEqual(asks, [[`agent:ada:subagent:${ID}`, `${ID}-anew`]]);
  assert.equal((await runs.ended(RUN, session)).outputTail, "Done.");
});

test("a run that the gateway does not let go on is not adopted", async () => {
  const runs = runsOver({
    run: async () => {
      throw new Error("the gateway is draining");
    },
    getSessionMessages: async () => ({ messages: [] }),
  });
  const session = `agent:ada:subagent:${ID}`;
  const adopted = { run: RUN, agent: "ada", session, runDir: "run" };
  assert.equal(await runs.adopt(adopted), undefined, "nobody knows what it was told");
  await assert.rejects(runs.start(SPAWN, false), { class: "capacity" });
  assert.equal(await runs.adopt(adopted), undefined);
});

test("of a run whose task went on without it only what it used is told", async () => {
  let messages = MESSAGES.slice(0, 1);
  const runs = runsOver({
    run: () => assert.fail("it goes on"),
    getSessionMessages: async () => ({ messages }),
  });
  const adopted = { run: RUN, agent: "ada", session: undefined };
  assert.equal(await runs.adopt(adopted), undefined);
  messages = MESSAGES;
  const session = await runs.adopt(adopted);
  assert.equal((await runs.ended(RUN, session)).usage.inputTokens, 13n);
});

test("a run of this process is adopted without its transcript", async () => {
  const session = `agent:ada:subagent:${ID}`;
  await runsOver({ run: async () => {} }).start(SPAWN, false);
  const next = runsOver({
    run: () => assert.fail("started"),
    getSessionMessages: () => assert.fail("read"),
    waitForRun: async () => ({ status: "ok", terminalReply: { text: "Done." } }),
  });
  assert.equal(await next.adopt({ run: RUN, session }), session);
  assert.equal(await next.start(SPAWN, true), session);
  await next.ended(RUN, session);
  await assert.rejects(next.adopt({ run: RUN, session }), "its end was told: it lives no more");
});

test("a transcript that cannot be read is not an empty one", async () => {
  let isReadable = false;
  const runs = runsOver({
    run: async () => {},
    getSessionMessages: async () => {
      if (!isReadable) throw new Error("no longer active");
      return { messages: MESSAGES };
    },
  });
  const adopted = { run: RUN, session: `agent:ada:subagent:${ID}`, runDir: "run" };
  await assert.rejects(runs.adopt(adopted), { class: "capacity", message: /no longer active/ });
  await assert.rejects(runs.start(SPAWN, true), { class: "capacity" });
  isReadable = true;
  assert.equal(await runs.adopt(adopted), adopted.session);
});

test("a run that breaks off because the gateway stops is left to the next gateway", async () => {
  const runs = runsOver({ waitForRun: async () => ({ status: "error", error: "aborted" }) });
  runs.drain();
  await assert.rejects(runs.ended(RUN, `agent:ada:subagent:${ID}`), /gateway stops/);
});

test("the end of a run is what the gateway says, by an answer or by its hook", async () => {
  const answers = [{ status: "timeout" }, { status: "error", error: "no model" }];
  const runs = runsOver({
    waitForRun: async () => answers.shift(),
    getSessionMessages: async () => ({ messages: [] }),
  });
  const end = await runs.ended(RUN, `agent:ada:subagent:${ID}`);
  assert.deepEqual([end.ending, end.outputTail], [{ tag: "exited", val: 1 }, "no model"]);

  const silent = runsOver({
    waitForRun: () => new Promise(() => {}),
    getSessionMessages: async () => ({ messages: [] }),
  });
  const ended = silent.ended(RUN, `agent:ada:subagent:${ID}`);
  silent.tell({ runId: ID, outcome: "error", error: "gone" });
  assert.equal((await ended).outputTail, "gone");
});

test("a run over its limit is ended and told as timed out", async () => {
  const deleted = [];
  const runs = runsOver({
    waitForRun: async () => ({ status: "timeout" }),
    getSessionMessages: async () => ({ messages: [] }),
    deleteSession: async ({ sessionKey }) => deleted.push(sessionKey),
  });
  const session = `agent:ada:subagent:${ID}`;
  assert.deepEqual((await runs.ended(RUN, session, 0)).ending, { tag: "timed-out" });
  assert.deepEqual(deleted, [session]);
});

test("a cancelled run is told as killed", async () => {
  let wake;
  const runs = runsOver({
    waitForRun: () => new Promise((resolve) => (wake = resolve)),
    deleteSession: async () => wake({ status: "error" }),
  });
  const session = `agent:ada:subagent:${ID}`;
  const ended = runs.ended(RUN, session);
  await runs.cancel(RUN, session, "not needed");
  assert.deepEqual((await ended).ending, { tag: "killed", val: "not needed" });
});

test("why a start failed decides whether it is tried again", () => {
  const kind = (message) => classify(new Error(message)).class;
  assert.equal(kind('Unknown agent id "x"'), "permanent");
  assert.equal(kind("HTTP 429"), "rate-limited");
  assert.equal(kind("too many sessions"), "capacity");
  assert.equal(kind("socket hang up"), "transient");
  assert.equal(kind("Gateway is draining"), "capacity");
  assert.equal(kind("Pending input ownership ended; submit a new turn to continue"), "capacity");
});

test("agents are seen however the gateway lists them", () => {
  const ids = (agents) => seenAgents({ agents }).map((it) => it.id);
  assert.deepEqual(ids({ entries: { main: {}, ada: {} } }), ["main", "ada"]);
  assert.deepEqual(ids({ list: [{ id: "main" }] }), ["main"]);
  assert.deepEqual(ids(undefined), ["main"]);
  const [main] = seenAgents({ agents: { defaults: { model: { primary: "mock/m-1" } } } });
  assert.deepEqual([main.provider, main.model, main.active], ["mock", "m-1", true]);
});

test("settings are used or refused by their name", () => {
  const settings = settingsOf(undefined, () => "/state");
  assert.deepEqual(settings, {
    dataDir: "/state/aof",
    pollMs: 1_000,
    callDeadlineMs: 10_000,
    durability: "full",
    dispatch: true,
  });
  assert.equal(settingsOf({ dataDir: "~/x" }, () => "").dataDir, path.join(os.homedir(), "x"));
  assert.throws(() => settingsOf({ pollMS: 5 }, () => ""), /no such setting: pollMS/);
  assert.throws(() => settingsOf({ dataDir: "here" }, () => ""), /must be absolute/);
});

test("a data directory that is a file is refused with what to do", () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "aof-file-")), "data");
  fs.writeFileSync(file, "");
  assert.throws(() => madeDataDir(file), /AOF-4102.*is not a directory.*dataDir/);
});
