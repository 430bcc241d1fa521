// The operator edits the plugin's configuration while runs are being started, working and ending.

import { isSound } from "../store/claim.mjs";
import { until } from "../wait.mjs";

export const proves = "a change of the configuration takes effect at once and loses nothing";

const TASKS = 6;

export async function run(world, checked) {
  const gateway = await world.gatewayWithPlugin();
  await gateway.start();
  const tasks = [];
  for (let at = 0; at < TASKS; at += 1) {
    const agent = at % 2 === 0 ? "coder" : "reviewer";
    tasks.push(await world.dispatch({ title: `${at} meanwhile [work 500ms]`, agent }));
  }
  const isBegun = () => tasks.some((task) => world.model.begun(task) > 0);
  await until("an agent is at work", 60_000, isBegun, () => gateway.tail());
  gateway.editPlugin({ ...world.plugin, pollMs: 150 });
  const isAgain = () => openings(world) > 1;
  await until("the plugin is replaced", 90_000, isAgain, () => gateway.tail());
  checked("the store was handed over to the new instance");
  for (const task of tasks) await world.isDone(task);
  checked(`${TASKS} tasks are done exactly once`);
  await world.isDone(await world.dispatch({ title: "Afterwards", agent: "coder" }));
  checked("the new instance takes tasks");
  await gateway.end();
  await isSound(world.store);
  checked("fsck and doctor find nothing");
}

function openings({ store }) {
  return store.events().filter((event) => event.type === "system.startup").length;
}
