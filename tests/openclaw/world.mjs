// What a scenario gets: a mock model, a gateway with the plugin, a data directory of its own.
//
// The plugin is installed once; every world has a copy of that state. Invariant: nothing that a
// world started outlives it, and its folder stays to be looked at.

import fs from "node:fs";
import path from "node:path";

import { Gateway, freePort } from "./gateway/gateway.mjs";
import { ModelServer } from "./model/server.mjs";
import { doneOnce, isOver } from "./store/claim.mjs";
import { Store } from "./store/store.mjs";
import { until } from "./wait.mjs";

const POLL_MS = 200;

export class World {
  /** @param {{name: string, settings: object}} options */
  static async make({ name, settings }) {
    const world = new World();
    world.folder = path.join(settings.work, "world", name);
    fs.rmSync(world.folder, { recursive: true, force: true });
    fs.mkdirSync(world.folder, { recursive: true });
    world.settings = settings;
    world.model = await ModelServer.start();
    world.store = Store.make({ folder: path.join(world.folder, "data"), aof: settings.aof });
    return world;
  }

  /** The configuration that the plugin has unless a scenario says otherwise. */
  get plugin() {
    return { dataDir: this.store.folder, pollMs: POLL_MS };
  }

  /** A gateway without the plugin, not started. */
  async bareGateway() {
    const folder = path.join(this.folder, "gateway");
    const port = await freePort();
    const { settings, model } = this;
    this.gateway = new Gateway({ folder, settings, modelUrl: model.url, port });
    this.gateway.configure();
    return this.gateway;
  }

  /** A gateway that has the plugin, not started. */
  async gatewayWithPlugin(plugin = this.plugin) {
    const template = path.join(this.settings.work, "world", "installed");
    const state = path.join(this.folder, "gateway", "state");
    fs.cpSync(template, state, { recursive: true, verbatimSymlinks: true });
    await this.bareGateway();
    this.gateway.configure(plugin);
    return this.gateway;
  }

  /** Makes a task through the gateway, as its agent `main`. */
  async dispatch(args) {
    const given = { brief: "Do it.", ...args };
    const { status, body } = await this.gateway.invoke("aof_dispatch", given);
    const task = body?.result?.details?.task?.taskId;
    if (task === undefined) throw new Error(`aof_dispatch: ${status} ${JSON.stringify(body)}`);
    return task;
  }

  /** Waits until a task stands in a status. */
  async standsIn(task, status, withinMs = 60_000) {
    const look = () => this.store.statusOf(task) === status;
    await until(`${task} is ${status}`, withinMs, look, () => this.state(task));
  }

  /** Waits until a task is done and its runs are over, and holds it against what must be so. */
  async isDone(task, withinMs = 60_000) {
    const look = () => isOver(this.store, task);
    await until(`${task} is done and told`, withinMs, look, () => this.state(task));
    doneOnce(this.store, task);
  }

  /** What is known of a task, for messages. */
  state(task) {
    const events = this.store.events(task).slice(-6).map(({ type, payload }) => [type, payload]);
    return `${this.store.statusOf(task)} ${JSON.stringify(events)}${this.gateway.tail()}`;
  }

  async close() {
    await this.gateway?.close();
    await this.model.stop();
  }
}
