// Runs the programs that a build needs; the first that fails ends it.

import { spawnSync } from "node:child_process";

/** Runs a program, whose output is shown. */
export function run(command, args, cwd) {
  const done = spawnSync(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
  if (done.error) fail(`${command} does not start: ${done.error.message}`);
  if (done.status !== 0) fail(`${command} ${args.join(" ")} failed`);
}

/** Ends the build. */
export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}
