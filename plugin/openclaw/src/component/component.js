// A component over one open store: every call finds it open, also after it broke or was stopped.
//
// Gives each call its time, its dice and its caller, and nothing else. Invariant: whoever called
// `open` is told by `onOpened` of everything that an opening finds, be it the first or a later one.

import { randomFillSync } from "node:crypto";

import { Broken, isRefused } from "./thread.js";

/** The host itself: ticks, hooks, openings. */
export const HOST = { tag: "host" };

/** Somebody else took the store over; a flush failed. */
const TO_BE_OPENED = new Set(["AOF-4002", "AOF-4009"]);

export class Component {
  #thread;
  #config;
  #onOpened;
  /** @type {Promise<void> | undefined} */
  #opening;
  /** The thread in which it was opened. */
  #life;
  #isClosed = false;

  /**
   * @param {object} options
   * @param {import("./thread.js").ComponentThread} options.thread
   * @param {{readOnly: boolean, overrides?: string, origins?: string, projects?: string[]}}
   *   options.config
   * @param {(opened: any) => void} options.onOpened gets what `lifecycle.open` returns
   */
  constructor({ thread, config, onOpened }) {
    this.#thread = thread;
    this.#config = config;
    this.#onOpened = onOpened;
  }

  /** Opens the store, if it is not open. */
  open() {
    if (this.#isClosed) return Promise.reject(new Broken("the store was closed"));
    if (this.#life !== this.#thread.life) this.#opening = undefined;
    this.#life = this.#thread.life;
    this.#opening ??= this.#openNow().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  /**
   * Calls an export that takes a context.
   *
   * @param {string} face
   * @param {string} call
   * @param {object} caller as in the contract
   * @param {unknown[]} args after the context
   */
  async call(face, call, caller, ...args) {
    await this.open();
    const opening = this.#opening;
    try {
      return await this.#thread.call(face, call, [context(caller), ...args]);
    } catch (error) {
      // The next call opens it again: then it is clear who has it, and what has reached the disk.
      const isOver = isRefused(error) && TO_BE_OPENED.has(error.code);
      if (isOver && this.#opening === opening) this.#opening = undefined;
      throw error;
    }
  }

  /** Calls an export that takes no context. */
  async ask(face, call) {
    await this.open();
    return this.#thread.call(face, call, []);
  }

  /** The tools as the component gives them; needs no store. */
  tools() {
    return this.#thread.call("tools", "list", []);
  }

  /** Closes the store in good order and ends the thread. */
  async close() {
    const isOpen = this.#opening !== undefined && this.#life === this.#thread.life;
    this.#opening = undefined;
    this.#isClosed = true;
    try {
      if (isOpen) await this.#thread.call("lifecycle", "close", [context(HOST)]);
    } finally {
      await this.#thread.stop();
    }
  }

  async #openNow() {
    const opened = await this.#thread.call("lifecycle", "open", [context(HOST), this.#config]);
    this.#onOpened(opened);
  }
}

function context(caller) {
  const [high, low] = randomFillSync(new BigUint64Array(2));
  return { now: BigInt(Date.now()), entropy: [high, low], caller };
}

/** True for a refusal that repeating unchanged will not change. */
export function isRefusal(error) {
  return isRefused(error) && error.kind === "refused";
}
