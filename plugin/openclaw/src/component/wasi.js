// What the Rust standard library imports from WASI, answered with as little as there is: an empty
// environment, no arguments, nothing to read, and lines of text for whoever keeps the log.
//
// Never reaches the process: no exit, no files, no clock. Invariant: nothing here waits.

const LINE_BYTES_MAX = 16 * 1024;

/**
 * @param {(line: string) => void} onLine gets what the component prints, a line a time
 * @returns the imports below `wasi:`
 */
export function quietWasi(onLine) {
  class Failure {
    toDebugString() {
      return "closed";
    }
  }
  class Pollable {
    ready() {
      return true;
    }
    block() {}
  }
  class InputStream {
    read() {
      throw { tag: "closed" };
    }
    blockingRead() {
      throw { tag: "closed" };
    }
    subscribe() {
      return new Pollable();
    }
  }
  class OutputStream {
    #pending = "";
    checkWrite() {
      return BigInt(LINE_BYTES_MAX);
    }
    write(bytes) {
      this.#pending += Buffer.from(bytes).toString("utf8");
      const lines = this.#pending.split("\n");
      this.#pending = lines.pop() ?? "";
      if (this.#pending.length > LINE_BYTES_MAX) {
        lines.push(this.#pending);
        this.#pending = "";
      }
      for (const line of lines) if (line !== "") onLine(line);
    }
    blockingWriteAndFlush(bytes) {
      this.write(bytes);
    }
    flush() {}
    blockingFlush() {}
    subscribe() {
      return new Pollable();
    }
  }
  class TerminalInput {}
  class TerminalOutput {}
  const output = new OutputStream();
  return {
    "wasi:cli/environment": { getEnvironment: () => [], getArguments: () => [] },
    "wasi:cli/exit": {
      exit() {
        throw new Error("the component asked to exit");
      },
    },
    "wasi:cli/stdin": { getStdin: () => new InputStream() },
    "wasi:cli/stdout": { getStdout: () => output },
    "wasi:cli/stderr": { getStderr: () => output },
    "wasi:cli/terminal-input": { TerminalInput },
    "wasi:cli/terminal-output": { TerminalOutput },
    "wasi:cli/terminal-stdin": { getTerminalStdin: () => undefined },
    "wasi:cli/terminal-stdout": { getTerminalStdout: () => undefined },
    "wasi:cli/terminal-stderr": { getTerminalStderr: () => undefined },
    "wasi:io/error": { Error: Failure },
    "wasi:io/poll": { Pollable },
    "wasi:io/streams": { InputStream, OutputStream },
  };
}
