#!/usr/bin/env bash
# Builds the image and runs it in rp2040js: one line of JSON for each rehearsal,
# as run.mjs describes it. Exits 0 only if the image finished.
#
# Needs node and npm; the emulator comes from npm, as package-lock.json has it.
set -euo pipefail
cd "$(dirname "$0")"

main() {
    [ -d node_modules/rp2040js ] || npm ci --silent --no-audit --no-fund >&2
    local toolchain
    toolchain=$(../setup-toolchain.sh)
    # shellcheck disable=SC2086 # an empty selector must vanish
    cargo $toolchain build --release >&2
    node run.mjs "${CARGO_TARGET_DIR:-target}/thumbv6m-none-eabi/release/rp2040-rehearsal"
}

main
