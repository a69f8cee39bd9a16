//! The two questions that a payment may need to ask a Solana node, over JSON-RPC 2.0.
//!
//! Neither answer is trusted with money: a wrong program or wrong decimals can only make the
//! transaction fail, since they are part of what the chain checks. A blockhash is what ties a
//! transaction to one of Solana's networks: see [`Asset::new`](crate::policy::Asset::new).

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::{Read, Write};
use heapless::String;
use serde::Deserialize;

use super::timeout::within;
use super::{Error, RpcError, Timeouts, Transport};
use crate::client::{CheckedRequest, HeadOutput, HeadReader, Method, Request};
use crate::codec::base64::Decoder;
use crate::codec::http::BodyDecoder;
use crate::scheme::MintFacts;
use crate::sizes;
use crate::solana::{Blockhash, Pubkey, TokenProgram};

/// A node, and what it takes to ask it.
pub(super) struct SolanaRpc<'d, T, D> {
    pub(super) transport: &'d T,
    pub(super) delay: &'d mut D,
    pub(super) timeouts: Timeouts,
    pub(super) url: &'d str,
    pub(super) buffer: &'d mut [u8],
}

#[derive(Deserialize)]
struct Answer<V> {
    result: Option<WithContext<V>>,
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct WithContext<V> {
    value: V,
}

#[derive(Deserialize)]
struct Failure {
    code: i32,
}

#[derive(Deserialize)]
struct LatestBlockhash<'a> {
    blockhash: &'a str,
}

#[derive(Deserialize)]
struct Account<'a> {
    owner: &'a str,
    #[serde(borrow)]
    data: (&'a str, &'a str),
}

const LATEST_BLOCKHASH: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"getLatestBlockhash","#,
    r#""params":[{"commitment":"confirmed"}]}"#,
);

/// Decimals stand at byte 44 of a mint, in both token programs.
const MINT_ACCOUNT: [&str; 2] = [
    r#"{"jsonrpc":"2.0","id":1,"method":"getAccountInfo","params":[""#,
    concat!(
        r#"",{"commitment":"confirmed","encoding":"base64","#,
        r#""dataSlice":{"offset":44,"length":1}}]}"#,
    ),
];

impl<T: Transport, D: DelayNs> SolanaRpc<'_, T, D> {
    /// `getLatestBlockhash`, at commitment `confirmed`: `finalized` would spend some 13 seconds of
    /// the blockhash's life of 60 to 90.
    pub(super) async fn latest_blockhash(mut self) -> Result<Blockhash, Error> {
        let answer = self.call(LATEST_BLOCKHASH).await?;
        let latest: LatestBlockhash<'_> = read(answer)?;
        Blockhash::from_base58(latest.blockhash).map_err(|_| RpcError::Answer.into())
    }

    /// `getAccountInfo` of a mint: its owner, checked, and its decimals.
    pub(super) async fn mint_facts(mut self, mint: &Pubkey) -> Result<MintFacts, Error> {
        let [start, end] = MINT_ACCOUNT;
        let mint = mint.to_base58();
        let question: String<{ sizes::RPC_QUESTION }> =
            [start, mint.as_str(), end].into_iter().collect();
        let answer = self.call(&question).await?;
        let account: Option<Account<'_>> = read(answer)?;
        let account = account.ok_or(RpcError::NoSuchMint)?;
        let owner = Pubkey::from_base58(account.owner).map_err(|_| RpcError::Answer)?;
        let token_program = TokenProgram::from_id(&owner).ok_or(RpcError::NotATokenProgram)?;
        let decimals = only_byte(account.data.0).ok_or(RpcError::Answer)?;
        Ok(MintFacts { token_program, decimals })
    }

    /// Asks the question; answers the JSON text of the answer.
    async fn call(&mut self, question: &str) -> Result<&[u8], Error> {
        let request = Request {
            headers: &[("Content-Type", "application/json")],
            body: Some(question.as_bytes()),
            ..Request::new(Method::Post, self.url)
        };
        let request = CheckedRequest::new(&request).map_err(|_| RpcError::Url)?;
        let connecting = self.transport.connect(request.url());
        let mut connection = within(self.delay, self.timeouts.connect, connecting).await??;
        self.send(&request, &mut connection).await?;
        self.receive(&mut connection).await
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

    /// Receives into one half of the buffer, and collects the body in the other.
    async fn receive(&mut self, connection: &mut impl Read) -> Result<&[u8], Error> {
        let (collected, window) = self.buffer.split_at_mut(self.buffer.len() / 2);
        let mut reader = AnswerReader::new(collected);
        while !reader.is_done() {
            let reading = connection.read(window);
            let read = within(self.delay, self.timeouts.transfer, reading).await?;
            match read.map_err(broken)? {
                0 => reader.closed()?,
                length => reader.receive(window.get(..length).unwrap_or_default())?,
            }
        }
        Ok(reader.into_body())
    }
}

/// Reads an HTTP response into a buffer.
struct AnswerReader<'b> {
    head: HeadReader,
    body: Option<BodyDecoder>,
    collected: &'b mut [u8],
    length: usize,
}

impl<'b> AnswerReader<'b> {
    fn new(collected: &'b mut [u8]) -> Self {
        AnswerReader { head: HeadReader::new(sizes::HEAD), body: None, collected, length: 0 }
    }

    fn is_done(&self) -> bool {
        self.body.as_ref().is_some_and(BodyDecoder::is_done)
    }

    fn into_body(self) -> &'b [u8] {
        self.collected.get(..self.length).unwrap_or_default()
    }

    fn receive(&mut self, mut input: &[u8]) -> Result<(), RpcError> {
        while let Some((first, rest)) = input.split_first() {
            input = match &mut self.body {
                None => {
                    self.head_byte(*first)?;
                    rest
                }
                Some(body) if body.is_done() => break,
                Some(body) => {
                    let (consumed, data) = body.decode(input).map_err(|_| RpcError::Answer)?;
                    self.collect(data)?;
                    input.get(consumed..).unwrap_or_default()
                }
            };
        }
        Ok(())
    }

    fn head_byte(&mut self, byte: u8) -> Result<(), RpcError> {
        if self.head.push(byte).map_err(|_| RpcError::Answer)? == HeadOutput::End {
            let head = self.head.head();
            if head.status != 200 {
                return Err(RpcError::Status(head.status));
            }
            self.body = Some(BodyDecoder::new(head.framing()));
        }
        Ok(())
    }

    fn collect(&mut self, data: &[u8]) -> Result<(), RpcError> {
        let too_large = RpcError::AnswerTooLarge { capacity: self.collected.len() };
        let end = self.length + data.len();
        self.collected.get_mut(self.length..end).ok_or(too_large)?.copy_from_slice(data);
        self.length = end;
        Ok(())
    }

    fn closed(&mut self) -> Result<(), RpcError> {
        let body = self.body.as_mut().ok_or(RpcError::Answer)?;
        body.closed().map_err(|_| RpcError::Answer)
    }
}

/// The value of an answer.
fn read<'a, V: Deserialize<'a>>(answer: &'a [u8]) -> Result<V, Error> {
    let (answer, _) =
        serde_json_core::from_slice::<Answer<V>>(answer).map_err(|_| RpcError::Answer)?;
    match answer {
        Answer { error: Some(failure), .. } => Err(RpcError::Code(failure.code).into()),
        Answer { result: Some(result), .. } => Ok(result.value),
        Answer { .. } => Err(RpcError::Answer.into()),
    }
}

fn only_byte(base64: &str) -> Option<u8> {
    let mut decoder = Decoder::new();
    let mut bytes: heapless::Vec<u8, 1> = heapless::Vec::new();
    for character in base64.bytes() {
        if let Some(byte) = decoder.push(character).ok()? {
            bytes.push(byte).ok()?;
        }
    }
    decoder.finish().ok()?;
    bytes.first().copied()
}

fn broken(error: impl embedded_io_async::Error) -> Error {
    Error::Transport(error.kind())
}
