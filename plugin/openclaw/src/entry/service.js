// The tick: opens the store, runs agents, and polls as often as there may be something to do.
//
// Only one service works on a store; another process that holds it is waited for. Invariant: timers
// and whatever they do run outside the request that started the service, because a request's
// authority ends with it.

import { AsyncLocalStorage } from "node:async_hooks";

import { seenAgents } from "../gateway/agents.js";
import { Runs } from "../gateway/runs.js";
import { closeAt } from "./shared.js";
import { WORKER_TOOLS } from "./tools.js";

const CONTEXT = Symbol.for("aof.openclaw.context");
/** Before trying again to open a store that somebody else holds. */
const HELD_PAUSE_MS = 2_000;
/** Several pieces of news are one tick. */
const GATHER_MS = 20;
const HELD = "AOF-4001";

/** Runs `act` as the process did before any request. */
function outside(act) {
  globalThis[CONTEXT] ??= AsyncLocalStorage.snapshot();
  return globalThis[CONTEXT](act);
}

export class Service {
  #api;
  #list;
  #settings;
  #shared;
  #runs;
  #root;
  #timer;
  #wakeAtMs = Infinity;
  #isTicking = false;
  #isStopped = false;
  #isDraining = false;
  #saidHeld;

  /**
   * @param {object} options
   * @param {any} options.api the gateway's
   * @param {any[]} options.list the tools that were registered
   * @param {object} options.settings
   * @param {() => import("./shared.js").Shared} options.shared
   */
  constructor({ api, list, settings, shared }) {
    this.#api = api;
    this.#list = list;
    this.#settings = settings;
    this.#shared = shared;
  }

  /** Begins to tick; returns when the store is open, or once it is known that somebody holds it. */
  start() {
    return outside(() => this.#open());
  }

  /** Stops ticking and closes the store; agents go on and are taken over by the next. */
  async stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#runs?.stop();
    if (this.#root !== undefined) await closeAt(this.#root);
  }

  /** Starts nothing any more: the gateway stops as soon as what runs has ended. */
  drain() {
    this.#isDraining = true;
    clearTimeout(this.#timer);
    this.#runs?.drain();
    if (this.#root !== undefined) this.#shared().orchestrator.hold();
  }

  /** Takes in that the gateway says a run is over. */
  runEnded(event) {
    this.#runs?.tell(event);
  }

  async #open() {
    if (this.#isStopped) return;
    const { orchestrator, root } = this.#shared();
    this.#root = root;
    try {
      await this.#compareTools(orchestrator);
      await orchestrator.open();
      await this.#shared().names.refresh();
    } catch (error) {
      this.#sayHeld(error);
      this.#timer = setTimeout(() => this.#open(), HELD_PAUSE_MS);
      return;
    }
    this.#api.logger.info(`the store ${this.#shared().root} is open`);
    if (this.#settings.dispatch) this.#attach(orchestrator);
    this.#shared().onWork = () => this.#wakeIn(GATHER_MS);
    this.#wakeIn(0);
  }

  #attach(orchestrator) {
    const { root, people, names } = this.#shared();
    const { runtime, logger } = this.#api;
    this.#runs = new Runs({ runtime, log: logger, place: root, tools: WORKER_TOOLS, names });
    const runs = this.#runs;
    orchestrator.attach({
      start: (spawn, isRepeated) => outside(() => runs.start(spawn, isRepeated)),
      ended: (run, session, limitMs) => outside(() => runs.ended(run, session, limitMs)),
      adopt: (adopted) => outside(() => runs.adopt(adopted)),
      cancel: (run, session, reason) => outside(() => runs.cancel(run, session, reason)),
      send: (message) => outside(() => people.send(message)),
      notify: (notice) => outside(() => people.notify(notice)),
    });
  }

  #sayHeld(error) {
    const text = `${error.code === undefined ? "" : `[${error.code}] `}${error.message}`;
    if (this.#saidHeld === text) return;
    this.#saidHeld = text;
    const what = error.code === HELD ? "waits until the store is free" : "cannot open the store";
    this.#api.logger.error(`${what}: ${text}`);
  }

  /** The gateway knows the tools of the package; the component must not know others. */
  async #compareTools(orchestrator) {
    const names = (tools) => tools.map((tool) => tool.name).join(" ");
    const own = names(await orchestrator.tools());
    const listed = names(this.#list);
    if (own !== listed) {
      throw new Error(`the package lists other tools than its component has: ${listed} / ${own}`);
    }
  }

  #wakeIn(ms) {
    if (this.#isStopped || this.#isDraining) return;
    const atMs = Date.now() + ms;
    if (this.#isTicking || atMs >= this.#wakeAtMs) return;
    clearTimeout(this.#timer);
    this.#wakeAtMs = atMs;
    outside(() => {
      this.#timer = setTimeout(() => this.#tick(), ms);
    });
  }

  async #tick() {
    this.#wakeAtMs = Infinity;
    this.#isTicking = true;
    let waitMs = this.#settings.pollMs;
    try {
      waitMs = await this.#tickNow();
    } catch (error) {
      this.#api.logger.warn(`the tick failed: ${error.message}`);
    }
    this.#isTicking = false;
    this.#wakeIn(waitMs);
  }

  /** One tick; answers how long there is nothing to do without news. */
  async #tickNow() {
    const { orchestrator } = this.#shared();
    await this.#shared().names.refresh();
    await orchestrator.tellAgents(
      seenAgents(this.#api.runtime.config?.current?.() ?? this.#api.config),
    );
    const report = await orchestrator.poll();
    if (report.poll.actions.length > 0) return GATHER_MS;
    const dueMs = (await orchestrator.nextDueMs()) ?? Infinity;
    return Math.min(this.#settings.pollMs, Math.max(GATHER_MS, dueMs - Date.now()));
  }
}
