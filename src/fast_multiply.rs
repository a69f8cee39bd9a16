//! A faster product of two 64-bit numbers on ARMv6-M: Cortex-M0 and Cortex-M0+.
//!
//! These cores multiply 32 by 32 bits to 32. For every longer product the compiler calls the
//! run-time routine `__aeabi_lmul`, and cryptography makes some ten thousand such calls a
//! signature. Rust's own routine is written for every target. This one, 24 instructions without a
//! branch or a memory access, is written for these cores.
//!
//! With the feature `fast-multiply`, it takes the place of Rust's in the whole program. On other
//! targets, the feature changes nothing; only for ARMv4T and ARMv5TE, whose assemblers do not know
//! its instructions, it fails to build.
//!
//! It takes the same time for all numbers, provided that the core's `MULS` does: it takes one cycle
//! or 32, as the chip's maker chose, on every Cortex-M0 and M0+.
//!
//! A program can have only one routine that takes this place: if another crate defines one too, the
//! linker says that the symbol `__aeabi_lmul` is defined twice.
//!
//! Source: ARM's "Run-time ABI for the ARM Architecture", sections 4.1 and 4.2: the numbers come in
//! r0, r1 and r2, r3, low word first, the product is left in r0, r1, and r2, r3 and r12 may change.

// No built-in `cfg` names ARMv6-M. Of Rust's bare-metal targets for ARM only it, ARMv4T and ARMv5TE
// lack atomic operations on pointers.
#[cfg(all(target_arch = "arm", target_os = "none", not(target_has_atomic = "ptr")))]
#[allow(unsafe_code, reason = "an assembly routine is the point of this module")]
mod aeabi_lmul {
    // Modulo 2⁶⁴, the product of a = a₁·2³² + a₀ and b = b₁·2³² + b₀ is
    // a₀·b₀ + (a₁·b₀ + a₀·b₁)·2³². Of a₀·b₀ all 64 bits are wanted: four products of halves of
    // 16 bits, written h (high) and l (low) below.
    core::arch::global_asm!(
        ".pushsection .text.__aeabi_lmul, \"ax\", %progbits",
        ".balign 4",
        ".global __aeabi_lmul",
        ".type __aeabi_lmul, %function",
        ".thumb_func",
        "__aeabi_lmul:",
        // By this name an image shows whose routine it has.
        "embedded_x402_lmul:",
        "mov  r12, r4",
        "muls r1, r2, r1", // r1: the high word, beginning with a₁·b₀
        "muls r3, r0, r3",
        "adds r1, r1, r3",  // + a₀·b₁
        "lsrs r3, r0, #16", // r3 = a₀h
        "lsrs r4, r2, #16",
        "muls r4, r3, r4",
        "adds r1, r1, r4", // + a₀h·b₀h
        "uxth r4, r2",     // r4 = b₀l
        "muls r3, r4, r3", // r3 = a₀h·b₀l
        "uxth r0, r0",     // r0 = a₀l
        "lsrs r2, r2, #16",
        "muls r4, r0, r4", // r4 = a₀l·b₀l
        "muls r2, r0, r2", // r2 = a₀l·b₀h
        "lsls r0, r3, #16",
        "lsrs r3, r3, #16",
        "adds r4, r4, r0", // + a₀h·b₀l, which stands 16 bits higher
        "adcs r1, r1, r3",
        "lsls r0, r2, #16",
        "lsrs r2, r2, #16",
        "adds r0, r0, r4", // + a₀l·b₀h, likewise
        "adcs r1, r1, r2",
        "mov  r4, r12",
        "bx   lr",
        ".size __aeabi_lmul, . - __aeabi_lmul",
        ".popsection",
    );
}
