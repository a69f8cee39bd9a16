//! Puts the memory map where the linker looks for it.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let directory = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::copy("memory.x", directory.join("memory.x")).expect("a memory map to copy");
    println!("cargo:rustc-link-search={}", directory.display());
    println!("cargo:rerun-if-changed=memory.x");
}
