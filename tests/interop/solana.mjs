// x402-sim's Solana chain, asked over JSON-RPC.

import { equal } from "./check.mjs";

export const NETWORK = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1";
export const NETWORK_V1 = "solana-devnet";
export const USDC = "4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU";
export const USDG = "4F6PM96JJxngmHnZLBh9n58RH4aTVNWvDs2nuwrT5BP7";
export const PYUSD = "CXk2AMBfi3TwaEL2468s6zP8xq9NxTXjp9gjMgzeUynM";

/** The chain, asked over its RPC. */
export class SolanaChain {
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

  /** Fails unless a transaction was executed without an error. */
  async executed(signature) {
    const { value } = await this.call("getSignatureStatuses", [signature]);
    equal("status on the chain", value[0]?.status, { Ok: null });
  }

  /** The spelling of an address that wallets have: there is only one. */
  canonical(address) {
    return address;
  }

  /** The memos that a transaction logged. */
  async memos(signature) {
    const options = { commitment: "confirmed", maxSupportedTransactionVersion: 0 };
    const { meta } = await this.call("getTransaction", signature, options);
    const memos = meta.logMessages.map((line) => line.match(/Memo \(len \d+\): (.*)$/)?.[1]);
    return memos.filter(Boolean).map((memo) => JSON.parse(memo));
  }
}
