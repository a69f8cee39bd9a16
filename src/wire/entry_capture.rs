//! Copies one entry of `accepts` out of a challenge, byte for byte but for what is left out.

use crate::codec::copy;
use crate::codec::json::Event;

/// An entry of `accepts` is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// Its raw JSON stands at the front of the buffer.
    Complete {
        /// Bytes of it.
        length: usize,
        /// Whether they are all of its bytes, so that it can be echoed.
        verbatim: bool,
    },
    /// It did not fit the buffer.
    TooLarge {
        /// Bytes that it would take.
        needed: usize,
    },
    /// Objects and arrays are nested deeper in it than the reader may go.
    TooDeep {
        /// Levels that it takes.
        needed: u8,
    },
}

/// The entry that is being copied.
#[derive(Debug, Clone, Default)]
pub(super) struct Capture {
    phase: Phase,
    /// Bytes of the entry so far, those that did not fit the buffer included.
    length: usize,
    /// Bytes of it up to the end of the last complete member.
    last_member_end: usize,
    /// The current byte belongs to a member that is left out.
    leave_out: bool,
    /// The first member was left out: so is the comma after it.
    drop_comma: bool,
    verbatim: bool,
    /// Objects and arrays inside each other, the entry included.
    depth: u8,
    /// As many as there may be.
    depth_limit: u8,
    complete: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Outside,
    Copying,
    /// Inside the value of a member that is left out.
    LeavingOut,
}

/// Objects and arrays around an entry: the challenge and `accepts`.
pub(super) const ENTRY_AT: u8 = 2;
pub(super) const ENTRY_MEMBER_AT: u8 = 3;

impl Capture {
    pub(super) fn new(depth_limit: u8) -> Self {
        Capture { depth_limit, ..Capture::default() }
    }

    pub(super) fn event(&mut self, depth: u8, event: Event<'_>) {
        match event {
            Event::ObjectStart if depth == ENTRY_AT => self.begin(),
            Event::ObjectEnd if depth == ENTRY_AT => self.complete = true,
            Event::ObjectStart | Event::ArrayStart if self.phase == Phase::Copying => {
                self.depth = self.depth.max(depth - ENTRY_AT + 1);
            }
            _ if depth == ENTRY_MEMBER_AT && event.ends_value() => self.member_ends(event),
            _ => {}
        }
    }

    fn begin(&mut self) {
        *self = Capture {
            depth: 1,
            depth_limit: self.depth_limit,
            phase: Phase::Copying,
            last_member_end: 1,
            verbatim: true,
            ..Capture::default()
        };
    }

    /// The name of a descriptive member has just been read: take it back, and its comma.
    pub(super) fn leave_member_out(&mut self) {
        self.phase = Phase::LeavingOut;
        self.length = self.last_member_end;
        self.drop_comma = self.last_member_end == 1;
        self.verbatim = false;
    }

    fn member_ends(&mut self, event: Event<'_>) {
        // A number ends with the byte after it; every other value with its own last byte.
        let ended_before = event == Event::NumberEnd;
        match self.phase {
            Phase::LeavingOut => {
                self.phase = Phase::Copying;
                self.leave_out = !ended_before;
            }
            _ => self.last_member_end = self.length + usize::from(!ended_before),
        }
    }

    /// Takes the bytes that the events were about: one, or some plain characters of a string.
    pub(super) fn take(&mut self, bytes: &[u8], buffer: &mut [u8]) -> Option<Entry> {
        let leave_out = core::mem::take(&mut self.leave_out);
        if self.phase == Phase::Copying && !leave_out && !self.is_dropped(bytes) {
            copy(bytes, buffer.get_mut(self.length..).unwrap_or_default());
            self.length += bytes.len();
        }
        if !core::mem::take(&mut self.complete) {
            return None;
        }
        self.phase = Phase::Outside;
        Some(self.entry(buffer.len()))
    }

    fn is_dropped(&mut self, bytes: &[u8]) -> bool {
        let dropped = self.drop_comma && !matches!(bytes, b"}" | b"\"");
        self.drop_comma = dropped && bytes != b",";
        dropped
    }

    fn entry(&self, capacity: usize) -> Entry {
        if self.depth > self.depth_limit {
            Entry::TooDeep { needed: self.depth }
        } else if self.length > capacity {
            Entry::TooLarge { needed: self.length }
        } else {
            Entry::Complete { length: self.length, verbatim: self.verbatim }
        }
    }
}
