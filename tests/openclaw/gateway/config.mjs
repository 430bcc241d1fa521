// The configuration of the gateway under test: loopback, one token, a mock model, a few agents.

export const TOKEN = "only-on-loopback";
/** All but `extra` are in the org chart of the store as well. */
const AGENTS = ["main", "coder", "reviewer", "extra"];

/**
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.modelUrl
 * @param {string} options.workspace
 * @param {string} options.logFile
 * @param {object} [options.plugin]
 *   `plugin` is the configuration of the plugin; without it there is none
 */
export function configuration({ port, modelUrl, workspace, logFile, plugin }) {
  return {
    // Else it goes into a folder that all gateways of the machine share.
    logging: { file: logFile, level: "debug" },
    gateway: {
      mode: "local",
      port,
      bind: "loopback",
      auth: { mode: "token", token: TOKEN },
    },
    agents: {
      ownership: "explicit",
      defaults: {
        workspace,
        skipBootstrap: true,
        model: { primary: "mock/mock-1" },
        heartbeat: { every: "0m", agentId: "main" },
        systemAgent: { agentId: "main" },
      },
      entries: Object.fromEntries(AGENTS.map((id) => [id, { name: id }])),
    },
    models: { mode: "replace", providers: { mock: provider(modelUrl) } },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: "off" } },
    plugins: plugins(plugin),
  };
}

function plugins(config) {
  const entry = config === undefined ? {} : { aof: { enabled: true, config } };
  return { allow: ["aof"], entries: entry };
}

function provider(baseUrl) {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const limits = { contextWindow: 200_000, maxTokens: 4096 };
  const model = { id: "mock-1", name: "Mock", reasoning: false, input: ["text"], cost, ...limits };
  return { baseUrl, apiKey: "not-a-secret", api: "openai-completions", models: [model] };
}
