// A client that is a program of its own, and times itself: see ../src/stopwatch.rs.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Starts it; a client of its is asked by name. */
export function start(path) {
  const child = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const client = (name) => async (challenge, payments) => {
    child.stdin.write(`${JSON.stringify({ client: name, challenge, payments })}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${path} has stopped`);
    return JSON.parse(value);
  };
  return { client, close: () => child.stdin.end() };
}
