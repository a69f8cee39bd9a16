// What the reference sellers, facilitators and clients share: listening, resources, recording.

import { once } from "node:events";
import express from "express";

/** Serves an Express application on a free port; resolves to its URL. */
export function listen(configure) {
  const app = express();
  app.use(express.json());
  configure(app);
  return address(app.listen(0, "127.0.0.1"));
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

/** Wraps a paying fetch so that `paid` keeps the last request that carried a payment. */
export function recordingFetch(wrap) {
  const paying = wrap(async (input, init) => {
    const request = new Request(input, init);
    const carries = ["payment-signature", "x-payment"].some((name) => request.headers.has(name));
    if (carries) paying.paid = request.clone();
    return fetch(request);
  });
  return paying;
}
