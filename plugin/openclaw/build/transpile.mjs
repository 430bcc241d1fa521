// Makes ES modules of a component.
//
//   node build/transpile.mjs WASM NAME FOLDER
//
// FOLDER gets `NAME.js` and the core modules. The adapter between composed components copies from
// one memory to another: without multi-memory jco does that byte by byte in JavaScript. The modules
// were compiled for size, and for an engine that works on them harder than V8 does: `wasm-opt`
// makes them smaller and faster.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "./run.mjs";

const here = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const FLAGS = ["--instantiation", "async", "--no-typescript", "--multi-memory", "--minify", "-q"];

/** What Node knows of WebAssembly, and the component may use. */
const OPTIMIZE = ["-O3", "--all-features", "--disable-gc", "--disable-custom-descriptors"];

/**
 * @param {string} wasm a component
 * @param {string} name of the module
 * @param {string} folder that gets it
 */
export function transpile(wasm, name, folder) {
  const home = path.join(here, "node_modules/@bytecodealliance/jco");
  if (!fs.existsSync(home)) run("npm", ["ci"], here);
  const { bin } = JSON.parse(fs.readFileSync(path.join(home, "package.json"), "utf8"));
  const jco = path.join(home, bin.jco);
  run(process.execPath, [jco, "transpile", wasm, "-o", folder, "--name", name, ...FLAGS], here);
  for (const file of fs.readdirSync(folder).filter((file) => file.endsWith(".wasm"))) {
    const module = path.join(folder, file);
    const optimize = path.join(here, "node_modules/binaryen/bin/wasm-opt");
    run(process.execPath, [optimize, module, "-o", module, ...OPTIMIZE], here);
  }
  // Types are for whoever writes against the component, which nobody does in the package.
  fs.rmSync(path.join(folder, `${name}.d.ts`), { force: true });
  fs.rmSync(path.join(folder, "interfaces"), { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [wasm, name, folder] = process.argv.slice(2);
  transpile(path.resolve(wasm), name, path.resolve(folder));
}
