// A user's first minute: the packed tarball goes into a fresh gateway, which loads it.
//
// Leaves the installed state behind for the other scenarios.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

export const proves = "the packed tarball installs, loads, and has every tool of the component";

export async function run(world, checked) {
  const gateway = await world.bareGateway();
  const { code, output } = await gateway.install(world.settings.tarball);
  assert.equal(code, 0, output);
  checked("installed from the tarball");
  gateway.configure(world.plugin);
  await inspect(world, checked);
  keep(world);
}

async function inspect(world, checked) {
  const inspected = await world.gateway.command("plugins", "inspect", "aof", "--runtime", "--json");
  assert.equal(inspected.code, 0, inspected.output);
  const { plugin, diagnostics } = documentIn(inspected.output);
  assert.equal(plugin.status, "loaded", inspected.output);
  const listed = (await world.store.aof("tools")).document.tools.map((tool) => tool.name);
  assert.deepEqual([...plugin.toolNames].sort(), listed.sort());
  checked(`loaded with all ${listed.length} tools that \`aof tools\` lists`);
  assert.deepEqual(diagnostics ?? [], [], "the gateway has no complaints");
  checked("no diagnostics");
}

function keep(world) {
  const template = path.join(world.settings.work, "world", "installed");
  fs.rmSync(template, { recursive: true, force: true });
  const state = path.join(world.gateway.folder, "state");
  fs.cpSync(state, template, { recursive: true, verbatimSymlinks: true });
}

/** The one JSON document among whatever else a command says. */
function documentIn(output) {
  const begin = output.indexOf("\n{") + 1;
  const end = output.lastIndexOf("\n}") + 2;
  return JSON.parse(output.slice(begin, end));
}
