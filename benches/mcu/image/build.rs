//! Puts the boards' memory map where the linker looks for it, and compiles the C sources of a peer.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let is_arm = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "arm");
    let board = match (is_arm, feature("RP2040")) {
        (true, true) => "rp2040",
        (true, false) => "qemu-cortex-m",
        _ => "qemu-riscv",
    };
    let map = format!("../../../boards/{board}/memory.x");
    fs::copy(&map, out.join("memory.x")).expect("a memory map to copy");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rerun-if-changed={map}");
    println!("cargo::rerun-if-env-changed=PEER_SOURCE");
    if let Some((name, peer)) = peer() {
        let source = env::var_os("PEER_SOURCE").expect("the crate with the sources of the peer");
        compile(name, &peer, Path::new(&source));
    }
}

fn feature(name: &str) -> bool {
    env::var_os(format!("CARGO_FEATURE_{name}")).is_some()
}

/// What of a peer is compiled, by its crate's folders.
struct Peer {
    files: &'static [&'static str],
    include: &'static [&'static str],
}

const TWEETNACL: Peer = Peer { files: &["src/tweetnacl.c"], include: &["src"] };

const MONOCYPHER: Peer = Peer {
    files: &["Monocypher/src/monocypher.c", "Monocypher/src/optional/monocypher-ed25519.c"],
    include: &["Monocypher/src"],
};

const LIBSODIUM: Peer = Peer {
    files: &[
        "libsodium/src/libsodium/crypto_core/ed25519/ref10/ed25519_ref10.c",
        "libsodium/src/libsodium/crypto_hash/sha512/cp/hash_sha512_cp.c",
        "libsodium/src/libsodium/crypto_hash/sha512/hash_sha512.c",
        "libsodium/src/libsodium/crypto_sign/ed25519/ref10/keypair.c",
        "libsodium/src/libsodium/crypto_sign/ed25519/ref10/sign.c",
        "libsodium/src/libsodium/crypto_verify/sodium/verify.c",
        "libsodium/src/libsodium/sodium/utils.c",
    ],
    include: &["libsodium/src/libsodium/include", "libsodium/src/libsodium/include/sodium"],
};

fn peer() -> Option<(&'static str, Peer)> {
    [("tweetnacl", TWEETNACL), ("monocypher", MONOCYPHER), ("libsodium", LIBSODIUM)]
        .into_iter()
        .find(|(name, _)| feature(&format!("SIGN_{}", name.to_uppercase())))
}

fn compile(name: &str, peer: &Peer, source: &Path) {
    let mut build = cc::Build::new();
    build.opt_level(2).warnings(false).define("NDEBUG", None);
    build.files(peer.files.iter().map(|file| source.join(file)));
    build.includes(peer.include.iter().map(|folder| source.join(folder)));
    // The header that libsodium's own build makes.
    let version = source.join("libsodium/builds/msvc");
    if version.exists() {
        build.include(version).define("CONFIGURED", "1");
    }
    build.compile(name);
}
