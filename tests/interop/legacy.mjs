// The first generation (x402 version 1): its facilitator, its Express seller and its fetch client.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { settle, verify } from "x402/facilitator";
import { paymentMiddleware } from "x402-express";
import { wrapFetchWithPayment } from "x402-fetch";

import { address, listen, listenFacilitator, recordingFetch, resources } from "./http.mjs";
import { Chain, USDC } from "./sim.mjs";

const NETWORK = "solana-devnet";

/** A facilitator over HTTP. */
export async function facilitator(wallet, rpcUrl) {
  const config = { svmConfig: { rpcUrl: await withSubscriptions(rpcUrl) } };
  const kind = { x402Version: 1, scheme: "exact", network: NETWORK };
  return listenFacilitator({
    supported: { kinds: [{ ...kind, extra: { feePayer: wallet.address } }] },
    verify: (payment, terms) => verify(wallet.signer, payment, terms, config),
    settle: (payment, terms) => settle(wallet.signer, payment, terms, config),
  });
}

/** A seller; `prices` maps routes to atomic units of USDC. */
export function seller({ facilitatorUrl, payTo, prices }) {
  const asset = { address: USDC, decimals: 6 };
  const routes = Object.entries(prices).map(([route, amount]) => {
    return [route, { network: NETWORK, price: { amount, asset } }];
  });
  return listen((app) => {
    app.use(paymentMiddleware(payTo, Object.fromEntries(routes), { url: facilitatorUrl }));
    resources(app);
  });
}

/** A client. */
export function client(wallet, rpcUrl) {
  const config = { svmConfig: { rpcUrl } };
  return recordingFetch((fetch) => {
    return wrapFetchWithPayment(fetch, wallet.signer, undefined, undefined, config);
  });
}

/**
 * The first facilitators wait for payments over a node's WebSocket, which the chain does not have.
 * So this passes calls on to the chain, and answers subscriptions by asking it again and again.
 */
async function withSubscriptions(rpcUrl) {
  const chain = new Chain(rpcUrl);
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
