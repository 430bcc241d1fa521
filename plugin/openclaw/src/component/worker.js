// The thread of one component: instantiates it over one store and answers one call after another.
//
// A call that takes too long, or a component that breaks, costs this thread and nothing else.
// Messages in: `{ id, face, call, args }`. Messages out: `{ ready }` once, `{ line }` for what the
// component prints, `{ id, value }`, `{ id, refusal }` for an error of the contract, `{ id, broken
// }` for anything else, after which this thread answers no more.

import { parentPort, workerData } from "node:worker_threads";

import { instantiate } from "./generated/aof.js";
import { openSystem } from "./system.js";
import { stillWorld } from "./still.js";
import { quietWasi } from "./wasi.js";

/** What this host was written for; other versions are other contracts. */
const CONTRACT = "0.1.0";
const FACES = ["lifecycle", "tools", "scheduler", "hooks", "views"];

// What a system refuses is answered by its name: nobody reads the stacks of these errors, and each
// costs as much as the call itself.
Error.stackTraceLimit = 0;

const post = (message) => parentPort.postMessage(message);

async function start() {
  const system = openSystem(workerData.store);
  const imports = {
    ...quietWasi((line) => post({ line })),
    ...stillWorld(() => moment),
    "aof:disk/system": system,
  };
  return speaking(await instantiate((name) => workerData.modules.get(name), imports));
}

/** Refuses a component of another contract before anything is asked of it. */
function speaking(instance) {
  const missing = FACES.filter(
    (face) => instance[`aof:orchestrator/${face}@${CONTRACT}`] === undefined,
  );
  if (missing.length === 0) return instance;
  throw new Error(`[AOF-5002] the component has no ${missing.join(", ")} of contract ${CONTRACT}`);
}

let moment = { now: 0n, entropy: [0n, 0n] };
const component = await start();
let isBroken = false;

parentPort.on("message", ({ id, face, call, args }) => {
  if (isBroken) return post({ id, broken: "the component broke before" });
  if (args[0]?.entropy !== undefined) moment = args[0];
  try {
    post({ id, value: component[face][call](...args) });
  } catch (error) {
    const refusal = error?.payload;
    if (refusal?.code !== undefined) return post({ id, refusal });
    isBroken = true;
    post({ id, broken: String(error?.message ?? error) });
  }
});
post({ ready: true });
