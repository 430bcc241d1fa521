// A component that takes its time, and one that never answers, beside a gateway that must.
//
// The first is the real one, with thousands of new cards; the second is a package of which one call
// loops for ever.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { looping } from "../store/looping.mjs";
import { until } from "../wait.mjs";

export const proves = "a busy or looping component does not stop the gateway";

const CARDS = 4_000;
/** What a person or a supervisor would call alive. */
const HEALTH_MS_MAX = 500;
const DEADLINE_MS = 3_000;
/** As long as a call loops, to compare. */
const IDLE_MS = DEADLINE_MS;

export async function run(world, checked) {
  await takesInMuch(world, checked);
  await loops(world, checked);
}

/** Somebody unpacks thousands of cards into the directory while the gateway runs. */
async function takesInMuch(world, checked) {
  const gateway = await world.gatewayWithPlugin();
  await gateway.start();
  const tasks = path.join(world.store.folder, "projects/_inbox/tasks");
  const aside = path.join(world.folder, "cards");
  for (let at = 0; at < CARDS; at += 1) writeCard(aside, at);
  await until("the store is made", 30_000, () => fs.existsSync(tasks));
  checked(`/health in ${await healthDuring(gateway, sleep(IDLE_MS))} while nothing is done`);
  const backlog = path.join(tasks, "backlog");
  fs.rmSync(backlog, { recursive: true, force: true });
  const begin = Date.now();
  fs.renameSync(aside, backlog);
  const health = await healthDuring(gateway, isKnown(gateway, cardId(CARDS - 1)));
  const tookMs = Date.now() - begin;
  checked(`/health in ${health} while ${CARDS} cards are taken in (${tookMs} ms)`);
  await gateway.end();
}

async function isKnown(gateway, taskId) {
  await until(`${taskId} is known`, 60_000, async () => {
    const { body } = await gateway.invoke("aof_task_get", { taskId });
    return body?.result?.details?.task !== undefined;
  });
}

async function loops(world, checked) {
  const gateway = world.gateway;
  const { code, output } = await gateway.install(looping(world));
  assert.equal(code, 0, output);
  gateway.configure({ ...world.plugin, callDeadlineMs: DEADLINE_MS });
  await gateway.start();
  checked(`/health in ${await healthDuring(gateway, sleep(IDLE_MS))} before anything is asked`);
  const begin = Date.now();
  const call = gateway.invoke("aof_task_get", { taskId: "LOOP" });
  const health = await healthDuring(gateway, call);
  const { status } = await call;
  const tookMs = Date.now() - begin;
  assert.equal(status, 500);
  assert.ok(tookMs >= DEADLINE_MS - 100 && tookMs < 5 * DEADLINE_MS, `ended after ${tookMs} ms`);
  checked(`/health in ${health} while a call loops, which is ended after ${tookMs} ms`);
  const task = await world.dispatch({ title: "After the loop", agent: "reviewer" });
  await world.isDone(task);
  checked("the component starts anew by itself and goes on");
  await gateway.end();
}

/** How long /health took while something went on. */
async function healthDuring(gateway, call) {
  let isOver = false;
  call.finally(() => (isOver = true)).catch(() => {});
  const seen = [];
  await until("the call is over", 120_000, async () => {
    seen.push(await gateway.health());
    return isOver;
  });
  seen.sort((one, other) => one - other);
  const worst = Math.ceil(seen.at(-1));
  assert.ok(worst <= HEALTH_MS_MAX, `/health took ${worst} ms`);
  const at = (share) => seen[Math.floor(seen.length * share)].toFixed(1);
  return `${at(0.5)} ms (${at(0.95)} in 19 of 20, ${worst} at worst)`;
}

function cardId(at) {
  return `TASK-2026-11-${10 + Math.floor(at / 1000)}-${String(at % 1000).padStart(3, "0")}`;
}

function writeCard(folder, at) {
  const front = ["schemaVersion: 1", `id: ${cardId(at)}`, `title: Card ${at}`, "status: backlog"];
  fs.mkdirSync(folder, { recursive: true });
  const text = ["---", ...front, "---", "", "x", ""].join("\n");
  fs.writeFileSync(path.join(folder, `${cardId(at)}.md`), text);
}
