// The operating system as the store sees it (`host-harness/disk/wit/disk.wit`), over `node:fs`.
//
// One call a function; nothing is decided, retried or ordered here. Every path is one name beneath an
// open directory, reached through `/proc/self/fd`, so that a directory which somebody swaps for a
// symlink leads nowhere. Invariant: a handle is a file descriptor, and is closed once.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";

import { Lock } from "./lock.js";

const { O_APPEND, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } =
  fs.constants;

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

/** What Node calls an error, as the contract spells it. */
const ERRNO = {
  EACCES: "acces",
  EAGAIN: "wouldblock",
  EDQUOT: "dquot",
  EEXIST: "exist",
  EFBIG: "fbig",
  EINVAL: "inval",
  EISDIR: "isdir",
  ELOOP: "loop",
  EMFILE: "mfile",
  EMLINK: "mlink",
  ENAMETOOLONG: "nametoolong",
  ENOENT: "noent",
  ENOSPC: "nospc",
  ENOSYS: "nosys",
  ENOTDIR: "notdir",
  ENOTEMPTY: "notempty",
  ENOTSUP: "notsup",
  EOPNOTSUPP: "notsup",
  EPERM: "perm",
  EROFS: "rofs",
  ESTALE: "stale",
  EXDEV: "xdev",
};

const FILE_TYPE = 0o170000n;
const REGULAR = 0o100000n;
const FOLDER = 0o040000n;

/**
 * Opens a directory as the root of a store.
 *
 * @param {object} options
 * @param {string} options.root an existing directory
 * @param {boolean} [options.relaxed] nothing is flushed
 * @param {number} [options.sweepIntervalMs] files are checked for edits in place so often at the most
 * @returns the imports for `aof:disk/system`
 * @throws what `node:fs` throws if the root cannot be opened
 */
export function openSystem({ root, relaxed = false, sweepIntervalMs = 1_000 }) {
  const rootFd = fs.openSync(root, DIRECTORY);
  /** @type {Map<number, Lock>} */
  const locks = new Map();
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
    stat: (dir, name) => statusAt(at(dir, name)),
    glance: (path) => statusAt(at(rootFd, path)),
    statOpen: (fd) => asked(() => status(fs.fstatSync(fd, { bigint: true }))),
    entries: (dir) =>
      asked(() => fs.readdirSync(within(dir), { encoding: "buffer" })).map((name) => ({
        name,
        inode: 0n,
      })),
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
      return asked(() => fs.openSync(at(dir, name), flags | PLAIN, mode));
    },
    chmod: (fd, mode) => asked(() => fs.fchmodSync(fd, mode)),
    read: (fd, offset, bytesMax) => asked(() => read(fd, Number(offset), Number(bytesMax))),
    write: (fd, bytes) => asked(() => write(fd, bytes, null)),
    overwrite: (fd, bytes) => asked(() => write(fd, bytes, 0)),
    truncate: (fd, bytes) => asked(() => fs.ftruncateSync(fd, Number(bytes))),
    syncFile(fd) {
      for (const lock of locks.values()) if (!lock.isHeld()) throw "stale";
      asked(() => fs.fdatasyncSync(fd));
    },
    lock(fd) {
      locks.set(fd, Lock.take(fd));
    },
    close(fd) {
      // The database first: closing any other descriptor of its file would drop its lock.
      locks.get(fd)?.release();
      locks.delete(fd);
      asked(() => fs.closeSync(fd));
    },

    nowNs: () => BigInt(Date.now()) * 1_000_000n,
    monotonicNs: () => process.hrtime.bigint() - started,
  };
}

/** The open directory itself. */
function within(fd) {
  return `/proc/self/fd/${fd}`;
}

function at(dir, name) {
  return `/proc/self/fd/${dir}/${name}`;
}

/** Runs one call; what the system refuses is thrown as the contract spells it. */
function asked(call) {
  try {
    return call();
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === undefined) throw error;
    throw ERRNO[code] ?? "io";
  }
}

function statusAt(path) {
  const found = asked(() => fs.lstatSync(path, { bigint: true, throwIfNoEntry: false }));
  if (found === undefined) throw "noent";
  return status(found);
}

function status(found) {
  const type = found.mode & FILE_TYPE;
  return {
    kind: type === REGULAR ? "file" : type === FOLDER ? "directory" : "other",
    // Times before 1970 count as 1970.
    mtimeNs: found.mtimeNs > 0n ? found.mtimeNs : 0n,
    size: found.size,
    inode: found.ino,
    mode: Number(found.mode & 0o7777n),
  };
}

function isTaken(path) {
  return asked(() => fs.lstatSync(path, { throwIfNoEntry: false })) !== undefined;
}

/** At most `bytesMax` bytes from an offset. */
function read(fd, offset, bytesMax) {
  const size = Math.max(0, fs.fstatSync(fd).size - offset);
  // One byte more than the size says, so that the end is met without a second buffer.
  const buffer = Buffer.allocUnsafe(Math.min(size + 1, bytesMax));
  let filled = 0;
  while (filled < buffer.length) {
    const count = fs.readSync(fd, buffer, filled, buffer.length - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/** All bytes, from `position` or, without one, where the last write ended. */
function write(fd, bytes, position) {
  let written = 0;
  while (written < bytes.length) {
    const where = position === null ? null : position + written;
    written += fs.writeSync(fd, bytes, written, bytes.length - written, where);
  }
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

/** Where the system has no such number, every start counts as another: nothing unflushed is trusted. */
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
