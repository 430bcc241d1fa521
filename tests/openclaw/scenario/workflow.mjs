// A workflow of two hops whose reviewer sends the work back once.

import assert from "node:assert/strict";

import { count, isSound } from "../store/claim.mjs";

export const proves = "a workflow goes over real agents, back once, and to its end";

const WORKFLOW = {
  name: "reviewed",
  hops: [
    { id: "implement", agent: "coder" },
    { id: "review", agent: "reviewer", dependsOn: ["implement"], canReject: true },
  ],
};

export async function run(world, checked) {
  await world.gatewayWithPlugin();
  await world.gateway.start();
  const title = "Twice [reject-once]";
  const task = await world.dispatch({ title, workflow: WORKFLOW });
  await world.standsIn(task, "done", 120_000);
  checked("the card that carries the workflow is done");
  const { store } = world;
  const [rejected, ...others] = store.events(task).filter((it) => it.type === "dag.hop_rejected");
  assert.deepEqual(others, []);
  assert.equal(rejected.payload.rejectionNotes, "once more, please");
  checked("sent back exactly once, with the reviewer's notes");
  const hops = store.events().filter((it) => it.type === "dag.hop_dispatched");
  const order = hops.map(({ payload }) => `${payload.hopId} by ${payload.agent}`);
  const once = ["implement by coder", "review by reviewer"];
  assert.deepEqual(order, [...once, ...once]);
  for (const { taskId } of hops) {
    await world.isDone(taskId);
    assert.equal(world.model.begun(taskId), 1);
  }
  checked("four hops in order, each worked on once by its agent");
  assert.match(store.card(hops[2].taskId), /once more, please/);
  checked("the second pass is told why");
  assert.equal(count(store.events(task), "task.completed"), 1);
  await world.gateway.end();
  await isSound(store);
  checked("fsck and doctor find nothing");
}
