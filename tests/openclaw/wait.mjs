// Waits for something to become true, and says what was the case when it did not.

import { setTimeout as sleep } from "node:timers/promises";

const PAUSE_MS = 50;

/**
 * @param {string} what for the message
 * @param {number} withinMs
 * @param {() => unknown} look anything but undefined, null and false ends the wait
 * @param {() => unknown} [state] what is told if the time is up
 */
export async function until(what, withinMs, look, state = () => "") {
  const end = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`${what}: not within ${withinMs} ms; ${await state()}`);
    await sleep(PAUSE_MS);
  }
}
