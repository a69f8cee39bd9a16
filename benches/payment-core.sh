#!/usr/bin/env bash
# Links the payment core, and shows from the images that it neither panics nor formats:
#
#     benches/payment-core.sh                  # with each signer
#     benches/payment-core.sh ed25519-compact  # with this one
#
# For each signer and target it prints the flash that the image takes, and each place that can panic:
# where the code stands that wants it, inlined or not. Exits 1 if one of them is this crate's, or if
# `core::fmt` is in an image. What libraries do is listed: it is theirs to mend.
set -euo pipefail
cd "$(dirname "$0")/payment-core"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/../../target}
export CARGO_TERM_COLOR=never

SIGNERS="ed25519-dalek-tables ed25519-dalek-comb ed25519-compact k256"
TARGETS="thumbv6m-none-eabi riscv32imc-unknown-none-elf"
ROOT=$(cd ../.. && pwd)

# The functions of `core` that end in the panic handler, as symbols name them.
PANICS='4core(9panicking|6option13(unwrap|expect)_failed|6result13unwrap_failed|4cell.*panic_'
PANICS+='|3str[0-9]+slice_error_fail|5slice.*_fail)'

main() {
    local signer target failed=0
    TOOLCHAIN=$(../../boards/setup-toolchain.sh)
    check_control
    [ $# -gt 0 ] || read -ra SIGNERS_ARRAY <<<"$SIGNERS"
    [ $# -eq 0 ] || SIGNERS_ARRAY=("$@")
    for signer in "${SIGNERS_ARRAY[@]}"; do
        for target in $TARGETS; do
            link "$signer" "$target"
            echo "$target, $signer: $(size "$IMAGE" | awk 'NR == 2 { print $1 + $2 }') bytes of flash"
            inspect "$IMAGE" || failed=1
        done
    done
    return $failed
}

# Links the image with these features, and leaves its path in IMAGE.
link() {
    # shellcheck disable=SC2086 # an empty selector must vanish
    cargo $TOOLCHAIN build -q --release --locked --target "$2" --features "$1"
    IMAGE=$CARGO_TARGET_DIR/$2/release/embedded-x402-payment-core
}

# This script must find what an image does that panics and formats.
check_control() {
    local found target
    for target in $TARGETS; do
        link ed25519-dalek-tables,control "$target"
        found=$(inspect "$IMAGE" || true)
        if ! grep -q "^  PANICS: benches/payment-core/src/main.rs" <<<"$found" ||
            ! grep -q "^  FORMATS: " <<<"$found"; then
            echo "payment-core: what panics and formats goes unnoticed on $target:"
            echo "$found"
            return 1
        fi
    done
}

# Prints what is wrong with an image; false if something is.
inspect() {
    local image=$1 places failed=0
    nm --demangle "$image" | sed -n 's/.* [tT] \(.*core::fmt::.*\)/  FORMATS: \1/p' | grep . && failed=1
    places=$(panicking_places "$image")
    [ -n "$places" ] || echo "  nothing panics"
    [ -z "$places" ] || echo "$places"
    ! grep -q "^  PANICS" <<<"$places" || failed=1
    return $failed
}

# Where something panics, a line each, with how often.
panicking_places() {
    panicking_addresses "$1" |
        addr2line --addresses --inlines --functions --demangle --exe "$1" |
        blame | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)/  \2 (\1x)/'
}

# The addresses in an image's code that refer to a function that panics.
panicking_addresses() {
    readelf --relocs --wide "$1" | awk -v panics="$PANICS" '
        /^Relocation section/ { is_code = /\.rela?\.text/ }
        is_code && $0 ~ panics { print $1 }'
}

# Takes the frames of each address, the innermost first, and names the first one outside of `core`;
# if there is none, the function of `core`, unless it is one of those that panic.
blame() {
    awk -v root="$ROOT/" '
        function finish() {
            if (place == "" && inner !~ /panicking|_fail(ed)?(_rt)?$/) place = "library: " inner
            if (place != "") print place
        }
        /^0x[0-9a-f]+$/ { if (seen) finish(); seen = 1; place = inner = ""; is_function = 1; next }
        is_function { name = $0; if (inner == "") inner = name; is_function = 0; next }
        {
            is_function = 1
            if (place != "" || /\/rustlib\/src\/rust\/|^\/rustc\/|^[^\/]/) next
            sub(/ \(discriminator [0-9]+\)$/, "")
            if (index($0, root) == 1) { place = "PANICS: " substr($0, length(root) + 1) " " name; next }
            sub(/^.*\/registry\/src\/[^\/]*\//, "")
            place = "library: " $0
        }
        END { if (seen) finish() }'
}

main "$@"
