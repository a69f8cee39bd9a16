// The reference implementation: its facilitator, its Express seller and its fetch client.

import { x402Client } from "@x402/core/client";
import { x402Facilitator } from "@x402/core/facilitator";
import { HTTPFacilitatorClient } from "@x402/core/server";
import { toFacilitatorEvmSigner } from "@x402/evm";
import { ExactEvmScheme as ExactEvmClient } from "@x402/evm/exact/client";
import { registerExactEvmScheme } from "@x402/evm/exact/facilitator";
import { ExactEvmScheme as ExactEvmServer } from "@x402/evm/exact/server";
import { ExactEvmSchemeV1 as ExactEvmClientV1 } from "@x402/evm/exact/v1/client";
import { paymentMiddleware, x402ResourceServer } from "@x402/express";
import { wrapFetchWithPayment } from "@x402/fetch";
import { toFacilitatorSvmSigner } from "@x402/svm";
import { ExactSvmScheme as ExactSvmClient } from "@x402/svm/exact/client";
import { registerExactSvmScheme } from "@x402/svm/exact/facilitator";
import { ExactSvmScheme as ExactSvmServer } from "@x402/svm/exact/server";
import { ExactSvmSchemeV1 as ExactSvmClientV1 } from "@x402/svm/exact/v1/client";

import * as evm from "./evm.mjs";
import { listen, listenFacilitator, recordingFetch, resources } from "./http.mjs";
import * as solana from "./solana.mjs";

/** A facilitator over HTTP on both chains, for versions 1 and 2. */
export function facilitator(wallets, rpcUrls) {
  const facilitator = new x402Facilitator();
  registerExactSvmScheme(facilitator, {
    signer: toFacilitatorSvmSigner(wallets.solana.signer, { defaultRpcUrl: rpcUrls.solana }),
    networks: solana.NETWORK,
  });
  const client = evm.walletClient(wallets.evm, rpcUrls.evm);
  registerExactEvmScheme(facilitator, {
    signer: toFacilitatorEvmSigner({ ...client, address: wallets.evm.address }),
    networks: evm.NETWORK,
  });
  return listenFacilitator({
    supported: facilitator.getSupported(),
    verify: (payment, terms) => facilitator.verify(payment, terms),
    settle: (payment, terms) => facilitator.settle(payment, terms),
  });
}

/**
 * A seller. `routes` maps them ("GET /weather") to what they accept: a list of
 * `{ network, payTo, price, extra }`. With an `rpcUrl` the challenges carry recent blockhashes.
 */
export function seller({ facilitatorUrl, rpcUrl, routes }) {
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl }));
  server.register(solana.NETWORK, new ExactSvmServer({ rpcUrl }));
  server.register(evm.NETWORK, new ExactEvmServer());
  const priced = Object.entries(routes).map(([route, ways]) => {
    return [route, { accepts: ways.map((way) => ({ scheme: "exact", ...way })) }];
  });
  return listen((app) => {
    app.use(paymentMiddleware(Object.fromEntries(priced), server));
    resources(app);
  });
}

/** A client that pays on Solana in versions 1 and 2; see `recordingFetch`. */
export function solanaClient(wallet, rpcUrl) {
  const client = new x402Client();
  client.register(solana.NETWORK, new ExactSvmClient(wallet.signer, { rpcUrl }));
  client.registerV1(solana.NETWORK_V1, new ExactSvmClientV1(wallet.signer, { rpcUrl }));
  return recordingFetch((fetch) => wrapFetchWithPayment(fetch, client));
}

/** The same on the EVM chain. */
export function evmClient(wallet) {
  const client = new x402Client();
  client.register(evm.NETWORK, new ExactEvmClient(wallet.signer));
  client.registerV1(evm.NETWORK_V1, new ExactEvmClientV1(wallet.signer));
  return recordingFetch((fetch) => wrapFetchWithPayment(fetch, client));
}
