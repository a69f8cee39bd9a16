// Lets clients pay the same challenges in turns, so that whatever else the machine does hits all.

import { check } from "./payment.mjs";
import { spread } from "./statistics.mjs";

/** Payments of each client before it is timed: engines compile what they see often. */
const WARM_UP = 300;

/** Turns of each client, and payments in each of them: a second at most. */
const ROUNDS = 40;
const BATCH = 25;

/**
 * Times each client on a challenge; answers for each, by its name, the spread of its times, the very
 * first of them, and the length of its header. Throws unless the payments are good ones.
 */
export async function measure(challenge, clients, payer) {
  const results = new Map();
  for (const [name, pay] of clients) {
    const { nanoseconds: [first], header } = await pay(challenge, WARM_UP);
    results.set(name, { first, times: [], headers: [header] });
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, pay] of rotated(clients, round)) {
      const { nanoseconds, header } = await pay(challenge, BATCH);
      const { times, headers } = results.get(name);
      times.push(...nanoseconds);
      headers.push(header);
    }
  }
  // Not before all is timed: the checks make garbage, and warm up what the reference client uses.
  for (const { headers } of results.values()) await checkAll(challenge, headers, payer);
  return new Map([...results].map(([name, result]) => [name, told(result)]));
}

function rotated(clients, by) {
  const start = by % clients.length;
  return [...clients.slice(start), ...clients.slice(0, start)];
}

/** Each is another payment, unless the client has a fixed source of randomness, as ours has here. */
async function checkAll(challenge, headers, payer) {
  for (const header of headers) await check(challenge, header, payer);
}

function told({ first, times, headers }) {
  return { ...spread(times), first, header: headers.at(-1).length };
}
