// A store in a directory of its own and an orchestrator over it, with an executor that a test
// scripts.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { PACKAGE, load } from "./package.mjs";

const { ComponentThread } = await load(PACKAGE, "component/thread.js");
const { Orchestrator } = await load(PACKAGE, "orchestrator/orchestrator.js");

export const PERSON = { tag: "human", val: "ann" };
const CHART = `schemaVersion: 1
agents:
  - {id: ada, name: Ada, team: t, capabilities: {concurrency: 100}}
  - {id: lead, openclawAgentId: main, name: Lead, team: t}
teams:
  - {id: t, name: T, lead: lead}
`;

/** An executor whose runs end when the test says so. */
export class Script {
  starts = [];
  cancels = [];
  notices = [];
  adopts = [];
  limits = [];
  #ends = new Map();
  /** Set to let the next start fail. */
  failure;

  async start(spawn, isRepeated) {
    this.starts.push({ ...spawn, isRepeated });
    if (this.failure !== undefined) throw this.failure;
    return `agent:${spawn.agent}:subagent:aof-${spawn.key.toLowerCase()}`;
  }

  ended(run, _session, limitMs) {
    this.limits.push(limitMs);
    return new Promise((resolve) => this.#ends.set(run, resolve));
  }

  /** Lets a run end. */
  end(run, ending = { tag: "exited", val: 0 }) {
    this.#ends.get(run)({ ending, durationMs: 5n, outputTail: "bye", usage: undefined });
  }

  async adopt(adopted) {
    this.adopts.push(adopted);
    return this.adopted?.(adopted);
  }

  async cancel(run, _session, reason) {
    this.cancels.push({ run, reason });
  }

  async send() {}

  async notify(notice) {
    this.notices.push(notice);
  }
}

export class Stand {
  script = new Script();
  lines = [];

  constructor(root = fs.mkdtempSync(path.join(os.tmpdir(), "aof-stand-"))) {
    this.root = root;
    fs.mkdirSync(path.join(root, "org"), { recursive: true });
    fs.writeFileSync(path.join(root, "org/org-chart.yaml"), CHART);
    fs.writeFileSync(path.join(root, "aof.yaml"), "scheduler: {maxConcurrentDispatches: 100}\n");
    const say = (line) => this.lines.push(line);
    const log = { info: say, warn: say, error: say, debug: () => {} };
    this.thread = new ComponentThread({ store: { root, relaxed: true }, onLine: say });
    this.orchestrator = new Orchestrator({ thread: this.thread, config: { readOnly: false }, log });
  }

  /** Opens the store and lets the script carry out what is wanted. */
  async open() {
    await this.orchestrator.open();
    this.orchestrator.attach(this.script);
    await this.orchestrator.settled();
    return this;
  }

  tool(name, args, caller = PERSON) {
    return this.orchestrator.tool(caller, name, args);
  }

  /** Makes a task for Ada. */
  async task(title = "A task") {
    const { task } = await this.tool("aof_dispatch", { title, brief: "Do it.", agent: "ada" });
    return task.taskId;
  }

  async poll() {
    const report = await this.orchestrator.poll();
    await this.orchestrator.settled();
    return report;
  }

  async statusOf(taskId) {
    const { task } = await this.tool("aof_task_get", { taskId });
    return (task.card ?? task).status;
  }

  /** The caller that a session of the script speaks for. */
  worker(run) {
    return { tag: "agent", val: { agent: "ada", session: undefined, run } };
  }

  /** Ends as a killed process does: nothing is closed. */
  async kill() {
    await this.thread.stop();
  }

  async close() {
    await this.orchestrator.close();
  }
}
