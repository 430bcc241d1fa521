// What the plugin registers, against a gateway that is a few functions: words of people, routes,
// and every setting with what it changes.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";

import { PACKAGE, ROGUE, load } from "./package.mjs";
import { PERSON, Stand } from "./stand.mjs";

const { decides, questionOf } = await load(PACKAGE, "entry/ask.js");
const { registerChatCommand } = await load(PACKAGE, "entry/chat.js");
const { registerRoutes } = await load(PACKAGE, "entry/route.js");
const { Service } = await load(PACKAGE, "entry/service.js");
const { settingsOf } = await load(PACKAGE, "entry/settings.js");
const { closeAt, sharedAt } = await load(PACKAGE, "entry/shared.js");
const list = JSON.parse(fs.readFileSync(path.join(PACKAGE, "dist/tools.json"), "utf8"));

const quiet = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };
const roots = [];

after(() => Promise.all(roots.map(closeAt)));

/** A store with the chart of a stand, and what the plugin makes of it under these settings. */
function sharedUnder(given, gateway = {}) {
  const { root } = new Stand();
  roots.push(root);
  const settings = settingsOf({ dataDir: root, ...given }, () => "");
  return { settings, shared: sharedAt({ root, settings, runtime: gateway, log: quiet }) };
}

async function said(stand, word, ...words) {
  const { tool, args, text } = questionOf(word, words);
  return text(await stand.tool(tool, args));
}

test("people read which tasks there are, and what became of what they decided", async () => {
  const stand = new Stand();
  assert.equal(await said(stand, "status"), "no tasks");
  assert.equal(await said(stand, "list"), "no tasks");
  assert.equal(await said(stand, "inbox"), "nothing waits for a person");
  const id = await stand.task("Count the letters");
  assert.equal(await said(stand, "status"), "ready: 1");
  assert.equal(await said(stand, "list"), `${id}  ready  Count the letters`);
  const task = `${id}  Count the letters\nstatus: ready\nagent: ada\n\nDo it.`;
  assert.equal(await said(stand, "task", id), task);
  assert.match(await said(stand, "explain", id), new RegExp(id));
  assert.equal(await said(stand, "cancel", id, "not", "needed"), `${id} is cancelled`);
  assert.equal(await said(stand, "list", "cancelled"), `${id}  cancelled  Count the letters`);
  await stand.close();
});

test("words that decide go as decisions, and nothing else is a word", () => {
  const args = (word, ...words) => questionOf(word, words).args;
  assert.deepEqual(args("approve", "T", "fine"), {
    taskId: "T",
    outcome: "success",
    summary: "fine",
  });
  assert.deepEqual(args("reject", "T", "no"), { taskId: "T", outcome: "rejected", notes: "no" });
  assert.deepEqual(args("choose", "T", "red").outcome, "red");
  for (const word of ["approve", "reject", "choose", "cancel"]) assert.ok(decides(word));
  for (const word of ["status", "constructor", "toString", ""]) assert.ok(!decides(word));
  for (const word of ["constructor", "__proto__", "rm"])
    assert.equal(questionOf(word, []), undefined);
});

test("in a chat who may write looks, and only an owner decides", async () => {
  const { shared } = sharedUnder({});
  let command;
  registerChatCommand({ registerCommand: (it) => (command = it) }, () => shared);
  const reply = async (args, senderIsOwner = false) =>
    (await command.handler({ args, senderIsOwner, senderId: "ann" })).text;
  assert.equal(command.requireAuth, true);
  assert.equal(await reply(""), "no tasks");
  assert.equal(await reply("cancel T"), "only an owner decides");
  assert.match(await reply("cancel T", true), /^error \[AOF-1005\]/);
  assert.match(await reply("constructor"), /^\/aof status - /);
});

function routesOf(shared) {
  const routes = new Map();
  registerRoutes({ registerHttpRoute: (it) => routes.set(it.path, it) }, () => shared);
  return async (method, name, body = "") => {
    const route = routes.get(`/plugins/aof/${name}`);
    const request = Object.assign(
      (async function* () {
        yield Buffer.from(body);
      })(),
      { method },
    );
    const response = { setHeader: () => {}, end: (text) => (response.text = text) };
    assert.equal(route.auth, "gateway");
    await route.handler(request, response);
    return [response.statusCode, response.text];
  };
}

test("routes tell how it stands, and call tools for the operator", async () => {
  const { shared } = sharedUnder({});
  const ask = routesOf(shared);
  const args = { title: "t", brief: "b", agent: "ada" };
  const [status, made] = await ask("POST", "call", JSON.stringify({ tool: "aof_dispatch", args }));
  assert.deepEqual([status, JSON.parse(made).value.task.status], [200, "ready"]);
  const [, health] = await ask("GET", "health");
  assert.equal(JSON.parse(health).health.tasks.ready, 1);
  const [, metrics] = await ask("GET", "metrics");
  assert.match(metrics, /^aof_tasks_ready 1$/m);
  const [, refused] = await ask("POST", "call", JSON.stringify({ tool: "aof_task_get", args: {} }));
  assert.equal(JSON.parse(refused).refusal.code, "AOF-1002");
  assert.equal((await ask("POST", "call", "{"))[0], 400);
  assert.equal((await ask("POST", "call", "{}"))[0], 400);
  assert.equal((await ask("POST", "call", "x".repeat(2 * 1024 * 1024 + 1)))[0], 413);
  assert.equal((await ask("POST", "health"))[0], 405);
  assert.equal((await ask("GET", "call"))[0], 405);
});

test("a store that somebody else holds is not well", async () => {
  const { shared } = sharedUnder({});
  const holder = new Stand(shared.root);
  await holder.open();
  const [status, text] = await routesOf(shared)("GET", "health");
  assert.deepEqual([status, JSON.parse(text).refusal.code], [503, "AOF-4001"]);
  await holder.close();
});

test("projects: others are neither seen nor touched", async () => {
  const { shared } = sharedUnder({ projects: ["alpha"] });
  const args = { title: "t", brief: "b", agent: "ada", project: "_inbox" };
  await assert.rejects(shared.orchestrator.tool(PERSON, "aof_dispatch", args), { name: "Refused" });
});

test("callDeadlineMs: a call ends by then", async () => {
  const rogue = await load(ROGUE, "entry/shared.js");
  const { root } = new Stand();
  const settings = settingsOf({ dataDir: root, callDeadlineMs: 200 }, () => "");
  const { orchestrator } = rogue.sharedAt({ root, settings, runtime: {}, log: quiet });
  const looped = orchestrator.tool(PERSON, "loop", {});
  await assert.rejects(looped, { name: "Broken", message: /within 200 ms/ });
  await rogue.closeAt(root);
});

test("durability: relaxed flushes nothing", async () => {
  const { openSystem } = await load(PACKAGE, "component/system.js");
  const { storeOptions } = await load(PACKAGE, "entry/shared.js");
  const isRelaxed = (durability) => storeOptions("/r", { durability }).relaxed;
  assert.deepEqual([isRelaxed("full"), isRelaxed("relaxed")], [false, true]);
  const { root } = new Stand();
  const told = (relaxed) => openSystem({ root, relaxed }).identify().relaxed;
  assert.deepEqual([told(false), told(true)], [false, true]);
});

/** A service in a gateway that accepts runs and never ends them. */
function serviceUnder(given) {
  const started = [];
  const runtime = {
    subagent: {
      run: async (params) => void started.push(params),
      waitForRun: () => new Promise(() => {}),
      getSessionMessages: async () => ({ messages: [] }),
    },
  };
  const { settings, shared } = sharedUnder(given, runtime);
  const api = { logger: quiet, runtime, config: { agents: { entries: { ada: {} } } } };
  const service = new Service({ api, list, settings, shared: () => shared });
  return { service, shared, started };
}

async function until(look) {
  const end = Date.now() + 20_000;
  while (!(await look())) {
    assert.ok(Date.now() < end, "not in time");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const CARD = `---
schemaVersion: 2
id: TASK-2026-11-27-k7Qm2xYz
project: _inbox
title: By hand
status: ready
priority: normal
routing: {agent: ada}
createdAt: 2026-11-27T10:00:00.000Z
updatedAt: 2026-11-27T10:00:00.000Z
lastTransitionAt: 2026-11-27T10:00:00.000Z
createdBy: ann
---

Do it.
`;

test("pollMs: what a person puts there is started without any other news", async () => {
  const { service, shared, started } = serviceUnder({ pollMs: 50 });
  await service.start();
  await until(async () => (await shared.orchestrator.view(PERSON, "metrics")).metrics.polls > 2);
  const folder = path.join(shared.root, "projects/_inbox/tasks/ready");
  fs.writeFileSync(path.join(folder, "TASK-2026-11-27-k7Qm2xYz.md"), CARD);
  await until(() => started.length === 1);
  assert.match(started[0].sessionKey, /^agent:ada:subagent:aof-/);
  await service.stop();
});

test("dispatch: false takes tasks in and leaves them ready", async () => {
  const { service, shared, started } = serviceUnder({ dispatch: false, pollMs: 50 });
  await service.start();
  const args = { title: "t", brief: "b", agent: "ada" };
  await shared.orchestrator.tool(PERSON, "aof_dispatch", args);
  const metrics = async () => (await shared.orchestrator.view(PERSON, "metrics")).metrics;
  const { polls } = await metrics();
  await until(async () => (await metrics()).polls > polls + 2);
  assert.equal((await metrics()).tasks.ready, 1);
  assert.deepEqual(started, []);
  await service.stop();
});

test("a store is opened again only once it is closed", async () => {
  const { shared, settings } = sharedUnder({});
  await shared.orchestrator.open();
  const closed = closeAt(shared.root);
  const next = sharedAt({ root: shared.root, settings, runtime: {}, log: quiet });
  const { metrics } = await next.orchestrator.view(PERSON, "metrics");
  assert.equal(metrics.epoch, 2);
  await closed;
});
