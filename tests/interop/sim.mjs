// The parts of x402-sim as processes.

import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const BINARY = process.env.X402_SIM;
const running = [];

/** Starts one part on a free port; resolves to its URL once it listens. */
export async function start(part, flags) {
  const child = spawn(BINARY, [part, "--listen", "127.0.0.1:0", ...flags], {
    env: { RUST_LOG: "error" }, // and nothing that is set outside
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(new RegExp(`^${part} (http://[^ ]+)`))?.[1];
    if (url) return url;
  }
  throw new Error(`x402-sim ${part} ended before it listened`);
}

// However this process ends, its servers end with it.
process.on("exit", () => running.forEach((child) => child.kill()));
["SIGINT", "SIGTERM"].forEach((signal) => process.on(signal, () => process.exit(1)));

/** Lets the device buy; its result is the last line that it prints. */
export function pay({ environment }, url, flags = []) {
  // Not the environment that this runs in, so that nothing set outside takes part.
  const options = { env: environment, timeout: 60_000 };
  return new Promise((resolve, reject) => {
    execFile(BINARY, ["pay", "--url", url, ...flags], options, (error, stdout, stderr) => {
      const last = stdout.trimEnd().split("\n").at(-1);
      if (!last) return reject(error ?? new Error(stderr));
      resolve({ ...JSON.parse(last), exit: error?.code ?? 0 });
    });
  });
}
