// Telling people: a notice goes to the chat that asked for its task, as far as one is known, and
// into the gateway's log in any case.
//
// Chats are remembered by task, the latest ones only. Invariant: nothing here fails a task.

/** Tasks whose chats are remembered. */
const CHATS_MAX = 1_000;
/** Notices that are kept to be looked at. */
const NOTICES_MAX = 50;

export class People {
  #runtime;
  #log;
  #names;
  #chats = new Map();
  #notices = [];

  /**
   * @param {object} options
   * @param {any} options.runtime `api.runtime` of the gateway
   * @param {{info: Function, warn: Function, error: Function}} options.log
   * @param {import("./names.js").Names} options.names
   */
  constructor({ runtime, log, names }) {
    this.#runtime = runtime;
    this.#log = log;
    this.#names = names;
  }

  /** The latest notices, the last one first. */
  get notices() {
    return [...this.#notices];
  }

  /** Remembers in which session a task was asked for. */
  remember(task, sessionKey) {
    if (task === undefined || sessionKey === undefined) return;
    this.#chats.delete(task);
    this.#chats.set(task, sessionKey);
    if (this.#chats.size > CHATS_MAX) this.#chats.delete(this.#chats.keys().next().value);
  }

  /** Tells a notice. */
  async notify({ severity, audience, task, message }) {
    const level = severity === "critical" ? "error" : severity;
    this.#log[level](`for ${audience}: ${message}`);
    this.#notices.unshift({ at: new Date().toISOString(), severity, audience, task, message });
    this.#notices.length = Math.min(this.#notices.length, NOTICES_MAX);
    const sessionKey = this.#chats.get(task);
    if (sessionKey !== undefined) await this.#say(sessionKey, message);
  }

  /** Puts a message into a session of an agent. */
  async send({ agent, sessionKey, message }) {
    await this.#say(sessionKey ?? `agent:${this.#names.inGateway(agent)}:main`, message);
  }

  async #say(sessionKey, message) {
    const system = this.#runtime.system;
    if (typeof system?.enqueueSystemEvent !== "function") {
      throw Object.assign(new Error("this gateway takes no messages from plugins"), {
        class: "unsupported",
      });
    }
    await system.enqueueSystemEvent(message, { sessionKey });
    await system.requestHeartbeat?.({ source: "hook", intent: "event", reason: "aof", sessionKey });
  }
}
