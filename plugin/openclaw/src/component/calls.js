// Single calls of `node:fs`, in the contract's words: errors by their names, stats as records.
//
// Nothing is decided, retried or ordered here.

import fs from "node:fs";

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

/** The open directory itself. */
export function within(fd) {
  return `/proc/self/fd/${fd}`;
}

/** A name beneath an open directory. */
export function at(dir, name) {
  return `/proc/self/fd/${dir}/${name}`;
}

/** Runs one call; what the system refuses is thrown as the contract spells it. */
export function asked(call) {
  try {
    return call();
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === undefined) throw error;
    throw ERRNO[code] ?? "io";
  }
}

/** What lies at a path, as the contract has it; `noent` if nothing does. */
export function statusAt(path) {
  const found = asked(() => fs.lstatSync(path, { bigint: true, throwIfNoEntry: false }));
  if (found === undefined) throw "noent";
  return status(found);
}

/** What Node's stat says, as the contract has it. */
export function status(found) {
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

/** True if anything lies at a path. */
export function isTaken(path) {
  return asked(() => fs.lstatSync(path, { throwIfNoEntry: false })) !== undefined;
}

/** At most `bytesMax` bytes from an offset, of a file that had `whole` bytes just now. */
export function read(fd, offset, bytesMax, whole = fs.fstatSync(fd).size) {
  const size = Math.max(0, whole - offset);
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
export function write(fd, bytes, position) {
  let written = 0;
  while (written < bytes.length) {
    const where = position === null ? null : position + written;
    written += fs.writeSync(fd, bytes, written, bytes.length - written, where);
  }
}
