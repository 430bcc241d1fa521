// The writer's lock: what SQLite holds on the lock file, released by the kernel with the process.
//
// Node itself has no file locks; those of SQLite are fcntl(2) locks of the process, and exclude the
// ones that the other hosts of a store take on the same file. Such a lock is lost without a word when
// anything in this process opens that file and closes it again, so whoever relies on it asks
// `isHeld` first. Invariant: nothing is ever written to the file, and it is no database.

import fs from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** SQLite's code for a lock that somebody else has. */
const BUSY = 5;
const LOCKS = "/proc/locks";

export class Lock {
  #database;
  #inode;

  /**
   * Takes the lock of an open file without waiting.
   *
   * @param {number} fd open as long as the lock is to be held
   * @throws "wouldblock" if another process holds it, "stale" if the file is no longer there
   */
  static take(fd) {
    const path = fs.readlinkSync(`/proc/self/fd/${fd}`);
    const inode = fs.fstatSync(fd).ino;
    const database = open(path);
    try {
      // Nothing beside the file: whatever is written in this transaction is never committed.
      database.exec("PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      throw error.errcode === BUSY ? "wouldblock" : "io";
    }
    const lock = new Lock(database, inode);
    if (fs.statSync(path, { throwIfNoEntry: false })?.ino === inode) return lock;
    lock.release();
    throw "stale";
  }

  constructor(database, inode) {
    this.#database = database;
    this.#inode = inode;
  }

  /** False if the kernel does not know the lock any more; true also where it cannot be asked. */
  isHeld() {
    let locks;
    try {
      locks = fs.readFileSync(LOCKS, "latin1");
    } catch {
      return true;
    }
    const ours = new RegExp(` POSIX +ADVISORY +WRITE ${process.pid} [0-9a-f]+:[0-9a-f]+:${this.#inode} `);
    return ours.test(locks);
  }

  /** Gives it back. */
  release() {
    this.#database.close();
  }
}

function open(path) {
  try {
    return new DatabaseSync(path, { open: true });
  } catch {
    throw "io";
  }
}
