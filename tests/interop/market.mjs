// Both chains, whose money is on them, and every facilitator.

import * as evm from "./evm.mjs";
import * as legacy from "./legacy.mjs";
import { PRICE } from "./purchases.mjs";
import * as reference from "./reference.mjs";
import { start } from "./sim.mjs";
import { PYUSD, SolanaChain, USDC, USDG } from "./solana.mjs";
import { evmWallet, solanaWallet } from "./wallet.mjs";

/** For each part its wallets on the two chains, `solana` and `evm`. */
export const wallets = {};
for (const name of ["device", "buyer", "pauper", "payee", "facilitator", "legacyFacilitator"]) {
  wallets[name] = { solana: await solanaWallet(), evm: evmWallet() };
}
const { device, buyer, pauper, payee, facilitator, legacyFacilitator } = wallets;

export const SLOT = 100; // milliseconds

const rpcUrls = {
  solana: await start("chain", [
    `--slot-duration=${SLOT}`,
    ...[USDC, USDG, PYUSD].flatMap((mint) => [
      `--fund=${device.solana.address}:10.0:${mint}`,
      `--fund=${payee.solana.address}:0:${mint}`,
    ]),
    `--fund=${buyer.solana.address}:10.0`,
    `--fund=${pauper.solana.address}:${PRICE - 1}`,
    ...[facilitator, legacyFacilitator].map(({ solana }) => `--fund-sol=${solana.address}:1.0`),
  ]),
  evm: await start("evm-chain", [
    ...[device, buyer].map(({ evm }) => `--fund=${evm.address}:10.0`),
    `--fund=${pauper.evm.address}:${PRICE - 1}`,
    ...[facilitator, legacyFacilitator].map(({ evm }) => `--fund-eth=${evm.address}:1.0`),
  ]),
};
export const solanaChain = new SolanaChain(rpcUrls.solana);
export const evmChain = new evm.EvmChain(rpcUrls.evm);

// Two of a kind share their keys, so that a payment made for one can be shown to the other.
const ours = (keys, ...flags) => {
  const solana = ["--rpc-url", rpcUrls.solana, "--fee-payer", keys.solana.key];
  const evm = ["--evm-rpc-url", rpcUrls.evm, "--evm-key", keys.evm.key];
  return start("facilitator", [...solana, ...evm, ...flags]);
};
export const facilitators = {
  ours: await ours(facilitator),
  reference: await reference.facilitator(facilitator, rpcUrls),
  oursLegacy: await ours(legacyFacilitator, "--legacy"),
  legacy: await legacy.facilitator(legacyFacilitator, rpcUrls),
};

/** Our seller, with /weather and /echo in version 2, and under /v1 in version 1. */
export const ourSeller = (facilitatorUrl, ...flags) =>
  start("seller", ["--facilitator-url", facilitatorUrl, ...flags]);

/** What the sellers answer. */
export const SOLD = { sold: "/weather" };
export const WEATHER = { report: { weather: "sunny", temperature: 70 } };
export const READING = JSON.stringify({ reading: 21.5 });

/** The flags of a device that sends the reading. */
export const SEND_READING = ["--body", READING, "--header", "Content-Type: application/json"];

/** The same for a reference client. */
export const sendReading = () => {
  const headers = { "content-type": "application/json" };
  return { method: "POST", headers, body: READING };
};
