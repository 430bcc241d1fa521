// Runs the scenarios one after another and prints a line for each.
//
//   suite.mjs [NAME…]   without names all but `share` and `soak`
//
// Goes on after a scenario that failed, except after the installation. The exit code says it all.

import { settings } from "./settings.mjs";
import { World } from "./world.mjs";

const ALL = [
  "install",
  "dispatch",
  "workflow",
  "crash",
  "stop",
  "reload",
  "configure",
  "busy",
  "refuse",
  "adopt",
  "share",
  "soak",
];
const USUAL = ALL.filter((name) => name !== "share" && name !== "soak");

const names = chosen(process.argv.slice(2));
const failed = [];
for (const name of names) {
  if (!(await passes(name))) failed.push(name);
  if (failed.includes("install")) break;
}
if (failed.length > 0) fail(`failed: ${failed.join(", ")}`);
console.log(`passed: ${names.join(", ")}`);
process.exit(0);

/** What was asked for, with the installation that the others start from. */
function chosen(wanted) {
  const strange = wanted.filter((name) => !ALL.includes(name));
  if (strange.length > 0) fail(`no scenario ${strange.join(", ")}; there are ${ALL.join(", ")}`);
  if (wanted.length === 0) return USUAL;
  const isInstalled = process.env.AOF_E2E_KEEP !== undefined;
  return ALL.filter((name) => wanted.includes(name) || (name === "install" && !isInstalled));
}

async function passes(name) {
  const { proves, run } = await import(`./scenario/${name}.mjs`);
  const begin = performance.now();
  const took = () => `${((performance.now() - begin) / 1000).toFixed(1)} s`;
  const world = await World.make({ name, settings: settings() });
  console.log(`${name}: ${proves}`);
  try {
    await run(world, (what) => console.log(`  ok ${took().padStart(8)}  ${what}`));
    console.log(`pass ${name} in ${took()}`);
    return true;
  } catch (error) {
    console.log(`FAIL ${name} after ${took()}: ${error.stack}\n  its files: ${world.folder}`);
    return false;
  } finally {
    await world.close();
  }
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
