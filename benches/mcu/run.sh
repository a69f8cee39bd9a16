#!/usr/bin/env bash
# What a payment takes on microcontrollers, in parts and as a whole, and what other
# libraries take for a signature:
#
#     benches/mcu/run.sh            # measures, writes the report, and checks the budget
#     benches/mcu/run.sh RP2040/pay # measures payments on this core, and keeps the rest;
#                                   # sign/TweetNaCl measures a peer on each core
#     benches/mcu/run.sh --check    # is the report what results.json says? measures nothing
#     benches/mcu/run.sh --write    # writes the report anew from results.json
#
# Exits 0 only if everything was computed as on this machine, and nothing takes more
# than the budget allows. Installs what it needs by apt-get: QEMU, Node, and C
# compilers for the peers in C. CARGO_TARGET_DIR is honoured.
set -euo pipefail
cd "$(dirname "$0")"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$(cd ../.. && pwd)/target}
export CARGO_TERM_COLOR=never
export RUSTUP_AUTO_INSTALL=0

say() { echo "mcu: $*" >&2; }

main() {
    case ${1:-} in
    --*) ;;
    *) prepare ;;
    esac
    cargo run -q --manifest-path ../../Cargo.toml -p embedded-x402-mcu-report -- "$@"
}

prepare() {
    need qemu-system-arm qemu-system-arm
    need qemu-system-riscv32 qemu-system-misc
    need node nodejs
    need npm npm
    need arm-none-eabi-gcc gcc-arm-none-eabi libnewlib-arm-none-eabi
    need riscv64-unknown-elf-gcc gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf
    ../../boards/rp2040-rehearsal/emulator.sh
    BOARD_TOOLCHAIN_SELECTOR=$(../../boards/setup-toolchain.sh)
    export BOARD_TOOLCHAIN_SELECTOR
}

# Installs packages unless the program is here.
need() {
    local program=$1
    shift
    command -v "$program" >/dev/null && return
    say "installing $*"
    local sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq >&2
    $sudo apt-get install -y -qq --no-install-recommends "$@" >&2
}

main "$@"
