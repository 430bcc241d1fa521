// Several calls at once, because each call from the component costs microseconds by itself.
//
// Nothing is decided here that the store does not decide again. Invariant: what is reached at once
// is what would be reached step by step.

import fs from "node:fs";

import { asked, at, read, status, statusAt, within } from "./calls.js";

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
const DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
const FILE = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/**
 * @param {number} rootFd the open root
 * @returns the functions of `aof:disk/system` that stand for several others
 */
export function shortcuts(rootFd) {
  const root = fs.readlinkSync(within(rootFd));
  return {
    // By its name, which is a shorter way for the kernel: a root that was moved away looks changed
    // all the time, and what changed is then looked for step by step.
    glance: (path) => statusAt(`${root}/${path}`),
    reach: (path) => reach(rootFd, root, path),
    survey: (dir) => asked(() => survey(dir)),
    readWhole: (dir, name, bytesMax) => asked(() => readWhole(at(dir, name), bytesMax)),
  };
}

/** The kernel knows where an open directory really lies: elsewhere, if a symlink led there. */
function reach(rootFd, root, path) {
  let fd;
  try {
    fd = fs.openSync(at(rootFd, path), DIRECTORY);
    if (fs.readlinkSync(within(fd)) === `${root}/${path}`) return fd;
  } catch {
    // Why it cannot be reached is found out step by step.
  }
  if (fd !== undefined) fs.closeSync(fd);
  return undefined;
}

function survey(dir) {
  return fs.readdirSync(within(dir), { encoding: "buffer" }).map((name) => {
    const path = Buffer.concat([Buffer.from(`${within(dir)}/`), name]);
    const found = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return { name, status: found && status(found) };
  });
}

function readWhole(path, bytesMax) {
  const seen = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (seen === undefined) return { tag: "absent" };
  if (!isReadable(seen, bytesMax)) return { tag: "seen", val: status(seen) };
  const fd = fs.openSync(path, FILE);
  try {
    const before = fs.fstatSync(fd, { bigint: true });
    if (!isReadable(before, bytesMax)) return { tag: "seen", val: status(before) };
    const bytes = read(fd, 0, Number(bytesMax) + 1, Number(before.size));
    const after = fs.fstatSync(fd, { bigint: true });
    return { tag: "read", val: { before: status(before), bytes, after: status(after) } };
  } finally {
    fs.closeSync(fd);
  }
}

function isReadable(found, bytesMax) {
  return found.isFile() && found.size <= bytesMax;
}
