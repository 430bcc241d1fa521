// What the gateway loads: registers tools, the service that ticks, a route, commands.
//
// Opens nothing and starts nothing by itself: the gateway registers a plugin several times, also
// only to look at it. Invariant: registering is synchronous and touches no file but the package's
// own.

import { definePluginEntry } from "openclaw/plugin-sdk/plugin-entry";

import list from "./tools.json" with { type: "json" };
import { registerChatCommand } from "./entry/chat.js";
import { registerCommands } from "./entry/cli.js";
import { registerRoutes } from "./entry/route.js";
import { Service } from "./entry/service.js";
import { madeDataDir, settingsOf } from "./entry/settings.js";
import { closeAt, sharedAt } from "./entry/shared.js";
import { registerTools } from "./entry/tools.js";

export default definePluginEntry({
  id: "aof",
  name: "AOF",
  description: "Plans, routes, leases and recovers the work of agents; tasks are Markdown files",
  register(api) {
    const stateDir = () => api.runtime.state.resolveStateDir(process.env);
    const settings = () => settingsOf(api.pluginConfig, stateDir);
    let root;
    const shared = () => {
      const now = settings();
      root ??= madeDataDir(now.dataDir);
      return sharedAt({ root, settings: now, runtime: api.runtime, log: api.logger });
    };
    // A command that runs once and exits must not leave the store's lock and thread behind.
    const after = async (context) => {
      if (context.oneShotCliRun === true && root !== undefined) await closeAt(root);
    };
    registerTools(api, list, shared, after);
    registerRoutes(api, shared);
    registerChatCommand(api, shared);
    registerCommands(api, () => ({ ...settings(), gateway: api.config?.gateway }));
    let service;
    api.registerService({
      id: "aof-scheduler",
      async start() {
        service = new Service({ api, list, settings: settings(), shared });
        await service.start();
      },
      async stop() {
        await service?.stop();
        service = undefined;
      },
    });
    const drain = () => service?.drain();
    api.on("gateway_start", (_event, context) => {
      context?.abortSignal?.addEventListener("abort", drain, { once: true });
    });
    api.on("gateway_stop", drain);
    api.on("subagent_ended", (event) => service?.runEnded(event));
  },
});
