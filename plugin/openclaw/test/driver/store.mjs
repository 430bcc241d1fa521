// One store of the Node host, asked over stdio: a request a line, an answer a line.
//
//   node store.mjs COMPONENT OPTIONS
//
// COMPONENT is the folder with the transpiled component of the store, OPTIONS are those of
// `openSystem` as JSON. Requests are `{ call, … }` with the arguments of the contract by name,
// answers `{ ok }` or `{ err }`; bytes are base64, and numbers of 64 bits are strings. Besides the
// contract there is what a test does to a process at its n-th point from now: it lets it `die`,
// lets the call `fail` with an errno, lets a person `meddle` by putting another file in a place, or
// lets somebody in the process `unlock` the store, by opening the lock file and closing it;
// `reached` says whether it has come to that. Points lie before each call that changes the disk,
// flushes it or takes the lock, and half way through each that writes. A `rival` is another writer
// in the same process. Ends with its input, or when the component breaks.

import fs from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { pathToFileURL } from "node:url";

import { openSystem } from "../../src/component/system.js";
import { quietWasi } from "../../src/component/wasi.js";

const [folder, optionsText] = process.argv.slice(2);
const options = JSON.parse(optionsText);
/** Ways to open a file that make one. */
const MAKING = new Set(["create-new", "append-new", "private"]);
/** Points until something happens, and what. */
let pointsLeft = Infinity;
let happen = die;

function die(last) {
  last?.();
  process.kill(process.pid, "SIGKILL");
  // The kernel need not be done with it when the call returns.
  for (;;);
}

function fail(last, errno) {
  last?.();
  throw errno;
}

/** Whoever dies here does `last` before. */
function point(last) {
  pointsLeft -= 1;
  if (pointsLeft === 0) happen(last);
}

/** At once if no point is to be waited for. */
function arrange(at, deed) {
  pointsLeft = at;
  happen = deed;
  if (at === 0) deed();
}

function inRoot(file) {
  return path.join(options.root, file);
}

/** As an editor does: the file is a new one. */
function put(file, text) {
  const draft = inRoot(".draft");
  fs.writeFileSync(draft, text);
  fs.renameSync(draft, inRoot(file));
}

/** A system with points in it. */
function pointed(system) {
  const changing =
    (call) =>
    (...args) => {
      point();
      return system[call](...args);
    };
  const writing = (call) => (file, bytes) => {
    point();
    point(() => system[call](file, bytes.subarray(0, bytes.length >> 1)));
    return system[call](file, bytes);
  };
  const open = changing("open");
  return {
    ...system,
    makeDir: changing("makeDir"),
    unlink: changing("unlink"),
    rename: changing("rename"),
    open: (dir, name, how) => (MAKING.has(how) ? open : system.open)(dir, name, how),
    chmod: changing("chmod"),
    write: writing("write"),
    overwrite: writing("overwrite"),
    truncate: changing("truncate"),
    syncDir: changing("syncDir"),
    syncFile: changing("syncFile"),
    syncAll: changing("syncAll"),
    lock: changing("lock"),
  };
}

async function instantiated() {
  const { instantiate } = await import(pathToFileURL(path.join(folder, "disk.js")).href);
  const compiled = async (name) => WebAssembly.compile(await readFile(path.join(folder, name)));
  const imports = quietWasi((line) => console.error(line));
  const system = pointed(openSystem(options));
  return (await instantiate(compiled, { ...imports, "aof:disk/system": system })).store;
}

function stamp(told) {
  const { mtimeNs, size, inode } = told;
  return { mtimeNs: BigInt(mtimeNs), size: BigInt(size), inode: BigInt(inode) };
}

function operation({ tag, val }) {
  if (typeof val !== "object") return { tag, val };
  const content = val.content === undefined ? undefined : Buffer.from(val.content, "base64");
  return { tag, val: { ...val, content, expect: val.expect ? stamp(val.expect) : undefined } };
}

const calls = {
  open: (store, { mode }) => store.open(mode),
  changes: (store, { cursor, limit }) => store.changes(BigInt(cursor), limit),
  list: (store, { dirs, watch }) => store.list(dirs, watch),
  read: (store, { paths, bytesMax }) => store.read(paths, BigInt(bytesMax)),
  commit: (store, { batch, epoch }) => store.commit(batch.map(operation), BigInt(epoch)),
  die: (_store, { at }) => arrange(at, die),
  fail: (_store, { at, errno }) => arrange(at, (last) => fail(last, errno)),
  meddle: (_store, { at, file, text }) => arrange(at, () => put(file, text)),
  unlock: (_store, { at }) => arrange(at, () => fs.closeSync(fs.openSync(inRoot("state/lock")))),
  reached: () => pointsLeft <= 0,
  rival: async () => (await instantiated()).open("writer"),
};

async function answered(store, request) {
  try {
    return { ok: (await calls[request.call](store, request)) ?? null };
  } catch (error) {
    if (error?.payload === undefined) throw error;
    return { err: error.payload };
  }
}

/** 64-bit numbers as strings and bytes as base64. */
function spelled(_key, value) {
  if (typeof value === "bigint") return String(value);
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}

const store = await instantiated();
for await (const line of readline.createInterface({ input: process.stdin })) {
  const answer = await answered(store, JSON.parse(line));
  process.stdout.write(`${JSON.stringify(answer, spelled)}\n`);
}
