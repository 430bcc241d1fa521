// A data directory for a scenario: made fresh, read as files, checked with the `aof` command.
//
// Reads while others write and so expects half a line or a file that just moved. Never writes after
// it was made, except where a scenario plays the person with an editor.

import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const COMMAND_MS = 60_000;

const CHART = `\
schemaVersion: 1
teams:
  - {id: crew, name: Crew, lead: main}
agents:
  - {id: main, name: Main, team: crew}
  - {id: coder, name: Coder, team: crew, capabilities: {concurrency: 4}}
  - {id: reviewer, name: Reviewer, team: crew, capabilities: {concurrency: 4}}
  # The gateway knows nobody of this name.
  - {id: stranger, name: Stranger, team: crew}
`;

const SETTINGS = `\
schemaVersion: 1
scheduler:
  maxConcurrentDispatches: 6
  maxDispatchesPerPoll: 6
  defaultLeaseTtlMs: 60000
  runTimeoutMs: 120000
  pollIntervalMs: 200
  retryBaseMs: 300
  failuresMax: 3
`;

export class Store {
  /**
   * One in a folder, whatever is there.
   *
   * @param {{folder: string, aof: string}} options `aof` is the command that checks it
   */
  constructor({ folder, aof }) {
    this.folder = folder;
    this.aofCommand = aof;
  }

  /** A new one with a chart and settings. */
  static make(options) {
    const store = new Store(options);
    store.#write("aof.yaml", SETTINGS);
    store.#write("org/org-chart.yaml", CHART);
    return store;
  }

  /** `{ [task]: status }` of all cards in `_inbox`, by where they lie. */
  statuses() {
    const tasks = path.join(this.folder, "projects/_inbox/tasks");
    const pairs = listed(tasks).flatMap((status) =>
      listed(path.join(tasks, status))
        .filter((name) => /^TASK-.*\.md$/.test(name))
        .map((name) => [name.slice(0, -".md".length), status]),
    );
    return Object.fromEntries(pairs);
  }

  statusOf(task) {
    return this.statuses()[task];
  }

  /** The text of a card, wherever it lies. */
  card(task) {
    const status = this.statusOf(task);
    const file = path.join(this.folder, "projects/_inbox/tasks", String(status), `${task}.md`);
    return fs.readFileSync(file, "utf8");
  }

  /** What happened, in order; of one task if it is named. */
  events(task) {
    const folder = path.join(this.folder, "events");
    const texts = listed(folder).map((name) => fs.readFileSync(path.join(folder, name), "utf8"));
    const all = texts.flatMap((text) => text.split("\n")).flatMap(parsedLine);
    return task === undefined ? all : all.filter((event) => event.taskId === task);
  }

  /** The records of the runs of a task, the first one first. */
  runs(task) {
    const folder = path.join(this.folder, "projects/_inbox/runs", task);
    const records = listed(folder).flatMap((run) => record(path.join(folder, run, "run.json")));
    return records.sort((left, right) => left.attempt - right.attempt);
  }

  /** Runs `aof`; `{ code, output, document }`. */
  aof(...args) {
    const line = ["--data-dir", this.folder, ...args, "--json"];
    const options = { timeout: COMMAND_MS, maxBuffer: 64 * 1024 * 1024 };
    return new Promise((resolve) => {
      execFile(this.aofCommand, line, options, (error, stdout, stderr) => {
        const document = parsedLine(stdout)[0];
        resolve({ code: error?.code ?? 0, output: stdout + stderr, document });
      });
    });
  }

  #write(name, text) {
    const file = path.join(this.folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

function listed(folder) {
  try {
    return fs.readdirSync(folder).sort();
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

/** A run that is being made has a folder and no record yet. */
function record(file) {
  return fs.existsSync(file) ? [JSON.parse(fs.readFileSync(file, "utf8"))] : [];
}

function parsedLine(text) {
  try {
    return [JSON.parse(text)];
  } catch {
    return [];
  }
}
