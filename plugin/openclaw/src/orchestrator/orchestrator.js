// One store and whoever carries out what its component wants: calls go in, effects come out, and
// what becomes of them goes in again.
//
// Decides nothing about tasks. Invariant: adoption comes before effects, so that a run that lives
// is never started again; an effect whose end could not be told is carried out again under its key.

import { Component, HOST, isRefusal } from "../component/component.js";
import { isRefused } from "../component/thread.js";
import { Sessions } from "./sessions.js";

/** Starts that are told together: their record in the journal stays small. */
const TOGETHER_MAX = 100;
/** How often an effect or an end may break the component before it is left alone. */
const STRIKES_MAX = 3;
/** Life of a lease when the settings do not say. */
const LEASE_TTL_MS_DEFAULT = 600_000;
/** How long closing waits for what is under way: a gateway gives its services some seconds. */
const CLOSE_MS = 2_000;
const UNWANTED = "the run is no longer wanted";
const NOBODY = "this gateway runs no agents";
/** The component took a change of `aof.yaml` in. */
const RELOADED = "config.reloaded";

/**
 * @typedef {object} Executor whoever runs agents and tells people
 * @property {(spawn: any, isRepeated: boolean) => Promise<string>} start the session, or throws a
 *   `Failure`
 * @property {(run: string, session: string, timeoutMs: number) => Promise<any>} ended the
 *   `session-end`
 * @property {(adopted: any) => Promise<string | undefined>} adopt the session, if the run lives or
 *   its end is known; throws if it cannot be told yet
 * @property {(run: string, session: string, reason: string) => Promise<void>} cancel
 * @property {(send: any) => Promise<void>} send
 * @property {(notify: any) => Promise<void>} notify
 */

export class Orchestrator {
  #component;
  #log;
  #onEvent;
  /** @type {Executor | undefined} */
  #executor;
  #sessions = new Sessions();
  #adopted = [];
  #effects = [];
  #begun = [];
  #ends = [];
  #strikes = new Map();
  /** @type {Promise<void> | undefined} */
  #draining;
  #isHolding = false;
  #settings = {};
  /** What the component was last told of who can be started. */
  #told = {};
  #takenOver = deferred();
  #report = { repaired: [], quarantined: [] };

  /**
   * @param {object} options
   * @param {import("../component/thread.js").ComponentThread} options.thread
   * @param {object} options.config of `lifecycle.open`
   * @param {{info: Function, warn: Function, error: Function, debug?: Function}} options.log
   * @param {(event: any) => void} [options.onEvent] sees every event
   */
  constructor({ thread, config, log, onEvent = () => {} }) {
    this.#log = log;
    this.#onEvent = onEvent;
    const onOpened = (opened) => this.#takeOver(opened);
    this.#component = new Component({ thread, config, onOpened });
  }

  /** Opens the store. */
  open() {
    return this.#component.open();
  }

  /** The tools as the component gives them. */
  tools() {
    return this.#component.tools();
  }

  /** What the last opening mended and what it could not read. */
  get report() {
    return this.#report;
  }

  /** The runs whose sessions live. */
  get sessions() {
    return this.#sessions;
  }

  /** From now on effects are carried out, those that wait first. */
  attach(executor) {
    this.#executor = executor;
    this.#drainLater();
  }

  /** From now on effects are left to the next who attaches, or to the next host. */
  detach() {
    this.#executor = undefined;
  }

  /** From now on nothing is started; what runs may end. */
  hold() {
    this.#isHolding = true;
  }

  /**
   * Calls a tool.
   *
   * @param {object} caller as in the contract
   * @param {string} name
   * @param {unknown} args
   * @returns {Promise<object>} the answer, an object under a noun
   */
  async tool(caller, name, args) {
    const reply = await this.#component.call(
      "tools",
      "call",
      caller,
      name,
      JSON.stringify(args ?? {}),
    );
    if (reply.tag !== "done")
      throw new Error(`the tool ${name} waits for what this gateway cannot do`);
    const value = this.#absorb(reply.val);
    this.#drainLater();
    return value;
  }

  /** Looks at something; nothing is changed. The arguments are those of the contract's `views`. */
  async view(caller, name, ...args) {
    return JSON.parse(await this.#component.call("views", name, caller, ...args));
  }

  /** One tick: takes in what changed, plans, and sees to what comes of it. */
  async poll() {
    await this.#tellExecutor();
    const outcome = await this.#component.call("scheduler", "poll", HOST, "act");
    const value = this.#absorb(outcome);
    if (outcome.events.some((event) => event.kind === RELOADED)) await this.#takeSettings();
    await this.#beat();
    this.#drainLater();
    const failure = value.poll?.failure;
    if (failure) this.#log.warn(`the tick broke off: [${failure.code}] ${failure.message}`);
    return value;
  }

  /**
   * When a tick can have something to do without news, in milliseconds since 1970; or undefined.
   */
  async nextDueMs() {
    const due = await this.#component.ask("scheduler", "nextDue");
    return due === undefined ? undefined : Number(due);
  }

  /** Tells which agents there are, if that is news to the component. */
  async tellAgents(agents) {
    await this.open();
    const text = JSON.stringify(agents);
    if (this.#told.agents === text) return;
    this.#absorb(await this.#component.call("hooks", "agentsSeen", HOST, agents));
    this.#told.agents = text;
  }

  /** Waits until the runs of an earlier host are taken over, at most so long. */
  async takenOver(ms) {
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([this.open().then(() => this.#takenOver.promise), late]);
    clearTimeout(timer);
  }

  /** Waits until nothing is under way that can be done now. */
  async settled() {
    await this.#draining;
  }

  /** Closes the store; sessions live on and are adopted by the next who opens it. */
  async close() {
    this.detach();
    // What is being started meanwhile is started again by the next, under the same key.
    await Promise.race([this.#draining, new Promise((resolve) => setTimeout(resolve, CLOSE_MS))]);
    await this.#component.close();
  }

  #takeOver(opened) {
    this.#settings = JSON.parse(opened.settings);
    this.#report = { repaired: opened.repaired, quarantined: opened.quarantined };
    for (const line of opened.repaired) this.#log.info(`opening: ${line}`);
    for (const { path, error } of opened.quarantined) {
      this.#log.warn(`not understood and left alone: ${path}: [${error.code}] ${error.message}`);
    }
    opened.events.forEach(this.#onEvent);
    this.#told = {};
    this.#takenOver = deferred();
    this.#adopted = [...opened.adopted];
    this.#effects = opened.effects.map((effect) => ({ effect, isRepeated: true }));
    // Starts that it does not know of are among its effects again.
    this.#begun = [];
    this.#drainLater();
  }

  #absorb(outcome) {
    outcome.events.forEach(this.#onEvent);
    this.#effects.push(...outcome.effects.map((effect) => ({ effect, isRepeated: false })));
    return JSON.parse(outcome.value);
  }

  /** Tells whether anybody can be started, if that is news: else ready tasks stay ready. */
  async #tellExecutor() {
    await this.open();
    const missing = this.#executor === undefined ? NOBODY : undefined;
    if (this.#told.missing === missing) return;
    this.#absorb(await this.#component.call("hooks", "executorChanged", HOST, missing));
    this.#told.missing = missing;
  }

  async #takeSettings() {
    const { settings } = await this.view(HOST, "settings");
    this.#settings = settings.effective;
  }

  /** Carries out what waits, in the background: the call that wanted it has already succeeded. */
  #drainLater() {
    if (this.#executor === undefined || this.#draining !== undefined) return;
    this.#draining = this.#drain()
      .catch((error) => this.#log.error(`effects are left for later: ${error.message}`))
      .finally(() => {
        this.#draining = undefined;
      });
  }

  async #drain() {
    while (this.#executor !== undefined) {
      if (this.#adopted.length > 0) await this.#adopt(this.#adopted.shift());
      else if (this.#ends.length > 0) await this.#tellEnd(this.#ends.shift());
      else if (this.#effects.length > 0 && !this.#isHolding)
        await this.#carryOut(this.#effects.shift());
      else if (this.#begun.length > 0) await this.#tellBegun();
      else return this.#takenOver.resolve();
    }
  }

  async #adopt(adopted) {
    const { run } = adopted;
    if (this.#sessions.has(run) || this.#isRequested(run)) return;
    const executor = this.#executor;
    const session = await this.#adoptedBy(executor, adopted);
    if (this.#executor !== executor) return;
    if (session === undefined) {
      const lost = { ending: { tag: "lost" }, durationMs: 0n, outputTail: "" };
      return this.#tellEnd({ run, end: lost });
    }
    // Nobody knows how long it worked before: it gets the time of a new one.
    const timeoutMs = this.#settings.scheduler?.runTimeoutMs;
    this.#lives({ run, task: adopted.task, agent: adopted.agent, session, timeoutMs });
  }

  /** What cannot be told yet is asked again. */
  async #adoptedBy(executor, adopted) {
    try {
      return await executor.adopt(adopted);
    } catch (error) {
      this.#adopted.unshift(adopted);
      throw error;
    }
  }

  /** True if the start of this run is still to be carried out: that finds its session by itself. */
  #isRequested(run) {
    return this.#effects.some(({ effect }) => effect.tag === "spawn" && effect.val.run === run);
  }

  async #carryOut(item) {
    const { tag, val } = item.effect;
    if (this.#hasStruckOut(val.key)) {
      return this.#log.error(`left alone, as it keeps breaking the component: ${tag} ${val.key}`);
    }
    if (tag === "spawn") return this.#start(item);
    await this.#settle(item, await this.#settlement(tag, val));
  }

  async #settlement(tag, val) {
    try {
      if (tag === "cancel") {
        await this.#cancel(val.run, val.reason);
        return done({ cancelled: val.run });
      }
      if (tag === "notify") {
        await this.#executor.notify(val);
        return done({ notified: true });
      }
      if (tag === "send") {
        await this.#executor.send(val);
        return done({ sent: true });
      }
      return failed({ class: "permanent", message: `this host has nothing to ${tag}` });
    } catch (error) {
      return failed(error);
    }
  }

  async #start(item) {
    const spawn = item.effect.val;
    const executor = this.#executor;
    let session;
    try {
      session = await executor.start(spawn, item.isRepeated);
    } catch (error) {
      // Whoever comes next starts it again under the same key.
      if (this.#executor !== executor) return;
      this.#log.warn(`no session for run ${spawn.run} of ${spawn.agent}: ${error.message}`);
      return this.#settle(item, failed(error));
    }
    if (this.#executor !== executor) return;
    this.#lives({ ...spawn, session });
    this.#begun.push({ run: spawn.run, session });
    if (this.#begun.length >= TOGETHER_MAX) await this.#tellBegun();
  }

  /** Remembers a session, and that its end is to be told. */
  #lives({ run, task, agent, session, timeoutMs }) {
    if (this.#sessions.has(run)) return;
    this.#sessions.add({
      run,
      task,
      agent,
      session,
      heartbeatAtMs: Date.now() + this.#heartbeatEveryMs(),
    });
    const limitMs = timeoutMs === undefined ? undefined : Number(timeoutMs);
    this.#executor.ended(run, session, limitMs).then(
      (end) => {
        this.#ends.push({ run, end });
        this.#drainLater();
      },
      // Whoever ran it stopped watching: the next host adopts the run.
      (error) => this.#log.debug?.(`run ${run} is no longer watched: ${error.message}`),
    );
  }

  async #tellBegun() {
    const started = this.#begun.splice(0, this.#strikes.size === 0 ? TOGETHER_MAX : 1);
    await this.#keep(
      started[0].run,
      () => this.#begun.unshift(...started),
      async () => {
        const told = await this.#component.call("hooks", "sessionStarted", HOST, started);
        const answer = this.#absorb(told);
        for (const { run, state } of answer.runs ?? []) {
          if (state === null || state === undefined) await this.#cancel(run, UNWANTED);
        }
      },
    );
  }

  async #tellEnd(item) {
    if (this.#hasStruckOut(item.run)) return this.#sessions.remove(item.run);
    await this.#keep(
      item.run,
      () => this.#ends.unshift(item),
      async () => {
        const told = await this.#component.call("hooks", "sessionEnded", HOST, item.run, item.end);
        this.#absorb(told);
      },
    );
    this.#sessions.remove(item.run);
  }

  async #settle(item, settlement) {
    const { key } = item.effect.val;
    await this.#keep(
      key,
      () => this.#effects.unshift(item),
      async () => {
        this.#absorb(await this.#component.call("hooks", "effectSettled", HOST, key, settlement));
      },
    );
  }

  /** Runs one telling: a refusal is final, a break counts, anything else is put back for later. */
  async #keep(key, putBack, tell) {
    try {
      await tell();
      this.#strikes.delete(key);
    } catch (error) {
      if (isRefusal(error))
        return this.#log.debug?.(`not wanted any more (${key}): ${error.message}`);
      putBack();
      if (!isRefused(error)) this.#strikes.set(key, (this.#strikes.get(key) ?? 0) + 1);
      throw error;
    }
  }

  #hasStruckOut(key) {
    return (this.#strikes.get(key) ?? 0) >= STRIKES_MAX;
  }

  async #cancel(run, reason) {
    const session = this.#sessions.of(run)?.session;
    if (session !== undefined) await this.#executor?.cancel(run, session, reason);
  }

  /** Tells of every session that lives, often enough that no lease runs out. */
  async #beat() {
    for (const run of this.#sessions.due(Date.now())) {
      const isWanted = await this.#isWanted(run);
      // Without a lease there is nothing to keep alive; the session still ends as it will.
      this.#sessions.beat(run, isWanted ? Date.now() + this.#heartbeatEveryMs() : Infinity);
    }
  }

  async #isWanted(run) {
    try {
      const outcome = await this.#component.call("hooks", "sessionHeartbeat", HOST, run);
      return this.#absorb(outcome).run?.state !== null;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }

  /** A third of a lease: two may get lost. */
  #heartbeatEveryMs() {
    return Math.max(1, (this.#settings.scheduler?.defaultLeaseTtlMs ?? LEASE_TTL_MS_DEFAULT) / 3);
  }
}

/** A promise, and what resolves it. */
function deferred() {
  const made = {};
  made.promise = new Promise((resolve) => (made.resolve = resolve));
  return made;
}

function done(value) {
  return { tag: "done", val: JSON.stringify(value) };
}

function failed({ class: kind = "transient", message }) {
  return { tag: "failed", val: { class: kind, message } };
}
