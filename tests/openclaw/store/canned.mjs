// The package under test with one call that does nothing: `aof_task_get` of `NOTHING` answers what
// the last other call of that tool did, without asking anybody.
//
// What such a call takes is the gateway's own share of a call that is answered as much.

import fs from "node:fs";
import path from "node:path";

import { changed } from "./changed.mjs";

const WORK = "        return await answer(info.name, params, context, shared());";
const NOTHING = `\
        if (params.taskId === "NOTHING") return globalThis.lastAnswer;
        globalThis.lastAnswer = await answer(info.name, params, context, shared());
        return globalThis.lastAnswer;`;
/** What every call ends with, however it was answered. */
const AFTER = "        await after(context);";
const UNLESS_NOTHING = `        if (params.taskId !== "NOTHING") await after(context);`;

/** @returns {string} a tarball beside the world's other files */
export function canned(world) {
  return changed(world, "canned", (dist) => {
    const file = path.join(dist, "entry/tools.js");
    const text = fs.readFileSync(file, "utf8");
    if (!text.includes(WORK) || !text.includes(AFTER)) throw new Error(`${file} is another`);
    fs.writeFileSync(file, text.replace(WORK, NOTHING).replace(AFTER, UNLESS_NOTHING));
  });
}
