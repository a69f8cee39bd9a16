#!/usr/bin/env bash
# Builds boards, runs those that can be emulated, and prints what they take:
#
#     boards/check.sh                    # every board
#     boards/check.sh qemu-riscv pico-w  # these
#
# Exits 0 only if every image links without a warning, every emulated board paid
# what it should and nothing else within its stack, and everything was computed as
# on this machine.
#
# Installs what it needs by apt-get: QEMU, and Node for the emulated RP2040.
# CARGO_TARGET_DIR is honoured, and EMULATION names a program embedded-x402-emulation
# that is built already; --json instead of boards' names prints JSON.
set -euo pipefail
cd "$(dirname "$0")"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$(cd .. && pwd)/target}
export CARGO_TERM_COLOR=never
export RUSTUP_AUTO_INSTALL=0

BOARDS="qemu-riscv qemu-cortex-m qemu-cortex-m-thumbv6m rp2040-rehearsal w5500-evb-pico pico-w esp32c3"

say() { echo "boards: $*" >&2; }

main() {
    local json=() board
    if [ "${1:-}" = --json ]; then json=(--json); shift; fi
    [ $# -gt 0 ] || read -ra BOARDS_ARRAY <<<"$BOARDS"
    [ $# -eq 0 ] || BOARDS_ARRAY=("$@")
    for board in "${BOARDS_ARRAY[@]}"; do
        [[ " $BOARDS " == *" $board "* ]] || { say "no board '$board': $BOARDS"; exit 2; }
    done
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
    TOOLCHAIN=$(./setup-toolchain.sh)
    EMULATED=()
    for board in "${BOARDS_ARRAY[@]}"; do
        say "$board"
        "check_${board//-/_}"
    done
    run_emulation "${json[@]}"
}

check_qemu_riscv() {
    need qemu-system-riscv32 qemu-system-misc
    build qemu-riscv riscv32imc-unknown-none-elf
    EMULATED+=("qemu-riscv=$IMAGE")
}

check_qemu_cortex_m() {
    need qemu-system-arm qemu-system-arm
    build qemu-cortex-m thumbv7m-none-eabi
    EMULATED+=("qemu-cortex-m=$IMAGE")
}

# The same board with the code of an RP2040.
check_qemu_cortex_m_thumbv6m() {
    need qemu-system-arm qemu-system-arm
    build qemu-cortex-m thumbv6m-none-eabi
    EMULATED+=("qemu-cortex-m-thumbv6m=$IMAGE")
}

check_rp2040_rehearsal() {
    need_node
    build rp2040-rehearsal thumbv6m-none-eabi
    rp2040-rehearsal/run.sh >"$WORK/rp2040-rehearsal.json"
    EMULATED+=(--linked "rp2040-rehearsal=$IMAGE")
    EMULATED+=(--rehearsed "rp2040-rehearsal=$WORK/rp2040-rehearsal.json")
}

check_w5500_evb_pico() {
    need_node
    build_configured w5500-evb-pico thumbv6m-none-eabi
    rp2040-rehearsal/start.sh "$IMAGE" >&2
}

# The radio's firmware is not ours to give: zeros, as many, are linked.
check_pico_w() {
    need_node
    pico-w/placeholder-firmware.sh "$WORK/cyw43"
    export CYW43_FIRMWARE_DIR=$WORK/cyw43
    say "pico-w: linked with placeholders for the radio's firmware"
    build_configured pico-w thumbv6m-none-eabi
    rp2040-rehearsal/start.sh "$IMAGE" >&2
}

check_esp32c3() { build_configured esp32c3 riscv32imc-unknown-none-elf; }

# A real board, configured with a seller that is nobody's, and no key: with all that a build may add,
# then as it is measured.
build_configured() {
    export X402_URL=http://192.0.2.1/weather X402_MAX_AMOUNT=10000 X402_KEY=flash
    export X402_PAY_TO=4mPACGWLk8bXJ54JHAcWZCmp5xXTZvKXscwyrsZeQfPt
    export X402_WIFI_SSID=lan X402_WIFI_PASSWORD=password
    X402_BUDGET=100000/86400 build "$@" --features button
    build "$@"
    EMULATED+=(--linked "$1=$IMAGE")
}

# Builds a board for a target, with cargo's flags if more are given, and leaves the image's path in
# IMAGE: it is called as the board's directory.
build() {
    local board=$1 target=$2
    shift 2
    (
        cd "$board"
        cargo fmt --check
        # shellcheck disable=SC2086 # an empty selector must vanish
        run_logged cargo $TOOLCHAIN build --release --target "$target" --locked "$@"
    )
    IMAGE=$CARGO_TARGET_DIR/$target/release/$board
}

# Shows what a command says only if it fails or warns: a warning in a board is an error.
run_logged() {
    local log=$WORK/log
    "$@" >"$log" 2>&1 || { cat "$log" >&2; return 1; }
    if grep -q "^warning" "$log"; then cat "$log" >&2; return 1; fi
}

run_emulation() {
    if [ -z "${EMULATION:-}" ]; then
        run_logged cargo build --manifest-path ../Cargo.toml -p embedded-x402-emulation
        EMULATION=$CARGO_TARGET_DIR/debug/embedded-x402-emulation
    fi
    "$EMULATION" "$@" "${EMULATED[@]}"
}

# Installs a package unless its program is here.
need() {
    command -v "$1" >/dev/null && return
    say "installing $2"
    local sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq >&2
    $sudo apt-get install -y -qq --no-install-recommends "$2" >&2
}

need_node() {
    need node nodejs
    need npm npm
}

main "$@"
