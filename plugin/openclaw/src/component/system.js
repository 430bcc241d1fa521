// The operating system as the store sees it (`host-harness/disk/wit/disk.wit`), over `node:fs`.
//
// One call a function; nothing is decided, retried or ordered here. Every path is one name beneath
// an open directory, reached through `/proc/self/fd`, so that a directory which somebody swaps for
// a symlink leads nowhere. Invariant: a handle is a file descriptor, and is closed once.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";

import { asked, at, isTaken, read, status, statusAt, within, write } from "./calls.js";
import { Lock } from "./lock.js";
import { shortcuts } from "./shortcuts.js";

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
const { O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;

const PLAIN = O_NOFOLLOW | O_NONBLOCK;
const DIRECTORY = O_RDONLY | O_DIRECTORY;

/** Flags and mode of each `open-how`. Whoever can open a private file can hold its lock. */
const HOW = {
  read: [O_RDONLY, 0],
  "create-new": [O_WRONLY | O_CREAT | O_EXCL, 0o666],
  append: [O_RDWR | O_APPEND, 0],
  "append-new": [O_RDWR | O_APPEND | O_CREAT | O_EXCL, 0o666],
  private: [O_RDWR | O_CREAT, 0o600],
};

/**
 * Opens a directory as the root of a store.
 *
 * @param {object} options
 * @param {string} options.root an existing directory
 * @param {boolean} [options.relaxed] nothing is flushed
 * @param {number} [options.sweepIntervalMs] how often, at the most, files are checked for edits in
 *   place
 * @returns the imports for `aof:disk/system`
 * @throws what `node:fs` throws if the root cannot be opened
 */
export function openSystem({ root, relaxed = false, sweepIntervalMs = 1_000 }) {
  const rootFd = fs.openSync(root, DIRECTORY);
  /** @type {Map<number, Lock>} */
  const locks = new Map();
  /** Open in place of lock files of this very process, whose locks would be lost with a close. */
  const standIns = new Set();
  const identity = {
    root: rootFd,
    pid: process.pid,
    hostName: hostName(),
    boot: boot(),
    relaxed,
    sweepIntervalMs: BigInt(sweepIntervalMs),
  };
  const started = process.hrtime.bigint();

  return {
    identify: () => identity,
    openDir: (parent, name) => asked(() => fs.openSync(at(parent, name), DIRECTORY | O_NOFOLLOW)),
    stat(dir, name) {
      const found = statusAt(at(dir, name));
      // Whoever looks whether the locked file is still there learns that its lock is not.
      const isLost = (lock) => lock.inode === found.inode && !lock.isHeld();
      if (locks.values().some(isLost)) throw "stale";
      return found;
    },
    statOpen: (fd) => asked(() => status(fs.fstatSync(fd, { bigint: true }))),
    ...shortcuts(rootFd),
    makeDir: (dir, name) => asked(() => fs.mkdirSync(at(dir, name))),
    unlink: (dir, name) => asked(() => fs.unlinkSync(at(dir, name))),
    rename(fromDir, from, toDir, to, exclusive) {
      const target = at(toDir, to);
      // Node has no exclusive rename: the writer's lock is what keeps the target free.
      if (exclusive && isTaken(target)) throw "exist";
      asked(() => fs.renameSync(at(fromDir, from), target));
    },
    syncDir: (dir) => asked(() => fs.fsyncSync(dir)),
    syncAll: () => flushAll(rootFd),

    open(dir, name, how) {
      const [flags, mode] = HOW[how];
      const path = at(dir, name);
      const isOurs = how === "private" && asked(() => Lock.isOurs(path));
      if (!isOurs) return asked(() => fs.openSync(path, flags | PLAIN, mode));
      const standIn = asked(() => fs.openSync(within(dir), DIRECTORY));
      standIns.add(standIn);
      return standIn;
    },
    chmod: (fd, mode) => asked(() => fs.fchmodSync(fd, mode)),
    read: (fd, offset, bytesMax) => asked(() => read(fd, Number(offset), Number(bytesMax))),
    write: (fd, bytes) => asked(() => write(fd, bytes, null)),
    overwrite: (fd, bytes) => asked(() => write(fd, bytes, 0)),
    truncate: (fd, bytes) => asked(() => fs.ftruncateSync(fd, Number(bytes))),
    syncFile: (fd) => asked(() => fs.fdatasyncSync(fd)),
    lock(fd) {
      if (standIns.has(fd)) throw "wouldblock";
      locks.set(
        fd,
        asked(() => Lock.take(fd)),
      );
    },
    close(fd) {
      // The database first: closing any other descriptor of its file would drop its lock.
      locks.get(fd)?.release();
      locks.delete(fd);
      standIns.delete(fd);
      asked(() => fs.closeSync(fd));
    },

    nowNs: () => BigInt(Date.now()) * 1_000_000n,
    monotonicNs: () => process.hrtime.bigint() - started,
  };
}

/** Flushes the file system of the root: Node has no `syncfs`, `sync -f` is it. */
function flushAll(rootFd) {
  const done = spawnSync("sync", ["-f", "/proc/self/fd/3"], {
    stdio: ["ignore", "ignore", "ignore", rootFd],
    env: { PATH: "/usr/bin:/bin:/usr/local/bin" },
  });
  if (done.error !== undefined || done.status !== 0) throw "io";
}

function hostName() {
  for (const path of ["/proc/sys/kernel/hostname", "/etc/hostname"]) {
    const name = textOf(path)?.trim();
    if (name) return name;
  }
  return "localhost";
}

/** Without such a number every start counts as another: nothing that was not flushed is trusted. */
function boot() {
  const id = textOf("/proc/sys/kernel/random/boot_id") ?? `${process.pid} ${Date.now()}`;
  return createHash("sha256").update(id).digest().readBigUInt64BE(0);
}

function textOf(path) {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
