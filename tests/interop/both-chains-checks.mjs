// Sellers that take money on both chains, and a device that has some on both.

import { check } from "./check.mjs";
import { NETWORK as EVM_NETWORK } from "./evm.mjs";
import * as evm from "./evm-market.mjs";
import { SOLD, WEATHER, facilitators, ourSeller, wallets } from "./market.mjs";
import * as reference from "./reference.mjs";
import * as solana from "./solana-market.mjs";
import { NETWORK as SOLANA_NETWORK } from "./solana.mjs";

const { device, payee } = wallets;

/** Runs the checks with sellers that take money on both chains. */
export async function checkBothChains() {
  const sellers = {
    "reference seller": [await referenceSeller(facilitators.reference), SOLD],
    "reference seller, our facilitator": [await referenceSeller(facilitators.ours), SOLD],
    "our seller": [await bothSeller(facilitators.ours), WEATHER],
    "our seller, reference facilitator": [await bothSeller(facilitators.reference), WEATHER],
  };
  for (const [name, [seller, data]] of Object.entries(sellers)) {
    await checkSeller(`both chains: device -> ${name}`, `${seller}/weather`, data);
  }
}

async function checkSeller(name, url, data) {
  const environment = { ...device.solana.environment, ...device.evm.environment };
  const payers = {
    solana: { ...device.solana, environment },
    evm: { ...device.evm, environment },
  };
  const buys = {
    solana: (flags) => solana.trade.deviceBuys(url, { payer: payers.solana, data, flags }),
    evm: (flags) => evm.trade.deviceBuys(url, { payer: payers.evm, data, flags }),
  };
  await check(`${name}, on Solana if it may choose`, async () => {
    await evm.trade.moves(0, payers.evm, () => buys.solana(solana.rpc));
  });
  await check(`${name}, on the EVM chain if told so`, async () => {
    await solana.trade.moves(0, payers.solana, () => buys.evm(["--network", EVM_NETWORK]));
  });
  await check(`${name}, on the chain that it has a key for`, async () => {
    await evm.trade.deviceBuys(url, { data });
    await solana.trade.deviceBuys(url, { data, flags: solana.rpc });
  });
  await check(`${name}: reference clients of either chain`, async () => {
    await evm.trade.clientBuys(evm.referenceClient, url, data);
    await solana.trade.clientBuys(solana.referenceClient, url, data);
  });
}

/** The EVM chain comes first: the seller's order decides nothing. */
function referenceSeller(facilitatorUrl) {
  const ways = [
    { network: EVM_NETWORK, payTo: payee.evm.address, price: "$0.001" },
    { network: SOLANA_NETWORK, payTo: payee.solana.address, price: "$0.001" },
  ];
  return reference.seller({ facilitatorUrl, routes: { "GET /weather": ways } });
}

function bothSeller(facilitatorUrl) {
  const addresses = ["--pay-to", payee.solana.address, "--evm-pay-to", payee.evm.address];
  return ourSeller(facilitatorUrl, ...addresses);
}
