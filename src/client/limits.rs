//! How much a seller may say.

use crate::sizes;

/// How much is read of what a seller sends; see [`crate::sizes`]. None of it takes static memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    /// Bytes of a response's head.
    pub head: u32,
    /// Bytes of a body that carries a challenge, its framing included.
    pub challenge_body: u32,
    /// Bytes of a body read only to keep the connection.
    pub drained_body: u32,
    /// Objects and arrays inside each other in one entry of `accepts`. An entry is parsed
    /// recursively: more of it is more stack.
    pub entry_depth: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            head: sizes::HEAD,
            challenge_body: sizes::CHALLENGE_BODY,
            drained_body: sizes::DRAINED_BODY,
            entry_depth: sizes::ENTRY_DEPTH,
        }
    }
}
