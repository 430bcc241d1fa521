// The real gateway, in a folder of its own: configured, given the plugin, started, asked, killed.
//
// Listens on loopback only and sees no home directory but its own. Never looks into the plugin's
// data directory. Invariant: what it started has ended when `close` returns.

import fs from "node:fs";
import net from "node:net";
import path from "node:path";

import { until } from "../wait.mjs";
import { configuration, TOKEN } from "./config.mjs";
import { Program } from "./process.mjs";

const START_MS = 120_000;
const COMMAND_MS = 240_000;
const STOP_MS = 60_000;
const END_MS = 20_000;
const INVOKE_MS = 60_000;

export class Gateway {
  #settings;
  #modelUrl;
  #program;
  #starts = 0;
  #commands = 0;

  /** @param {{folder: string, settings: object, modelUrl: string, port: number}} options */
  constructor({ folder, settings, modelUrl, port }) {
    this.folder = folder;
    this.port = port;
    this.#settings = settings;
    this.#modelUrl = modelUrl;
    for (const name of ["state", "home", "workspace", "log"]) {
      fs.mkdirSync(this.#path(name), { recursive: true });
    }
  }

  /** Writes the configuration; what `plugins install` noted in it is kept. */
  configure(plugin) {
    const workspace = this.#path("workspace");
    const logFile = this.#path("log", "gateway.jsonl");
    const { port } = this;
    const ours = configuration({ port, modelUrl: this.#modelUrl, workspace, logFile, plugin });
    const old = this.#readConfiguration();
    const plugins = { ...old.plugins, ...ours.plugins };
    this.writeConfiguration({ ...old, ...ours, plugins });
  }

  /** Changes the plugin's own part, as somebody with an editor would. */
  editPlugin(config) {
    const all = this.#readConfiguration();
    all.plugins.entries.aof.config = config;
    this.writeConfiguration(all);
  }

  writeConfiguration(all) {
    fs.writeFileSync(this.#configPath, JSON.stringify(all, null, 2));
  }

  /** Runs a command of the gateway's program. */
  async command(...args) {
    const log = this.#path("log", `command-${++this.#commands}.log`);
    const program = new Program(this.#line(args), { ...this.#surroundings, log });
    const { code } = await program.wait(COMMAND_MS);
    return { code, output: fs.readFileSync(log, "utf8") };
  }

  async install(tarball) {
    const spec = `npm-pack:${tarball}`;
    return this.command("plugins", "install", spec, "--force", "--accept-capabilities");
  }

  async start() {
    this.log = this.#path("log", `gateway-${++this.#starts}.log`);
    const line = this.#line(["gateway", "run", "--port", String(this.port), "--bind", "loopback"]);
    this.#program = new Program(line, { ...this.#surroundings, log: this.log });
    await until("the gateway is ready", START_MS, () => this.#isReady(), () => this.tail());
  }

  /** Whether the process that was started is still there. */
  get isAlive() {
    return this.#program !== undefined && this.#program.ended === undefined;
  }

  /** Calls a tool without a model. */
  async invoke(tool, args, { agentId = "main", ...rest } = {}) {
    return this.post(JSON.stringify({ tool, args, agentId, ...rest }));
  }

  /** Posts a body as it is to the gateway's tools. */
  async post(body) {
    const response = await fetch(this.#url("/tools/invoke"), {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
      body,
      signal: AbortSignal.timeout(INVOKE_MS),
    });
    return { status: response.status, body: parsed(await response.text()) };
  }

  /** How long the gateway takes to say that it lives, in milliseconds. */
  async health() {
    const begin = performance.now();
    const response = await fetch(this.#url("/health"), { signal: AbortSignal.timeout(INVOKE_MS) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`/health answered ${response.status}`);
    return performance.now() - begin;
  }

  /** The gateway is gone between two instructions, with all that it started. */
  async kill9() {
    await this.#program.kill();
  }

  /** Asks the gateway to stop, which it does before long. */
  async stop() {
    try {
      await this.#program.stop(STOP_MS);
    } catch (error) {
      throw new Error(`the gateway does not stop: ${error.message};${this.tail()}`);
    }
  }

  /**
   * Ends the gateway after a scenario that is not about how it ends: it may wait for minutes for
   * work of its own that nobody does any more.
   */
  async end() {
    await this.#program.stop(END_MS).catch(() => {});
  }

  /** Ends whatever still runs. */
  async close() {
    if (this.isAlive) await this.kill9();
  }

  /** What the gateway said last, for messages. */
  tail(lines = 15) {
    return `\n${this.logText().trimEnd().split("\n").slice(-lines).join("\n")}`;
  }

  logText() {
    return this.log === undefined ? "" : fs.readFileSync(this.log, "utf8");
  }

  async #isReady() {
    if (!this.isAlive) throw new Error(`the gateway ended:${this.tail()}`);
    try {
      return (await fetch(this.#url("/readyz"))).ok;
    } catch {
      return false;
    }
  }

  #url(place) {
    return `http://127.0.0.1:${this.port}${place}`;
  }

  #path(...names) {
    return path.join(this.folder, ...names);
  }

  get #configPath() {
    return this.#path("state", "openclaw.json");
  }

  #readConfiguration() {
    if (!fs.existsSync(this.#configPath)) return {};
    return JSON.parse(fs.readFileSync(this.#configPath, "utf8"));
  }

  #line(args) {
    return [this.#settings.node, path.join(this.#settings.openclaw, "openclaw.mjs"), ...args];
  }

  get #surroundings() {
    const { PATH, NODE_EXTRA_CA_CERTS, npm_config_userconfig } = process.env;
    const env = {
      PATH: `${path.dirname(this.#settings.node)}:${PATH}`,
      HOME: this.#path("home"),
      LANG: "C.UTF-8",
      NO_COLOR: "1",
      OPENCLAW_HOME: this.#path("home"),
      OPENCLAW_STATE_DIR: this.#path("state"),
      OPENCLAW_CONFIG_PATH: this.#configPath,
      OPENCLAW_NO_RESPAWN: "1",
      OPENCLAW_DISABLE_BONJOUR: "1",
      OPENCLAW_SKIP_CHANNELS: "1",
      // The scratch home has no npm settings; those of whoever runs the tests name the registry.
      ...(npm_config_userconfig && { npm_config_userconfig }),
      ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }),
    };
    return { env, cwd: this.folder };
  }
}

/** A port that nobody listens on now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
