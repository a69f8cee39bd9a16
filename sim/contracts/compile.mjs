// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Compiles PaymentToken.sol to PaymentToken.runtime.hex, the code that the simulator places at the
// token's address. Run it in this folder after the source has changed:
//
//     npm install --no-save solc@0.8.37 && node compile.mjs
//
// `node compile.mjs --check` writes nothing and fails if the file is not what the source gives.

import { readFileSync, writeFileSync } from "node:fs";
import solc from "solc";

const COMPILER = "0.8.37";
const SOURCE = "PaymentToken.sol";
const OUTPUT = "PaymentToken.runtime.hex";

if (!solc.version().startsWith(`${COMPILER}+`)) {
  throw new Error(`solc ${COMPILER} is wanted, this is ${solc.version()}`);
}

const input = {
  language: "Solidity",
  sources: { [SOURCE]: { content: readFileSync(SOURCE, "utf8") } },
  settings: {
    optimizer: { enabled: true, runs: 200 },
    viaIR: true,
    evmVersion: "cancun",
    // No hash of paths or comments in the code: the same source gives the same bytes anywhere.
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { [SOURCE]: { PaymentToken: ["evm.deployedBytecode.object"] } },
  },
};

const output = JSON.parse(solc.compile(JSON.stringify(input)));
for (const problem of output.errors ?? []) {
  console.error(problem.formattedMessage);
}
if (output.errors?.length) {
  process.exit(1);
}

const code = `${output.contracts[SOURCE].PaymentToken.evm.deployedBytecode.object}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(OUTPUT, code);
} else if (readFileSync(OUTPUT, "utf8") !== code) {
  console.error(`${OUTPUT} is not what ${SOURCE} compiles to`);
  process.exit(1);
}
