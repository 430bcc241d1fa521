// The agents that the gateway knows, as the contract has them: AOF compares them with its org
// chart.

/**
 * @param {any} config the gateway's configuration
 * @returns the arguments of `hooks.agents-seen`
 */
export function seenAgents(config) {
  const defaults = config?.agents?.defaults ?? {};
  return rosterOf(config?.agents)
    .filter((agent) => typeof agent?.id === "string")
    .map((agent) => {
      const { provider, model } = modelOf(agent.model ?? defaults.model);
      return {
        id: agent.id,
        name: agent.name ?? agent.identity?.name,
        model,
        provider,
        active: agent.enabled !== false,
        profile: agent.tools?.profile !== undefined || config?.tools?.profile !== undefined,
      };
    });
}

/** Newer gateways key their agents by id, older ones list them; without any there is `main`. */
function rosterOf(agents) {
  const keyed = Object.entries(agents?.entries ?? {}).map(([id, agent]) => ({ ...agent, id }));
  const listed = Array.isArray(agents?.list) ? agents.list : [];
  const all = [...keyed, ...listed];
  return all.length > 0 ? all : [{ id: "main" }];
}

function modelOf(model) {
  const text = typeof model === "string" ? model : model?.primary;
  if (typeof text !== "string") return {};
  const slash = text.indexOf("/");
  return slash < 0
    ? { model: text }
    : { provider: text.slice(0, slash), model: text.slice(slash + 1) };
}
