//! A payment's header, written straight into a connection.

use embedded_io_async::Write;

use crate::wire::PaymentPayload;

/// Bytes that are encoded at a time.
const STRETCH: usize = 64;

impl PaymentPayload<'_> {
    /// Writes the header's value, of [`header_len`](Self::header_len) bytes. It never stands whole
    /// in memory.
    ///
    /// # Errors
    /// As the writer.
    pub async fn write_header<W: Write>(&self, writer: &mut W) -> Result<(), W::Error> {
        let mut stretch = [0; STRETCH];
        let mut written = 0;
        loop {
            let length = self.read_header(written, &mut stretch);
            if length == 0 {
                return Ok(());
            }
            writer.write_all(stretch.get(..length).unwrap_or_default()).await?;
            written += length;
        }
    }
}

#[cfg(test)]
mod tests {
    use embassy_futures::block_on;

    use crate::wire::{Accepted, PaymentPayload, SchemePayload};

    #[test]
    fn what_is_written_is_what_is_read() {
        let payload = PaymentPayload {
            accepted: Accepted::Verbatim(br#"{"scheme":"exact"}"#),
            payload: SchemePayload::SolanaTransaction(&[7; 496]),
            identifier: None,
        };
        let mut read = [0; 2000];
        let length = payload.read_header(0, &mut read);
        let mut written = [0; 2000];
        let mut writer = &mut written[..];
        block_on(payload.write_header(&mut writer)).unwrap();
        assert_eq!(2000 - writer.len(), payload.header_len());
        assert_eq!(written[..length], read[..length]);
    }
}
