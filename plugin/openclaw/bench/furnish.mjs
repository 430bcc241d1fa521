// Makes a store to measure on, and prints the id of one of its tasks.
//
//   node bench/furnish.mjs PACKAGE STORE CARDS

import path from "node:path";
import { pathToFileURL } from "node:url";

import { furnished } from "./store.mjs";

const [folder, store, cards] = process.argv.slice(2);
const from = (name) => import(pathToFileURL(path.resolve(folder, "dist/component", name)).href);
const { ComponentThread } = await from("thread.js");
const { Component } = await from("component.js");

const over = (root) => {
  const thread = new ComponentThread({ store: { root }, onLine: console.error });
  return new Component({ thread, config: { readOnly: false }, onOpened: () => {} });
};
console.log(await furnished(over, store, Number(cards)));
