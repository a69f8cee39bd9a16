//! The seller's answer, its body read as it comes.

use core::fmt;
use core::ops::Range;

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{Error as _, Read};

use super::Error;
use super::timeout::within;
use crate::client;
use crate::client::{Answer, Outcome, ResponseError, ResponseHead};
use crate::wire::SettlementResponse;

/// An answer: what it says, what became of the money, and the body, still on its way.
pub struct Response<'c, C, D> {
    pub(super) answer: Answer,
    pub(super) connection: Option<C>,
    pub(super) delay: &'c mut D,
    pub(super) timeout: u32,
    pub(super) buffer: &'c mut [u8],
    /// The part of the buffer that was received and not yet read.
    pub(super) received: Range<usize>,
}

impl<C, D> fmt::Debug for Response<'_, C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("head", self.head())
            .field("outcome", self.outcome())
            .finish_non_exhaustive()
    }
}

impl<C, D> Response<'_, C, D> {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.answer.head.status
    }

    /// What the response says before its body.
    pub fn head(&self) -> &ResponseHead {
        &self.answer.head
    }

    /// What became of the money.
    pub fn outcome(&self) -> &Outcome {
        &self.answer.outcome
    }

    /// The receipt of a payment that settled.
    pub fn receipt(&self) -> Option<&SettlementResponse> {
        match &self.answer.outcome {
            Outcome::Settled(receipt) => Some(receipt),
            _ => None,
        }
    }
}

impl<C: Read, D: DelayNs> Response<'_, C, D> {
    /// Reads some of the body; answers how many bytes, 0 at its end.
    ///
    /// # Errors
    /// If the connection breaks or the framing is malformed; what became of the money stands.
    pub async fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        while !out.is_empty() && !self.answer.body.is_done() {
            if self.received.is_empty() {
                self.receive().await?;
                continue;
            }
            let window =
                self.received.start..self.received.end.min(self.received.start + out.len());
            let received = self.buffer.get(window).unwrap_or_default();
            let (consumed, data) = self.answer.body.decode(received).map_err(malformed)?;
            self.received.start += consumed;
            if !data.is_empty() {
                let (front, _) = out.split_at_mut_checked(data.len()).unwrap_or_default();
                front.copy_from_slice(data);
                return Ok(data.len());
            }
        }
        Ok(0)
    }

    /// Reads the rest of the body.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`Error::BodyTooLarge`] if it does not fit.
    pub async fn read_to_end<'b>(&mut self, buffer: &'b mut [u8]) -> Result<&'b [u8], Error> {
        let mut length = 0;
        while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match self.read(rest).await? {
                0 => break,
                read => length += read,
            }
        }
        if length == buffer.len() && self.read(&mut [0]).await? > 0 {
            return Err(Error::BodyTooLarge { capacity: length });
        }
        Ok(buffer.get(..length).unwrap_or_default())
    }

    async fn receive(&mut self) -> Result<(), Error> {
        let Some(connection) = &mut self.connection else {
            return self.answer.body.closed().map_err(malformed);
        };
        let reading = connection.read(self.buffer);
        let read = within(self.delay, self.timeout, reading).await?;
        let read = read.map_err(|error| Error::Transport(error.kind()))?;
        if read == 0 {
            self.connection = None;
        }
        self.received = 0..read;
        Ok(())
    }
}

fn malformed(error: crate::codec::http::BodyError) -> Error {
    Error::Exchange(client::Error::Response(ResponseError::Body(error)))
}
