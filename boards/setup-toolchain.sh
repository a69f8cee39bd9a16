#!/usr/bin/env bash
# Finds or builds a Rust toolchain with the boards' targets, and prints how to
# select it:
#
#     cargo $(boards/setup-toolchain.sh) build --target thumbv6m-none-eabi
#
# If you can reach the Rust toolchain server, you need nothing but
#
#     rustup target add thumbv6m-none-eabi thumbv7m-none-eabi \
#         riscv32imc-unknown-none-elf riscv32imac-unknown-none-elf
#
# and this script prints an empty line: the active toolchain will do.
#
# Where that server is out of reach, it compiles `core` and `alloc` from the
# Rust sources that Debian packages, once (about a minute, 200 MB), links the
# result into rustup, and prints its `+name`. It uses apt-get and local files
# only and never makes rustup download anything. That toolchain has no clippy.
#
# Environment:
#   BOARD_TARGETS         targets to provide, separated by spaces
#   BOARD_TOOLCHAIN       name of the linked toolchain
#   BOARD_TOOLCHAIN_DIR   where it is kept
set -euo pipefail

TARGETS=${BOARD_TARGETS:-thumbv6m-none-eabi thumbv7m-none-eabi riscv32imc-unknown-none-elf riscv32imac-unknown-none-elf}
NAME=${BOARD_TOOLCHAIN:-embedded-x402}
DIR=${BOARD_TOOLCHAIN_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/$NAME-toolchain}

# A missing toolchain must be an error here, not a reason to fetch one.
export RUSTUP_AUTO_INSTALL=0

say() { echo "setup-toolchain: $*" >&2; }

main() {
    if active_toolchain_has_targets; then
        say "the active toolchain has every target"
        echo
        return
    fi
    mkdir -p "$DIR"
    exec 9>"$DIR.lock"
    flock 9 # a second caller waits for the first one's build
    install_debian_rust
    if [ "$(cat "$DIR/stamp" 2>/dev/null)" != "$(stamp)" ]; then
        rm -rf "$DIR"
        lay_out_sysroot
        build_targets
        stamp >"$DIR/stamp"
    fi
    rustup toolchain link "$NAME" "$DIR" >&2
    say "'$NAME' is $(/usr/bin/rustc --version), in $DIR"
    echo "+$NAME"
}

active_toolchain_has_targets() {
    local sysroot target
    sysroot=$(rustc --print sysroot 2>/dev/null) || return 1
    for target in $TARGETS; do
        [ -d "$sysroot/lib/rustlib/$target/lib" ] || return 1
    done
}

# What the toolchain was built from: another compiler or target list rebuilds it.
stamp() { echo "$(/usr/bin/rustc --version) $TARGETS"; }

install_debian_rust() {
    [ -x /usr/bin/rustc ] && [ -e /usr/lib/rustlib/src/rust/library/Cargo.lock ] && return
    say "installing Debian's rustc and its library sources"
    local sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -qq >&2
    $sudo apt-get install -y -qq --no-install-recommends rustc-web rust-web-src cargo-web >&2
}

# Debian's compiler and host library by reference, and room for our targets.
lay_out_sysroot() {
    local host tool
    host=$(/usr/bin/rustc -vV | sed -n "s/^host: //p")
    mkdir -p "$DIR/bin" "$DIR/lib/rustlib/$host/bin"
    for tool in rustc rustdoc; do
        printf '#!/bin/sh\nexec /usr/bin/%s --sysroot "%s" "$@"\n' "$tool" "$DIR" >"$DIR/bin/$tool"
        chmod +x "$DIR/bin/$tool"
    done
    ln -s /usr/bin/cargo "$DIR/bin/cargo"
    ln -s "/usr/lib/rustlib/$host/lib" "$DIR/lib/rustlib/$host/lib"
    ln -s /usr/lib/rustlib/src "$DIR/lib/rustlib/src"
    ln -s "$(find_lld)" "$DIR/lib/rustlib/$host/bin/rust-lld"
}

# The bare-metal targets link with lld: rustup's toolchains bring one along,
# Debian's is in the package `lld`.
find_lld() {
    local lld
    lld=$({
        find "${RUSTUP_HOME:-$HOME/.rustup}/toolchains" -name rust-lld -type f | sort
        ls -d /usr/bin/ld.lld /usr/lib/llvm-*/bin/ld.lld
    } 2>/dev/null | tail -n 1 || true)
    [ -n "$lld" ] || { say "no linker found: apt-get install lld"; return 1; }
    echo "$lld"
}

build_targets() {
    say "compiling core and alloc for $TARGETS"
    local work="$DIR/build" target selectors=()
    for target in $TARGETS; do selectors+=(--target "$target"); done
    mkdir -p "$work/src"
    printf '[package]\nname = "sysroot"\nversion = "0.0.0"\nedition = "2024"\n' >"$work/Cargo.toml"
    echo '#![no_std] extern crate alloc;' >"$work/src/lib.rs"
    # The bitcode lets a firmware link with lto = "fat", as rustup's libraries do.
    (cd "$work" && env -u RUSTUP_TOOLCHAIN -u CARGO_ENCODED_RUSTFLAGS \
        PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        CARGO_TARGET_DIR="$work/target" \
        RUSTFLAGS="-Cembed-bitcode=yes -Cpanic=abort --remap-path-prefix=/usr/src=/rustc" \
        /usr/bin/cargo build --release --jobs "$(nproc)" -Zbuild-std=core,alloc \
        -Zbuild-std-features=compiler-builtins-mem "${selectors[@]}") >&2
    for target in $TARGETS; do
        mkdir -p "$DIR/lib/rustlib/$target/lib"
        cp "$work/target/$target/release/deps/"lib{core,alloc,compiler_builtins}-*.rlib \
            "$DIR/lib/rustlib/$target/lib/"
    done
    rm -rf "$work"
}

main
