// Why the gateway did not start a run, in the words of the contract: they decide whether it is
// tried again.

const CLASSES = [
  [
    "permanent",
    /unknown agent|no such agent|agent .* (not found|does not exist)|not allowed|forbidden/i,
  ],
  ["rate-limited", /rate.?limit|\b429\b|quota/i],
  ["capacity", /\bbusy\b|at capacity|too many|queue is full/i],
  // A gateway that stops, starts or replaces the plugin; nobody's fault.
  [
    "capacity",
    /restart|drain|dispatch unavailable|no longer active|authority closed|ownership ended/i,
  ],
];

/** True if a gateway that was killed had accepted this run and does not know it any more. */
export function isDisowned(error) {
  return /ownership ended/i.test(String(error?.message));
}

/**
 * @param {Error} error what the gateway threw
 * @returns {Error & {class: string}} the same message with its class; `transient` unless it says
 *   otherwise
 */
export function classify(error) {
  const text = String(error?.message ?? error);
  const found = CLASSES.find(([, pattern]) => pattern.test(text));
  return Object.assign(new Error(text), { class: found?.[0] ?? "transient" });
}
