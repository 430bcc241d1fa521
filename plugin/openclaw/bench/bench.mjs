// The plugin's costs beside the wasmtime host, in one run and on one store.
//
//   node bench/bench.mjs [--cards N] [--calls N] [PACKAGE…]
//
// Each PACKAGE is a folder as `build.mjs` leaves it; without one it is that of `target/openclaw`.
// With several, as for several versions of jco, each gets a column. Prints one table.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const repository = path.resolve(here, "../../..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cards: { type: "string", default: "10000" },
    calls: { type: "string", default: "100000" },
  },
});
const packages =
  positionals.length > 0 ? positionals : [path.join(repository, "target/openclaw/package")];

const ROWS = [
  ["ready, 1,000 cards (ms)", (it) => pair(it.readyMs)],
  ["a call without work", (it) => pair(it.nextDue)],
  ["`aof_task_get`", (it) => pair(it.get)],
  ["a tick with nothing to do", (it) => pair(it.tick)],
  ["`aof_dispatch`, durable", (it) => pair(it.create)],
  [
    "resident memory, then after the calls (MB)",
    (it) => `${it.megabytesBefore ?? "–"}, ${it.megabytesAfter ?? "–"}`,
  ],
];

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "aof-bench-"));
const columns = packages.map((folder) => measured(folder));
const host = besides();
fs.rmSync(scratch, { recursive: true });
const heads = [`${values.cards} cards, µs, median (least)`, ...packages.map(named), "wasmtime"];
console.log(`| ${heads.join(" | ")} |`);
console.log(`|---|${"---|".repeat(packages.length + 1)}`);
for (const [name, cell] of ROWS) {
  console.log(`| ${name} | ${[...columns, host].map(cell).join(" | ")} |`);
}

function measured(folder) {
  const args = [path.join(here, "measure.mjs"), folder, values.cards, values.calls];
  return json(process.execPath, args);
}

/** The wasmtime host over stores of the same kind. */
function besides() {
  const binary = path.join(repository, "target/release/beside");
  run("cargo", ["build", "--quiet", "--release", "-p", "aof-benches", "--bin", "beside"]);
  const of = (cards) => {
    const store = path.join(scratch, `store-${cards}`);
    const made = run(process.execPath, [path.join(here, "furnish.mjs"), packages[0], store, cards]);
    return json(binary, [store, made.trim()]);
  };
  const { readyMs } = of("1000");
  return { ...of(values.cards), readyMs: { median: readyMs, least: readyMs } };
}

function json(command, args) {
  return JSON.parse(run(command, args));
}

function run(command, args) {
  const done = spawnSync(command, args, { cwd: repository, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

function pair({ median, least }) {
  return `${median.toFixed(0)} (${least.toFixed(0)})`;
}

function named(folder) {
  return path.basename(path.dirname(path.resolve(folder)));
}
