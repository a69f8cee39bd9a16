// What is for sale on the EVM chain, and who buys there.

import { NETWORK, NETWORK_V1, USDC } from "./evm.mjs";
import * as legacy from "./legacy.mjs";
import * as market from "./market.mjs";
import { purchases } from "./purchases.mjs";
import * as reference from "./reference.mjs";

const { device, buyer, pauper, payee } = market.wallets;

export const chain = market.evmChain;
export const wallets = { device: device.evm, buyer: buyer.evm, pauper: pauper.evm };
const payTo = payee.evm.address;

export const trade = purchases({
  chain,
  token: USDC,
  pause: 0,
  device: wallets.device,
  buyer: wallets.buyer,
  payee: payee.evm,
});

/** Our seller. */
export const ourSeller = (facilitatorUrl, ...flags) =>
  market.ourSeller(facilitatorUrl, "--evm-pay-to", payTo, ...flags);

/** The reference seller. */
export const referenceSeller = (facilitatorUrl) => {
  const way = (price) => [{ network: NETWORK, payTo, price }];
  const routes = {
    "GET /weather": way("$0.001"),
    "GET /dear": way("$1.01"),
    "POST /echo": way("$0.001"),
  };
  return reference.seller({ facilitatorUrl, routes });
};

/** The seller of the first generation. */
export const legacySeller = (facilitatorUrl) => {
  const at = (price) => ({ network: NETWORK_V1, price });
  const routes = {
    "GET /weather": at("$0.001"),
    "GET /dear": at("$1.01"),
    "POST /echo": at("$0.001"),
  };
  return legacy.seller({ facilitatorUrl, payTo, routes });
};

export const referenceClient = reference.evmClient(wallets.buyer);
export const legacyClient = legacy.evmClient(wallets.buyer);
