//! JSON (RFC 8259): a push tokenizer for what is too large to hold, and lazily unescaped strings
//! for what was kept as raw bytes.

mod text;
mod tokenizer;

pub use text::JsonStr;
pub use tokenizer::{Event, JsonError, MAX_DEPTH, Tokenizer, Visitor};
