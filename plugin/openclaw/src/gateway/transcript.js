// What a session's messages tell of one run: the gateway marks what a run was asked with
// `<run id>:user`, and what it answered with the run's id.
//
// Reads only; a message of another shape tells nothing.

import { isOfRun } from "./address.js";

/** The text that the run was asked, if it was. */
export function asked(messages, runId) {
  const mark = `${runId}:user`;
  const found = messages.find(
    (message) => message?.role === "user" && keysOf(message).includes(mark),
  );
  return found === undefined ? undefined : textOf(found);
}

/** The text of the run's last answer, if it came to its end. */
export function answered(messages, runId) {
  const found = messages.findLast(
    (message) => isOf(message, runId) && message.stopReason === "stop",
  );
  return found === undefined ? undefined : textOf(found);
}

/** What the run used, if its messages tell. */
export function usageOf(messages, runId) {
  const own = messages.filter((message) => isOf(message, runId) && message.usage !== undefined);
  if (own.length === 0) return undefined;
  const sum = (pick) =>
    own.reduce((total, message) => total + (Number(pick(message.usage)) || 0), 0);
  const input = sum((usage) => usage.input ?? usage.inputTokens);
  const cached = sum((usage) => (usage.cacheRead ?? 0) + (usage.cacheWrite ?? 0));
  return {
    model: own.at(-1).model,
    inputTokens: BigInt(Math.round(input + cached)),
    outputTokens: BigInt(Math.round(sum((usage) => usage.output ?? usage.outputTokens))),
    costMicros: BigInt(Math.round(sum((usage) => usage.cost?.total ?? 0) * 1_000_000)),
  };
}

function isOf(message, runId) {
  return message?.role === "assistant" && isOfRun(message.__openclaw?.runId, runId);
}

function keysOf(message) {
  return [message.idempotencyKey, message.__openclaw?.idempotencyKey];
}

function textOf(message) {
  if (typeof message.content === "string") return message.content;
  const parts = Array.isArray(message.content) ? message.content : [];
  return parts
    .filter((part) => part?.type === "text")
    .map((part) => part.text)
    .join("\n");
}
