// The package under test with a component that never answers one call: `aof_task_get` of `LOOP`.
//
// Only the door to the component is changed; thread, deadline and all else are the product's.

import fs from "node:fs";
import path from "node:path";

import { changed } from "./changed.mjs";

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

/** @returns {string} a tarball beside the world's other files */
export function looping(world) {
  return changed(world, "looping", (dist) => {
    const generated = path.join(dist, "component/generated");
    fs.renameSync(path.join(generated, "aof.js"), path.join(generated, "whole.js"));
    fs.writeFileSync(path.join(generated, "aof.js"), DOOR);
  });
}
