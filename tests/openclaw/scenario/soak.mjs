// Two hundred tasks, and a gateway that is killed three times on the way.
//
// Not among the others, as it takes minutes. The seed says when the gateway dies.

import assert from "node:assert/strict";

import { faults, isOver, isSound } from "../store/claim.mjs";
import { randomFrom } from "../random.mjs";
import { until } from "../wait.mjs";

export const proves = "200 tasks and three kill -9: every task is done exactly once";

const TASKS = 200;
const KILLS = 3;
/** Calls at a time; also more than the runs that a kill can cut off. */
const TOGETHER = 10;
const END_MS = 1_800_000;

export async function run(world, checked) {
  const random = randomFrom(world.settings.seed);
  await world.gatewayWithPlugin();
  await world.gateway.start();
  const tasks = await made(world, random);
  checked(`${TASKS} tasks made, seed ${world.settings.seed}`);
  for (const at of moments(random)) await killAt(world, at, random, checked);
  const isThere = () => doneCount(world.store) === TASKS;
  await until("every task is done", END_MS, isThere, () => summary(world));
  checked(summary(world));
  const isTold = () => tasks.every((task) => isOver(world.store, task));
  await until("every end is told", 60_000, isTold, () => summary(world));
  assert.deepEqual(tasks.flatMap((task) => faults(world.store, task)), []);
  checked("every task done exactly once, every run ended");
  const again = tasks.filter((task) => world.model.begun(task) > 1).length;
  assert.ok(again <= KILLS * TOGETHER, `${again} tasks were begun more than once`);
  checked(`${again} tasks were begun more than once, at most what the kills cut off`);
  await world.gateway.end();
  await isSound(world.store);
  checked("fsck and doctor find nothing");
}

async function made(world, random) {
  const tasks = [];
  while (tasks.length < TASKS) {
    const some = Array.from({ length: TOGETHER }, () => {
      const agent = random() < 0.5 ? "coder" : "reviewer";
      const workMs = Math.floor(random() * 300);
      return world.dispatch({ title: `Part of the soak [work ${workMs}ms]`, agent });
    });
    tasks.push(...(await Promise.all(some)));
  }
  return tasks;
}

/** How many tasks are done when the gateway dies. */
function moments(random) {
  const part = TASKS / (KILLS + 1);
  return Array.from({ length: KILLS }, (_, at) => Math.floor((at + 0.3 + random()) * part));
}

async function killAt(world, done, random, checked) {
  const isThere = () => doneCount(world.store) >= done;
  await until(`${done} tasks are done`, END_MS, isThere, () => summary(world));
  await new Promise((resolve) => setTimeout(resolve, random() * 500));
  const counts = summary(world);
  await world.gateway.kill9();
  await world.gateway.start();
  checked(`killed and started again: ${counts}`);
}

function doneCount(store) {
  return Object.values(store.statuses()).filter((status) => status === "done").length;
}

function summary(world) {
  const counts = {};
  for (const status of Object.values(world.store.statuses())) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return Object.entries(counts).map(([status, number]) => `${number} ${status}`).join(", ");
}
