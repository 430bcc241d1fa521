// A data directory as AOF 1.20 leaves it where the gateway keeps its own state.

import fs from "node:fs";
import path from "node:path";

const CHART = `\
schemaVersion: 1
teams:
  - {id: crew, name: Crew, lead: main}
agents:
  - {id: main, name: Main, team: crew}
  - {id: coder, name: Coder, team: crew}
`;

/** One task that may start, one that somebody was working on, one that is done. */
export const FORMER = {
  ready: "TASK-2026-02-01-001",
  "in-progress": "TASK-2026-02-01-002",
  done: "TASK-2026-02-01-003",
};

const LEASE = `\
lease:
  agent: coder
  acquiredAt: 2026-02-01T10:00:00.000Z
  expiresAt: 2026-02-01T10:10:00.000Z
  renewCount: 0
`;

/** Writes it into a folder. */
export function formerStore(folder) {
  write(path.join(folder, "org/org-chart.yaml"), CHART);
  for (const [status, id] of Object.entries(FORMER)) {
    write(path.join(folder, "tasks", status, `${id}.md`), card(id, status));
  }
}

function card(id, status) {
  return `---
schemaVersion: 1
id: ${id}
project: _inbox
title: "Of AOF 1: ${id}"
status: ${status}
priority: normal
routing:
  agent: coder
  tags: []
${status === "in-progress" ? LEASE : ""}createdAt: 2026-02-01T10:00:00.000Z
updatedAt: 2026-02-01T10:00:00.000Z
lastTransitionAt: 2026-02-01T10:00:00.000Z
createdBy: main
dependsOn: []
metadata: {}
gateHistory: []
tests: []
---

# Objective

Do it.
`;
}

function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}
