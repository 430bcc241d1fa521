// Where a run lives in the gateway: the key of its session, and the id that the gateway gives it.
//
// Both follow from the effect, so that they are known before anything was started and after
// anything crashed. Invariant: what is written down as the session of a run leads back to both.

const PREFIX = "aof-";
const ANEW = "-anew";

/** True for the session of a run that AOF started, whether it still knows it or not. */
export function isOurs(sessionKey) {
  return sessionKey.toLowerCase().includes(`:subagent:${PREFIX}`);
}

/** @typedef {{sessionKey: string, runId: string}} Address */

/**
 * @param {string} session as it was written down
 * @returns {Address}
 */
export function addressOf(session) {
  const [sessionKey, runId] = session.split("#");
  return { sessionKey, runId: runId ?? sessionKey.slice(sessionKey.lastIndexOf(":") + 1) };
}

/**
 * @param {{key: string, method: string, sessionKey?: string}} spawn
 * @param {string} agent as the gateway calls it
 * @returns {Address}
 */
export function addressFor({ key, method, sessionKey }, agent) {
  const runId = PREFIX + key.toLowerCase();
  if (method === "send" && sessionKey !== undefined) return { sessionKey, runId };
  return { sessionKey: `agent:${agent}:subagent:${runId}`, runId };
}

/**
 * The same session under another id: what a gateway that was killed had only just accepted, it
 * gives
 * up, and goes on with another turn.
 *
 * @param {Address} address
 */
export function anew({ sessionKey, runId }) {
  return { sessionKey, runId: runId + ANEW };
}

/** Whether an id is that of a run, first or anew. */
export function isOfRun(id, runId) {
  return id === runId || id === runId + ANEW;
}

/** The session as it is written down. */
export function sessionOf({ sessionKey, runId }) {
  return sessionKey.endsWith(`:${runId}`) ? sessionKey : `${sessionKey}#${runId}`;
}
