// `openclaw aof …`: the same words on the command line, in a process of its own.
//
// Looks at the store directly, as a reader, whether a gateway works on it or not; what decides
// something goes through the gateway that holds the store. Invariant: the process ends by itself.

import fs from "node:fs";
import os from "node:os";

import { Component } from "../component/component.js";
import { ComponentThread, isRefused } from "../component/thread.js";
import { person } from "../gateway/caller.js";
import { USAGE, decides, questionOf } from "./ask.js";
import { askGateway } from "./client.js";
import { refusalText } from "./refusal.js";

/**
 * @param {any} api the gateway's
 * @param {() => any} settings of the plugin, with the `gateway` section of the configuration
 */
export function registerCommands(api, settings) {
  const descriptors = [
    { name: "aof", description: "Look at AOF's tasks and scheduler", hasSubcommands: true },
  ];
  api.registerCli(
    ({ program }) => {
      const root = program.command("aof").description("Look at AOF's tasks and scheduler");
      for (const [usage, what] of Object.entries(USAGE)) {
        const [word] = usage.split(" ");
        const command = root.command(`${word} [words...]`).description(`${what} (${usage})`);
        command.action((words) => run(word, words, settings()));
      }
    },
    { descriptors },
  );
}

async function run(word, words, settings) {
  try {
    const question = questionOf(word, words);
    const value = decides(word)
      ? await askGateway(question, settings.gateway)
      : await look(question, settings);
    console.log(question.text(value));
  } catch (error) {
    console.error(isRefused(error) ? refusalText(error) : `error ${error.message}`);
    process.exitCode = 1;
  }
}

/** Asks a component of this process, which opens the store for reading only. */
async function look({ tool, args }, settings) {
  if (!fs.existsSync(settings.dataDir)) {
    throw new Error(`[AOF-4101] no data directory at ${settings.dataDir}: no gateway made it yet`);
  }
  const thread = new ComponentThread({
    store: { root: settings.dataDir },
    onLine: (line) => console.error(line),
  });
  const component = new Component({ thread, config: { readOnly: true }, onOpened: () => {} });
  try {
    const caller = person(os.userInfo().username);
    const reply = await component.call("tools", "call", caller, tool, JSON.stringify(args));
    return JSON.parse(reply.val.value);
  } finally {
    await component.close();
  }
}
