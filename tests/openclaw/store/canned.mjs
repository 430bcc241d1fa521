// The package under test with one call that does nothing: `aof_task_get` of `NOTHING` answers what
// the last other call of that tool did, without asking anybody.
//
// What such a call takes is the gateway's own share of a call that is answered as much.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const WORK = "        return await answer(info.name, params, context, shared());";
const NOTHING = `\
        if (params.taskId === "NOTHING") return globalThis.lastAnswer;
        globalThis.lastAnswer = await answer(info.name, params, context, shared());
        return globalThis.lastAnswer;`;
/** What every call ends with, however it was answered. */
const AFTER = "        await after(context);";

/** @returns {string} a tarball beside the world's other files */
export function canned({ folder, settings }) {
  const out = path.join(folder, "canned");
  fs.mkdirSync(out, { recursive: true });
  execFileSync("tar", ["xzf", settings.tarball, "-C", out]);
  const file = path.join(out, "package/dist/entry/tools.js");
  const text = fs.readFileSync(file, "utf8");
  if (!text.includes(WORK) || !text.includes(AFTER)) throw new Error(`${file} is another`);
  const skipped = `        if (params.taskId !== "NOTHING") await after(context);`;
  fs.writeFileSync(file, text.replace(WORK, NOTHING).replace(AFTER, skipped));
  const tarball = path.join(out, "canned.tgz");
  execFileSync("tar", ["czf", tarball, "-C", out, "package"]);
  return tarball;
}
