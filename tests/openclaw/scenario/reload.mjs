// The operator reloads the plugin in the running gateway, while agents are at work.

import assert from "node:assert/strict";

import { isSound } from "../store/claim.mjs";
import { until } from "../wait.mjs";

export const proves = "agents go on under a reloaded plugin, in the same run";

export async function run(world, checked) {
  const { model } = world;
  const gateway = await world.gatewayWithPlugin();
  await gateway.start();
  const tasks = [
    await world.dispatch({ title: "Working [hold]", agent: "coder" }),
    await world.dispatch({ title: "Ending [hold-end]", agent: "reviewer" }),
  ];
  await until("both are held", 60_000, () => model.held === 2, () => gateway.tail());
  const { code, output } = await gateway.command("plugins", "reload", "aof");
  assert.equal(code, 0, output);
  checked("reloaded while two agents were at work");
  model.release();
  for (const task of tasks) {
    await world.isDone(task);
    assert.equal(world.store.runs(task).length, 1, `runs to spare: ${world.state(task)}`);
    assert.equal(model.begun(task), 1, `${task} was worked on again`);
  }
  checked("both went on under the new instance, in the same run, and are done");
  await world.isDone(await world.dispatch({ title: "Afterwards", agent: "coder" }));
  checked("the new instance takes tasks");
  await gateway.end();
  await isSound(world.store);
  checked("fsck and doctor find nothing");
}
