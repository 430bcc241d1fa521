// The package under test with something in it changed, as a package of its own.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/**
 * @param {{folder: string, settings: {tarball: string}}} world
 * @param {string} name of the other package's file
 * @param {(dist: string) => void} change is given the folder of the unpacked code
 * @returns {string} a tarball beside the world's other files
 */
export function changed({ folder, settings }, name, change) {
  const out = path.join(folder, name);
  fs.mkdirSync(out, { recursive: true });
  execFileSync("tar", ["xzf", settings.tarball, "-C", out]);
  change(path.join(out, "package/dist"));
  const tarball = path.join(out, `${name}.tgz`);
  execFileSync("tar", ["czf", tarball, "-C", out, "package"]);
  return tarball;
}
