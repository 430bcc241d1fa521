// The chat command `/aof`: people look at tasks and answer questions without the model.
//
// Who may write to the agents may look; only an owner decides. Invariant: every word is one of
// `ask.js`.

import { isRefused } from "../component/thread.js";
import { person } from "../gateway/caller.js";
import { USAGE, decides, questionOf } from "./ask.js";
import { refusalText } from "./refusal.js";

/**
 * @param {any} api the gateway's
 * @param {() => import("./shared.js").Shared} shared
 */
export function registerChatCommand(api, shared) {
  api.registerCommand({
    name: "aof",
    description: "Look at AOF's tasks and answer what waits for a person",
    acceptsArgs: true,
    requireAuth: true,
    handler: async (context) => ({ text: await reply(context, shared) }),
  });
}

async function reply(context, shared) {
  const [word = "status", ...words] = (context.args ?? "").trim().split(/\s+/).filter(Boolean);
  const question = questionOf(word, words);
  if (question === undefined) return usage();
  if (decides(word) && context.senderIsOwner !== true) return "only an owner decides";
  const { tool, args, text } = question;
  try {
    const caller = person(context.senderId ?? context.from ?? "owner");
    return text(await shared().orchestrator.tool(caller, tool, args));
  } catch (error) {
    if (isRefused(error)) return refusalText(error);
    throw error;
  }
}

function usage() {
  return Object.entries(USAGE)
    .map(([words, what]) => `/aof ${words} - ${what}`)
    .join("\n");
}
