// The questions that people ask and the answers they give, each as one call of a tool and one text.
//
// Used by the chat and by the command line alike. Invariant: what changes something is in
// `ANSWERS`.

/** @typedef {{tool: string, args: object, text: (value: any) => string}} Question */

const LIST_MAX = 20;

/** Words that only look. @type {Record<string, (words: string[]) => Question>} */
const QUESTIONS = {
  status: () => ({ tool: "aof_status_report", args: { limit: LIST_MAX }, text: statusText }),
  inbox: () => ({
    tool: "aof_task_list",
    args: { forPerson: true, limit: LIST_MAX },
    text: inboxText,
  }),
  list: ([status]) => ({
    tool: "aof_task_list",
    args: status === undefined ? { limit: LIST_MAX } : { status: [status], limit: LIST_MAX },
    text: ({ list }) => rows(list.tasks) || "no tasks",
  }),
  task: ([id]) => ({ tool: "aof_task_get", args: { taskId: id }, text: taskText }),
  explain: ([id]) => ({
    tool: "aof_explain",
    args: { taskId: id },
    text: (value) => pretty(value),
  }),
};

/** Words that decide something. @type {Record<string, (words: string[]) => Question>} */
const ANSWERS = {
  approve: ([id, ...summary]) =>
    decision(id, { outcome: "success", summary: summary.join(" ") || undefined }),
  reject: ([id, ...reason]) =>
    decision(id, { outcome: "rejected", notes: reason.join(" ") || undefined }),
  choose: ([id, outcome, ...summary]) =>
    decision(id, { outcome, summary: summary.join(" ") || undefined }),
  cancel: ([id, ...reason]) => ({
    tool: "aof_task_cancel",
    args: { taskId: id, reason: reason.join(" ") || undefined },
    text: standingText,
  }),
};

/** What a word asks for or decides; undefined if it is none of these. */
export function questionOf(word, words) {
  const table = [QUESTIONS, ANSWERS].find((it) => Object.hasOwn(it, word));
  return table?.[word](words);
}

/** True for a word that decides something. */
export function decides(word) {
  return Object.hasOwn(ANSWERS, word);
}

/** How each word is used, for people. */
export const USAGE = {
  status: "how many tasks stand where",
  inbox: "what waits for a person",
  "list [STATUS]": "tasks, the latest ones",
  "task ID": "one task",
  "explain ID": "why a task runs, waits or stands where it stands",
  "approve ID [WORDS]": "lets a hop of a workflow pass that waits for you",
  "reject ID [WORDS]": "sends the work of a workflow back",
  "choose ID OUTCOME [WORDS]": "decides a hop of a workflow by one of its outcomes",
  "cancel ID [WORDS]": "gives a task up for good",
};

function decision(taskId, rest) {
  return {
    tool: "aof_task_complete",
    args: { taskId, ...rest },
    text: standingText,
  };
}

function standingText({ task: { taskId, status } }) {
  return `${taskId} is ${status}`;
}

function statusText({ report }) {
  const counts = Object.entries(report.byStatus ?? {}).filter(([, count]) => count > 0);
  return counts.map(([status, count]) => `${status}: ${count}`).join("\n") || "no tasks";
}

function inboxText({ list: { tasks } }) {
  if (tasks.length === 0) return "nothing waits for a person";
  return tasks
    .map(({ id, title }) => `${id}  ${title}\n  approve, reject or choose it by this id`)
    .join("\n");
}

function rows(tasks) {
  return tasks.map(({ id, status, title }) => `${id}  ${status}  ${title}`).join("\n");
}

function taskText({ task }) {
  const { id, title, status, agent, body } = task;
  const head = [`${id}  ${title}`, `status: ${status}`, ...(agent ? [`agent: ${agent}`] : [])];
  return [...head, ...(body ? ["", body.trim()] : [])].join("\n");
}

function pretty(value) {
  return JSON.stringify(value, null, 2);
}
