// What the operator configured for the plugin, checked and with its defaults.
//
// The gateway checks the types before it loads the plugin. Invariant: a setting is either used or
// refused with its name.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const DEFAULTS = { pollMs: 1_000, callDeadlineMs: 10_000, durability: "full", dispatch: true };
const KNOWN = ["dataDir", "projects", ...Object.keys(DEFAULTS)];

/**
 * @param {Record<string, any> | undefined} given `plugins.entries.aof.config`
 * @param {() => string} stateDir the gateway's state directory, asked only if it is needed
 * @returns {{dataDir: string, pollMs: number, callDeadlineMs: number, durability: string, dispatch:
 *   boolean, projects?: string[]}}
 * @throws {Error} naming the setting that cannot be used
 */
export function settingsOf(given, stateDir) {
  const strange = Object.keys(given ?? {}).filter((key) => !KNOWN.includes(key));
  if (strange.length > 0) {
    throw new Error(`aof: no such setting: ${strange.join(", ")}; there are ${KNOWN.join(", ")}`);
  }
  const settings = { ...DEFAULTS, ...given };
  return { ...settings, dataDir: dataDirOf(given?.dataDir, stateDir) };
}

function dataDirOf(given, stateDir) {
  if (given === undefined) return path.join(stateDir(), "aof");
  const home = given === "~" || given.startsWith("~/");
  const full = home ? path.join(os.homedir(), given.slice(1)) : given;
  if (!path.isAbsolute(full))
    throw new Error(`aof: dataDir must be absolute or begin with ~/, not ${given}`);
  return path.resolve(full);
}

/**
 * Makes the data directory, for its owner only, and says by which path everybody finds the same
 * one.
 *
 * @throws {Error} if something else lies there
 */
export function madeDataDir(dataDir) {
  try {
    fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const what =
      error.code === "EEXIST" || error.code === "ENOTDIR" ? "is not a directory" : error.message;
    throw new Error(`[AOF-4102] ${dataDir} ${what}: set plugins.entries.aof.config.dataDir`);
  }
  return fs.realpathSync(dataDir);
}
