#!/usr/bin/env bash
# Times the device's client beside the reference client from npm and the Rust client for hosts, on
# the same challenges; see README.md. With arguments it builds that Rust client for these networks
# only, `eip155`, `solana` or `none`: for both it brings some 600 crates.
set -euo pipefail
cd "$(dirname "$0")"

target=$(cargo metadata --format-version 1 --no-deps | node -p 'JSON.parse(fs.readFileSync(0)).target_directory')
cargo build --quiet --profile bench --package embedded-x402-benches --bin host-device
programs=("$target/release/host-device")
[ $# -gt 0 ] || set -- eip155 solana
for network in "${@#none}"; do
    [ -n "$network" ] || continue
    cargo build --quiet --release --locked --manifest-path std-client/Cargo.toml \
        --target-dir "$target" --features "$network" --bin "x402-chain-$network"
    programs+=("$target/release/x402-chain-$network")
done
npm ci --silent --ignore-scripts --omit=optional --omit=peer

exec node compare.mjs "${programs[@]}"
