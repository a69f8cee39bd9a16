// EIP-3009 payments that something is wrong with, and what the facilitators make of them.

import {
  concatHex, pad, parseSignature, serializeCompactSignature, serializeErc6492Signature,
  signatureToCompactSignature, toHex,
} from "viem";

import { check, equal } from "./check.mjs";
import { legacyClient, referenceClient, trade, wallets } from "./evm-market.mjs";
import { facilitatorRequest, judge } from "./facilitator-request.mjs";
import { facilitators } from "./market.mjs";
import { PRICE } from "./purchases.mjs";

const { device, buyer, pauper } = wallets;

const BASE_SEPOLIA = 84532;
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const now = () => Math.floor(Date.now() / 1000);

const AUTHORIZATION = ["from:address", "to:address", "value:uint256", "validAfter:uint256"]
  .concat("validBefore:uint256", "nonce:bytes32")
  .map((field) => field.split(":"))
  .map(([name, type]) => ({ name, type }));

/** Changes that the payer signs: of the terms, and of the authorization. */
const signed = {
  "nothing wrong": () => {},
  "valid for ten minutes already": ({ fields }) => (fields.validAfter = `${now() - 600}`),
  "expires in a century": ({ fields }) => (fields.validBefore = `${now() + 3_155_760_000}`),
  expired: ({ fields }) => (fields.validBefore = `${now() - 1}`),
  "expires before it settles": ({ fields }) => (fields.validBefore = `${now() + 3}`),
  "not valid yet": ({ fields }) => (fields.validAfter = `${now() + 30}`),
  "paid to somebody else": ({ fields }) => (fields.to = device.address),
  "too little": ({ fields }) => (fields.value = `${PRICE - 1}`),
  "too much": ({ fields }) => (fields.value = `${PRICE + 1}`),
  "too little and expired": ({ fields }) => {
    Object.assign(fields, { value: `${PRICE - 1}`, validBefore: `${now() - 1}` });
  },
  "a token's wrong name": ({ terms }) => (terms.extra.name = "USD Coin"),
  "a token's wrong version": ({ terms }) => (terms.extra.version = "1"),
  "another chain": ({ domain }) => (domain.chainId = 8453),
  "a token that does not exist": ({ terms }) => (terms.asset = device.address),
  "a token without authorizations": ({ terms }) => {
    terms.asset = "0xcA11bde05977b3631167028862bE2a173976CA11";
  },
  "no funds": ({ fields, by }) => {
    fields.from = pauper.address;
    by(pauper);
  },
  "no funds, wrong name": ({ fields, terms, by }) => {
    fields.from = pauper.address;
    terms.extra.name = "USD Coin";
    by(pauper);
  },
  "somebody else's key": ({ by }) => by(pauper),
};

/** Changes after the payer has signed. */
const unsigned = {
  "another payee wanted": ({ terms }) => (terms.payTo = device.address),
  "another amount wanted": ({ terms }) => {
    terms[terms.amount ? "amount" : "maxAmountRequired"] = `${PRICE + 1}`;
  },
  "another token wanted": ({ terms }) => (terms.asset = device.address),
  "another name wanted": ({ terms }) => (terms.extra.name = "USD Coin"),
  "no name": ({ terms }) => delete terms.extra.name,
  "no version": ({ terms }) => delete terms.extra.version,
  "no domain": ({ terms }) => delete terms.extra,
  "more authorized than signed": ({ fields }) => (fields.value = `${PRICE + 1}`),
  "another nonce than signed": ({ fields }) => (fields.nonce = `0x${"77".repeat(32)}`),
  "a short nonce": ({ fields }) => (fields.nonce = "0x7777"),
  "an upper-case nonce": ({ fields }) => {
    fields.nonce = `0x${fields.nonce.slice(2).toUpperCase()}`;
  },
  "lower-case addresses": ({ fields }) => {
    Object.assign(fields, { from: fields.from.toLowerCase(), to: fields.to.toLowerCase() });
  },
  "upper-case addresses": ({ fields }) => {
    fields.from = `0x${fields.from.slice(2).toUpperCase()}`;
  },
  "a wrong checksum": ({ fields }) => {
    fields.from = fields.from.replace(/[a-f]/i, (digit) => {
      return digit === digit.toLowerCase() ? digit.toUpperCase() : digit.toLowerCase();
    });
  },
  "no payer": ({ fields }) => (fields.from = "somebody"),
  "an upper-case signature": ({ payload }) => {
    payload.signature = `0x${payload.signature.slice(2).toUpperCase()}`;
  },
  "a signature without 0x": ({ payload }) => (payload.signature = payload.signature.slice(2)),
  "a compact signature": ({ payload }) => {
    const compact = signatureToCompactSignature(parseSignature(payload.signature));
    payload.signature = serializeCompactSignature(compact);
  },
  "v of 0 or 1": ({ payload }) => {
    const v = Number.parseInt(payload.signature.slice(-2), 16) - 27;
    payload.signature = `${payload.signature.slice(0, -2)}0${v}`;
  },
  "the larger s": ({ payload }) => {
    const { r, s, yParity } = parseSignature(payload.signature);
    const twin = pad(toHex(CURVE_ORDER - BigInt(s)));
    payload.signature = concatHex([r, twin, yParity ? "0x1b" : "0x1c"]);
  },
  "no signature at all": ({ payload }) => delete payload.signature,
  "an empty signature": ({ payload }) => (payload.signature = "0x"),
  "a wallet yet to be made": ({ payload }) => {
    const wallet = { address: device.address, data: "0x", signature: payload.signature };
    payload.signature = serializeErc6492Signature(wallet);
  },
  "no authorization": ({ payload }) => delete payload.authorization,
  "for Permit2": ({ payload }) => (payload.permit2Authorization = {}),
  "bare numbers": ({ fields }) => {
    for (const name of ["value", "validAfter", "validBefore"]) fields[name] = Number(fields[name]);
  },
  "a value that is no number": ({ fields }) => (fields.value = "much"),
  "a hexadecimal value": ({ fields }) => (fields.value = toHex(PRICE)),
  "another scheme wanted": ({ terms }) => (terms.scheme = "upto"),
  "another network wanted": ({ terms }) => (terms.network = elsewhere(terms.network)),
  "another network paid on": ({ claimed }) => (claimed.network = elsewhere(claimed.network)),
};

/** A network that no facilitator here serves. */
const elsewhere = (network) => (network.includes(":") ? "eip155:8453" : "near");

/** Our facilitator must judge as the reference one does, and refuse what that one fails at. */
export async function checkVerdicts(sellers) {
  const makes = [
    ["v2", () => facilitatorRequest(referenceClient, `${sellers.reference}/weather`)],
    ["v1", () => facilitatorRequest(legacyClient, `${sellers.legacyAndReference}/weather`)],
  ];
  for (const [version, ask] of makes) {
    for (const [name, change] of Object.entries(signed)) {
      await checkVerdict(`${version}: ${name}`, async () => resigned(await ask(), change));
    }
    for (const [name, change] of Object.entries(unsigned)) {
      await checkVerdict(`${version}: ${name}`, async () => spoilt(await ask(), change));
    }
    await checkVerdict(`${version}: settled before`, async () => {
      const request = await ask();
      const settle = () => judge(facilitators.reference, "/settle", request);
      equal("first", (await trade.moves(PRICE, buyer, settle)).success, true);
      return request;
    });
  }
  await checkMissingToken(makes[1][1]);
}

async function checkVerdict(name, make) {
  await check(`EVM: our facilitator judges as the reference one: ${name}`, async () => {
    const request = await make();
    const verdict = (make) => judge(facilitators[make], "/verify", request);
    const [wanted, got] = [await verdict("reference"), await verdict("ours")];
    if (wanted.failed) {
      equal("validity", got.isValid, false);
      return `${got.invalidReason}; the reference: ${wanted.failed}`;
    }
    equal("verdict", got, wanted);
    if (!wanted.isValid) await checkNotSettled(request);
    return wanted.invalidReason;
  });
}

/** Version 1 verifies it, for a call of nobody succeeds. */
async function checkMissingToken(ask) {
  await check("EVM: v1: both facilitators notice that a missing token did not move", async () => {
    const request = await resigned(await ask(), signed["a token that does not exist"]);
    const settle = (make) => judge(facilitators[make], "/settle", request);
    const wanted = await settle("reference");
    equal("success", wanted.success, false);
    equal("verdict", await settle("ours"), wanted);
    return wanted.errorReason;
  });
}

/** The reasons are not compared: the reference does not simulate again. */
async function checkNotSettled(request) {
  for (const make of ["reference", "ours"]) {
    const settle = () => judge(facilitators[make], "/settle", request);
    const { success } = await trade.moves(0, buyer, settle);
    equal(`success of settling at the ${make} one`, success, false);
  }
}

function spoilt(request, change) {
  const { paymentRequirements: terms, paymentPayload } = request;
  const { payload, accepted: claimed = paymentPayload } = paymentPayload;
  change({ terms, claimed, payload, fields: payload.authorization });
  return request;
}

async function resigned(request, change) {
  const domain = { chainId: BASE_SEPOLIA };
  let payer = buyer;
  const by = (wallet) => (payer = wallet);
  spoilt(request, (parts) => change({ ...parts, domain, by }));
  const { paymentRequirements: terms, paymentPayload } = request;
  paymentPayload.payload.signature = await payer.signer.signTypedData({
    domain: { ...terms.extra, ...domain, verifyingContract: terms.asset },
    types: { TransferWithAuthorization: AUTHORIZATION },
    primaryType: "TransferWithAuthorization",
    message: paymentPayload.payload.authorization,
  });
  return request;
}
