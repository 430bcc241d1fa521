// A model server on loopback that answers from the prompt alone, and remembers what it was asked.
//
// Never calls anything, and never answers a held request before it is told to. Invariant: every
// request that arrived is in `requests`, also one that the gateway gave up.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { send, toolCall } from "./completion.mjs";
import { decide } from "./decision.mjs";

export class ModelServer {
  /** What was asked: `{ at, task?, agent?, title?, step, tool?, tools, isAnswered }`. */
  requests = [];
  #server;
  #rejected = new Map();
  #held = new Set();
  #isReleased = false;

  /** Listens on a free port. */
  static async start() {
    const model = new ModelServer();
    model.#server = createServer((request, response) => model.#take(request, response));
    await new Promise((resolve) => model.#server.listen(0, "127.0.0.1", resolve));
    return model;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/v1`;
  }

  /** How many requests wait to be released. */
  get held() {
    return this.#held.size;
  }

  /** Lets go what is held, and whatever comes from now on. */
  release() {
    this.#isReleased = true;
    for (const go of this.#held) go();
    this.#held.clear();
  }

  /** How often the model began a task, by its id. */
  begun(task) {
    return this.requests.filter((it) => it.task === task && it.step === "work").length;
  }

  stop() {
    this.release();
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request, response) {
    if (request.method === "GET") return models(response);
    try {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      await this.#answer(JSON.parse(Buffer.concat(chunks).toString()), response);
    } catch (error) {
      // A gateway that was killed closes its connections in the middle of a sentence.
      if (!response.destroyed) response.destroy(error);
    }
  }

  async #answer(request, response) {
    const names = (request.tools ?? []).map((tool) => tool.function?.name);
    const decision = decide(request.messages ?? [], this.#rejected);
    const record = this.#record(decision, names);
    if (decision.delayMs !== undefined) await sleep(decision.delayMs);
    if (decision.isHeld) await this.#hold(response);
    if (response.destroyed) return;
    record.isAnswered = true;
    if (decision.isBroken) return refuse(response);
    const id = `mock-${this.requests.length}`;
    const call = decision.call && toolCall(decision.call, names, `call_${this.requests.length}`);
    const promptTokens = Math.ceil(JSON.stringify(request).length / 4);
    send(response, { id, request, call, text: decision.text, promptTokens });
  }

  #record({ task, step, call }, tools) {
    const record = {
      at: Date.now(),
      task: task?.id,
      agent: task?.agent,
      title: task?.title,
      step,
      tool: call?.tool,
      tools,
      isAnswered: false,
    };
    this.requests.push(record);
    return record;
  }

  async #hold(response) {
    if (this.#isReleased) return;
    await new Promise((resolve) => {
      this.#held.add(resolve);
      response.on("close", () => this.#held.delete(resolve) && resolve());
    });
  }
}

function models(response) {
  const data = [{ id: "mock-1", object: "model", owned_by: "test" }];
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ object: "list", data }));
}

function refuse(response) {
  response.statusCode = 400;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ error: { message: "the mock was told to fail" } }));
}
