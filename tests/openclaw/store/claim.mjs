// What must hold for a task or a store at the end of a scenario, whatever happened meanwhile.
//
// Reads files and asks `aof`; says everything that is wrong at once.

import assert from "node:assert/strict";

/** The task is done, was done once, no try was counted against it, and its runs agree. */
export function doneOnce(store, task) {
  assert.deepEqual(faults(store, task), []);
}

/** What is wrong with a task that should be done. */
export function faults(store, task) {
  const runs = store.runs(task);
  const ends = runs.map((run) => run.outcome);
  const attempts = runs.map((run, at) => run.attempt === at + 1);
  const completions = count(store.events(task), "task.completed");
  const checks = [
    [store.statusOf(task) === "done", `it is ${store.statusOf(task)}`],
    [completions === 1, `it was completed ${completions} times`],
    [!/failureHistory/.test(store.card(task)), "a try was counted against it"],
    [runs.every((run) => run.state === "ended"), "a run does not end"],
    [ends.at(-1) === "completed", "its last run did not complete it"],
    [attempts.every(Boolean), "its runs are not numbered one after another"],
  ];
  return checks.flatMap(([isWell, what]) => (isWell ? [] : [`${task}: ${what}; runs: ${ends}`]));
}

/** The card is done, and the files of the same commit that come after it are written, too. */
export function isOver(store, task) {
  const isDone = store.statusOf(task) === "done";
  const isTold = isDone && count(store.events(task), "task.completed") > 0;
  return isTold && store.runs(task).every((run) => run.state === "ended");
}

export function count(events, type) {
  return events.filter((event) => event.type === type).length;
}

/**
 * `aof fsck` and `aof doctor` find nothing, but for kinds that a scenario knows of; nobody may have
 * the store open.
 */
export async function isSound(store, known = []) {
  const fsck = (await store.aof("fsck")).document?.fsck;
  const strange = fsck?.findings.filter((it) => !known.includes(it.kind));
  assert.deepEqual(strange, [], "fsck finds nothing");
  const doctor = (await store.aof("doctor")).document?.doctor;
  const findings = doctor?.checks.map((check) => check.finding) ?? [];
  // Without the gateway nobody starts agents here: that is so by design.
  const wrong = findings.filter((it) => it.level !== "ok" && it.kind !== "no-executor");
  assert.deepEqual(wrong, [], "doctor finds nothing");
  assert.ok(findings.length > 0, "doctor looked");
}
