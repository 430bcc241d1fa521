// Writes an answer of the mock model in the form of OpenAI's chat completions, whole or streamed.

/** Tokens are not counted, but the gateway wants a number. */
const COMPLETION_TOKENS = 5;

/** How a call has to be written: directly, or through the gateway's tool search. */
export function toolCall({ tool, args }, names, id) {
  const isDirect = names.includes(tool);
  const called = isDirect
    ? { name: tool, arguments: JSON.stringify(args) }
    : { name: "tool_call", arguments: JSON.stringify({ id: tool, args }) };
  return { index: 0, id, type: "function", function: called };
}

/**
 * @param {import("node:http").ServerResponse} response
 * @param {{id: string, request: object, call?: object, text?: string, promptTokens: number}} answer
 */
export function send(response, answer) {
  if (answer.request.stream) stream(response, answer);
  else whole(response, answer);
}

function head({ id, request }) {
  return { id, created: Math.floor(Date.now() / 1000), model: request.model };
}

function reason({ call }) {
  return call === undefined ? "stop" : "tool_calls";
}

function usage({ promptTokens }) {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: COMPLETION_TOKENS,
    total_tokens: promptTokens + COMPLETION_TOKENS,
  };
}

function whole(response, answer) {
  const called = answer.call === undefined ? {} : { tool_calls: [answer.call] };
  const message = { role: "assistant", content: answer.text ?? null, ...called };
  const choices = [{ index: 0, finish_reason: reason(answer), message }];
  const body = { ...head(answer), object: "chat.completion", choices, usage: usage(answer) };
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(body));
}

function stream(response, answer) {
  const base = { ...head(answer), object: "chat.completion.chunk" };
  const line = (body) => response.write(`data: ${JSON.stringify({ ...base, ...body })}\n\n`);
  const chunk = (delta, finish_reason = null) =>
    line({ choices: [{ index: 0, delta, finish_reason }] });
  response.setHeader("content-type", "text/event-stream");
  chunk({ role: "assistant", content: "" });
  chunk(answer.call === undefined ? { content: answer.text } : { tool_calls: [answer.call] });
  chunk({}, reason(answer));
  if (answer.request.stream_options?.include_usage) line({ choices: [], usage: usage(answer) });
  response.end("data: [DONE]\n\n");
}
