// Who calls, as the gateway vouches for it.
//
// Looks at what the gateway says of the call and of its session, never at arguments. Invariant:
// only a session that AOF itself started speaks for a run.

/**
 * @param {{agentId?: string, sessionKey?: string}} context of a tool, as the gateway fills it
 * @param {import("../orchestrator/sessions.js").Sessions} sessions
 * @param {import("./names.js").Names} names
 * @returns the `caller` of the contract
 */
export function callerOf(context, sessions, names) {
  const { agentId, sessionKey } = context;
  if (agentId === undefined) throw new Error("the gateway does not say which agent calls");
  const agent = names.inChart(agentId);
  const live = sessionKey === undefined ? undefined : sessions.in(sessionKey);
  const run = live?.agent === agent ? live.run : undefined;
  return { tag: "agent", val: { agent, session: sessionKey, run } };
}

/** A person whom the gateway let in. */
export function person(name) {
  return { tag: "human", val: name };
}
