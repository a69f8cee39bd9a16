//! Whether a challenge offers the extension `payment-identifier`, and requires it: found while the
//! challenge passes by, at `extensions.payment-identifier.info.required`.

use crate::codec::json::Event;

/// Where it stands, from the outermost object inwards.
const PATH: [&[u8]; 4] = [b"extensions", b"payment-identifier", b"info", b"required"];

/// Follows a challenge.
#[derive(Debug, Clone, Default)]
pub(super) struct IdentifierOffer {
    /// How many names of the path the value at hand stands under.
    under: u8,
    required: Option<bool>,
}

impl IdentifierOffer {
    /// The depth of the last name of the path.
    pub(super) const DEEPEST_NAME: u8 = PATH.len() as u8;

    /// Takes the name of a member of an object at `depth`, the outermost at 1.
    pub(super) fn name(&mut self, depth: u8, name: &[u8]) {
        let above = depth.saturating_sub(1);
        if self.under < above {
            return;
        }
        let is_next = PATH.get(usize::from(above)).is_some_and(|next| *next == name);
        self.under = if is_next { depth } else { above };
    }

    /// Takes an event of a value at `depth`.
    pub(super) fn value(&mut self, depth: u8, event: &Event<'_>) {
        match (event, self.under) {
            (Event::ObjectStart, 2) if depth == 2 => self.required = Some(false),
            (Event::Bool(required), 4) if depth == 4 => self.required = Some(*required),
            _ => {}
        }
    }

    /// Whether an identifier is required, if one may be sent.
    pub(super) fn required(&self) -> Option<bool> {
        self.required
    }
}
