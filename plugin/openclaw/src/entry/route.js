// What an operator asks over HTTP: is it well, how much is there of what, and a call of a tool.
//
// Behind the gateway's own authentication, whose token is the operator's. Invariant: a GET changes
// nothing.

import { HOST } from "../component/component.js";
import { isRefused } from "../component/thread.js";
import { person } from "../gateway/caller.js";
import { refusalOf } from "./refusal.js";

const BASE = "/plugins/aof";
/** Larger arguments are refused by the component; this bounds what is read before that. */
const BODY_BYTES_MAX = 2 * 1024 * 1024;

/**
 * @param {any} api the gateway's
 * @param {() => import("./shared.js").Shared} shared
 */
export function registerRoutes(api, shared) {
  const on = (method, name, answer, refusedStatus) =>
    api.registerHttpRoute({
      path: `${BASE}/${name}`,
      auth: "gateway",
      match: "exact",
      handler: (request, response) => {
        if (request.method === method)
          return handle(response, () => answer(shared(), request), refusedStatus);
        return send(response, 405, { type: "text/plain", body: `only ${method}\n` });
      },
    });
  // Whoever looks whether all is well looks at the status; whoever calls, at the answer.
  on("GET", "health", health, 503);
  on("GET", "metrics", metrics, 503);
  on("POST", "call", call, 200);
}

async function handle(response, answer, refusedStatus) {
  try {
    return send(response, 200, await answer());
  } catch (error) {
    if (isRefused(error)) return send(response, refusedStatus, json({ refusal: refusalOf(error) }));
    return send(response, error.status ?? 503, json({ message: error.message }));
  }
}

/** Calls a tool for the operator: `{"tool": …, "args": …}`. */
async function call({ orchestrator }, request) {
  const { tool, args } = await bodyOf(request);
  if (typeof tool !== "string")
    throw Object.assign(new Error("`tool` is missing"), { status: 400 });
  return json({ value: await orchestrator.tool(person("operator"), tool, args ?? {}) });
}

async function bodyOf(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX)
      throw Object.assign(new Error(`over ${BODY_BYTES_MAX} bytes`), { status: 413 });
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    throw Object.assign(new Error(`no JSON: ${error.message}`), { status: 400 });
  }
}

function send(response, status, { type, body }) {
  response.statusCode = status;
  response.setHeader("content-type", type);
  response.end(body);
  return true;
}

function json(value) {
  return { type: "application/json", body: `${JSON.stringify(value)}\n` };
}

async function health({ root, orchestrator, people }) {
  const { metrics: counts } = await orchestrator.view(HOST, "metrics");
  const { repaired, quarantined } = orchestrator.report;
  const runs = orchestrator.sessions.all().map(({ run, task, agent }) => ({ run, task, agent }));
  return json({
    health: {
      isWell: true,
      store: root,
      tasks: counts.tasks,
      runs,
      repaired,
      notUnderstood: quarantined.map(({ path, error }) => ({ path, code: error.code })),
      notices: people.notices,
    },
  });
}

/** Numbers of the metrics view in the text format of Prometheus, one line a number. */
async function metrics({ orchestrator }) {
  const { metrics: values } = await orchestrator.view(HOST, "metrics");
  const lines = [...numbers(["aof"], values)].map(([path, value]) => `${path} ${value}`);
  return { type: "text/plain; version=0.0.4", body: `${lines.join("\n")}\n` };
}

function* numbers(path, value) {
  if (typeof value === "number") yield [path.join("_").replaceAll(/[^A-Za-z0-9_]/g, "_"), value];
  else if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) yield* numbers([...path, key], inner);
  }
}
