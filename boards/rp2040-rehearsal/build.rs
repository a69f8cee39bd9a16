//! The linker scripts of cortex-m-rt and embassy-rp; the memory map comes with embedded-x402-rp2040.

fn main() {
    for argument in ["-Tlink.x", "-Tlink-rp.x", "--nmagic"] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
