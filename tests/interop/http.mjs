// What the reference sellers, facilitators and clients share: listening, resources, recording.

import { once } from "node:events";
import { createServer } from "node:http";
import express from "express";

/** Serves an Express application on a free port; resolves to its URL. */
export function listen(configure) {
  const app = express();
  app.use(express.json());
  configure(app);
  return address(app.listen(0, "127.0.0.1"));
}

/** Serves a facilitator's three paths. */
export function listenFacilitator({ supported, verify, settle }) {
  const answer = (judge) => async ({ body }, response) => {
    try {
      response.json(await judge(body.paymentPayload, body.paymentRequirements));
    } catch (error) {
      response.status(500).json({ failed: error.message.split("\n")[0] });
    }
  };
  return listen((app) => {
    app.get("/supported", (_, response) => response.json(supported));
    app.post("/verify", answer(verify));
    app.post("/settle", answer(settle));
  });
}

export async function address(server) {
  if (!server.listening) await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** What is sold. */
export function resources(app) {
  app.post("/echo", ({ body }, response) => response.json(body));
  app.get("/*", (request, response) => response.json({ sold: request.path }));
}

const pays = ({ headers }) => ["payment-signature", "x-payment"].some((name) => headers.has(name));

/**
 * Wraps a paying fetch. Its `paid` is the last request that carried a payment, and `unsent` makes
 * such a request without sending it.
 */
export function recordingFetch(wrap) {
  let holds = false;
  const paying = wrap(async (input, init) => {
    const request = new Request(input, init);
    if (!pays(request)) return fetch(request);
    paying.paid = request.clone();
    return holds ? Response.json(null) : fetch(request);
  });
  paying.unsent = async (url) => {
    holds = true;
    await paying(url).finally(() => (holds = false));
    return paying.paid;
  };
  return paying;
}

/**
 * Stands before a seller and passes everything on, but hangs up instead of bringing the answer to
 * the first payment. It closes the connection after the challenge, too, unless told to keep it.
 */
export function losingFirstReceipt(url, keeps) {
  let lost = false;
  const server = createServer(async (incoming, outgoing) => {
    const headers = new Headers(incoming.headers);
    headers.delete("connection");
    const request = new Request(new URL(incoming.url, url), { method: incoming.method, headers });
    const answer = await fetch(request);
    const body = Buffer.from(await answer.arrayBuffer());
    if (pays(request) && !lost) {
      lost = true;
      incoming.socket.destroy();
      return;
    }
    const connection = keeps ? "keep-alive" : "close";
    outgoing.writeHead(answer.status, { ...Object.fromEntries(answer.headers), connection });
    outgoing.end(body);
  });
  return address(server.listen(0, "127.0.0.1"));
}
