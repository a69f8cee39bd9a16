#!/usr/bin/env bash
# Prints the sizes of the main types in bytes, on the targets of the boards, for each kind of
# network and for both.
set -euo pipefail
cd "$(dirname "$0")/sizes"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target}
toolchain=$(../../boards/setup-toolchain.sh)

for target in thumbv6m-none-eabi riscv32imc-unknown-none-elf; do
    for networks in solana evm solana,evm; do
        # shellcheck disable=SC2086 # an empty selector must vanish
        cargo $toolchain build -q --target "$target" --features "$networks"
        echo "$target, $networks"
        readelf --symbols --wide "$CARGO_TARGET_DIR/$target/debug/libembedded_x402_sizes.rlib" 2>/dev/null |
            sed 's/17h[0-9a-f]\{16\}E$//' |
            awk '$4 == "OBJECT" && match($8, /SIZE_OF_[A-Z0-9_]+/) {
                printf "  %6d  %s\n", $3, tolower(substr($8, RSTART + 8, RLENGTH - 8))
            }' | sort -k2 -u
    done
done
