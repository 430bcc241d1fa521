// A refusal as people and as programs read it.

/** @param {import("../component/thread.js").Refused} refused */
export function refusalText({ code, message, where, hint }) {
  const place = where === undefined ? "" : `\n  at   ${where}`;
  return `error [${code}] ${message}${place}\n  hint ${hint}`;
}

/** @param {import("../component/thread.js").Refused} refused */
export function refusalOf({ code, kind, message, hint, where, retryable }) {
  return { code, kind, message, hint, where, retryable };
}
