// One orchestrator for each data directory in this process, whoever asks for it.
//
// The gateway loads the plugin several times, every time as fresh modules, and calls tools on
// another copy than the one whose service runs: what they share can only hang on `globalThis`.
// Invariant: one data directory has one thread, because two of them in one process would share the
// kernel's lock.

import { ComponentThread } from "../component/thread.js";
import { Names } from "../gateway/names.js";
import { People } from "../gateway/people.js";
import { Orchestrator } from "../orchestrator/orchestrator.js";

const ALL = Symbol.for("aof.openclaw.stores");
/** Stores that are being closed: nobody opens them before. */
const CLOSING = Symbol.for("aof.openclaw.closing");

/** @returns {Map<string, Shared>} by data directory */
function all() {
  return (globalThis[ALL] ??= new Map());
}

export class Shared {
  /** Called when there may be something to do. */
  onWork = () => {};

  constructor({ root, settings, runtime, log }) {
    this.root = root;
    const thread = new ComponentThread({
      store: storeOptions(root, settings),
      onLine: (line) => log.warn(`[component] ${line}`),
      deadlineMs: settings.callDeadlineMs,
      after: closing().get(root),
    });
    const config = { readOnly: false, projects: settings.projects };
    this.orchestrator = new Orchestrator({ thread, config, log, onEvent: () => this.onWork() });
    this.names = new Names({ orchestrator: this.orchestrator, root });
    this.people = new People({ runtime, log, names: this.names });
  }
}

/** What the system beneath a store is told. */
export function storeOptions(root, { durability }) {
  return { root, relaxed: durability === "relaxed" };
}

/** The orchestrator of a data directory; made, not opened, if nobody asked for it before. */
export function sharedAt(options) {
  const stores = all();
  const found = stores.get(options.root);
  if (found !== undefined) return found;
  const made = new Shared(options);
  stores.set(options.root, made);
  return made;
}

/** Closes the orchestrator of a data directory; the next who asks gets a new one. */
export async function closeAt(root) {
  const found = all().get(root);
  if (found === undefined) return;
  all().delete(root);
  const closed = found.orchestrator.close();
  closing().set(
    root,
    closed.catch(() => {}),
  );
  await closed;
}

/** @returns {Map<string, Promise<void>>} by data directory */
function closing() {
  return (globalThis[CLOSING] ??= new Map());
}
