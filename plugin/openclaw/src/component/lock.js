// The writer's lock: what SQLite holds on the lock file, released by the kernel with the process.
//
// Node itself has no file locks; those of SQLite are fcntl(2) locks of the process, and exclude the
// ones that the other hosts of a store take on the same file. Such a lock is lost without a word
// when anything in this process opens that file and closes it again, so whoever relies on it asks
// `isHeld` first. Invariant: nothing is ever written to the file or beside it; it is no database.

import fs from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** SQLite's code for a lock that somebody else has. */
const BUSY = 5;
const DESCRIPTORS = "/proc/self/fd";
const LOCKED = /^lock:.* POSIX +ADVISORY +WRITE /m;

export class Lock {
  #database;
  #descriptor;

  /**
   * Takes the lock of an open file without waiting. A file that is no longer where it was opened
   * cannot be locked: its lock is never held.
   *
   * @param {number} fd open for writing, as long as the lock is to be held
   * @throws "wouldblock" if another process holds it
   */
  static take(fd) {
    const path = fs.readlinkSync(`${DESCRIPTORS}/${fd}`);
    const { ino: inode, size } = fs.fstatSync(fd, { bigint: true });
    const isThere = () => inodeAt(path) === inode;
    if (!isThere()) return new Lock(inode);
    // SQLite takes any content for a broken database; to a lock it does not matter.
    if (size > 0n) fs.ftruncateSync(fd);
    const database = open(path);
    try {
      // With a journal in memory nothing comes to lie beside the file: OFF is refused by default.
      database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      throw error.errcode === BUSY ? "wouldblock" : "io";
    }
    if (isThere()) return new Lock(inode, database, lockedDescriptor(inode));
    database.close();
    return new Lock(inode);
  }

  /** True if this process, in whichever thread, has locked what is at a path. */
  static isOurs(path) {
    return lockedDescriptor(inodeAt(path)) !== undefined;
  }

  constructor(inode, database, descriptor) {
    this.inode = inode;
    this.#database = database;
    this.#descriptor = descriptor;
  }

  /** False if the kernel does not know the lock any more; true also where it does not tell. */
  isHeld() {
    if (this.#descriptor === undefined) return this.#database !== undefined;
    return isLocked(this.#descriptor);
  }

  /** Gives it back. */
  release() {
    this.#database?.close();
  }
}

function inodeAt(path) {
  return fs.statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function open(path) {
  try {
    return new DatabaseSync(path, { open: true });
  } catch {
    throw "io";
  }
}

/** The descriptor through which this process holds the lock of a file, in whichever thread. */
function lockedDescriptor(inode) {
  const isOfFile = (fd) => inodeAt(`${DESCRIPTORS}/${fd}`) === inode;
  return fs.readdirSync(DESCRIPTORS).find((fd) => isLocked(fd) && isOfFile(fd));
}

function isLocked(fd) {
  try {
    return LOCKED.test(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"));
  } catch {
    return false;
  }
}
