// x402-sim's EVM chain, as viem sees it, and a facilitator's means on it.

import {
  createPublicClient, createWalletClient, erc20Abi, getAddress, http, publicActions,
} from "viem";
import { baseSepolia } from "viem/chains";

export const NETWORK = "eip155:84532";
export const NETWORK_V1 = "base-sepolia";
export const USDC = "0x036CbD53842c5426634e7929541eC2318f3dCF7e";

const onChain = (url) => ({ chain: baseSepolia, transport: http(url), pollingInterval: 20 });

/** The chain, asked over its RPC. */
export class EvmChain {
  constructor(url) {
    this.url = url;
    this.client = createPublicClient(onChain(url));
  }

  /** Atomic units of a token that an owner has. */
  async balance(owner, address) {
    const call = { address, abi: erc20Abi, functionName: "balanceOf", args: [owner] };
    return Number(await this.client.readContract(call));
  }

  /** Fails unless a transaction was executed without an error. */
  async executed(hash) {
    const { status } = await this.client.getTransactionReceipt({ hash });
    if (status !== "success") throw new Error(`transaction ${hash}: ${status}`);
  }

  /** The spelling of an address that wallets have. */
  canonical(address) {
    return getAddress(address);
  }
}

/** A viem client that reads the chain and sends transactions from a wallet. */
export function walletClient(wallet, url) {
  return createWalletClient({ account: wallet.signer, ...onChain(url) }).extend(publicActions);
}
