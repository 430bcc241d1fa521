// Stores to measure on: any number of cards that wait for a person, so that a tick has nothing to
// do.

import fs from "node:fs";
import path from "node:path";

const CHART = `schemaVersion: 1
agents:
  - {id: a, name: A, team: t}
teams:
  - {id: t, name: T, lead: a}
`;
const PERSON = { tag: "human", val: "bench" };

/**
 * Makes a store of cards that are all copies of one.
 *
 * @param {(dir: string) => any} over a component over a directory
 * @param {string} dir
 * @param {number} count cards
 * @returns {Promise<string>} the id of one of them
 */
export async function furnished(over, dir, count) {
  fs.mkdirSync(path.join(dir, "org"), { recursive: true });
  fs.writeFileSync(path.join(dir, "org/org-chart.yaml"), CHART);
  const component = over(dir);
  const call = async (name, args) => {
    const reply = await component.call("tools", "call", PERSON, name, JSON.stringify(args));
    return JSON.parse(reply.val.value).task;
  };
  const { taskId } = await call("aof_dispatch", {
    title: "A card",
    brief: "x".repeat(600),
    agent: "a",
  });
  await call("aof_task_block", { taskId, reason: "waits for a person" });
  await component.close();
  // Whoever opens the store below reads all of them.
  const folder = path.join(dir, "projects/_inbox/tasks/blocked");
  const text = fs.readFileSync(path.join(folder, `${taskId}.md`), "utf8");
  for (let at = 1; at < count; at += 1) {
    const id = taskId.slice(0, -8) + nameOf(at);
    fs.writeFileSync(path.join(folder, `${id}.md`), text.replaceAll(taskId, id));
  }
  return taskId;
}

/** A number as the end of an id: letters and digits without zero and one. */
function nameOf(number) {
  const digits = number.toString(8).replaceAll(/./g, (digit) => Number(digit) + 2);
  return `k${digits.padStart(7, "2")}`;
}
