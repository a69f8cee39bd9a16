//! Tells the crate whether it is compiled for ARMv6-M, which no built-in `cfg` does.

use std::env;

fn main() {
    println!("cargo:rustc-check-cfg=cfg(armv6m)");
    println!("cargo:rerun-if-changed=build.rs");
    if env::var("TARGET").is_ok_and(|target| target.starts_with("thumbv6m-")) {
        println!("cargo:rustc-cfg=armv6m");
    }
}
