// Fresh keys, in the forms that x402-sim and the reference packages take: `signer` is for the
// latter, `key` for a flag, and `environment` for `x402-sim pay`.

import { generateKeyPairSync } from "node:crypto";
import { createKeyPairSignerFromBytes, getBase58Decoder } from "@solana/kit";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

export async function solanaWallet() {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const bytes = Buffer.concat([Buffer.from(jwk.d, "base64url"), Buffer.from(jwk.x, "base64url")]);
  const signer = await createKeyPairSignerFromBytes(bytes);
  const key = getBase58Decoder().decode(bytes);
  return { signer, address: signer.address, key, environment: { SVM_PRIVATE_KEY: key } };
}

export function evmWallet() {
  const key = generatePrivateKey();
  const signer = privateKeyToAccount(key);
  return { signer, address: signer.address, key, environment: { EVM_PRIVATE_KEY: key } };
}
