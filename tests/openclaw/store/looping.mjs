// The package under test with a component that never answers one call: `aof_task_get` of `LOOP`.
//
// Only the door to the component is changed; thread, deadline and all else are the product's.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const DOOR = `\
import { instantiate as whole } from "./whole.js";

export async function instantiate(...given) {
  const component = await whole(...given);
  const call = (context, name, text) => {
    if (name === "aof_task_get" && text.includes('"LOOP"')) for (;;);
    return component.tools.call(context, name, text);
  };
  return { ...component, tools: { ...component.tools, call } };
}
`;

/** @returns {Promise<string>} a tarball beside the world's other files */
export async function looping({ folder, settings }) {
  const out = path.join(folder, "looping");
  fs.mkdirSync(out, { recursive: true });
  execFileSync("tar", ["xzf", settings.tarball, "-C", out]);
  const generated = path.join(out, "package/dist/component/generated");
  fs.renameSync(path.join(generated, "aof.js"), path.join(generated, "whole.js"));
  fs.writeFileSync(path.join(generated, "aof.js"), DOOR);
  const tarball = path.join(out, "looping.tgz");
  execFileSync("tar", ["czf", tarball, "-C", out, "package"]);
  return tarball;
}
