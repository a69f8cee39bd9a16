//! Keeps in the image who refers to what: ../payment-core.sh reads it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg=--emit-relocs");
}
