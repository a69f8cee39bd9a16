// What sellers ask facilitators, asked directly.

/** What a seller would ask its facilitator about a payment that was not sent. */
export async function facilitatorRequest(client, url) {
  const paid = await client.unsent(url);
  const header = paid.headers.get("payment-signature") ?? paid.headers.get("x-payment");
  const paymentPayload = JSON.parse(atob(header));
  const { x402Version, accepted } = paymentPayload;
  const terms = accepted ?? (await (await fetch(url)).json()).accepts[0];
  return { x402Version, paymentPayload, paymentRequirements: structuredClone(terms) };
}

/**
 * The verdict of "/verify" or "/settle", without what differs by make. A facilitator that fails
 * instead says why in `failed`.
 */
export async function judge(facilitator, path, request) {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(request);
  const signal = AbortSignal.timeout(10_000);
  const response = await fetch(`${facilitator}${path}`, { method: "POST", headers, body, signal });
  const { failed, isValid, invalidReason, payer, success, errorReason } = await response.json();
  return { failed, isValid, invalidReason, payer, success, errorReason };
}
