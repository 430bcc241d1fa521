// The gateway is asked to stop, as a service manager does, while an agent works and tasks wait.

import assert from "node:assert/strict";

import { count, isSound } from "../store/claim.mjs";
import { until } from "../wait.mjs";

export const proves = "a stop in good order ends soon, starts nothing, and costs no task a try";

/** The gateway waits for agents that work, so the time counts from when the last one is done. */
const STOP_MS_MAX = 30_000;
const WAITING = 3;

export async function run(world, checked) {
  const gateway = await world.gatewayWithPlugin();
  await gateway.start();
  const [working, ...waiting] = await oneAtWork(world);
  const stopping = gateway.stop();
  await until("the gateway drains", 30_000, () => gateway.logText().includes("SIGTERM"));
  world.model.release();
  const begin = Date.now();
  await stopping;
  const tookMs = Date.now() - begin;
  assert.ok(tookMs <= STOP_MS_MAX, `the gateway took ${tookMs} ms to stop`);
  checked(`the gateway ended ${tookMs} ms after its agent`);
  assert.equal(count(world.store.events(), "dispatch.error"), 0);
  checked("nothing was started in vain meanwhile");
  await gateway.start();
  for (const task of [working, ...waiting]) await world.isDone(task);
  assert.equal(world.model.begun(working), 1);
  checked("after the next start all are done, and what was done is not done again");
  await gateway.end();
  await isSound(world.store);
  checked("fsck and doctor find nothing");
}

/** An agent that takes one task at a time, and more tasks for it. */
async function oneAtWork(world) {
  const tasks = [await world.dispatch({ title: "Working [hold]", agent: "main" })];
  await until("it is at work", 60_000, () => world.model.held === 1, () => world.gateway.tail());
  for (let at = 0; at < WAITING; at += 1) {
    tasks.push(await world.dispatch({ title: `Waits ${at}`, agent: "main" }));
  }
  return tasks;
}
