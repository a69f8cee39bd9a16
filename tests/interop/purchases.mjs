// Purchases on one chain that look at the balances.

import { setTimeout } from "node:timers/promises";

import { equal } from "./check.mjs";
import { pay } from "./sim.mjs";

export const PRICE = 1000; // atomic units: $0.001

/**
 * Purchases by a device and by a buyer with a reference client, from a payee, in a token unless
 * told otherwise. `pause` is how many milliseconds to wait before each.
 */
export function purchases({ chain, token, pause, device, buyer, payee }) {
  /** Does something; exactly this much must move from the payer to the payee. */
  async function moves(units, payer, action, asset = token) {
    const balances = () =>
      Promise.all([payer, payee].map(({ address }) => chain.balance(address, asset)));
    await setTimeout(pause);
    const before = await balances();
    const result = await action();
    const after = await balances();
    const change = after.map((balance, index) => balance - before[index]);
    equal("what payer and payee got", change, [0 - units, units]);
    return result;
  }

  /** Our device buys; the answer, the receipt and the balances must be right. */
  async function deviceBuys(url, { payer = device, flags = [], data, asset } = {}) {
    const result = await moves(PRICE, payer, () => pay(payer, url, flags), asset);
    equal("error", result.error, undefined);
    equal("success", result.success, true);
    equal("exit status", result.exit, 0);
    equal("status", result.status_code, 200);
    equal("data", result.data, data ?? { sold: new URL(url).pathname });
    await settled(result.payment_response, payer);
    return result.payment_response;
  }

  /** Our device is refused, for this reason; nothing may move. */
  async function deviceFails(payer, url, flags, error) {
    const result = await moves(0, payer, () => pay(payer, url, flags));
    equal("error", result.error, error);
    equal("success", result.success, false);
    equal("exit status", result.exit, 1);
    equal("receipt", result.payment_response, null);
  }

  /** Our device pays and gets no answer: it must not know whether it has paid. */
  async function deviceDoubts(url) {
    const result = await moves(PRICE, device, () => pay(device, url));
    equal("success", result.success, false);
    const [known] = result.error.split(" (");
    equal("error", known, "paid or not, that is unknown");
  }

  /** A reference client buys; the answer, the receipt and the balances must be right. */
  async function clientBuys(client, url, data, init) {
    const response = await moves(PRICE, buyer, () => client(url, init));
    equal("status", response.status, 200);
    const version1 = response.headers.get("x-payment-response");
    const receipt = version1 ?? response.headers.get("payment-response");
    await settled(JSON.parse(atob(receipt)), buyer);
    equal("data", await response.json(), data);
  }

  /** A reference client buys, and sends its payment again; answers how that is refused. */
  async function replay(client, url) {
    await moves(PRICE, buyer, () => client(url));
    return moves(0, buyer, async () => refusal(await fetch(client.paid.clone())));
  }

  /** A reference client's payment is sent twice at once; answers how one of them is refused. */
  async function sendTwice(client, url) {
    const [accepted, refused] = await moves(PRICE, buyer, async () => {
      const request = await client.unsent(url);
      const responses = await Promise.all([fetch(request.clone()), fetch(request)]);
      return responses.sort((a, b) => a.status - b.status);
    });
    equal("statuses", [accepted.status, refused.status], [200, 402]);
    return refusal(refused);
  }

  async function settled(receipt, payer) {
    equal("receipt", receipt.success, true);
    equal("payer", chain.canonical(receipt.payer), payer.address);
    await chain.executed(receipt.transaction);
  }

  return { moves, deviceBuys, deviceFails, deviceDoubts, clientBuys, replay, sendTwice };
}

async function refusal(response) {
  const [required, receipt] = ["payment-required", "payment-response"].map((name) => {
    const value = response.headers.get(name);
    return value && JSON.parse(atob(value));
  });
  const body = await response.json().catch(() => null);
  const error = required?.error ?? receipt?.errorReason ?? body?.error;
  return { status: response.status, error };
}
