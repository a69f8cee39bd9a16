//! Questions to a chain's node: JSON-RPC 2.0 over HTTP, one connection for each.
//!
//! An answer may be of any size: it streams by, and only the members that were asked for are kept.

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{Read, Write};

use super::members::Members;
use super::timeout::within;
use super::{Error, RpcError, Timeouts, Transport};
use crate::client::{CheckedRequest, HeadOutput, HeadReader, Method, Request};
use crate::codec::http::BodyDecoder;
use crate::codec::json::Tokenizer;
use crate::sizes;

/// A node, and what it takes to ask it.
pub(super) struct JsonRpc<'d, T, D> {
    pub(super) transport: &'d T,
    pub(super) delay: &'d mut D,
    pub(super) timeouts: Timeouts,
    pub(super) url: &'d str,
    pub(super) buffer: &'d mut [u8],
}

/// The text of a question.
pub(super) type Question = heapless::String<{ sizes::RPC_QUESTION }>;

/// A question of these parts, which must be short enough.
pub(super) fn join(parts: &[&str]) -> Question {
    let mut question = Question::new();
    for part in parts {
        // All of them fit; a node would refuse half a question.
        let _ = question.push_str(part);
    }
    question
}

impl<T: Transport, D: DelayNs> JsonRpc<'_, T, D> {
    /// Asks the question and reads members from the answer; tells the node's clock, if its answer
    /// does (`Date`), in Unix seconds.
    pub(super) async fn ask<const MEMBERS: usize, const TEXT: usize>(
        &mut self,
        question: &str,
        members: &mut Members<MEMBERS, TEXT>,
    ) -> Result<Option<u64>, Error> {
        let request = Request {
            headers: &[("Content-Type", "application/json")],
            body: Some(question.as_bytes()),
            ..Request::new(Method::Post, self.url)
        };
        let request = CheckedRequest::new(&request).map_err(|_| RpcError::Url)?;
        let connecting = self.transport.connect(request.url());
        let mut connection = within(self.delay, self.timeouts.connect, connecting).await??;
        self.send(&request, &mut connection).await?;
        self.receive(&mut connection, members).await
    }

    async fn send(
        &mut self,
        request: &CheckedRequest<'_>,
        connection: &mut impl Write,
    ) -> Result<(), Error> {
        let mut sent = 0;
        loop {
            let length = request.with_text(None, |text| text.read(sent, self.buffer));
            if length == 0 {
                break;
            }
            sent += length;
            let text = self.buffer.get(..length).unwrap_or_default();
            let writing = connection.write_all(text);
            within(self.delay, self.timeouts.transfer, writing).await?.map_err(broken)?;
        }
        within(self.delay, self.timeouts.transfer, connection.flush()).await?.map_err(broken)
    }

    async fn receive<const MEMBERS: usize, const TEXT: usize>(
        &mut self,
        connection: &mut impl Read,
        members: &mut Members<MEMBERS, TEXT>,
    ) -> Result<Option<u64>, Error> {
        let mut reader = AnswerReader::new(members);
        while !reader.is_done() {
            let reading = connection.read(self.buffer);
            let read = within(self.delay, self.timeouts.transfer, reading).await?;
            match read.map_err(broken)? {
                0 => reader.closed()?,
                length => reader.receive(self.buffer.get(..length).unwrap_or_default())?,
            }
        }
        Ok(reader.finish()?)
    }
}

/// Reads an HTTP response with an answer in it.
struct AnswerReader<'m, const MEMBERS: usize, const TEXT: usize> {
    head: HeadReader,
    body: Option<BodyDecoder>,
    tokenizer: Tokenizer,
    members: &'m mut Members<MEMBERS, TEXT>,
}

impl<'m, const MEMBERS: usize, const TEXT: usize> AnswerReader<'m, MEMBERS, TEXT> {
    fn new(members: &'m mut Members<MEMBERS, TEXT>) -> Self {
        AnswerReader { head: HeadReader::new(), body: None, tokenizer: Tokenizer::new(), members }
    }

    fn is_done(&self) -> bool {
        self.body.as_ref().is_some_and(BodyDecoder::is_done)
    }

    fn receive(&mut self, mut input: &[u8]) -> Result<(), RpcError> {
        while !input.is_empty() {
            let consumed = match &mut self.body {
                None => self.read_head(input)?,
                Some(body) if body.is_done() => break,
                Some(body) => {
                    let (consumed, data) = body.decode(input).map_err(|_| RpcError::Answer)?;
                    self.read(data)?;
                    consumed
                }
            };
            input = input.get(consumed..).unwrap_or_default();
        }
        Ok(())
    }

    fn read_head(&mut self, input: &[u8]) -> Result<usize, RpcError> {
        let read = self.head.push(input, sizes::HEAD);
        let (consumed, output) = read.map_err(|_| RpcError::Answer)?;
        if output == HeadOutput::End {
            let head = self.head.head();
            if head.status != 200 {
                return Err(RpcError::Status(head.status));
            }
            self.body = Some(BodyDecoder::new(head.framing()));
        }
        Ok(consumed)
    }

    fn read(&mut self, data: &[u8]) -> Result<(), RpcError> {
        self.tokenizer.push_all(data, self.members).map_err(|_| RpcError::Answer)
    }

    fn closed(&mut self) -> Result<(), RpcError> {
        let body = self.body.as_mut().ok_or(RpcError::Answer)?;
        body.closed().map_err(|_| RpcError::Answer)
    }

    fn finish(self) -> Result<Option<u64>, RpcError> {
        self.tokenizer.finish().map_err(|_| RpcError::Answer)?;
        self.members.check()?;
        Ok(self.head.head().date)
    }
}

fn broken(error: impl embedded_io_async::Error) -> Error {
    Error::Transport(error.kind())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    const BODY: &str =
        r#"{"jsonrpc":"2.0","result":{"value":"abc","more":[1,{"value":2}]},"id":1}"#;

    fn answer() -> Vec<u8> {
        let head = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: ";
        std::format!("{head}{}\r\n\r\n{BODY}", BODY.len()).into_bytes()
    }

    fn read(text: &[u8], fragment: usize) -> Result<(Option<u64>, std::string::String), RpcError> {
        let mut members: Members<1, 8> = Members::new(["/result/value"]);
        let mut reader = AnswerReader::new(&mut members);
        text.chunks(fragment).try_for_each(|fragment| reader.receive(fragment))?;
        if !reader.is_done() {
            reader.closed()?;
        }
        let date = reader.finish()?;
        Ok((date, members.text(0)?.into()))
    }

    #[test]
    fn an_answer_in_fragments_of_every_size() {
        let answer = answer();
        for fragment in 1..=answer.len() {
            assert_eq!(read(&answer, fragment), Ok((Some(1_767_225_600), "abc".into())));
        }
    }

    #[test]
    fn an_answer_cut_at_every_byte() {
        let answer = answer();
        for end in 0..answer.len() {
            assert_eq!(read(&answer[..end], 1), Err(RpcError::Answer), "{end}");
        }
    }

    /// Without a length the connection's end is the only one: then the JSON tells.
    #[test]
    fn an_answer_until_close_cut_at_every_byte() {
        let head = "HTTP/1.1 200 OK\r\n\r\n";
        for end in 0..BODY.len() {
            let cut = std::format!("{head}{}", &BODY[..end]);
            assert_eq!(read(cut.as_bytes(), 7), Err(RpcError::Answer), "{end}");
        }
        assert!(read(std::format!("{head}{BODY}").as_bytes(), 7).is_ok());
    }
}
