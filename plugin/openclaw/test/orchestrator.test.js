// Effects out, news in: against the real component, with a scripted executor.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { PERSON, Stand } from "./stand.mjs";

test("a task is started, completed by its run and done once", async () => {
  const stand = await new Stand().open();
  const id = await stand.task();
  await stand.poll();
  assert.equal(stand.script.starts.length, 1);
  const [{ run, agent, task, prompt }] = stand.script.starts;
  assert.deepEqual([agent, task], ["ada", id]);
  assert.match(prompt, /aof_task_complete/);
  assert.equal(stand.orchestrator.sessions.of(run).task, id);
  await stand.tool("aof_task_complete", { taskId: id, summary: "Done." }, stand.worker(run));
  stand.script.end(run);
  await stand.poll();
  assert.equal(await stand.statusOf(id), "done");
  assert.equal(stand.orchestrator.sessions.has(run), false);
  assert.equal(stand.script.starts.length, 1);
  await stand.close();
});

test("a run that ends without a word is tried again later, under another key", async () => {
  const stand = await new Stand().open();
  const id = await stand.task();
  await stand.poll();
  stand.script.end(stand.script.starts[0].run);
  await new Promise((resolve) => setImmediate(resolve));
  await stand.poll();
  assert.equal(await stand.statusOf(id), "blocked");
  await stand.close();
});

test("no session at all is told with its class", async () => {
  const stand = await new Stand().open();
  stand.script.failure = Object.assign(new Error("unknown agent"), { class: "permanent" });
  const id = await stand.task();
  await stand.poll();
  assert.equal(await stand.statusOf(id), "deadletter");
  await stand.close();
});

test("what was never settled is carried out again under the same key after a kill", async () => {
  const first = await new Stand().open();
  first.script.start = () => new Promise(() => {});
  await first.task();
  await first.orchestrator.poll();
  await first.kill();
  const next = await new Stand(first.root).open();
  assert.equal(next.script.starts.length, 1);
  assert.equal(next.script.starts[0].isRepeated, true);
  await next.close();
});

test("a run that lives is adopted and never started again", async () => {
  const first = await new Stand().open();
  const id = await first.task();
  await first.poll();
  const { run } = first.script.starts[0];
  await first.kill();
  const next = new Stand(first.root);
  next.script.adopted = ({ session }) => session;
  await next.open();
  assert.deepEqual(
    next.script.adopts.map((it) => it.run),
    [run],
  );
  assert.equal(next.script.starts.length, 0);
  await next.tool("aof_task_complete", { taskId: id, summary: "Done." }, next.worker(run));
  assert.equal(await next.statusOf(id), "done");
  await next.close();
});

test("a run that is gone is told as lost, and the task goes on", async () => {
  const first = await new Stand().open();
  const id = await first.task();
  await first.poll();
  await first.kill();
  const next = await new Stand(first.root).open();
  assert.equal(next.orchestrator.sessions.all().length, 0);
  assert.equal(await next.statusOf(id), "ready");
  await next.poll();
  assert.deepEqual([next.script.starts.length, next.script.starts[0].attempt], [1, 2]);
  await next.close();
});

test("a start that ends after the executor was taken away is repeated by the next", async () => {
  const first = await new Stand().open();
  let fail;
  first.script.start = () => new Promise((_, reject) => (fail = reject));
  const id = await first.task();
  await first.orchestrator.poll();
  const closed = first.close();
  fail(new Error("the gateway replaces the plugin"));
  await closed;
  const next = await new Stand(first.root).open();
  assert.equal(await next.statusOf(id), "in-progress");
  assert.deepEqual([next.script.starts.length, next.script.starts[0].isRepeated], [1, true]);
  await next.close();
});

test("while the gateway stops nothing is started, and what runs may end", async () => {
  const stand = await new Stand().open();
  const first = await stand.task("first");
  await stand.poll();
  stand.orchestrator.hold();
  await stand.task("second");
  await stand.poll();
  assert.equal(stand.script.starts.length, 1);
  const [{ run }] = stand.script.starts;
  await stand.tool("aof_task_complete", { taskId: first, summary: "Done." }, stand.worker(run));
  assert.equal(await stand.statusOf(first), "done");
  await stand.close();
});

test("an adoption that cannot be told yet is asked again", async () => {
  const first = await new Stand().open();
  await first.task();
  await first.poll();
  await first.kill();
  const next = new Stand(first.root);
  let asked = 0;
  next.script.adopted = ({ session }) => {
    asked += 1;
    if (asked < 3) throw new Error("cannot be read");
    return session;
  };
  await next.open();
  while (asked < 3) await next.poll();
  assert.equal(next.orchestrator.sessions.all().length, 1);
  assert.equal(next.script.starts.length, 0);
  await next.close();
});

test("the session of a cancelled task is ended", async () => {
  const stand = await new Stand().open();
  const id = await stand.task();
  await stand.poll();
  await stand.tool("aof_task_cancel", { taskId: id, reason: "not needed" });
  await stand.orchestrator.settled();
  assert.deepEqual(
    stand.script.cancels.map((it) => it.run),
    [stand.script.starts[0].run],
  );
  await stand.close();
});

test("a refusal has code, place and hint, and changes nothing", async () => {
  const stand = await new Stand().open();
  const wrong = stand.tool("aof_dispatch", { title: 5, brief: "x" });
  await assert.rejects(wrong, { name: "Refused", code: "AOF-1002", where: "title" });
  await assert.rejects(stand.tool("aof_nonsense", {}), { name: "Refused", kind: "refused" });
  const stranger = { tag: "agent", val: { agent: "mallory", session: undefined, run: undefined } };
  const asMallory = stand.tool("aof_dispatch", { title: "t", brief: "b", agent: "ada" }, stranger);
  await assert.rejects(asMallory, { name: "Refused" });
  const { list } = await stand.tool("aof_task_list", {}, PERSON);
  assert.deepEqual(list.tasks, []);
  await stand.close();
});

test("a hundred tasks are started and told together", async () => {
  const stand = await new Stand().open();
  for (let at = 0; at < 100; at += 1) await stand.task(`Task ${at}`);
  while (stand.script.starts.length < 100) await stand.poll();
  assert.equal(new Set(stand.script.starts.map((it) => it.run)).size, 100);
  assert.equal(stand.orchestrator.sessions.all().length, 100);
  await stand.close();
});

test("calls that come together open the store once", async () => {
  const stand = new Stand();
  await Promise.all([stand.orchestrator.open(), stand.task("a"), stand.task("b")]);
  const { metrics } = await stand.orchestrator.view(PERSON, "metrics");
  assert.equal(metrics.epoch, 1);
  await stand.close();
});

test("without an executor ready tasks stay ready, and start once there is one", async () => {
  const stand = new Stand();
  const id = await stand.task();
  await stand.poll();
  assert.equal(await stand.statusOf(id), "ready");
  stand.orchestrator.attach(stand.script);
  await stand.poll();
  assert.equal(await stand.statusOf(id), "in-progress");
  await stand.close();
});

test("a change of aof.yaml counts for the sessions that begin after it", async () => {
  const stand = await new Stand().open();
  const settings = "scheduler: {maxConcurrentDispatches: 100, defaultLeaseTtlMs: 30000}\n";
  fs.writeFileSync(path.join(stand.root, "aof.yaml"), settings);
  await stand.poll();
  await stand.task();
  await stand.poll();
  const [{ heartbeatAtMs }] = stand.orchestrator.sessions.all();
  assert.ok(heartbeatAtMs <= Date.now() + 10_000, "a third of a lease");
  await stand.close();
});

/** A gateway that was killed while a run was at work, and the next one, which knows the run. */
async function afterAKill() {
  const first = await new Stand().open();
  await first.task();
  await first.poll();
  await first.kill();
  const next = new Stand(first.root);
  next.script.adopted = ({ session }) => session;
  return next;
}

test("a run that is adopted gets the time of a new one", async () => {
  const next = await afterAKill();
  await next.open();
  assert.deepEqual(next.script.limits, [300_000]);
  await next.close();
});

test("whoever waits for the taking over waits for adoption, and not for ever", async () => {
  const next = await afterAKill();
  await next.orchestrator.takenOver(1);
  assert.equal(next.orchestrator.sessions.all().length, 0, "nobody took over");
  const waited = next.orchestrator.takenOver(60_000);
  await next.open();
  await waited;
  assert.equal(next.orchestrator.sessions.all().length, 1);
  await next.close();
});

test("agents are told once, and again to a component that was opened anew", async () => {
  const stand = await new Stand().open();
  const agents = [
    { id: "main", name: "M", model: "m", provider: "p", active: true, profile: true },
  ];
  const drift = async () => {
    const query = { look: "drift", lenient: true };
    return (await stand.orchestrator.view(PERSON, "org", query)).org.drift;
  };
  await stand.orchestrator.tellAgents(agents);
  const { seenAt } = await drift();
  await stand.orchestrator.tellAgents(agents);
  assert.equal((await drift()).seenAt, seenAt, "it was told once");
  await stand.thread.stop();
  await stand.orchestrator.tellAgents(agents);
  assert.equal((await drift()).agentsThere, 1);
  await stand.close();
});

test("the end of a run that the component does not know is over all the same", async () => {
  const stand = await new Stand().open();
  const id = await stand.task();
  await stand.poll();
  const [{ run }] = stand.script.starts;
  fs.rmSync(path.join(stand.root, "projects/_inbox/tasks/in-progress", `${id}.md`));
  await stand.poll();
  stand.script.end(run);
  await stand.poll();
  await stand.poll();
  assert.equal(stand.orchestrator.sessions.has(run), false);
  await stand.close();
});
