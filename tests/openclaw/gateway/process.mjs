// Programs that a scenario starts, each the head of a process group of its own.
//
// Whatever happens to the test, no group outlives it. Never ends a process that it did not start.

import { spawn } from "node:child_process";
import fs from "node:fs";

const groups = new Set();

process.on("exit", () => groups.forEach((pid) => signalGroup(pid, "SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

export class Program {
  /** Set once the program ended: `{ code, signal }`. */
  ended;
  #child;
  #end;

  /**
   * @param {string[]} line the program and its arguments
   * @param {{env: object, cwd: string, log: string}} options `log` gets both outputs, appended
   */
  constructor(line, { env, cwd, log }) {
    const out = fs.openSync(log, "a");
    const stdio = ["ignore", out, out];
    this.#child = spawn(line[0], line.slice(1), { env, cwd, stdio, detached: true });
    fs.closeSync(out);
    if (this.pid === undefined) throw new Error(`${line[0]} cannot be started`);
    groups.add(this.pid);
    this.#end = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("exit", (code, signal) => resolve((this.ended = { code, signal })));
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** Waits for the end; a program that takes longer is killed and that is an error. */
  async wait(withinMs) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`still runs after ${withinMs} ms`)), withinMs);
    });
    try {
      return await Promise.race([this.#end, late]);
    } catch (error) {
      await this.kill();
      throw error;
    } finally {
      clearTimeout(timer);
      // Children of a program that ended are nobody's any more.
      this.#sweep();
    }
  }

  /** Ends the whole group at once, as a loss of power would. */
  async kill() {
    signalGroup(this.pid, "SIGKILL");
    await this.#end;
    this.#sweep();
  }

  /** Asks for the end, and insists after a while. */
  async stop(graceMs) {
    if (this.ended === undefined) signalGroup(this.pid, "SIGTERM");
    await this.wait(graceMs);
  }

  #sweep() {
    signalGroup(this.pid, "SIGKILL");
    groups.delete(this.pid);
  }
}
