//! HTTP/1.1 responses (RFC 9112) as they arrive: the head field by field, the body unframed.

mod body;
mod head;

pub use body::{BodyDecoder, BodyError, Framing, MAX_FRAMING};
pub use head::{HeadError, HeadEvent, HeadParser, MAX_FIELD_TEXT};
