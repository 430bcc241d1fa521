// Runs of agents in the gateway: how they start, how they are known to have ended, and how one that
// was interrupted goes on.
//
// A run's id is known before it starts, because the gateway takes the idempotency key for it. Never
// starts a run whose answer is in the transcript, and never takes a transcript that cannot be read
// for an empty one. Invariant: a repeated start is the same run.

import { setTimeout as sleep } from "node:timers/promises";

import { addressFor, addressOf, anew, sessionOf } from "./address.js";
import { classify, isDisowned } from "./failure.js";
import { keepPrompt, keptPrompt } from "./prompt.js";
import { answered, asked, usageOf } from "./transcript.js";

/** How long one question for the end of a run may wait. */
const WAIT_MS = 20_000;
/** Before asking again when the question itself failed. */
const PAUSE_MS = 1_000;
/** Messages of a session that are looked at after an interruption. */
const MESSAGES_MAX = 200;
/** How often a transcript that cannot be read is asked for before it counts as empty. */
const UNREAD_MAX = 60;
/**
 * Runs that this process started and that have not ended. They outlive the copy of the plugin that
 * started them, and while a gateway replaces it no transcript can be read.
 */
const LIVE = Symbol.for("aof.openclaw.runs");
/** Characters of an answer that are kept. */
const TAIL_MAX = 4_000;

export class Runs {
  #runtime;
  #log;
  #place;
  #tools;
  #names;
  #cancelled = new Map();
  #known = new Map();
  #told = new Map();
  #unread = new Map();
  #isDraining = false;
  #isStopped = false;

  /**
   * @param {object} options
   * @param {any} options.runtime `api.runtime` of the gateway
   * @param {{debug?: Function, warn: Function}} options.log
   * @param {string} options.place the data directory, for what the agent is told
   * @param {string[]} options.tools what an agent needs to end its task
   * @param {import("./names.js").Names} options.names
   */
  constructor({ runtime, log, place, tools, names }) {
    this.#runtime = runtime;
    this.#log = log;
    this.#place = place;
    this.#tools = tools;
    this.#names = names;
  }

  /** Watches no run any more; they go on in the gateway. */
  stop() {
    this.#isStopped = true;
  }

  /**
   * From now on runs that break off are the gateway's doing, and are taken over by the next one.
   */
  drain() {
    this.#isDraining = true;
  }

  /**
   * Starts a run, or finds it started.
   *
   * @param {any} spawn the effect
   * @param {boolean} isRepeated an earlier host may have carried it out
   * @returns {Promise<string>} its session
   */
  async start(spawn, isRepeated) {
    const address = addressFor(spawn, this.#names.inGateway(spawn.agent));
    const alive = liveSession(address);
    if (alive !== undefined) return alive;
    const past = isRepeated ? await this.#transcript(address) : {};
    if (past.answer === undefined) return this.#begin(address, this.#message(spawn));
    this.#known.set(spawn.run, endOf({ status: "ok" }, 0, past));
    return sessionOf(address);
  }

  /**
   * Takes over a run that an earlier host left behind.
   *
   * @returns {Promise<string | undefined>} its session, if it lives or its end is known
   * @throws if it cannot be told yet
   */
  async adopt(adopted) {
    const { run, session } = adopted;
    if (session === undefined) return this.#putAway(adopted);
    const address = addressOf(session);
    const alive = liveSession(address);
    if (alive !== undefined) return alive;
    const past = await this.#transcript(address);
    if (past.answer !== undefined) {
      this.#known.set(run, endOf({ status: "ok" }, 0, past));
      return session;
    }
    try {
      // The gateway goes on with the interrupted turn, says that it still runs, or begins: a run
      // that was killed before its first word is otherwise at work for ever, as far as it knows.
      const kept = keptPrompt(this.#place, adopted.runDir) ?? past.message;
      if (kept === undefined) return undefined;
      return await this.#begin(address, kept);
    } catch (error) {
      this.#log.warn(`run ${run} cannot go on: ${error.message}`);
      return undefined;
    }
  }

  /**
   * A run of which only the account is open: its task went on without it. What it used is told if
   * it has answered; otherwise nobody waits for it any more.
   */
  async #putAway({ run, agent }) {
    const address = addressFor({ key: run, method: "spawn" }, this.#names.inGateway(agent));
    const alive = liveSession(address);
    if (alive !== undefined) return alive;
    const past = await this.#transcript(address);
    if (past.answer === undefined) return undefined;
    this.#known.set(run, endOf({ status: "ok" }, 0, past));
    return sessionOf(address);
  }

  /**
   * Waits for the end of a run.
   *
   * @returns {Promise<any>} the `session-end` of the contract
   * @throws if nobody watches any more
   */
  async ended(run, session, limitMs = Infinity) {
    const known = this.#known.get(run);
    this.#known.delete(run);
    if (known !== undefined) return known;
    const address = addressOf(session);
    const end = await this.#watched(run, address, limitMs);
    live().delete(address.runId);
    return end;
  }

  async #watched(run, address, limitMs) {
    const begunAtMs = Date.now();
    for (;;) {
      const answer = await this.#wait(
        address,
        Math.min(WAIT_MS, Math.max(1, begunAtMs + limitMs - Date.now())),
      );
      if (this.#isStopped) throw new Error("stopped");
      if (this.#isDraining && answer.status === "error") throw new Error("the gateway stops");
      const tookMs = Date.now() - begunAtMs;
      const killed = this.#cancelled.get(run);
      if (killed !== undefined) {
        this.#cancelled.delete(run);
        return endWith({ tag: "killed", val: killed }, tookMs, "");
      }
      if (answer.status === "ok" || answer.status === "error") {
        return endOf(answer, tookMs, await this.#past(address));
      }
      const past = await this.#past(address);
      if (past.answer !== undefined) return endOf({ status: "ok" }, tookMs, past);
      if (tookMs >= limitMs) {
        await this.#delete(address);
        return endWith({ tag: "timed-out" }, tookMs, "");
      }
    }
  }

  /** Takes in that the gateway says a run is over, by its hook: nobody has to wait longer. */
  tell({ runId, outcome, reason, error }) {
    const told = this.#told.get(runId);
    const answer = { status: outcome === "ok" || outcome === "timeout" ? outcome : "error" };
    told?.({ ...answer, error: error ?? reason ?? outcome });
  }

  /** Ends a run; whoever waits for it hears that it was killed. */
  async cancel(run, session, reason) {
    this.#cancelled.set(run, reason);
    await this.#delete(addressOf(session));
  }

  /** Starts a run, if need be as another turn of its session; answers the session. */
  async #begin(address, message) {
    try {
      await this.#run(address, message);
      return sessionOf(address);
    } catch (error) {
      if (!isDisowned(error)) throw error;
      await this.#run(anew(address), message);
      return sessionOf(anew(address));
    }
  }

  async #run({ sessionKey, runId }, message) {
    const subagent = this.#runtime.subagent;
    if (typeof subagent?.run !== "function") {
      throw Object.assign(new Error("this gateway runs no agents for plugins"), {
        class: "unsupported",
      });
    }
    try {
      await subagent.run({
        sessionKey,
        message,
        idempotencyKey: runId,
        deliver: false,
        toolsAlsoAllow: this.#tools,
      });
      live().add(runId);
    } catch (error) {
      throw classify(error);
    }
  }

  async #wait({ runId }, timeoutMs) {
    const begunAtMs = Date.now();
    const told = new Promise((resolve) => this.#told.set(runId, resolve));
    try {
      const ended = this.#runtime.subagent.waitForRun({ runId, timeoutMs });
      const answer = await Promise.race([ended, told]);
      // A run that the gateway does not know is answered at once.
      const isHasty = answer.status === "timeout" && Date.now() - begunAtMs < PAUSE_MS;
      if (isHasty) await sleep(Math.min(PAUSE_MS, timeoutMs));
      return answer;
    } catch (error) {
      this.#log.debug?.(`waiting for ${runId} failed: ${error.message}`);
      await sleep(PAUSE_MS);
      return { status: "pending" };
    } finally {
      this.#told.delete(runId);
    }
  }

  /** What the transcript says of a run; nothing if it cannot be read. */
  async #past(address) {
    try {
      return await this.#read(address);
    } catch (error) {
      this.#log.debug?.(`the transcript of ${address.sessionKey} cannot be read: ${error.message}`);
      return {};
    }
  }

  /** The same where much depends on it: one that cannot be read is asked for again, and again. */
  async #transcript(address) {
    try {
      return await this.#read(address);
    } catch (error) {
      const times = (this.#unread.get(address.runId) ?? 0) + 1;
      this.#unread.set(address.runId, times);
      if (times > UNREAD_MAX) return {};
      const message = `the transcript of ${address.sessionKey} cannot be read: ${error.message}`;
      throw Object.assign(new Error(message), { class: "capacity" });
    }
  }

  /** What a run was asked, what it answered, and what that cost. */
  async #read({ sessionKey, runId }) {
    const { messages } = await this.#runtime.subagent.getSessionMessages({
      sessionKey,
      limit: MESSAGES_MAX,
    });
    return {
      message: asked(messages, runId),
      answer: answered(messages, runId),
      usage: usageOf(messages, runId),
    };
  }

  async #delete({ sessionKey }) {
    try {
      await this.#runtime.subagent.deleteSession({ sessionKey, deleteTranscript: false });
    } catch (error) {
      this.#log.warn(`the session ${sessionKey} cannot be ended: ${error.message}`);
    }
  }

  /** What a run is told: the same however often it is started. */
  #message({ prompt, runDir }) {
    const kept = keptPrompt(this.#place, runDir);
    if (kept !== undefined) return kept;
    const text = `${prompt}\nPaths are below ${this.#place}; aof_task_get shows the card as well.`;
    keepPrompt(this.#place, runDir, text);
    return text;
  }
}

/** The session of a run that lives in this process. */
function liveSession(address) {
  const found = [address, anew(address)].find(({ runId }) => live().has(runId));
  return found && sessionOf(found);
}

/** @returns {Set<string>} the ids of the runs of this process */
function live() {
  return (globalThis[LIVE] ??= new Set());
}

function endOf(answer, tookMs, { answer: text, usage }) {
  const isWell = answer.status === "ok";
  const said = text ?? answer.terminalReply?.text ?? "";
  const tail = isWell ? said : (answer.error ?? answer.stopReason ?? said);
  return endWith({ tag: "exited", val: isWell ? 0 : 1 }, tookMs, tail, usage);
}

function endWith(ending, tookMs, tail, usage) {
  return { ending, durationMs: BigInt(tookMs), outputTail: String(tail).slice(-TAIL_MAX), usage };
}
