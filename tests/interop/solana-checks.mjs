// Our device, seller and facilitator with the reference ones, on Solana.

import { check, equal } from "./check.mjs";
import { facilitatorRequest, judge } from "./facilitator-request.mjs";
import { losingFirstReceipt } from "./http.mjs";
import { READING, SEND_READING, SOLD, WEATHER, facilitators, sendReading } from "./market.mjs";
import { PRICE } from "./purchases.mjs";
import {
  MEMO, chain, legacyClient, legacySeller, ourSeller, referenceClient, referenceSeller, rpc, trade,
  wallets,
} from "./solana-market.mjs";
import { PYUSD, USDG } from "./solana.mjs";

const { device, buyer, pauper } = wallets;
const { moves, deviceBuys, deviceFails, deviceDoubts, clientBuys, replay, sendTwice } = trade;

const sellers = {
  reference: await referenceSeller(facilitators.reference),
  referenceAndOurs: await referenceSeller(facilitators.ours),
  ours: await ourSeller(facilitators.ours),
  oursAndReference: await ourSeller(facilitators.reference, ...["--rpc-url", chain.url]),
  oursAndOursLegacy: await ourSeller(facilitators.oursLegacy),
  legacy: await legacySeller(facilitators.legacy),
  legacyAndReference: await legacySeller(facilitators.reference),
  legacyAndOurs: await legacySeller(facilitators.oursLegacy),
};

/** Runs every check on Solana. */
export async function checkSolana() {
  await deviceAtReferenceSeller();
  await deviceAtLegacySeller();
  await referenceClientsAtOurSeller();
  await mixedMakes();
  await replays();
  await duplicates();
  await verdicts();
}

async function deviceAtReferenceSeller() {
  const seller = sellers.reference;
  await check("device -> reference seller, blockhash in the 402", async () => {
    await deviceBuys(`${seller}/weather`);
  });
  await check("device -> reference seller, blockhash from RPC", async () => {
    const seller = await referenceSeller(facilitators.reference, null);
    await deviceBuys(`${seller}/weather`, { flags: rpc });
  });
  await check("device -> reference seller, received byte by byte", async () => {
    await deviceBuys(`${seller}/weather`, { flags: ["--fragment", "1"] });
  });
  await check("device -> reference seller, memo", async () => {
    const { transaction } = await deviceBuys(`${seller}/memo`);
    equal("memos", await chain.memos(transaction), [MEMO]);
  });
  for (const [name, mint] of Object.entries({ usdg: USDG, pyusd: PYUSD })) {
    await check(`device -> reference seller, Token-2022 (${name})`, async () => {
      await deviceBuys(`${seller}/${name}`, { asset: mint, flags: ["--asset", mint] });
    });
  }
  await check("device -> reference seller, POST", async () => {
    await deviceBuys(`${seller}/echo`, { flags: SEND_READING, data: JSON.parse(READING) });
  });
  await check("device -> reference seller, over the cap: not paid", async () => {
    const error = "not paid: the price of 1010000 is above the policy's cap of 1000000";
    await deviceFails(device, `${seller}/dear`, [], error);
  });
  await check("device -> reference seller, no funds: the facilitator's reason", async () => {
    const reason = "invalid_exact_svm_transaction_simulation_failed";
    const error = `the seller refused the payment: ${reason}`;
    await deviceFails(pauper, `${seller}/weather`, [], error);
    await deviceFails(pauper, `${sellers.referenceAndOurs}/weather`, [], error);
  });
  for (const keeps of [true, false]) {
    const connection = keeps ? "kept" : "new";
    await check(`device -> reference seller, answer lost on a ${connection} connection`, async () => {
      const lossy = await losingFirstReceipt(seller, keeps);
      await deviceDoubts(`${lossy}/weather`);
    });
  }
}

async function deviceAtLegacySeller() {
  const seller = sellers.legacy;
  await check("v1: device -> legacy seller", async () => {
    await deviceBuys(`${seller}/weather`, { flags: rpc });
  });
  await check("v1: device -> legacy seller, POST, received byte by byte", async () => {
    const flags = [...rpc, ...SEND_READING, "--fragment", "1"];
    await deviceBuys(`${seller}/echo`, { flags, data: JSON.parse(READING) });
  });
  await check("v1: device -> legacy seller, reference facilitator", async () => {
    await deviceBuys(`${sellers.legacyAndReference}/weather`, { flags: rpc });
  });
  await check("v1: device -> legacy seller, our facilitator", async () => {
    await deviceBuys(`${sellers.legacyAndOurs}/weather`, { flags: rpc });
  });
  await check("v1: device -> legacy seller, over the cap: not paid", async () => {
    const error = "not paid: the price of 1010000 is above the policy's cap of 1000000";
    await deviceFails(device, `${seller}/dear`, rpc, error);
  });
  await check("v1: device -> legacy seller, no funds: the facilitator's reason", async () => {
    // It says the same of a payment that has settled: see `replays`.
    const reason = "invalid_exact_svm_payload_transaction_simulation_failed";
    const doubt = `paid or not, that is unknown (the seller reports ${reason})`;
    const error = `${doubt}: do not pay again before expiry`;
    await deviceFails(pauper, `${seller}/weather`, rpc, error);
  });
}

async function referenceClientsAtOurSeller() {
  await check("reference client -> our seller", async () => {
    await clientBuys(referenceClient, `${sellers.ours}/weather`, WEATHER);
  });
  await check("reference client -> our seller, blockhash and memo in the 402", async () => {
    const seller = await ourSeller(facilitators.ours, "--rpc-url", chain.url, "--memo", MEMO);
    await clientBuys(referenceClient, `${seller}/weather`, WEATHER);
  });
  await check("reference client -> our seller, large challenge", async () => {
    const seller = await ourSeller(facilitators.ours, "--bazaar", "--pad-accepts-to=10", "--decoys");
    await clientBuys(referenceClient, `${seller}/weather`, WEATHER);
  });
  await check("reference client -> our seller, POST", async () => {
    const url = `${sellers.ours}/echo`;
    await clientBuys(referenceClient, url, JSON.parse(READING), sendReading());
  });
  await check("v1: reference client -> our seller", async () => {
    await clientBuys(referenceClient, `${sellers.ours}/v1/weather`, WEATHER);
  });
  await check("v1: legacy client -> our seller", async () => {
    await clientBuys(legacyClient, `${sellers.ours}/v1/weather`, WEATHER);
  });
  await check("v1: legacy client -> our seller, our legacy facilitator", async () => {
    await clientBuys(legacyClient, `${sellers.oursAndOursLegacy}/v1/weather`, WEATHER);
  });
}

async function mixedMakes() {
  await check("device -> reference seller, our facilitator", async () => {
    await deviceBuys(`${sellers.referenceAndOurs}/weather`);
  });
  await check("device -> our seller, reference facilitator", async () => {
    await deviceBuys(`${sellers.oursAndReference}/weather`, { data: WEATHER });
  });
  await check("reference client -> reference seller, our facilitator", async () => {
    await clientBuys(referenceClient, `${sellers.referenceAndOurs}/weather`, SOLD);
  });
  await check("reference client -> our seller, reference facilitator", async () => {
    await clientBuys(referenceClient, `${sellers.oursAndReference}/weather`, WEATHER);
  });
  await check("v1: device -> our seller, reference facilitator", async () => {
    await deviceBuys(`${sellers.oursAndReference}/v1/weather`, { data: WEATHER, flags: rpc });
  });
}

/** A payment that settled is sent again: it is refused, and nothing moves. */
async function replays() {
  // The reference simulates before it looks whether it has settled this payment, and a node fails
  // the simulation of a transaction that it has executed. Ours recognises the payment.
  const wanted = [
    [referenceClient, "reference", "/weather", "invalid_exact_svm_transaction_simulation_failed"],
    [referenceClient, "oursAndReference", "/weather", "invalid_exact_svm_transaction_simulation_failed"],
    [referenceClient, "referenceAndOurs", "/weather", "duplicate_settlement"],
    [referenceClient, "ours", "/weather", "duplicate_settlement"],
    [legacyClient, "legacy", "/weather", "invalid_exact_svm_payload_transaction_simulation_failed"],
    [legacyClient, "legacyAndOurs", "/weather", "duplicate_settlement"],
    [legacyClient, "oursAndOursLegacy", "/v1/weather", "duplicate_settlement"],
  ];
  for (const [client, make, path, error] of wanted) {
    await check(`settled payment sent again -> ${make} seller`, async () => {
      const answer = await replay(client, `${sellers[make]}${path}`);
      equal("status", answer.status, 402);
      equal("reason", answer.error, error);
      return error;
    });
  }
  for (const make of ["reference", "referenceAndOurs", "oursAndReference", "ours"]) {
    await check(`reference client, payment sent twice at once -> ${make}`, async () => {
      // Which of two reasons depends on who simulates when.
      return (await sendTwice(referenceClient, `${sellers[make]}/weather`)).error;
    });
  }
}

/** A payment that is settled twice, asked of the facilitators themselves. */
async function duplicates() {
  const makes = [
    ["reference", referenceClient, `${sellers.reference}/weather`],
    ["ours", referenceClient, `${sellers.reference}/weather`],
    ["legacy", legacyClient, `${sellers.legacy}/weather`],
    ["oursLegacy", legacyClient, `${sellers.legacy}/weather`],
  ];
  for (const [make, client, url] of makes) {
    await check(`${make} facilitator settles a payment once`, async () => {
      const request = await facilitatorRequest(client, url);
      const settle = () => judge(facilitators[make], "/settle", request);
      equal("first", (await moves(PRICE, buyer, settle)).success, true);
      const { success, errorReason } = await moves(0, buyer, settle);
      equal("second", success, false);
      return errorReason;
    });
  }
}

/** Payments that something is wrong with: our facilitators must judge as the reference ones do. */
async function verdicts() {
  const flip = (base64) => {
    const bytes = Buffer.from(base64, "base64");
    bytes[70] ^= 1; // in the payer's signature
    return bytes.toString("base64");
  };
  const spoilt = {
    "nothing wrong": () => {},
    "another amount": ({ terms }) => (terms[terms.amount ? "amount" : "maxAmountRequired"] = "999"),
    "another payee": ({ terms }) => (terms.payTo = buyer.address),
    "another token": ({ terms }) => (terms.asset = USDG),
    "no fee payer": ({ terms }) => delete terms.extra.feePayer,
    "somebody else's fee payer": ({ terms }) => (terms.extra.feePayer = device.address),
    "a memo missing": ({ terms }) => (terms.extra.memo = MEMO),
    "no transaction": ({ payload }) => (payload.transaction = "AAAA"),
    "a wrong signature": ({ payload }) => (payload.transaction = flip(payload.transaction)),
  };
  const makes = [
    ["v2", referenceClient, `${sellers.reference}/weather`, "reference", "ours"],
    ["v1", referenceClient, `${sellers.legacyAndReference}/weather`, "reference", "ours"],
  ];
  for (const [version, client, url, theirs, ours] of makes) {
    for (const [name, spoil] of Object.entries(spoilt)) {
      await check(`${version}: our facilitator judges as the ${theirs} one: ${name}`, async () => {
        const request = await facilitatorRequest(client, url);
        const { paymentRequirements: terms, paymentPayload } = request;
        spoil({ terms, payload: paymentPayload.payload });
        // Where it refuses early, the reference does not say who would have paid.
        const verdict = async (make) => {
          const { payer, ...rest } = await judge(facilitators[make], "/verify", request);
          return rest;
        };
        const wanted = await verdict(theirs);
        equal("verdict", await verdict(ours), wanted);
        return wanted.invalidReason;
      });
    }
  }
}
