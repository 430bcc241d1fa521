// A component that misbehaves costs its thread and nothing else.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { PACKAGE, ROGUE, load } from "./package.mjs";

const context = () => ({ now: BigInt(Date.now()), entropy: [1n, 2n], caller: { tag: "host" } });
const misdeed = (thread, name, args = "") => thread.call("tools", "call", [context(), name, args]);

async function rogue(deadlineMs = 2_000) {
  const { ComponentThread } = await load(ROGUE, "component/thread.js");
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "aof-rogue-"));
  const lines = [];
  const onLine = (line) => lines.push(line);
  const thread = new ComponentThread({ store: { root }, onLine, deadlineMs });
  return { thread, lines, root };
}

test("an endless loop ends at its deadline, and the event loop goes on meanwhile", async () => {
  const { thread } = await rogue(500);
  await misdeed(thread, "nothing");
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  await assert.rejects(misdeed(thread, "loop"), { name: "Broken", message: /within 500 ms/ });
  clearInterval(watch);
  assert.ok(longest < 400, `${longest} ms without a turn`);
  assert.equal((await misdeed(thread, "nothing")).tag, "done");
  await thread.stop();
});

for (const name of ["panic", "exit", "recurse", "grow"]) {
  test(`after ${name} the next call finds a new component`, async () => {
    const { thread } = await rogue(20_000);
    await assert.rejects(misdeed(thread, name, "on purpose"), { name: "Broken" });
    assert.equal((await misdeed(thread, "nothing")).tag, "done");
    await thread.stop();
  });
}

test("calls that were under way are answered when the thread ends", async () => {
  const { thread } = await rogue(300);
  await misdeed(thread, "nothing");
  const results = await Promise.allSettled([misdeed(thread, "loop"), misdeed(thread, "nothing")]);
  assert.deepEqual(
    results.map((it) => it.status),
    ["rejected", "rejected"],
  );
  await thread.stop();
});

test("a component does not see the process", async () => {
  const { thread, lines } = await rogue();
  process.env.AOF_SECRET = "a secret of the gateway";
  const said = await misdeed(thread, "nothing");
  assert.equal(said.tag, "done");
  assert.ok(!lines.join("\n").includes("a secret"));
  delete process.env.AOF_SECRET;
  await thread.stop();
});

test("the store is free again as soon as its thread has ended", async () => {
  const { ComponentThread } = await load(PACKAGE, "component/thread.js");
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "aof-free-"));
  const config = { readOnly: false };
  const over = () => new ComponentThread({ store: { root }, onLine: () => {} });
  const first = over();
  await first.call("lifecycle", "open", [context(), config]);
  await first.stop();
  const next = over();
  const opened = await next.call("lifecycle", "open", [context(), config]);
  assert.equal(opened.epoch, 2n);
  await next.stop();
});

test("a component of another contract is refused before it is asked anything", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "aof-contract-"));
  fs.cpSync(path.join(PACKAGE, "dist/component"), folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "package.json"), '{"type": "module"}');
  const other = '({ "aof:orchestrator/tools@0.2.0": {} })';
  fs.writeFileSync(
    path.join(folder, "generated/aof.js"),
    `export const instantiate = async () => ${other};\n`,
  );
  const { ComponentThread } = await import(pathToFileURL(path.join(folder, "thread.js")).href);
  const thread = new ComponentThread({ store: { root: folder }, onLine: () => {} });
  await assert.rejects(thread.call("tools", "list", []), {
    name: "Broken",
    message: /AOF-5002.*lifecycle, tools.*0\.1\.0/,
  });
  fs.rmSync(folder, { recursive: true });
});

test("a thread that is stopped before it has begun leaves nothing behind", async () => {
  const { ComponentThread } = await load(PACKAGE, "component/thread.js");
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "aof-early-"));
  const config = { readOnly: false };
  const first = new ComponentThread({ store: { root }, onLine: () => {} });
  const opening = first.call("lifecycle", "open", [context(), config]);
  await Promise.all([assert.rejects(opening, { name: "Broken" }), first.stop()]);
  const next = new ComponentThread({ store: { root }, onLine: () => {} });
  assert.equal((await next.call("lifecycle", "open", [context(), config])).epoch, 1n);
  await next.stop();
});

test("after a deadline calls that come together find one new thread", async () => {
  const { thread } = await rogue(300);
  await assert.rejects(misdeed(thread, "loop"), { name: "Broken" });
  const calls = Array.from({ length: 5 }, () => thread.call("scheduler", "nextDue", []));
  const counts = await Promise.all(calls);
  await Promise.all([misdeed(thread, "nothing"), misdeed(thread, "nothing")]);
  assert.equal(await thread.call("scheduler", "nextDue", []), counts[0] + 2n, "one counter");
  await thread.stop();
});
