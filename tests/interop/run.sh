#!/usr/bin/env bash
# Pays and sells across x402-sim and the x402 reference packages; see README.md.
set -euo pipefail
cd "$(dirname "$0")"

cargo build --quiet --package embedded-x402-sim --bin x402-sim
target=$(cargo metadata --format-version 1 --no-deps | node -p 'JSON.parse(fs.readFileSync(0)).target_directory')
npm ci --silent --ignore-scripts --omit=optional --omit=peer

X402_SIM="$target/debug/x402-sim" exec node checks.mjs
