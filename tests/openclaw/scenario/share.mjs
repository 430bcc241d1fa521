// What a call of ours costs in the gateway, beyond one that does nothing: measured, not judged.
//
// The two take turns, so that whatever else the machine does meets both.

import assert from "node:assert/strict";

import { canned } from "../store/canned.mjs";

export const proves = "what a call of ours takes beyond the gateway's own part is told";

const ROUNDS = 2_000;
/** Until the gateway and the component are compiled. */
const WARM_UP = 500;

export async function run(world, checked) {
  const gateway = await world.gatewayWithPlugin();
  const { code, output } = await gateway.install(canned(world));
  assert.equal(code, 0, output);
  gateway.configure(world.plugin);
  await gateway.start();
  const taskId = await world.dispatch({ title: "Once", agent: "coder" });
  await world.isDone(taskId);
  const { body } = await gateway.invoke("aof_task_get", { taskId });
  const same = await gateway.invoke("aof_task_get", { taskId: "NOTHING" });
  assert.deepEqual(same.body, body);
  const shares = [];
  for (let at = 0; at < WARM_UP + ROUNDS; at += 1) {
    const whole = await took(gateway, taskId);
    const nothing = await took(gateway, "NOTHING");
    if (at >= WARM_UP) shares.push({ whole, nothing, share: whole - nothing });
  }
  const of = (name) => `${Math.round(median(shares.map((it) => it[name])) * 1_000)} µs`;
  checked(`a call takes ${of("whole")}, one that does nothing ${of("nothing")}`);
  checked(`our share is ${of("share")}: the median of ${ROUNDS} differences`);
  await gateway.end();
}

async function took(gateway, taskId) {
  const begin = performance.now();
  const { status } = await gateway.invoke("aof_task_get", { taskId });
  const end = performance.now();
  assert.equal(status, 200);
  return end - begin;
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}
