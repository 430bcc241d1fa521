// Several calls at once, because each call from the component costs microseconds by itself.
//
// Nothing is decided here that the store does not decide again. Invariant: what is reached at once
// is what would be reached step by step.

import fs from "node:fs";

import { asked, at, read, status, within } from "./calls.js";

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;
const DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
const FILE = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
const LOOK = /** @type {const} */ ({ bigint: true, throwIfNoEntry: false });

/**
 * @param {number} rootFd the open root
 * @returns the functions of `aof:disk/system` that stand for several others
 */
export function shortcuts(rootFd) {
  const root = fs.readlinkSync(within(rootFd));
  return {
    // By its name, which is a shorter way for the kernel: a root that was moved away looks changed
    // all the time, and what changed is then looked for step by step.
    glances: (paths) => paths.map((path) => glance(`${root}/${path}`)),
    reach: (path) => reach(rootFd, root, path),
    fetch: (path, bytesMax) => fetch(at(rootFd, path), `${root}/${path}`, bytesMax),
    survey: (dir) => asked(() => survey(dir)),
    readWhole: (dir, name, bytesMax) => asked(() => readWhole(at(dir, name), bytesMax)),
  };
}

function glance(path) {
  try {
    const found = fs.lstatSync(path, LOOK);
    return found && status(found);
  } catch {
    // Whatever is there is looked at more closely.
    return undefined;
  }
}

/** The kernel knows where an open directory really lies: elsewhere, if a symlink led there. */
function reach(rootFd, root, path) {
  let fd;
  try {
    if (fs.lstatSync(at(rootFd, path), LOOK) === undefined) {
      return { tag: leadsNowhere(rootFd, root, path) ? "absent" : "unclear" };
    }
    fd = fs.openSync(at(rootFd, path), DIRECTORY);
    if (fs.readlinkSync(within(fd)) === `${root}/${path}`) return { tag: "there", val: fd };
  } catch {
    // Why it cannot be reached is found out step by step.
  }
  if (fd !== undefined) fs.closeSync(fd);
  return { tag: "unclear" };
}

/** True if the last thing on the way that is there is a directory, and no symlink led to it. */
function leadsNowhere(rootFd, root, path) {
  let parent = path;
  let found;
  do {
    parent = parent.slice(0, Math.max(0, parent.lastIndexOf("/")));
    found = fs.lstatSync(at(rootFd, parent), LOOK);
  } while (found === undefined && parent !== "");
  const real = fs.realpathSync.native(at(rootFd, parent));
  return found.isDirectory() && real === (parent === "" ? root : `${root}/${parent}`);
}

/** The same of a file, which is opened by one path and has to lie at the other. */
function fetch(path, expected, bytesMax) {
  let fd;
  try {
    fd = fs.openSync(path, FILE);
    if (fs.readlinkSync(within(fd)) === expected) return contentOf(fd, bytesMax);
  } catch {
    // What is there, and if anything is, is found out step by step.
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
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
  const seen = fs.lstatSync(path, LOOK);
  if (seen === undefined) return { tag: "absent" };
  if (!isReadable(seen, bytesMax)) return { tag: "seen", val: status(seen) };
  const fd = fs.openSync(path, FILE);
  try {
    return contentOf(fd, bytesMax);
  } finally {
    fs.closeSync(fd);
  }
}

function contentOf(fd, bytesMax) {
  const before = fs.fstatSync(fd, { bigint: true });
  if (!isReadable(before, bytesMax)) return { tag: "seen", val: status(before) };
  const bytes = read(fd, 0, Number(bytesMax) + 1, Number(before.size));
  const after = fs.fstatSync(fd, { bigint: true });
  return { tag: "read", val: { before: status(before), bytes, after: status(after) } };
}

function isReadable(found, bytesMax) {
  return found.isFile() && found.size <= bytesMax;
}
