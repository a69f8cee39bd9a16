// One line a check, and the count of them.

import { isDeepStrictEqual } from "node:util";

const count = { passed: 0, failed: 0 };

/** Runs one check; it fails if it throws. What it returns is printed as a remark. */
export async function check(name, body) {
  try {
    const remark = await body();
    count.passed += 1;
    console.log(`ok    ${name}${remark ? ` (${remark})` : ""}`);
  } catch (error) {
    count.failed += 1;
    console.log(`FAIL  ${name}: ${error.message}`);
  }
}

/** Prints the count; answers whether nothing failed. */
export function summary() {
  console.log(`${count.passed} passed, ${count.failed} failed`);
  return count.failed === 0;
}

export function equal(what, got, wanted) {
  if (isDeepStrictEqual(got, wanted)) return;
  throw new Error(`${what} is ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}
