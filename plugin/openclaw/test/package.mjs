// The package under test as `build.mjs` leaves it: AOF_PACKAGE names its folder, AOF_ROGUE that of
// one whose component misbehaves (`tests/guests`).

import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

const at = (name, fallback) => path.resolve(process.env[name] ?? path.join(repository, fallback));

export const PACKAGE = at("AOF_PACKAGE", "target/openclaw/package");
export const ROGUE = at("AOF_ROGUE", "target/openclaw-rogue/package");

/** Loads a module of a package. */
export function load(folder, name) {
  return import(pathToFileURL(path.join(folder, "dist", name)).href);
}
