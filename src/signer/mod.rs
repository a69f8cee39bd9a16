//! Who holds the key.
//!
//! A payment needs one signature; [`Ed25519Signer`] (Solana) and
//! [`Secp256k1Signer`] (EVM chains) are all that the client knows of where it
//! comes from. A secure element implements them with its driver;
//! [`CompactSigner`], [`DalekSigner`], [`CombSigner`] and [`K256Signer`] hold the key in RAM and
//! sign in software.
//!
//! # Which one
//!
//! | | feature | time to sign, on every microcontroller measured | flash | take it |
//! |---|---|---|---|---|
//! | [`CompactSigner`] | `ed25519-compact`, a default | longest | more, even if it is compiled for size | if few dependencies matter most |
//! | [`DalekSigner`] | `ed25519-dalek` | long | least | if RAM is scarce too |
//! | [`CombSigner`] | `ed25519-dalek-comb` | short, and 7,684 bytes of RAM | 3 to 13 KB more | if flash is scarce |
//! | [`DalekSigner`] with tables | `ed25519-dalek-tables` | shortest: a third | 30 KB more | in every other case |
//!
//! On EVM chains there is [`K256Signer`]: it takes longer than all but [`CompactSigner`],
//! and twice the stack.
//!
//! Cargo's optimization levels matter as much as the choice. They can be set a
//! package, in the `Cargo.toml` of the firmware:
//!
//! | | ARMv6-M: RP2040 | RISC-V: ESP32-C3 |
//! |---|---|---|
//! | recommended | [`DalekSigner`] with tables | [`DalekSigner`] with tables |
//! | recommended, if flash is scarce | [`CombSigner`] | [`CombSigner`] |
//! | the program | `"s"`, `lto = "fat"` | `"s"`, `lto = "fat"` |
//! | the program, with [`DalekSigner`] without tables | `"z"`, `lto = "fat"` | `"z"`, `lto = "fat"` |
//! | `curve25519-dalek` | `"s"` | `2` |
//! | `embedded-x402` | `"s"` | `2` |
//! | `embedded-x402`, if flash is scarce | `"z"` | `"z"` |
//! | `ed25519-compact`, in place of dalek | `"z"` | `"z"` |
//! | feature of this crate | `fast-multiply` | |
//! | flag of the compiler | | `-Cllvm-args=-misched-prera-direction=topdown` |
//!
//! ```toml
//! [profile.release.package.ed25519-compact]
//! opt-level = "z"
//! ```
//!
//! The flag goes to `.cargo/config.toml`. On RISC-V, LLVM schedules field arithmetic such
//! that it runs out of registers; with the other direction a signature by [`DalekSigner`]
//! takes a fifth fewer instructions, and a payment 5 KB less flash. It is an option of
//! LLVM's: if a later one does not know it, the build says so.
//!
//! ```toml
//! [target.riscv32imc-unknown-none-elf]
//! rustflags = ["-Cllvm-args=-misched-prera-direction=topdown"]
//! ```
//!
//! `benches/payment-core.sh` prints the flash that a payment takes with each.
//! `ed25519-compact`'s own feature `opt_size` makes it smaller still, but takes
//! more than twice the stack: it builds its table there, for each signature.
//!
//! # Secrets
//!
//! Who can measure the time of many signatures must learn nothing of the key. On emulated RISC-V and
//! RP2040 [`DalekSigner`] and [`CombSigner`] take the same number of instructions for each of 32 nonces.
//! [`CompactSigner`] does so on the RP2040; on RISC-V its signatures differ by some hundred instructions of
//! 4.6 million, [`K256Signer`]'s by 7 there and by 45 on the RP2040 (`benches/mcu/results.md`). On a
//! Cortex-M3 a multiplication itself takes longer for some numbers, whatever signs.
//!
//! A signer in RAM wipes its key when it is dropped and prints nothing of it.
//! Two things are out of its reach: a value that is moved leaves a copy where it
//! was, so build the signer where it stays (a `static`, the `main` task); and the
//! libraries leave intermediate values on the stack.

#[cfg(feature = "ed25519-dalek-comb")]
mod basepoint_comb;
mod ed25519;
#[cfg(feature = "ed25519-dalek-comb")]
mod ed25519_comb;
#[cfg(feature = "ed25519-compact")]
mod ed25519_compact;
#[cfg(feature = "ed25519-dalek")]
mod ed25519_dalek;

#[cfg(feature = "k256")]
mod k256;
#[cfg(any(feature = "ed25519-compact", feature = "ed25519-dalek"))]
mod key_pair;
mod recoverable_signature;
mod secp256k1;

#[cfg(feature = "ed25519-compact")]
pub use self::ed25519_compact::CompactSigner;
#[cfg(feature = "ed25519-dalek")]
pub use self::ed25519_dalek::DalekSigner;
#[cfg(feature = "k256")]
pub use self::k256::K256Signer;
#[cfg(feature = "ed25519-dalek-comb")]
pub use self::{
    basepoint_comb::{BasepointComb, CombMemory},
    ed25519_comb::CombSigner,
};
pub use ed25519::{Ed25519Signer, KeyError, SignerError};
pub use recoverable_signature::RecoverableSignature;
pub use secp256k1::{Secp256k1KeyError, Secp256k1Signer};

#[cfg(test)]
#[cfg(any(feature = "ed25519-compact", feature = "ed25519-dalek"))]
mod ed25519_suite;
#[cfg(test)]
#[cfg(feature = "k256")]
mod secp256k1_suite;
