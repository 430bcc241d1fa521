// What the mock model does next in a conversation: a tool call, or a last word.
//
// Follows from the conversation, and from what was rejected before. Never looks at the clock or the
// network; whatever takes time is said and left to the server.

import { taskOf, textOf } from "./task.mjs";

/** `CALL <tool> <json>` in a message of a person: the model makes this one call. */
const CALL = /CALL (\w+) (\{.*\})/;
/** The gateway adds messages of its own in the name of the user. */
const INTERNAL = "BEGIN_OPENCLAW_INTERNAL_CONTEXT";
/** Characters of a tool's result that are repeated. */
const RESULT_MAX = 400;

/**
 * @param {object[]} messages the conversation
 * @param {Map<string, string>} rejected titles that were rejected once, with the task that did so
 * @returns `{ task?, step, call?: {tool, args}, text?, delayMs?, isHeld?, isBroken? }`; `step` is
 *   "work" or "end"
 */
export function decide(messages, rejected) {
  const task = taskOf(messages);
  if (task === undefined) return chat(messages);
  const isAnswered = messages.slice(task.at).some((message) => message.role === "tool");
  return isAnswered ? lastWord(task) : firstStep(task, rejected);
}

function firstStep(task, rejected) {
  const { directives } = task;
  const common = {
    task,
    step: "work",
    delayMs: directives.work,
    isHeld: directives.hold === true,
    isBroken: directives.fail === true,
  };
  if (directives.silent) return { ...common, text: "I did nothing." };
  return { ...common, call: verdict(task, rejected) };
}

/** Held here, a task is done in the store while its run still goes on in the gateway. */
function lastWord(task) {
  const isHeld = task.directives["hold-end"] === true;
  return { task, step: "end", text: `That was ${task.id}.`, isHeld };
}

function verdict(task, rejected) {
  if (task.directives.block) {
    return { tool: "aof_task_block", args: { taskId: task.id, reason: "told to block" } };
  }
  const args = { taskId: task.id, summary: `${task.agent} did it` };
  const isBack = task.directives["reject-once"] && isFirst(task, rejected);
  if (isBack) Object.assign(args, { outcome: "rejected", notes: "once more, please" });
  return { tool: "aof_task_complete", args };
}

/** Only a reviewer rejects, and of one title only the first task; asked again it says the same. */
function isFirst(task, rejected) {
  if (task.agent !== "reviewer") return false;
  if (!rejected.has(task.title)) rejected.set(task.title, task.id);
  return rejected.get(task.title) === task.id;
}

/** A conversation without a task: does the call that it asks for, or repeats what it was told. */
function chat(messages) {
  const spoken = messages.findLastIndex(
    (message) => message.role === "assistant" && !message.tool_calls,
  );
  const turn = messages.slice(spoken + 1);
  const words = turn
    .filter((message) => message.role === "user")
    .map((message) => textOf(message.content))
    .filter((text) => !text.includes(INTERNAL))
    .join("\n");
  const result = turn.findLast((message) => message.role === "tool");
  if (result !== undefined) {
    return { step: "end", text: `DONE ${textOf(result.content).slice(0, RESULT_MAX)}` };
  }
  const asked = CALL.exec(words);
  if (asked === null) return { step: "end", text: `ECHO ${words.slice(-80)}` };
  return { step: "work", call: { tool: asked[1], args: JSON.parse(asked[2]) } };
}
