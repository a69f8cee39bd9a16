// The first generation (x402 version 1): its facilitator, its Express seller and its fetch client.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { settle, verify } from "x402/facilitator";
import { paymentMiddleware } from "x402-express";
import { wrapFetchWithPayment } from "x402-fetch";

import * as evm from "./evm.mjs";
import { address, listen, listenFacilitator, recordingFetch, resources } from "./http.mjs";
import * as solana from "./solana.mjs";

/** A facilitator over HTTP on both chains. */
export async function facilitator(wallets, rpcUrls) {
  const config = { svmConfig: { rpcUrl: await withSubscriptions(rpcUrls.solana) } };
  const signers = {
    [solana.NETWORK_V1]: wallets.solana.signer,
    [evm.NETWORK_V1]: evm.walletClient(wallets.evm, rpcUrls.evm),
  };
  const kind = { x402Version: 1, scheme: "exact" };
  const feePayer = wallets.solana.address;
  return listenFacilitator({
    supported: {
      kinds: [
        { ...kind, network: solana.NETWORK_V1, extra: { feePayer } },
        { ...kind, network: evm.NETWORK_V1 },
      ],
    },
    verify: (payment, terms) => verify(signers[payment.network], payment, terms, config),
    settle: (payment, terms) => settle(signers[payment.network], payment, terms, config),
  });
}

/** A seller; `routes` maps them ("GET /weather") to `{ network, price }`. */
export function seller({ facilitatorUrl, payTo, routes }) {
  return listen((app) => {
    app.use(paymentMiddleware(payTo, routes, { url: facilitatorUrl }));
    resources(app);
  });
}

/** A client that pays on Solana. */
export function solanaClient(wallet, rpcUrl) {
  const config = { svmConfig: { rpcUrl } };
  return recordingFetch((fetch) => {
    return wrapFetchWithPayment(fetch, wallet.signer, undefined, undefined, config);
  });
}

/** A client that pays on the EVM chain. */
export function evmClient(wallet) {
  return recordingFetch((fetch) => wrapFetchWithPayment(fetch, wallet.signer));
}

/**
 * The first facilitators wait for payments over a node's WebSocket, which the chain does not have.
 * So this passes calls on to the chain, and answers subscriptions by asking it again and again.
 */
async function withSubscriptions(rpcUrl) {
  const chain = new solana.SolanaChain(rpcUrl);
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join("");
    const headers = { "content-type": "application/json" };
    const answer = await fetch(rpcUrl, { method: "POST", headers, body });
    response.writeHead(answer.status, headers).end(await answer.text());
  });
  new WebSocketServer({ server }).on("connection", (socket) => {
    let last = 0;
    const timers = new Map();
    const notify = (subscription, method, result) => {
      socket.send(JSON.stringify({ jsonrpc: "2.0", method, params: { subscription, result } }));
    };
    const polls = {
      slotSubscribe: async (subscription) => {
        const slot = await chain.call("getSlot", { commitment: "processed" });
        notify(subscription, "slotNotification", { slot, parent: slot - 1, root: 0 });
      },
      signatureSubscribe: async (subscription, [signature]) => {
        const { context, value } = await chain.call("getSignatureStatuses", [signature]);
        if (!value[0]) return;
        clearInterval(timers.get(subscription));
        const result = { context: { slot: context.slot }, value: { err: value[0].err } };
        notify(subscription, "signatureNotification", result);
      },
    };
    socket.on("message", (data) => {
      const { id, method, params } = JSON.parse(data);
      const poll = polls[method];
      const subscription = poll ? ++last : params?.[0];
      socket.send(JSON.stringify({ jsonrpc: "2.0", id, result: poll ? subscription : true }));
      if (!poll) return clearInterval(timers.get(subscription));
      timers.set(subscription, setInterval(() => poll(subscription, params), 100));
    });
    socket.on("close", () => timers.forEach((timer) => clearInterval(timer)));
  });
  return address(server.listen(0, "127.0.0.1"));
}
