// What one build of the package costs: until it is ready, a call, a tick with nothing to do,
// memory.
//
//   node bench/measure.mjs PACKAGE [CARDS] [CALLS]
//
// PACKAGE is a folder as `build.mjs` leaves it. Prints one JSON document; every time is a median
// with its minimum, in microseconds.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { furnished } from "./store.mjs";

const [folder, cardsText = "10000", callsText = "100000"] = process.argv.slice(2);
const cards = Number(cardsText);
const calls = Number(callsText);
const from = (name) => import(pathToFileURL(path.resolve(folder, "dist/component", name)).href);
const { ComponentThread } = await from("thread.js");
const { Component, HOST } = await from("component.js");

const root = fs.mkdtempSync(path.join(os.tmpdir(), "aof-bench-"));
/** Each in a thread of its own. */
const OPENINGS = 9;
const PERSON = { tag: "human", val: "bench" };

function over(dir) {
  const thread = new ComponentThread({ store: { root: dir }, onLine: console.error });
  return new Component({ thread, config: { readOnly: false }, onOpened: () => {} });
}

async function sampled(count, act) {
  const times = [];
  for (let at = 0; at < count; at += 1) {
    const begun = performance.now();
    await act(at);
    times.push((performance.now() - begun) * 1_000);
  }
  times.sort((a, b) => a - b);
  const micros = (value) => Math.round(value * 10) / 10;
  return { median: micros(times[Math.floor(count / 2)]), least: micros(times[0]) };
}

/** Until the first call is answered, over a store that is at rest: its cards are on disk. */
async function readyMs(count) {
  const dir = path.join(root, `ready-${count}`);
  const id = await furnished(over, dir, count);
  spawnSync("sync");
  const times = [];
  for (let at = 0; at < OPENINGS; at += 1) {
    const begun = performance.now();
    const component = over(dir);
    await component.open();
    await component.call("tools", "call", PERSON, "aof_task_get", JSON.stringify({ taskId: id }));
    times.push(Math.round(performance.now() - begun));
    await component.close();
  }
  times.sort((a, b) => a - b);
  return { median: times[Math.floor(OPENINGS / 2)], least: times[0] };
}

const megabytes = () => Math.round(process.memoryUsage().rss / 1024 / 1024);

const ready = await readyMs(1_000);
const dir = path.join(root, "store");
const id = await furnished(over, dir, cards);
const component = over(dir);
await component.open();
const get = JSON.stringify({ taskId: id });
const poll = () => component.call("scheduler", "poll", HOST, "act");
await sampled(50, poll);
const { metrics } = JSON.parse(await component.call("views", "metrics", HOST));
if (metrics.tasks.blocked !== cards)
  throw new Error(`${metrics.tasks.blocked} of ${cards} cards were read`);
const result = {
  readyMs: ready,
  nextDue: await sampled(2_000, () => component.ask("scheduler", "nextDue")),
  get: await sampled(2_000, () => component.call("tools", "call", PERSON, "aof_task_get", get)),
  tick: await sampled(2_000, poll),
  create: await sampled(200, (at) =>
    component.call(
      "tools",
      "call",
      PERSON,
      "aof_dispatch",
      JSON.stringify({ title: `t${at}`, brief: "b", agent: "a" }),
    ),
  ),
  megabytesBefore: megabytes(),
};
for (let at = 0; at < calls; at += 1) {
  await component.call("tools", "call", PERSON, "aof_task_get", get);
}
result.megabytesAfter = megabytes();
await component.close();
fs.rmSync(root, { recursive: true });
console.log(JSON.stringify(result));
