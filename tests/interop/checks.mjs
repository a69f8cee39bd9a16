// Every pairing of our device, seller and facilitator with the reference ones, on our chain.

import { check, equal, summary } from "./check.mjs";
import * as legacy from "./legacy.mjs";
import * as reference from "./reference.mjs";
import { Chain, PYUSD, USDC, USDG, pay, start, stopAll } from "./sim.mjs";
import { wallet } from "./wallet.mjs";

const PRICE = 1000; // $0.001
const MEMO = "order 7";

try {
  await run();
} finally {
  stopAll();
}
process.exit(summary() ? 0 : 1);

async function run() {
  const [device, buyer, pauper, payee, ours, theirs, oldest] = await Promise.all(
    Array.from({ length: 7 }, wallet),
  );
  const funds = [device, buyer].map(({ address }) => `--fund=${address}:10.0`);
  const tokens = [USDC, USDG, PYUSD];
  const accounts = tokens.map((mint) => `--fund=${payee.address}:0:${mint}`);
  const others = [USDG, PYUSD].map((mint) => `--fund=${device.address}:10.0:${mint}`);
  const fees = [ours, theirs, oldest].map(({ address }) => `--fund-sol=${address}:1.0`);
  const poor = `--fund=${pauper.address}:999`;
  const rpcUrl = await start("chain", [...funds, ...accounts, ...others, ...fees, poor]);
  const chain = new Chain(rpcUrl);

  const ourFacilitator = (keys, ...flags) =>
    start("facilitator", ["--rpc-url", rpcUrl, "--fee-payer", keys.base58, ...flags]);
  const ourSeller = (facilitatorUrl, ...flags) =>
    start("seller", ["--pay-to", payee.address, "--facilitator-url", facilitatorUrl, ...flags]);
  const theirSeller = (facilitatorUrl, options = {}) =>
    reference.seller({ facilitatorUrl, payTo: payee.address, prices, ...options });

  const token = (asset) => ({ price: { asset, amount: `${PRICE}` } });
  const prices = {
    "GET /weather": "$0.001",
    "GET /memo": { price: "$0.001", extra: { memo: MEMO } },
    "GET /usdg": token(USDG),
    "GET /pyusd": token(PYUSD),
    "GET /dear": "$1.01",
    "POST /echo": "$0.001",
  };

  const url = { facilitator: {}, seller: {} };
  url.facilitator.theirs = await reference.facilitator(theirs, rpcUrl);
  url.facilitator.ours = await ourFacilitator(ours);
  url.facilitator.legacy = await legacy.facilitator(oldest, rpcUrl);
  url.facilitator.oursLegacy = await ourFacilitator(ours, "--legacy");

  /** Runs a purchase; checks that exactly this much moved, from the payer to the payee. */
  async function moves(units, payer, purchase, mint = USDC) {
    const balances = () =>
      Promise.all([payer, payee].map(({ address }) => chain.balance(address, mint)));
    const before = await balances();
    const result = await purchase();
    const after = await balances();
    const change = after.map((balance, index) => balance - before[index]);
    equal("what payer and payee got", change, [0 - units, units]);
    return result;
  }

  /** Our device buys; the answer, the receipt and the balances must be right. */
  async function deviceBuys(url, { flags = [], data, mint } = {}) {
    const result = await moves(PRICE, device, () => pay(device, url, flags), mint);
    equal("error", result.error, undefined);
    equal("success", result.success, true);
    equal("exit status", result.exit, 0);
    equal("status", result.status_code, 200);
    equal("data", result.data, data ?? { sold: new URL(url).pathname });
    equal("receipt", result.payment_response.success, true);
    equal("payer", result.payment_response.payer, device.address);
    const transaction = result.payment_response.transaction;
    const { value } = await chain.call("getSignatureStatuses", [transaction]);
    equal("transaction error", value[0]?.err, null);
    return result;
  }

  /** Our device is refused; nothing may move. */
  async function deviceFails(payer, url, flags = []) {
    const result = await moves(0, payer, () => pay(payer, url, flags));
    equal("success", result.success, false);
    equal("exit status", result.exit, 1);
    return result;
  }

  /** A reference client buys. */
  async function clientBuys(client, url, receiptHeader, init) {
    const response = await moves(PRICE, buyer, () => client(url, init));
    equal("status", response.status, 200);
    const receipt = JSON.parse(atob(response.headers.get(receiptHeader)));
    equal("receipt", receipt.success, true);
    equal("payer", receipt.payer, buyer.address);
    const { value } = await chain.call("getSignatureStatuses", [receipt.transaction]);
    equal("transaction error", value[0]?.err, null);
    return response.json();
  }

  const rpc = ["--svm-rpc-url", rpcUrl];
  const weather = { report: { weather: "sunny", temperature: 70 } };

  // Our device, the reference seller and facilitator.
  const withHash = await theirSeller(url.facilitator.theirs, { rpcUrl });
  const withoutHash = await theirSeller(url.facilitator.theirs);
  await check("device -> reference seller, blockhash in the 402", () =>
    deviceBuys(`${withHash}/weather`));
  await check("device -> reference seller, blockhash from RPC", () =>
    deviceBuys(`${withoutHash}/weather`, { flags: rpc }));
  await check("device -> reference seller, bytes one at a time", () =>
    deviceBuys(`${withHash}/weather`, { flags: ["--fragment", "1"] }));
  await check("device -> reference seller, memo", async () => {
    const result = await deviceBuys(`${withHash}/memo`);
    equal("memos", await chain.memos(result.payment_response.transaction), [MEMO]);
  });
  for (const [name, mint] of Object.entries({ usdg: USDG, pyusd: PYUSD })) {
    await check(`device -> reference seller, Token-2022 (${name})`, () =>
      deviceBuys(`${withHash}/${name}`, { mint, flags: ["--asset", mint] }));
  }
  await check("device -> reference seller, POST", () => {
    const body = JSON.stringify({ reading: 21.5 });
    const flags = ["--body", body, "--header", "Content-Type: application/json"];
    return deviceBuys(`${withHash}/echo`, { flags, data: { reading: 21.5 } });
  });
  await check("device refuses the reference seller's price over its cap", async () => {
    const result = await deviceFails(device, `${withHash}/dear`);
    equal("error", result.error, "?");
  });
  await check("device without funds hears the reference facilitator's reason", async () => {
    const result = await deviceFails(pauper, `${withHash}/weather`);
    equal("error", result.error, "?");
  });

  // Version 1: our device, the legacy seller and facilitator.
  const v1Prices = { "GET /weather": `${PRICE}`, "POST /echo": `${PRICE}`, "GET /dear": "1010000" };
  const v1Seller = (facilitatorUrl) =>
    legacy.seller({ facilitatorUrl, payTo: payee.address, prices: v1Prices });
  const old = await v1Seller(url.facilitator.legacy);
  const oldWithNew = await v1Seller(url.facilitator.theirs);
  await check("v1: device -> legacy seller, legacy facilitator", () =>
    deviceBuys(`${old}/weather`, { flags: rpc }));
  await check("v1: device -> legacy seller, reference facilitator", () =>
    deviceBuys(`${oldWithNew}/weather`, { flags: rpc }));
  await check("v1: device refuses the legacy seller's price over its cap", async () => {
    const result = await deviceFails(device, `${old}/dear`, rpc);
    equal("error", result.error, "?");
  });
  await check("v1: device without funds hears the legacy facilitator's reason", async () => {
    const result = await deviceFails(pauper, `${old}/weather`, rpc);
    equal("error", result.error, "?");
  });

  // The reference clients, our seller and facilitator.
  const shop = await ourSeller(url.facilitator.ours);
  const shopWithHash = await ourSeller(url.facilitator.ours, "--rpc-url", rpcUrl, "--memo", MEMO);
  const oldShop = await ourSeller(url.facilitator.oursLegacy);
  const fetch2 = reference.client(buyer, rpcUrl);
  const fetch1 = legacy.client(buyer, rpcUrl);
  await check("reference client -> our seller", async () => {
    equal("data", await clientBuys(fetch2, `${shop}/weather`, "payment-response"), weather);
  });
  await check("reference client -> our seller, blockhash and memo in the 402", async () => {
    equal("data", await clientBuys(fetch2, `${shopWithHash}/weather`, "payment-response"), weather);
  });
  await check("reference client -> our seller, POST", async () => {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: '{"reading":21.5}' };
    const data = await clientBuys(fetch2, `${shop}/echo`, "payment-response", init);
    equal("data", data, { reading: 21.5 });
  });
  await check("v1: reference client -> our seller", async () => {
    equal("data", await clientBuys(fetch2, `${shop}/v1/weather`, "x-payment-response"), weather);
  });
  await check("v1: legacy client -> our seller", async () => {
    equal("data", await clientBuys(fetch1, `${shop}/v1/weather`, "x-payment-response"), weather);
  });
  await check("v1: legacy client -> our seller, our legacy facilitator", async () => {
    equal("data", await clientBuys(fetch1, `${oldShop}/v1/weather`, "x-payment-response"), weather);
  });

  // Sellers and facilitators of different makes.
  const theirsWithOurs = await theirSeller(url.facilitator.ours, { rpcUrl });
  const oursWithTheirs = await ourSeller(url.facilitator.theirs, "--rpc-url", rpcUrl);
  const oldWithOurs = await v1Seller(url.facilitator.oursLegacy);
  await check("device -> reference seller, our facilitator", () =>
    deviceBuys(`${theirsWithOurs}/weather`));
  await check("device -> our seller, reference facilitator", () =>
    deviceBuys(`${oursWithTheirs}/weather`, { data: weather }));
  await check("reference client -> reference seller, our facilitator", async () => {
    const data = await clientBuys(fetch2, `${theirsWithOurs}/weather`, "payment-response");
    equal("data", data, { sold: "/weather" });
  });
  await check("reference client -> our seller, reference facilitator", async () => {
    const data = await clientBuys(fetch2, `${oursWithTheirs}/weather`, "payment-response");
    equal("data", data, weather);
  });
  await check("v1: device -> legacy seller, our legacy facilitator", () =>
    deviceBuys(`${oldWithOurs}/weather`, { flags: rpc }));
  await check("v1: device -> our seller, reference facilitator", () =>
    deviceBuys(`${oursWithTheirs}/v1/weather`, { data: weather, flags: rpc }));
}
