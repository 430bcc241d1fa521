// The component's tools as tools of the gateway, from the list that was made when the package was.
//
// Neither checks arguments nor reads them: the component does. Invariant: an answer is an object
// under a noun, so that no field of a task is taken for the outcome of the call.

import { isOurs } from "../gateway/address.js";
import { callerOf } from "../gateway/caller.js";
import { isRefused } from "../component/thread.js";
import { refusalOf, refusalText } from "./refusal.js";

/** What every worker needs each turn: sent to the model as they are, never behind a search. */
export const WORKER_TOOLS = [
  "aof_task_get",
  "aof_task_update",
  "aof_task_complete",
  "aof_task_block",
];
/** How long a call of a run waits until the run is taken over. */
const ADOPTION_MS = 15_000;
/** After which a chat hears of its task. */
const ASKS = "aof_dispatch";

/**
 * @param {any} api the gateway's
 * @param {any[]} list of `tools.json`
 * @param {() => import("./shared.js").Shared} shared
 * @param {(ctx: any) => Promise<void>} after is called when a call is over
 */
export function registerTools(api, list, shared, after) {
  for (const info of list) {
    const factory = (context) => toolOf(info, context, shared, after);
    api.registerTool(factory, { name: info.name });
  }
}

function toolOf(info, context, shared, after) {
  const isDirect = WORKER_TOOLS.includes(info.name);
  return {
    name: info.name,
    label: info.title,
    description: info.description,
    parameters: info.inputSchema,
    ...(isDirect ? { catalogMode: "direct-only" } : {}),
    async execute(_callId, params, signal) {
      signal?.throwIfAborted();
      try {
        return await answer(info.name, params, context, shared());
      } finally {
        await after(context);
      }
    },
  };
}

async function answer(name, params, context, { orchestrator, people, names }) {
  try {
    await names.refresh();
    // After a restart or a reload an agent may call before its run was taken over.
    if (isOurs(context.sessionKey ?? "")) await orchestrator.takenOver(ADOPTION_MS);
    const caller = callerOf(context, orchestrator.sessions, names);
    const value = await orchestrator.tool(caller, name, params);
    if (name === ASKS && caller.val.run === undefined)
      people.remember(value.task?.taskId, context.sessionKey);
    return { content: [{ type: "text", text: JSON.stringify(value) }], details: value };
  } catch (error) {
    // The model can correct what was refused, so it has to read it; anything else is a failure.
    if (!isRefused(error)) throw error;
    return {
      content: [{ type: "text", text: refusalText(error) }],
      details: { refusal: refusalOf(error) },
    };
  }
}
