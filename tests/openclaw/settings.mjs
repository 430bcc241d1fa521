// Where things are on this machine: handed over by `run` in the environment, nothing is guessed.

import path from "node:path";
import { fileURLToPath } from "node:url";

export const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/** @returns the paths that every scenario needs */
export function settings(environment = process.env) {
  return {
    work: path.resolve(required(environment, "WORK")),
    node: path.resolve(required(environment, "AOF_E2E_NODE")),
    openclaw: path.resolve(required(environment, "AOF_E2E_OPENCLAW")),
    tarball: path.resolve(required(environment, "AOF_TARBALL")),
    aof: path.resolve(environment.AOF_BIN ?? path.join(REPOSITORY, "target/debug/aof")),
    seed: Number(environment.AOF_E2E_SEED ?? 1),
  };
}

function required(environment, name) {
  const value = environment[name];
  if (!value) throw new Error(`${name} is not set; start this through tests/openclaw/run`);
  return value;
}
