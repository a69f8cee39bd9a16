#!/usr/bin/env bash
# Starts an RP2040 firmware with faults, as start.mjs describes it:
#
#     boards/rp2040-rehearsal/start.sh target/thumbv6m-none-eabi/release/w5500-evb-pico
#
# Needs node and npm.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

"$here/emulator.sh"
node "$here/start.mjs" "$@"
