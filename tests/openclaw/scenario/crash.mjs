// The gateway is killed in the middle of runs and started again.

import assert from "node:assert/strict";

import { count, isSound } from "../store/claim.mjs";
import { until } from "../wait.mjs";

export const proves = "kill -9 loses no task and does none twice";

export async function run(world, checked) {
  await world.gatewayWithPlugin();
  await world.gateway.start();
  const tasks = await broughtToTheEdge(world);
  await world.gateway.kill9();
  checked("killed: runs that begin, that work, that have completed, and tasks that wait");
  await world.gateway.start();
  world.model.release();
  for (const task of tasks.all) await world.isDone(task);
  checked("after the restart every task is done exactly once");
  assert.equal(world.store.runs(tasks.working).length, 1, world.state(tasks.working));
  checked("the interrupted run went on under its own number");
  assert.equal(world.model.begun(tasks.ending), 1);
  checked("what was completed before the crash was not worked on again");
  for (const task of tasks.all) {
    assert.equal(world.store.runs(task).length, 1, world.state(task));
  }
  checked("no try was lost: what had only just begun goes on under its own number, too");
  // What a killed gateway had only just accepted it takes for work for ever, and would not stop.
  await world.gateway.end();
  await isSound(world.store);
  checked("fsck and doctor find nothing");
}

/** Runs that are held where a crash hurts, and one that the gateway has only just taken in. */
async function broughtToTheEdge(world) {
  const { model, store } = world;
  const working = await world.dispatch({ title: "Working [hold]", agent: "coder" });
  const ending = await world.dispatch({ title: "Ending [hold-end]", agent: "reviewer" });
  const state = () => JSON.stringify(model.requests) + world.gateway.tail();
  await until("both runs are held", 60_000, () => model.held === 2, state);
  assert.equal(store.statusOf(working), "in-progress");
  assert.equal(store.statusOf(ending), "done");
  const waiting = [
    await world.dispatch({ title: "Waits for the first", agent: "coder", dependsOn: [working] }),
    await world.dispatch({ title: "Waits for that", agent: "reviewer", dependsOn: [working] }),
  ];
  const starting = await world.dispatch({ title: "Only just started", agent: "coder" });
  const isStarted = () => count(store.events(starting), "dispatch.matched") > 0;
  await until("the last run begins", 60_000, isStarted, state);
  assert.equal(model.begun(starting), 0, "it did not come as far as the model");
  return { working, ending, all: [working, ending, starting, ...waiting] };
}
