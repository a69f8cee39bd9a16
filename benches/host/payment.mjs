// Whether a header is a payment that answers a challenge, in the words of the reference libraries.

import { deepStrictEqual as equal, ok } from "node:assert";
import {
  getCompiledTransactionMessageDecoder, getPublicKeyFromAddress, getTransactionDecoder,
  verifySignature,
} from "@solana/kit";
import {
  findAssociatedTokenPda, getTransferCheckedInstructionDataDecoder, TOKEN_PROGRAM_ADDRESS,
} from "@solana-program/token";
import { verifyTypedData } from "viem";

const parse = (base64) => JSON.parse(Buffer.from(base64, "base64"));

/** Throws unless the header pays the only entry of the challenge, and the payer signed that. */
export async function check(challenge, header, payer) {
  const [entry] = parse(challenge.match(/^PAYMENT-REQUIRED: (.*)\r$/m)[1]).accepts;
  const { x402Version, accepted, payload } = parse(header);
  equal(x402Version, 2);
  equal(accepted, entry);
  await (entry.network.startsWith("solana:") ? onSolana : onEvm)(entry, payload, payer);
}

async function onSolana(entry, { transaction }, payer) {
  const { messageBytes, signatures } = getTransactionDecoder().decode(
    Buffer.from(transaction, "base64"),
  );
  const message = getCompiledTransactionMessageDecoder().decode(messageBytes);
  equal(message.staticAccounts[0], entry.extra.feePayer);
  equal(message.lifetimeToken, entry.extra.recentBlockhash);

  const keys = (indices) => indices.map((index) => message.staticAccounts[index]);
  const transfers = message.instructions.filter(({ programAddressIndex }) => {
    return message.staticAccounts[programAddressIndex] === TOKEN_PROGRAM_ADDRESS;
  });
  equal(transfers.length, 1);
  const [{ accountIndices, data }] = transfers;
  const { amount, decimals } = getTransferCheckedInstructionDataDecoder().decode(data);
  equal([amount, decimals], [BigInt(entry.amount), 6]);
  const [source, destination] = await Promise.all([payer, entry.payTo].map(async (owner) => {
    const seeds = { owner, mint: entry.asset, tokenProgram: TOKEN_PROGRAM_ADDRESS };
    return (await findAssociatedTokenPda(seeds))[0];
  }));
  equal(keys(accountIndices), [source, entry.asset, destination, payer]);

  const key = await getPublicKeyFromAddress(payer);
  ok(await verifySignature(key, signatures[payer], messageBytes), "the payer's signature");
}

async function onEvm(entry, { authorization, signature }, payer) {
  const { from, to, value, validAfter, validBefore } = authorization;
  equal([from, to].map(lower), [payer, entry.payTo].map(lower));
  equal(value, entry.amount);
  ok(BigInt(validAfter) < BigInt(validBefore), "the time in which it is valid");
  const fields = {
    from: "address", to: "address", value: "uint256", validAfter: "uint256",
    validBefore: "uint256", nonce: "bytes32",
  };
  const verified = await verifyTypedData({
    address: payer,
    domain: {
      name: entry.extra.name,
      version: entry.extra.version,
      chainId: Number(entry.network.split(":")[1]),
      verifyingContract: entry.asset,
    },
    types: {
      TransferWithAuthorization: Object.entries(fields).map(([name, type]) => ({ name, type })),
    },
    primaryType: "TransferWithAuthorization",
    message: authorization,
    signature,
  });
  ok(verified, "the payer's signature");
}

const lower = (address) => address.toLowerCase();
