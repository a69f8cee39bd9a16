// Every pairing of our device, seller and facilitator with the reference ones, on our chains.

import { summary } from "./check.mjs";
import { checkBothChains } from "./both-chains-checks.mjs";
import { checkEvm } from "./evm-checks.mjs";
import { checkSolana } from "./solana-checks.mjs";

// The reference packages report every refusal.
console.error = () => {};

await checkSolana();
await checkEvm();
await checkBothChains();
process.exit(summary() ? 0 : 1);
