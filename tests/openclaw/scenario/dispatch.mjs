// Tasks that come in on every road, are worked on by the gateway's own agents, and end.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { count, isSound } from "../store/claim.mjs";

export const proves = "a dispatched task reaches an agent, which ends it through our tools";

export async function run(world, checked) {
  await world.gatewayWithPlugin();
  await world.gateway.start();
  await overHttp(world, checked);
  await byAnAgent(world, checked);
  await byHand(world, checked);
  await unhappy(world, checked);
  await world.gateway.end();
  await isSound(world.store);
  checked("fsck and doctor find nothing");
}

async function overHttp(world, checked) {
  const task = await world.dispatch({ title: "Over HTTP", agent: "coder" });
  await world.isDone(task);
  assert.match(world.store.card(task), /createdBy: "?main"?/);
  assert.match(world.store.card(task), /coder did it/);
  assert.equal(world.model.begun(task), 1);
  checked("POST /tools/invoke by main, work by coder, card in tasks/done");
  const [asked] = world.model.requests.filter((it) => it.task === task);
  for (const tool of ["aof_task_complete", "aof_task_block", "aof_task_get"]) {
    assert.ok(asked.tools.includes(tool), `${tool} is not among ${asked.tools}`);
  }
  assert.ok(!asked.tools.includes("aof_project_create"));
  checked("workers see their tools directly, the others through tool search");
}

async function byAnAgent(world, checked) {
  const args = { title: "By an agent", brief: "Do it.", agent: "reviewer" };
  const message = `CALL aof_dispatch ${JSON.stringify(args)}`;
  const told = await world.gateway.command("agent", "--agent", "main", "--message", message);
  assert.equal(told.code, 0, told.output);
  const id = /TASK-[\w-]+/.exec(told.output)?.[0];
  assert.ok(id, `no task in ${told.output}`);
  await world.isDone(id);
  checked("the same, asked for by an agent's own turn");
}

/** A person puts a card into the folder of tasks that may start. */
async function byHand(world, checked) {
  const id = "TASK-2026-11-20-001";
  const folder = path.join(world.store.folder, "projects/_inbox/tasks/ready");
  const front = ["schemaVersion: 1", `id: ${id}`, "title: By hand", "status: ready"];
  const text = ["---", ...front, "routing: {agent: coder}", "---", "", "Do it.", ""].join("\n");
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, `${id}.md`), text);
  await world.isDone(id);
  checked("a card written by hand");
}

async function unhappy(world, checked) {
  const { store } = world;
  const titles = ["Cannot [block]", "Nothing [silent]", "Broken [fail]", "For nobody"];
  const agents = ["coder", "coder", "coder", "stranger"];
  const [blocked, ...given] = await Promise.all(
    titles.map((title, at) => world.dispatch({ title, agent: agents[at] })),
  );
  await world.standsIn(blocked, "blocked");
  assert.match(store.card(blocked), /told to block/);
  checked("an agent that cannot do it blocks it");
  for (const task of given) await world.standsIn(task, "deadletter", 120_000);
  assert.equal(count(store.events(given[0]), "completion.enforcement"), 3);
  checked("silent agents and a broken model are tried three times, then it is a dead letter");
  assert.ok(count(store.events(given[2]), "dispatch.error") > 0, world.state(given[2]));
  checked("an agent that the gateway does not know is a dead letter, and says why");
}
