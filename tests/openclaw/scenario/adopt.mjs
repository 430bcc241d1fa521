// Somebody moves from AOF 1.20: its directory is adopted, its entry replaced, and all of it backed
// up.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

import { isSound } from "../store/claim.mjs";
import { FORMER, formerStore } from "../store/former.mjs";
import { Store } from "../store/store.mjs";
import { until } from "../wait.mjs";

export const proves = "a directory of AOF 1.20 is adopted, worked on, and in the gateway's backup";

/** Settings of the plugin that AOF 1.20 was. */
const FORMER_ENTRY = { pollIntervalMs: 30_000, defaultLeaseTtlMs: 600_000 };

/** What AOF 1 did is not in the log. */
const OLDER = ["made-by-hand"];

export async function run(world, checked) {
  const gateway = await world.gatewayWithPlugin({ pollMs: 200 });
  const folder = path.join(gateway.folder, "state", "aof");
  formerStore(folder);
  world.store = new Store({ folder, aof: world.settings.aof });
  await refusesFormerSettings(world, checked);
  await migrates(world, checked);
  await works(world, checked);
  await isBackedUp(world, checked);
}

async function refusesFormerSettings({ gateway }, checked) {
  gateway.editPlugin(FORMER_ENTRY);
  const inspected = await gateway.command("plugins", "inspect", "aof");
  assert.match(inspected.output, /pollIntervalMs|defaultLeaseTtlMs/);
  gateway.editPlugin({ pollMs: 200 });
  checked("settings of AOF 1.20 are refused by name");
}

async function migrates({ store }, checked) {
  const planned = await store.aof("migrate", "--dry-run");
  assert.equal(planned.code, 0, planned.output);
  assert.ok(fs.existsSync(path.join(store.folder, "tasks/ready")), "nothing was touched");
  const migrated = await store.aof("migrate");
  assert.equal(migrated.code, 0, migrated.output);
  const expected = { ready: "ready", "in-progress": "ready", done: "done" };
  for (const [former, now] of Object.entries(expected)) {
    assert.equal(store.statusOf(FORMER[former]), now, former);
  }
  checked("aof migrate adopts the directory where it lies");
}

async function works(world, checked) {
  const { gateway } = world;
  await gateway.start();
  for (const former of ["ready", "in-progress"]) {
    await world.isDone(FORMER[former]);
    assert.equal(world.model.begun(FORMER[former]), 1);
  }
  assert.equal(world.model.begun(FORMER.done), 0);
  checked("what was open is done once by the gateway's agents, what was done is left alone");
  await world.isDone(await world.dispatch({ title: "A new one", agent: "coder" }));
  const shown = await gateway.command("aof", "status");
  assert.match(shown.output, /done\D+4/, shown.output);
  checked("openclaw aof status counts old and new ones");
}

async function isBackedUp({ gateway, store }, checked) {
  const target = path.join(gateway.folder, "backup");
  fs.mkdirSync(target);
  const made = await gateway.command("backup", "create", "--output", target, "--verify");
  assert.equal(made.code, 0, made.output);
  await gateway.end();
  const archives = () => fs.readdirSync(target).filter((name) => name.endsWith(".tar.gz"));
  await until("there is an archive", 10_000, () => archives().length === 1);
  const unpacked = path.join(gateway.folder, "unpacked");
  fs.mkdirSync(unpacked);
  execFileSync("tar", ["-xzf", path.join(target, archives()[0]), "-C", unpacked]);
  const [copy] = fs.globSync("**/aof/aof.yaml", { cwd: unpacked });
  assert.ok(copy, "the data directory is in it");
  const restored = path.dirname(path.join(unpacked, copy));
  const again = new Store({ folder: restored, aof: store.aofCommand });
  assert.deepEqual(again.statuses(), store.statuses());
  await isSound(again, OLDER);
  checked("openclaw backup takes the directory along, and the copy is sound");
  await isSound(store, OLDER);
  checked("fsck and doctor find nothing");
}
