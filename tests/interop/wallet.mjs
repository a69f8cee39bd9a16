// Fresh keys, in the forms that x402-sim and the reference packages take.

import { generateKeyPairSync } from "node:crypto";
import { createKeyPairSignerFromBytes, getBase58Decoder } from "@solana/kit";

export async function wallet() {
  const jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const bytes = Buffer.concat([Buffer.from(jwk.d, "base64url"), Buffer.from(jwk.x, "base64url")]);
  const signer = await createKeyPairSignerFromBytes(bytes);
  return { signer, address: signer.address, base58: getBase58Decoder().decode(bytes) };
}
