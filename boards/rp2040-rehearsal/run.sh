#!/usr/bin/env bash
# Builds the image and runs it in rp2040js: one line of JSON for each rehearsal,
# as run.mjs describes it. Exits 0 only if the image finished.
#
# Needs node and npm.
set -euo pipefail
cd "$(dirname "$0")"

main() {
    ./emulator.sh
    local toolchain
    toolchain=$(../setup-toolchain.sh)
    # shellcheck disable=SC2086 # an empty selector must vanish
    cargo $toolchain build --release >&2
    node run.mjs "${CARGO_TARGET_DIR:-target}/thumbv6m-none-eabi/release/rp2040-rehearsal"
}

main
