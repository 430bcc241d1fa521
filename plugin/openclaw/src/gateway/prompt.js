// What a run was told, kept in the directory of the run: a gateway that was killed before it wrote
// the message down goes on only with the very same one.
//
// Never follows a symlink and never writes over anything. Invariant: what is kept first stays.

import fs from "node:fs";
import path from "node:path";

const NAME = "prompt.txt";
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants;

/**
 * Keeps a text, unless one is there already.
 *
 * @param {string} place the data directory
 * @param {string} runDir the directory of the run, below it
 * @param {string} text
 */
export function keepPrompt(place, runDir, text) {
  opened(place, runDir, O_WRONLY | O_CREAT | O_EXCL, (fd) => fs.writeFileSync(fd, text));
}

/** The text that was kept; undefined if there is none. */
export function keptPrompt(place, runDir) {
  return opened(place, runDir, O_RDONLY, (fd) => fs.readFileSync(fd, "utf8") || undefined);
}

/** Nothing of this is needed for the run itself: what cannot be opened counts as not there. */
function opened(place, runDir, flags, act) {
  const folder = path.join(place, runDir);
  let fd;
  try {
    if (fs.realpathSync(folder) !== folder) return undefined;
    fd = fs.openSync(path.join(folder, NAME), flags | O_NOFOLLOW, 0o600);
    return act(fd);
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}
