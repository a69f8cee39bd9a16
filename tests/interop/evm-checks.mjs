// Our device, seller and facilitator with the reference ones, on an EVM chain.

import { check, equal } from "./check.mjs";
import { NETWORK } from "./evm.mjs";
import {
  legacyClient, legacySeller, ourSeller, referenceClient, referenceSeller, trade, wallets,
} from "./evm-market.mjs";
import { checkVerdicts } from "./evm-verdicts.mjs";
import { losingFirstReceipt } from "./http.mjs";
import { READING, SEND_READING, SOLD, WEATHER, facilitators, sendReading } from "./market.mjs";

const { device, pauper } = wallets;
const { deviceBuys, deviceFails, deviceDoubts, clientBuys, replay, sendTwice } = trade;

const sellers = {
  reference: await referenceSeller(facilitators.reference),
  referenceAndOurs: await referenceSeller(facilitators.ours),
  ours: await ourSeller(facilitators.ours),
  oursAndReference: await ourSeller(facilitators.reference),
  oursAndLegacy: await ourSeller(facilitators.legacy),
  legacy: await legacySeller(facilitators.legacy),
  legacyAndReference: await legacySeller(facilitators.reference),
  legacyAndOurs: await legacySeller(facilitators.ours),
};

/** Runs every check on the EVM chain. */
export async function checkEvm() {
  await deviceBuysEverywhere();
  await deviceIsRefused();
  await deviceGetsNoAnswer();
  await referenceClients();
  await replays();
  await checkVerdicts(sellers);
}

async function deviceBuysEverywhere() {
  const shops = {
    "reference seller": [sellers.reference, SOLD],
    "reference seller, our facilitator": [sellers.referenceAndOurs, SOLD],
    "our seller": [sellers.ours, WEATHER],
    "our seller, reference facilitator": [sellers.oursAndReference, WEATHER],
    "v1 of our seller": [`${sellers.ours}/v1`, WEATHER],
    "v1 of our seller, reference facilitator": [`${sellers.oursAndReference}/v1`, WEATHER],
    "v1 of our seller, legacy facilitator": [`${sellers.oursAndLegacy}/v1`, WEATHER],
    "legacy seller": [sellers.legacy, SOLD],
    "legacy seller, reference facilitator": [sellers.legacyAndReference, SOLD],
    "legacy seller, our facilitator": [sellers.legacyAndOurs, SOLD],
  };
  for (const [name, [seller, data]] of Object.entries(shops)) {
    await check(`EVM: device -> ${name}`, async () => {
      await deviceBuys(`${seller}/weather`, { data });
    });
    await check(`EVM: device -> ${name}, POST, received byte by byte`, async () => {
      const flags = [...SEND_READING, "--fragment", "1"];
      await deviceBuys(`${seller}/echo`, { flags, data: JSON.parse(READING) });
    });
  }
}

async function deviceIsRefused() {
  const cap = "not paid: the price of 1010000 is above the policy's cap of 1000000";
  for (const make of ["reference", "legacy"]) {
    await check(`EVM: device -> ${make} seller, over the cap: not paid`, async () => {
      await deviceFails(device, `${sellers[make]}/dear`, ["--network", NETWORK], cap);
    });
  }
  const reasons = {
    reference: "invalid_exact_evm_insufficient_balance",
    referenceAndOurs: "invalid_exact_evm_insufficient_balance",
    legacy: "insufficient_funds",
    legacyAndReference: "invalid_exact_evm_insufficient_balance",
    legacyAndOurs: "invalid_exact_evm_insufficient_balance",
  };
  for (const [make, reason] of Object.entries(reasons)) {
    await check(`EVM: device -> ${make} seller, no funds: the facilitator's reason`, async () => {
      const error = `the seller refused the payment: ${reason}`;
      await deviceFails(pauper, `${sellers[make]}/weather`, [], error);
    });
  }
}

async function deviceGetsNoAnswer() {
  for (const make of ["reference", "legacy"]) {
    for (const keeps of [true, false]) {
      const connection = keeps ? "kept" : "new";
      const name = `EVM: device -> ${make} seller, answer lost on a ${connection} connection`;
      await check(name, async () => {
        const lossy = await losingFirstReceipt(sellers[make], keeps);
        await deviceDoubts(`${lossy}/weather`);
      });
    }
  }
}

async function referenceClients() {
  const { ours, oursAndReference, oursAndLegacy } = sellers;
  const v1 = (seller) => `${seller}/v1`;
  const purchases = {
    "reference client -> our seller": [referenceClient, ours],
    "reference client -> our seller, reference facilitator": [referenceClient, oursAndReference],
    "reference client -> v1 of our seller": [referenceClient, v1(ours)],
    "legacy client -> v1 of our seller": [legacyClient, v1(ours)],
    "legacy client -> v1 of our seller, reference facilitator": [legacyClient, v1(oursAndReference)],
    "legacy client -> v1 of our seller, legacy facilitator": [legacyClient, v1(oursAndLegacy)],
  };
  for (const [name, [client, seller]] of Object.entries(purchases)) {
    await check(`EVM: ${name}`, () => clientBuys(client, `${seller}/weather`, WEATHER));
  }
  await check("EVM: reference client -> our seller, POST", async () => {
    const url = `${sellers.ours}/echo`;
    await clientBuys(referenceClient, url, JSON.parse(READING), sendReading());
  });
  await check("EVM: reference client -> our seller, large challenge", async () => {
    const large = ["--bazaar", "--pad-accepts-to=10", "--decoys"];
    const seller = await ourSeller(facilitators.ours, ...large);
    await clientBuys(referenceClient, `${seller}/weather`, WEATHER);
  });
  await check("EVM: reference client -> reference seller, our facilitator", async () => {
    await clientBuys(referenceClient, `${sellers.referenceAndOurs}/weather`, SOLD);
  });
  await check("EVM: legacy client -> legacy seller, our facilitator", async () => {
    await clientBuys(legacyClient, `${sellers.legacyAndOurs}/weather`, SOLD);
  });
}

/** A payment that settled is sent again: it is refused, and nothing moves. */
async function replays() {
  const used = "invalid_exact_evm_nonce_already_used";
  for (const make of ["reference", "referenceAndOurs", "oursAndReference", "ours"]) {
    const url = `${sellers[make]}/weather`;
    await check(`EVM: settled payment sent again -> ${make} seller`, async () => {
      equal("answer", await replay(referenceClient, url), { status: 402, error: used });
    });
    await check(`EVM: payment sent twice at once -> ${make} seller`, async () => {
      // Which of its reasons depends on which comes first.
      return (await sendTwice(referenceClient, url)).error;
    });
  }
  // The legacy facilitator fails at it instead of refusing it.
  const legacyReasons = {
    legacy: "Failed to settle payment: 500 Internal Server Error",
    legacyAndReference: used,
    legacyAndOurs: used,
  };
  for (const [make, error] of Object.entries(legacyReasons)) {
    await check(`EVM: settled payment sent again -> ${make} seller`, async () => {
      const answer = await replay(legacyClient, `${sellers[make]}/weather`);
      equal("answer", answer, { status: 402, error });
    });
  }
}
