// Pays the same challenges by every client, and writes results.{json,md,svg}: see run.sh.
//
//     node compare.mjs DEVICE [STD_CLIENT...]
//
// where all are programs, and those of the Rust client for hosts have the names of its crates. The
// table says which of them was not built.

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { crateVersion, machine, npmVersion } from "./machine.mjs";
import { measure } from "./measure.mjs";
import { plot } from "./plot.mjs";
import { start } from "./program.mjs";
import { reference } from "./reference.mjs";
import { line, markdown, text } from "./report.mjs";

const SIZES = ["600 B", "7 KB"];

/**
 * What pays on each network, ours first, and how many times as fast as the reference client it has
 * to be with the signer that is recommended.
 */
const NETWORKS = [
  {
    network: "solana",
    title: "Solana",
    ours: {
      "ed25519-dalek": "embedded-x402, ed25519-dalek",
      "ed25519-dalek, accounts derived": "embedded-x402, ed25519-dalek, accounts derived",
      "ed25519-compact": "embedded-x402, ed25519-compact",
      "ed25519-compact, accounts derived": "embedded-x402, ed25519-compact, accounts derived",
    },
    std: "x402-chain-solana",
    reference: "@x402/svm",
    recommended: "ed25519-dalek",
    wanted: 30,
  },
  {
    network: "evm",
    title: "EVM",
    ours: { k256: "embedded-x402, k256" },
    std: "x402-chain-eip155",
    reference: "@x402/evm",
    recommended: "k256",
    wanted: 8,
  },
];

const [devicePath, ...stdPaths] = process.argv.slice(2);
const device = start(devicePath);
const std = new Map(stdPaths.map((path) => [basename(path), start(path)]));
const { clients, payers, rpc, close } = await reference();

const where = machine();
const challenges = [];
for (const network of NETWORKS) {
  for (const size of SIZES) challenges.push(await compare(network, size));
}
for (const program of [device, ...std.values(), { close }]) program.close();

const budgets = challenges.flatMap(budget);
const results = { machine: where, rpcCalls: rpc, challenges, budgets };
writeFileSync("results.json", `${JSON.stringify(results, null, 2)}\n`);
writeFileSync("results.md", markdown(results));
writeFileSync("results.svg", plot(results));
console.log(text(challenges));
budgets.forEach((budget) => console.log(line(budget)));
process.exitCode = budgets.every(({ kept }) => kept) ? 0 : 1;

async function compare(plan, size) {
  const { network, title, ours, std: crate, reference, recommended, wanted } = plan;
  const challenge = execFileSync(devicePath, [title, size], { encoding: "utf8" });
  const paying = Object.keys(ours).map((client) => [client, device.client(client)]);
  if (std.has(crate)) paying.push([crate, std.get(crate).client(crate)]);
  paying.push([reference, clients[reference]]);
  const figures = await measure(challenge, paying, payers[network]);
  const base = figures.get(reference).median;
  const row = (client, name, kind) => {
    const figure = figures.get(client);
    if (!figure) return { name, kind, missing: "not built" };
    const isHeld = kind === "ours" && client.startsWith(recommended);
    return { name, kind, isHeld, ...figure, ratio: base / figure.median };
  };
  return {
    title: `${title}, ${size}`,
    bytes: Buffer.byteLength(challenge),
    meetsColdPrograms: size === SIZES[0],
    wanted,
    rows: [
      ...Object.entries(ours).map(([client, name]) => row(client, name, "ours")),
      row(crate, `${crate} ${crateVersion(crate)} (Rust)`, "std"),
      row(reference, `${reference} ${npmVersion(reference)} (TypeScript)`, "reference"),
    ],
  };
}

function budget({ title, rows, wanted }) {
  return rows.filter(({ isHeld }) => isHeld).map(({ name, ratio }) => {
    return { title, client: name, faster: ratio, wanted, kept: ratio >= wanted };
  });
}
