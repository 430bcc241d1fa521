// Builds the package that is installed: from the composed component to one tarball.
//
//   node build/build.mjs [--out FOLDER] [--component FILE]
//
// FOLDER gets `package/` and `aof-openclaw-<version>.tgz`. FILE is a composed component that was
// built elsewhere. Nothing in the source tree is written. Invariant: what the manifest says of
// tools, the component in the same package says.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { fail, run } from "./run.mjs";
import { describeTools } from "./tools.mjs";
import { transpile } from "./transpile.mjs";

const here = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const repository = path.resolve(here, "../..");
/** What a tarball may have: a registry and every gateway carry it around. */
const TARBALL_BYTES_MAX = 1024 * 1024;

const { values } = parseArgs({
  options: {
    out: { type: "string", default: path.join(repository, "target/openclaw") },
    component: { type: "string" },
  },
});

/** The component's modules use more than one memory. */
const NODE_MIN = 24;
if (Number(process.versions.node.split(".")[0]) < NODE_MIN) {
  fail(`Node ${process.versions.node} is too old to build this: use ${NODE_MIN}.16 or later`);
}

const out = path.resolve(values.out);
const staged = path.join(out, "package");

fs.rmSync(staged, { recursive: true, force: true });
fs.mkdirSync(staged, { recursive: true });
const component = values.component ?? compose();
fs.cpSync(path.join(here, "src"), path.join(staged, "dist"), { recursive: true });
transpile(component, "aof", path.join(staged, "dist/component/generated"));
await writeDescriptions();
pack();

/** Builds both components and puts the store behind the orchestrator. */
function compose() {
  const folder = path.join(out, "component");
  run("cargo", ["run", "--quiet", "--locked", "-p", "aof-compose", "--", folder], repository);
  return path.join(folder, "aof.wasm");
}

/**
 * Writes what the gateway reads before any code runs, and the list that the entry registers from.
 */
async function writeDescriptions() {
  const read = (name) => JSON.parse(fs.readFileSync(path.join(here, name), "utf8"));
  const { scripts, devDependencies, ...described } = read("package.json");
  const tools = await describeTools(path.join(staged, "dist/component/thread.js"));
  const manifest = { ...read("manifest.json"), version: described.version, ...tools.manifest };
  write("package.json", described);
  write("openclaw.plugin.json", manifest);
  write("dist/tools.json", tools.list);
  fs.copyFileSync(path.join(here, "README.md"), path.join(staged, "README.md"));
  for (const name of ["LICENSE-APACHE", "LICENSE-MIT"]) {
    fs.copyFileSync(path.join(repository, name), path.join(staged, name));
  }
}

function write(name, value) {
  fs.writeFileSync(path.join(staged, name), `${JSON.stringify(value, null, 2)}\n`);
}

function pack() {
  run("npm", ["pack", "--silent", "--pack-destination", out], staged);
  const { name, version } = JSON.parse(fs.readFileSync(path.join(staged, "package.json"), "utf8"));
  const tarball = path.join(out, `${name}-${version}.tgz`);
  const bytes = fs.statSync(tarball).size;
  if (bytes > TARBALL_BYTES_MAX)
    fail(`${tarball} has ${bytes} bytes, more than ${TARBALL_BYTES_MAX}`);
  console.log(`${tarball} (${bytes} bytes)`);
}
