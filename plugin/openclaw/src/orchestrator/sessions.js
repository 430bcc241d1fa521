// The runs whose sessions live, by run and by session.
//
// Holds what it is told. Invariant: a session belongs to one run, the one that was added last.

export class Sessions {
  #byRun = new Map();
  #bySession = new Map();

  /**
   * @param {{run: string, task: string, agent: string, session: string, heartbeatAtMs: number}}
   * entry
   */
  add(entry) {
    this.#byRun.set(entry.run, entry);
    this.#bySession.set(keyOf(entry.session), entry);
  }

  has(run) {
    return this.#byRun.has(run);
  }

  of(run) {
    return this.#byRun.get(run);
  }

  /** The run of a session, by the key that the gateway gives it. */
  in(sessionKey) {
    return this.#bySession.get(keyOf(sessionKey));
  }

  all() {
    return [...this.#byRun.values()];
  }

  remove(run) {
    const entry = this.#byRun.get(run);
    this.#byRun.delete(run);
    if (entry !== undefined && this.#bySession.get(keyOf(entry.session)) === entry) {
      this.#bySession.delete(keyOf(entry.session));
    }
  }

  /** Runs of which a sign of life is due. */
  due(nowMs) {
    return this.all()
      .filter((entry) => entry.heartbeatAtMs <= nowMs)
      .map((entry) => entry.run);
  }

  beat(run, atMs) {
    const entry = this.#byRun.get(run);
    if (entry !== undefined) entry.heartbeatAtMs = atMs;
  }
}

/** Gateways write the keys of sessions in small letters; what follows `#` is ours. */
function keyOf(session) {
  return session.split("#")[0].toLowerCase();
}
