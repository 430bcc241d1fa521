// Finds the task that a conversation is about, and what its title asks the mock model to do.
//
// Knows the prompt of AOF and nothing of the gateway's own texts around it. Invariant: the same
// conversation always means the same task.

const PROMPT =
  /You are (\S+)\. Task (TASK-[A-Za-z0-9-]+) of project (\S+) is yours: (.*)/g;
/** `[work 500ms]`, `[hold]`: words for the mock, in the title, because AOF hands that on. */
const DIRECTIVE = /\[([a-z-]+)(?: (\d+)(ms|s))?\]/g;

/** The text of a message, whichever of both forms it has. */
export function textOf(content) {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.map((part) => part.text ?? "").join("") : "";
}

/** The last task prompt of a conversation, or undefined. */
export function taskOf(messages) {
  const found = messages.flatMap((message, at) =>
    message.role === "user" ? promptsIn(textOf(message.content), at) : [],
  );
  return found.at(-1);
}

function promptsIn(text, at) {
  return [...text.matchAll(PROMPT)].map(([, agent, id, project, title]) => ({
    agent,
    id,
    project,
    title,
    at,
    directives: directivesOf(title),
  }));
}

function directivesOf(title) {
  const pairs = [...title.matchAll(DIRECTIVE)].map(([, name, number, unit]) => [
    name,
    number === undefined ? true : Number(number) * (unit === "s" ? 1000 : 1),
  ]);
  return Object.fromEntries(pairs);
}
