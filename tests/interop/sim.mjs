// The parts of x402-sim as processes, and what its chain says over JSON-RPC.

import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const BINARY = process.env.X402_SIM;
const running = [];

export const NETWORK = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
export const USDC = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU";
export const USDG = "4F6PM96JJxngmHnZLBh9n58RH4aTVNWvDs2nuwrT5BP7";
export const PYUSD = "CXk2AMBfi3TwaEL2468s6zP8xq9NxTXjp9gjMgzeUynM";

/** Starts one part on a free port; resolves to its URL once it listens. */
export async function start(part, flags) {
  const child = spawn(BINARY, [part, "--listen", "127.0.0.1:0", ...flags], {
    env: { RUST_LOG: "error" }, // and nothing that is set outside
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(new RegExp(`^${part}:? (http://[^ ]+)`))?.[1];
    if (url) return url;
  }
  throw new Error(`x402-sim ${part} ended before it listened`);
}

// However this process ends, its servers end with it.
process.on("exit", () => running.forEach((child) => child.kill()));
["SIGINT", "SIGTERM"].forEach((signal) => process.on(signal, () => process.exit(1)));

/** Lets the device buy; its result is the last line that it prints. */
export function pay(wallet, url, flags = []) {
  // A clean environment, so that nothing set outside takes part.
  const options = { env: { SVM_PRIVATE_KEY: wallet.base58 }, timeout: 60_000 };
  return new Promise((resolve, reject) => {
    execFile(BINARY, ["pay", "--url", url, ...flags], options, (error, stdout, stderr) => {
      const last = stdout.trimEnd().split("\n").at(-1);
      if (!last) return reject(error ?? new Error(stderr));
      resolve({ ...JSON.parse(last), exit: error?.code ?? 0 });
    });
  });
}

/** The chain, asked over its RPC. */
export class Chain {
  constructor(url) {
    this.url = url;
  }

  async call(method, ...params) {
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = await response.json();
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Atomic units of a token that an owner has. */
  async balance(owner, mint) {
    const options = { encoding: "jsonParsed", commitment: "confirmed" };
    const { value } = await this.call("getTokenAccountsByOwner", owner, { mint }, options);
    const amounts = value.map(({ account }) => account.data.parsed.info.tokenAmount.amount);
    return amounts.map(Number).reduce((sum, amount) => sum + amount, 0);
  }

  /** The memos that a transaction logged. */
  async memos(signature) {
    const options = { commitment: "confirmed", maxSupportedTransactionVersion: 0 };
    const { meta } = await this.call("getTransaction", signature, options);
    const memos = meta.logMessages.map((line) => line.match(/Memo \(len \d+\): (.*)$/)?.[1]);
    return memos.filter(Boolean).map((memo) => JSON.parse(memo));
  }
}
