// One component in a thread of its own, as the gateway's event loop sees it: calls that end, by an
// answer, a refusal, a break or a deadline.
//
// Never touches the store itself. Invariant: after a break or a deadline the next call gets a new
// thread, and every call that was under way has been answered.

import { readFile, readdir } from "node:fs/promises";
import { Worker } from "node:worker_threads";

/** How long a call may take; what opens a store may have a long journal to read. */
const DEADLINE_MS = 10_000;
const OPENING_DEADLINE_MS = 300_000;
/** Heap of the thread, without the component's own memory. */
const HEAP_MB = 256;

/**
 * The component, or its host, said no; `code`, `kind`, `hint`, `where` and `retryable` as in the
 * contract.
 */
export class Refused extends Error {
  /**
   * @param {{code: string, kind: string, message: string, hint: string, where?: string, retryable:
   * boolean}} refusal
   */
  constructor(refusal) {
    super(refusal.message);
    this.name = "Refused";
    Object.assign(this, refusal);
  }
}

/**
 * True for what was refused. The plugin is loaded several times, and each copy has its own class.
 */
export function isRefused(error) {
  return error?.name === "Refused";
}

/** The component did not answer: it broke, took too long, or its thread ended. */
export class Broken extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "Broken";
  }
}

/** Compiled once in a process: modules have no state. */
let modules;

async function compile() {
  const folder = new URL("./generated/", import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".wasm"));
  const pairs = names.map(async (name) => [
    name,
    await WebAssembly.compile(await readFile(new URL(name, folder))),
  ]);
  return new Map(await Promise.all(pairs));
}

export class ComponentThread {
  #store;
  #onLine;
  #deadlineMs;
  /** @type {Worker | undefined} */
  #worker;
  /** @type {Promise<void> | undefined} */
  #starting;
  /** The end of the thread before: two of them would share the kernel's lock. */
  #ending;
  #life = 0;
  #calls = new Map();
  #nextId = 0;

  /**
   * @param {object} options
   * @param {{root: string, relaxed?: boolean, sweepIntervalMs?: number}} options.store
   * @param {(line: string) => void} options.onLine gets what the component prints
   * @param {number} [options.deadlineMs] of a call
   * @param {Promise<void>} [options.after] no thread is started before
   */
  constructor({ store, onLine, deadlineMs = DEADLINE_MS, after = Promise.resolve() }) {
    this.#ending = after;
    this.#store = store;
    this.#onLine = onLine;
    this.#deadlineMs = deadlineMs;
  }

  /** Which thread it is: the number changes when one ends, and nothing of it is left then. */
  get life() {
    return this.#life;
  }

  /**
   * Calls an export.
   *
   * @param {string} face the interface
   * @param {string} call the function
   * @param {unknown[]} args as the contract has them
   * @returns {Promise<any>} what it returns
   * @throws {Refused | Broken}
   */
  async call(face, call, args) {
    await this.#start();
    if (this.#worker === undefined) throw new Broken("the component's thread ended");
    const deadlineMs = face === "lifecycle" ? OPENING_DEADLINE_MS : this.#deadlineMs;
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const late = () =>
        this.#end(new Broken(`no answer to ${face}.${call} within ${deadlineMs} ms`));
      this.#calls.set(id, { resolve, reject, timer: setTimeout(late, deadlineMs) });
      // A thread that waits for nothing must not keep a process alive.
      this.#worker.ref();
      this.#worker.postMessage({ id, face, call, args });
    });
  }

  /** Ends the thread, and with it whatever it holds. */
  async stop() {
    const starting = this.#starting;
    this.#end(new Broken("the component was stopped"));
    await starting?.catch(() => {});
    await this.#ending;
  }

  #start() {
    const life = this.#life;
    this.#starting ??= this.#startNow(life).catch((error) => {
      if (this.#life === life) this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  async #startNow(life) {
    modules ??= compile();
    await this.#ending;
    const workerData = { store: this.#store, modules: await modules };
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData,
      env: {},
      execArgv: ["--disable-warning=ExperimentalWarning"],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      name: "aof",
    });
    await new Promise((resolve, reject) => {
      const gone = (error) => {
        if (this.#worker === worker) this.#end(error);
        reject(error);
      };
      worker.on("error", (error) =>
        gone(new Broken(`the component's thread ended: ${error.message}`)),
      );
      worker.on("exit", (code) => gone(new Broken(`the component's thread ended (${code})`)));
      worker.on("message", (message) => {
        if (message.ready) resolve(undefined);
        else if (message.line !== undefined) this.#onLine(message.line);
        else if (this.#worker === worker) this.#answered(message);
      });
    });
    if (this.#life !== life) {
      // It was stopped before it had begun.
      this.#ending = worker.terminate();
      throw new Broken("the component was stopped");
    }
    worker.unref();
    this.#worker = worker;
  }

  #answered({ id, value, refusal, broken }) {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    clearTimeout(call.timer);
    if (this.#calls.size === 0) this.#worker?.unref();
    if (broken !== undefined) {
      const error = new Broken(broken);
      call.reject(error);
      this.#end(error);
    } else if (refusal !== undefined) call.reject(new Refused(refusal));
    else call.resolve(value);
  }

  #end(error) {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#starting = undefined;
    this.#life += 1;
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) {
      clearTimeout(call.timer);
      call.reject(error);
    }
    if (worker !== undefined) this.#ending = worker.terminate();
  }
}
