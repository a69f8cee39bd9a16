// What is for sale on Solana, and who buys there.

import * as legacy from "./legacy.mjs";
import * as market from "./market.mjs";
import { PRICE, purchases } from "./purchases.mjs";
import * as reference from "./reference.mjs";
import { NETWORK, NETWORK_V1, PYUSD, USDC, USDG } from "./solana.mjs";

const { device, buyer, pauper, payee } = market.wallets;

export const MEMO = "order 7";

export const chain = market.solanaChain;
export const wallets = { device: device.solana, buyer: buyer.solana, pauper: pauper.solana };
const payTo = payee.solana.address;

export const trade = purchases({
  chain,
  token: USDC,
  // Without a memo, equal payments with one blockhash are one transaction, which moves money once.
  pause: 2 * market.SLOT,
  device: wallets.device,
  buyer: wallets.buyer,
  payee: payee.solana,
});

/** Our seller. */
export const ourSeller = (facilitatorUrl, ...flags) =>
  market.ourSeller(facilitatorUrl, "--pay-to", payTo, ...flags);

/** The reference seller, with blockhashes in its challenges unless told otherwise. */
export const referenceSeller = (facilitatorUrl, rpcUrl = chain.url) => {
  const way = (price, extra) => [{ network: NETWORK, payTo, price, extra }];
  const routes = {
    "GET /weather": way("$0.001"),
    "GET /memo": way("$0.001", { memo: MEMO }),
    "GET /usdg": way({ asset: USDG, amount: `${PRICE}` }),
    "GET /pyusd": way({ asset: PYUSD, amount: `${PRICE}` }),
    "GET /dear": way("$1.01"),
    "POST /echo": way("$0.001"),
  };
  return reference.seller({ facilitatorUrl, rpcUrl, routes });
};

/** The seller of the first generation. */
export const legacySeller = (facilitatorUrl) => {
  const asset = { address: USDC, decimals: 6 };
  const of = (amount) => ({ network: NETWORK_V1, price: { amount: `${amount}`, asset } });
  const routes = { "GET /weather": of(PRICE), "POST /echo": of(PRICE), "GET /dear": of(1010000) };
  return legacy.seller({ facilitatorUrl, payTo, routes });
};

export const rpc = ["--svm-rpc-url", chain.url];
export const referenceClient = reference.solanaClient(wallets.buyer, chain.url);
export const legacyClient = legacy.solanaClient(wallets.buyer, chain.url);
