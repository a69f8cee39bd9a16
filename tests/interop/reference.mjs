// The reference implementation: its facilitator, its Express seller and its fetch client.

import { x402Client } from "@x402/core/client";
import { x402Facilitator } from "@x402/core/facilitator";
import { HTTPFacilitatorClient } from "@x402/core/server";
import { paymentMiddleware, x402ResourceServer } from "@x402/express";
import { wrapFetchWithPayment } from "@x402/fetch";
import { toFacilitatorSvmSigner } from "@x402/svm";
import { ExactSvmScheme as ExactSvmClient } from "@x402/svm/exact/client";
import { registerExactSvmScheme } from "@x402/svm/exact/facilitator";
import { ExactSvmScheme as ExactSvmServer } from "@x402/svm/exact/server";
import { ExactSvmSchemeV1 as ExactSvmClientV1 } from "@x402/svm/exact/v1/client";

import { listen, listenFacilitator, recordingFetch, resources } from "./http.mjs";
import { NETWORK } from "./sim.mjs";

/** A facilitator over HTTP, for versions 1 and 2. */
export function facilitator(wallet, rpcUrl) {
  const signer = toFacilitatorSvmSigner(wallet.signer, { defaultRpcUrl: rpcUrl });
  const facilitator = new x402Facilitator();
  registerExactSvmScheme(facilitator, { signer, networks: NETWORK });
  return listenFacilitator({
    supported: facilitator.getSupported(),
    verify: (payment, terms) => facilitator.verify(payment, terms),
    settle: (payment, terms) => facilitator.settle(payment, terms),
  });
}

/**
 * A seller. `prices` maps routes ("GET /weather") to prices, or to `{ price, extra }`; with an
 * `rpcUrl` its challenges carry recent blockhashes.
 */
export function seller({ facilitatorUrl, payTo, rpcUrl, prices }) {
  const scheme = new ExactSvmServer({ rpcUrl });
  const server = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl }));
  server.register(NETWORK, scheme);
  const routes = Object.entries(prices).map(([route, terms]) => {
    const { price, extra } = terms.price ? terms : { price: terms };
    return [route, { accepts: { scheme: "exact", network: NETWORK, payTo, price, extra } }];
  });
  return listen((app) => {
    app.use(paymentMiddleware(Object.fromEntries(routes), server));
    resources(app);
  });
}

/** A client that pays in versions 1 and 2; see `recordingFetch`. */
export function client(wallet, rpcUrl) {
  const client = new x402Client();
  client.register(NETWORK, new ExactSvmClient(wallet.signer, { rpcUrl }));
  client.registerV1("solana-devnet", new ExactSvmClientV1(wallet.signer, { rpcUrl }));
  return recordingFetch((fetch) => wrapFetchWithPayment(fetch, client));
}
