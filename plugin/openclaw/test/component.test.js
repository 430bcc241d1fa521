// A store that has to be opened again is opened again by the next call.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

import { PACKAGE, load } from "./package.mjs";

const { ComponentThread, Refused } = await load(PACKAGE, "component/thread.js");
const { Component } = await load(PACKAGE, "component/component.js");

const PERSON = { tag: "human", val: "ann" };
const config = { readOnly: false };

/** A thread that answers as it is told, and notes what it was asked. */
class Told {
  life = 1;
  asked = [];
  refusals = [];

  async call(face, call) {
    this.asked.push(`${face}.${call}`);
    const code = call === "open" ? undefined : this.refusals.shift();
    if (code !== undefined) throw new Refused({ code, kind: "broken", message: "no", hint: "" });
    return {};
  }
}

for (const [code, openings] of [
  ["AOF-4009", 2],
  ["AOF-4002", 2],
  ["AOF-4004", 1],
]) {
  test(`after ${code} the store has been opened ${openings} times in all`, async () => {
    const thread = new Told();
    thread.refusals = [code];
    const component = new Component({ thread, config, onOpened: () => {} });
    await assert.rejects(component.call("tools", "call", PERSON), { code });
    await component.call("tools", "call", PERSON);
    const opened = thread.asked.filter((it) => it === "lifecycle.open").length;
    assert.equal(opened, openings);
  });
}

test("whoever loses the kernel's lock is refused once, and then has it again", async () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "aof-lost-"));
  const thread = new ComponentThread({ store: { root }, onLine: () => {} });
  const component = new Component({ thread, config, onOpened: () => {} });
  const dispatch = () => {
    const args = { title: "t", brief: "b", agent: "ada" };
    return component.call("tools", "call", PERSON, "aof_dispatch", JSON.stringify(args));
  };
  await dispatch();
  // Somebody in this process looks into the file: the kernel takes the lock away with it.
  fs.closeSync(fs.openSync(path.join(root, "state/lock")));
  await assert.rejects(dispatch(), { code: "AOF-4002" });
  const { val } = await dispatch();
  assert.match(val.value, /"status":"ready"/);
  await component.close();
});
