// What must not be done is refused with a code, changes nothing, and leaves the gateway standing.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { Program } from "../gateway/process.mjs";
import { count, isSound } from "../store/claim.mjs";
import { until } from "../wait.mjs";

export const proves = "bad input, bad settings and a held store are refused, and nothing changes";

const BODY_BYTES = 2 * 1024 * 1024 + 1;
const BRIEF = { title: "No", brief: "No." };

/** A tool, its arguments, and the code that refuses them; `from` is the agent that calls. */
const REFUSED = [
  ["a title that is a number", "aof_dispatch", { ...BRIEF, title: 7 }, "AOF-1002"],
  ["no brief", "aof_dispatch", { title: "No" }, "AOF-1002"],
  ["an unknown argument", "aof_dispatch", { ...BRIEF, colour: "red" }, "AOF-1002"],
  ["a list for an object", "aof_task_complete", { taskId: ["a"] }, "AOF-1002"],
  ["no such task", "aof_task_get", { taskId: "TASK-2026-01-01-001" }, "AOF-1005"],
  ["a path for an id", "aof_task_get", { taskId: "../../aof.yaml" }, "AOF-1005"],
  ["no such project", "aof_dispatch", { ...BRIEF, project: "nowhere" }, "AOF-1008"],
  ["another name", "aof_dispatch", { ...BRIEF, agent: "coder", actor: "coder" }, "AOF-2006"],
  ["another name as a person", "aof_dispatch", { ...BRIEF, actor: "human:ann" }, "AOF-2006"],
  ["a worker that hands out", "aof_dispatch", { ...BRIEF, agent: "main" }, "AOF-2012", "coder"],
  ["not the holder", "aof_task_complete", "TASK", "AOF-2005", "reviewer"],
  ["not in the chart", "aof_dispatch", { ...BRIEF, agent: "coder" }, "AOF-2012", "extra"],
  ["not in the chart", "aof_task_complete", "TASK", "AOF-2005", "extra"],
];

export async function run(world, checked) {
  const gateway = await world.gatewayWithPlugin();
  await gateway.start();
  await calls(world, checked);
  await bodies(world, checked);
  await gateway.end();
  await settings(world, checked);
  await heldByAnother(world, checked);
}

async function calls(world, checked) {
  const { gateway, store } = world;
  const task = await world.dispatch({ title: "Stays [hold]", agent: "coder" });
  await until("it is at work", 60_000, () => world.model.held === 1, () => world.state(task));
  const before = cardsOf(store);
  for (const [what, tool, args, code, from] of REFUSED) {
    const given = args === "TASK" ? { taskId: task, summary: "mine" } : args;
    const answer = await gateway.invoke(tool, given, { agentId: from ?? "main" });
    const text = JSON.stringify(answer.body);
    assert.ok(text.includes(code), `${what}: wants ${code}, has ${answer.status} ${text}`);
    assert.deepEqual(cardsOf(store), before, what);
  }
  checked(`${REFUSED.length} calls refused, each with its code, no card touched`);
  const unknown = await gateway.invoke("aof_no_such_tool", {});
  assert.equal(unknown.status, 404);
  checked("an unknown tool: 404");
  const lonely = await world.dispatch({ title: "For nobody", agent: "nobody" });
  const isTold = () => count(store.events(lonely), "dispatch.no-match") === 1;
  await until("nobody is found", 30_000, isTold, () => world.state(lonely));
  assert.equal(store.statusOf(lonely), "ready");
  await gateway.invoke("aof_task_cancel", { taskId: lonely, reason: "nobody is called that" });
  await world.standsIn(lonely, "cancelled");
  checked("a task for an agent that the chart does not have waits, and says why");
  world.model.release();
  await world.standsIn(task, "done");
  checked("the work that went on meanwhile ends well");
}

async function bodies(world, checked) {
  const { gateway, store } = world;
  const before = cardsOf(store);
  const huge = { title: "No", brief: "x".repeat(BODY_BYTES) };
  const answer = await refusedOrCut(() => gateway.invoke("aof_dispatch", huge));
  assert.ok([400, 413, "cut off"].includes(answer), String(answer));
  const large = { title: "No", brief: "x".repeat(BODY_BYTES - 200_000) };
  const { body } = await gateway.invoke("aof_dispatch", large);
  assert.match(JSON.stringify(body), /AOF-1009/);
  const broken = await gateway.post('{"tool":"aof_dispatch","args":');
  assert.equal(broken.status, 400);
  assert.deepEqual(cardsOf(store), before);
  await gateway.health();
  checked("2 MiB, a brief that is too long and half a JSON: refused, and the gateway lives");
}

async function refusedOrCut(act) {
  try {
    return (await act()).status;
  } catch {
    return "cut off";
  }
}

async function settings(world, checked) {
  await unknownSetting(world);
  checked("an unknown setting in a running gateway: named, and the last good ones stay in force");
  const { gateway, store } = world;
  const file = path.join(store.folder, "aof.yaml");
  gateway.configure({ ...world.plugin, dataDir: file });
  await gateway.start();
  const { body } = await gateway.invoke("aof_task_list", {});
  assert.match(JSON.stringify(body) + gateway.logText(), /AOF-4102/);
  await gateway.health();
  assert.ok(fs.statSync(file).isFile());
  checked("a data directory that is a file: AOF-4102, and the gateway lives");
  await gateway.end();
}

async function unknownSetting(world) {
  const { gateway } = world;
  await gateway.start();
  gateway.editPlugin({ ...world.plugin, pollMillis: 5 });
  const isNamed = () => gateway.logText().includes("pollMillis");
  await until("the gateway says what is wrong", 30_000, isNamed, () => gateway.tail());
  const task = await world.dispatch({ title: "All the same", agent: "coder" });
  await world.standsIn(task, "done");
  const told = await gateway.command("config", "validate");
  assert.notEqual(told.code, 0);
  assert.match(told.output, /pollMillis/);
  await gateway.end();
}

async function heldByAnother(world, checked) {
  const { gateway, store } = world;
  const daemon = await daemonOf(world);
  const before = cardsOf(store);
  gateway.configure(world.plugin);
  await gateway.start();
  const { body } = await gateway.invoke("aof_dispatch", { ...BRIEF, agent: "coder" });
  assert.match(JSON.stringify(body), /AOF-4001/);
  assert.match(gateway.logText(), /AOF-4001/);
  assert.deepEqual(cardsOf(store), before);
  await gateway.health();
  checked("a store that `aof daemon` holds: AOF-4001, nothing changed, the gateway lives");
  await daemon.stop(20_000);
  const task = await freeAgain(world);
  await world.standsIn(task, "done");
  checked("once the daemon is gone the gateway takes the store by itself");
  await gateway.end();
  await isSound(store);
  checked("fsck and doctor find nothing");
}

async function daemonOf({ folder, store, settings }) {
  const line = [settings.aof, "--data-dir", store.folder, "daemon"];
  const log = path.join(folder, "daemon.log");
  const daemon = new Program(line, { env: { PATH: process.env.PATH }, cwd: folder, log });
  const socket = path.join(store.folder, "state/daemon.sock");
  const isThere = () => fs.existsSync(socket);
  await until("the daemon answers", 30_000, isThere, () => fs.readFileSync(log, "utf8"));
  return daemon;
}

async function freeAgain(world) {
  const args = { title: "After the daemon", brief: "Do it.", agent: "coder" };
  return until("the gateway has the store", 30_000, async () => {
    const { body } = await world.gateway.invoke("aof_dispatch", args);
    return body?.result?.details?.task?.taskId;
  });
}

/** Every card and where it lies. */
function cardsOf(store) {
  const tasks = Object.keys(store.statuses());
  return Object.fromEntries(tasks.map((task) => [task, where(store, task)]));
}

function where(store, task) {
  return { status: store.statusOf(task), text: store.card(task) };
}
