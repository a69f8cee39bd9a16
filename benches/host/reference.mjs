// The reference client from npm, from the header of a 402 to the header of the payment: what
// `@x402/fetch` does between its two requests.

import { once } from "node:events";
import { createServer } from "node:http";
import { createKeyPairSignerFromPrivateKeyBytes } from "@solana/kit";
import { x402Client, x402HTTPClient } from "@x402/core/client";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { ExactSvmScheme } from "@x402/svm/exact/client";
import { privateKeyToAccount } from "viem/accounts";

/** The payer's secret on either network: that of the benches. */
const SEED = Buffer.alloc(32, 7);

/** Both clients, by the name of their package, the payers' addresses, and the calls to an RPC. */
export async function reference() {
  const { url: rpcUrl, calls, close } = await mintOnlyRpc();
  const solana = await createKeyPairSignerFromPrivateKeyBytes(SEED);
  const evm = privateKeyToAccount(`0x${SEED.toString("hex")}`);
  return {
    rpc: calls,
    close,
    payers: { solana: solana.address, evm: evm.address },
    clients: {
      "@x402/svm": client("solana:*", new ExactSvmScheme(solana, { rpcUrl })),
      "@x402/evm": client("eip155:*", new ExactEvmScheme(evm)),
    },
  };
}

function client(networks, scheme) {
  const http = new x402HTTPClient(new x402Client().register(networks, scheme));
  return timed(async (header) => {
    const terms = http.getPaymentRequiredResponse((name) => {
      return name.toUpperCase() === "PAYMENT-REQUIRED" ? header : null;
    });
    const payload = await http.createPaymentPayload(terms);
    return http.encodePaymentSignatureHeader(payload)["PAYMENT-SIGNATURE"];
  });
}

/** Times each of some payments by itself, as the other programs do. */
function timed(pay) {
  return async (challenge, payments) => {
    const required = challenge.match(/^PAYMENT-REQUIRED: (.*)\r$/m)[1];
    const nanoseconds = [];
    let header;
    for (let paid = 0; paid < payments; paid += 1) {
      const start = process.hrtime.bigint();
      header = await pay(required);
      nanoseconds.push(Number(process.hrtime.bigint() - start));
    }
    return { nanoseconds, header };
  };
}

/** A node that knows one thing: a mint of the token program with six decimals. */
async function mintOnlyRpc() {
  const mint = Buffer.alloc(82);
  mint[44] = 6; // decimals
  mint[45] = 1; // it is initialised
  const value = {
    data: [mint.toString("base64"), "base64"],
    owner: "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    executable: false,
    lamports: 1,
    rentEpoch: 0,
    space: mint.length,
  };
  const calls = [];
  const server = createServer(async (request, response) => {
    const { id, method } = JSON.parse(Buffer.concat(await request.toArray()));
    calls.push(method);
    const result = { context: { slot: 1 }, value };
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${server.address().port}`, calls, close: () => server.close() };
}
