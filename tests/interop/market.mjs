// One chain, every facilitator and every seller on it, and purchases that look at the balances.

import { setTimeout } from "node:timers/promises";

import { equal } from "./check.mjs";
import * as legacy from "./legacy.mjs";
import * as reference from "./reference.mjs";
import { Chain, PYUSD, USDC, USDG, pay, start } from "./sim.mjs";
import { wallet } from "./wallet.mjs";

export const PRICE = 1000; // atomic units: $0.001
export const MEMO = "order 7";

export const wallets = {};
for (const name of ["device", "buyer", "pauper", "payee", "facilitator", "legacyFacilitator"]) {
  wallets[name] = await wallet();
}
const { device, buyer, pauper, payee } = wallets;

const SLOT = 100; // milliseconds
const rpcUrl = await start("chain", [
  `--slot-duration=${SLOT}`,
  ...[USDC, USDG, PYUSD].flatMap((mint) => [
    `--fund=${device.address}:10.0:${mint}`,
    `--fund=${payee.address}:0:${mint}`,
  ]),
  `--fund=${buyer.address}:10.0`,
  `--fund=${pauper.address}:${PRICE - 1}`,
  `--fund-sol=${wallets.facilitator.address}:1.0`,
  `--fund-sol=${wallets.legacyFacilitator.address}:1.0`,
]);
export const chain = new Chain(rpcUrl);

// Two of a kind share their key, so that a payment made for one can be shown to the other.
const ours = (keys, ...flags) =>
  start("facilitator", ["--rpc-url", rpcUrl, "--fee-payer", keys.base58, ...flags]);
export const facilitators = {
  ours: await ours(wallets.facilitator),
  reference: await reference.facilitator(wallets.facilitator, rpcUrl),
  oursLegacy: await ours(wallets.legacyFacilitator, "--legacy"),
  legacy: await legacy.facilitator(wallets.legacyFacilitator, rpcUrl),
};

/** Our seller, with /weather and /echo in version 2, and under /v1 in version 1. */
export const ourSeller = (facilitatorUrl, ...flags) =>
  start("seller", ["--pay-to", payee.address, "--facilitator-url", facilitatorUrl, ...flags]);

/** The reference seller, with blockhashes in its challenges unless told otherwise. */
export const referenceSeller = (facilitatorUrl, hashes = rpcUrl) => {
  const of = (asset) => ({ price: { asset, amount: `${PRICE}` } });
  const prices = {
    "GET /weather": "$0.001",
    "GET /memo": { price: "$0.001", extra: { memo: MEMO } },
    "GET /usdg": of(USDG),
    "GET /pyusd": of(PYUSD),
    "GET /dear": "$1.01",
    "POST /echo": "$0.001",
  };
  return reference.seller({ facilitatorUrl, payTo: payee.address, rpcUrl: hashes, prices });
};

/** The seller of the first generation. */
export const legacySeller = (facilitatorUrl) => {
  const prices = { "GET /weather": `${PRICE}`, "POST /echo": `${PRICE}`, "GET /dear": "1010000" };
  return legacy.seller({ facilitatorUrl, payTo: payee.address, prices });
};

export const rpc = ["--svm-rpc-url", rpcUrl];
export const referenceClient = reference.client(buyer, rpcUrl);
export const legacyClient = legacy.client(buyer, rpcUrl);

/** Does something; exactly this much must move from the payer to the payee. */
export async function moves(units, payer, action, mint = USDC) {
  const balances = () =>
    Promise.all([payer, payee].map(({ address }) => chain.balance(address, mint)));
  // Without a memo, equal payments with one blockhash are one transaction, which moves money once.
  await setTimeout(2 * SLOT);
  const before = await balances();
  const result = await action();
  const after = await balances();
  const change = after.map((balance, index) => balance - before[index]);
  equal("what payer and payee got", change, [0 - units, units]);
  return result;
}

/** Our device buys; the answer, the receipt and the balances must be right. */
export async function deviceBuys(url, { flags = [], data, mint } = {}) {
  const result = await moves(PRICE, device, () => pay(device, url, flags), mint);
  equal("error", result.error, undefined);
  equal("success", result.success, true);
  equal("exit status", result.exit, 0);
  equal("status", result.status_code, 200);
  equal("data", result.data, data ?? { sold: new URL(url).pathname });
  await settled(result.payment_response, device);
  return result.payment_response;
}

/** Our device is refused, for this reason; nothing may move. */
export async function deviceFails(payer, url, flags, error) {
  const result = await moves(0, payer, () => pay(payer, url, flags));
  equal("error", result.error, error);
  equal("success", result.success, false);
  equal("exit status", result.exit, 1);
  equal("receipt", result.payment_response, null);
}

/** A reference client buys; the answer, the receipt and the balances must be right. */
export async function clientBuys(client, url, data, init) {
  const response = await moves(PRICE, buyer, () => client(url, init));
  equal("status", response.status, 200);
  const version1 = response.headers.get("x-payment-response");
  const receipt = version1 ?? response.headers.get("payment-response");
  await settled(JSON.parse(atob(receipt)), buyer);
  equal("data", await response.json(), data);
}

async function settled(receipt, payer) {
  equal("receipt", receipt.success, true);
  equal("payer", receipt.payer, payer.address);
  const { value } = await chain.call("getSignatureStatuses", [receipt.transaction]);
  equal("status on the chain", value[0]?.status, { Ok: null });
}
