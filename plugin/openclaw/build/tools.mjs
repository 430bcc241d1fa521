// Asks the component which tools it has, for the manifest and for the list that is registered.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

/**
 * @param {string} threadPath the packaged `thread.js`, beside its component
 * @returns what belongs into the manifest, and the list of tools as the component gives it
 */
export async function describeTools(threadPath) {
  const { ComponentThread } = await import(pathToFileURL(threadPath).href);
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "aof-tools-"));
  const thread = new ComponentThread({ store: { root }, onLine: (line) => console.error(line) });
  try {
    const definitions = await thread.call("tools", "list", []);
    const list = definitions.map(({ outputSchema, inputSchema, ...rest }) => ({
      ...rest,
      inputSchema: JSON.parse(inputSchema),
    }));
    return { list, manifest: { contracts: { tools: names(list) }, toolMetadata: metadata(list) } };
  } finally {
    await thread.stop();
    fs.rmSync(root, { recursive: true });
  }
}

function names(list) {
  return list.map((tool) => tool.name);
}

/** A tool that changes nothing, or that called twice is called once, may be called again. */
function metadata(list) {
  const one = ({ annotations }) => ({
    replaySafe: annotations.readOnly || annotations.idempotent,
    sideEffecting: !annotations.readOnly,
  });
  return Object.fromEntries(list.map((tool) => [tool.name, one(tool)]));
}
