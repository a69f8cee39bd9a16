//! `x402-sim`: see `x402-sim --help`.
fn main() {}
