//! `SettlementResponse`: the receipt in `PAYMENT-RESPONSE` or `X-PAYMENT-RESPONSE`, read as it
//! arrives (x402 v2 specification section 5.3; version 1 has the same members).

use core::fmt;
use core::ops::Range;

use heapless::String;

use super::{Amount, Network, Reason};
use crate::codec::base64::Base64Error;
use crate::codec::copy;
use crate::codec::json::{self, Event, JsonError, Tokenizer};
use crate::sizes;

/// What the seller says became of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SettlementResponse {
    /// Whether the money moved.
    pub success: bool,
    /// The transaction's id: on Solana the fee payer's signature in base58. Empty when nothing was
    /// sent to the chain.
    pub transaction: String<{ sizes::TRANSACTION_ID }>,
    /// The network, if it is a known one.
    pub network: Option<Network>,
    /// Whose money moved.
    pub payer: Option<String<{ sizes::ADDRESS }>>,
    /// How much of it, where the seller says so.
    pub amount: Option<Amount>,
    /// Why it failed: `errorReason`.
    pub error_reason: Reason,
}

/// Why a text is no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SettlementError {
    /// The header that carries it is not base64.
    Base64(Base64Error),
    /// It is not JSON.
    Json(JsonError),
    /// It is JSON, but not an object with `success` as a boolean.
    NotAReceipt,
    /// `success` or `transaction` is of another type or too long, or a member stands twice.
    Member,
    /// The buffer for its texts is smaller than [`sizes::RECEIPT`].
    BufferTooSmall,
}

impl From<Base64Error> for SettlementError {
    fn from(error: Base64Error) -> Self {
        SettlementError::Base64(error)
    }
}

impl From<JsonError> for SettlementError {
    fn from(error: JsonError) -> Self {
        SettlementError::Json(error)
    }
}

impl fmt::Display for SettlementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SettlementError::Base64(error) => write!(f, "unreadable receipt: {error}"),
            SettlementError::Json(error) => write!(f, "unreadable receipt: {error}"),
            SettlementError::NotAReceipt => f.write_str("the receipt does not say success or not"),
            SettlementError::BufferTooSmall => {
                write!(f, "the buffer for a receipt needs {} bytes", sizes::RECEIPT)
            }
            SettlementError::Member => f.write_str("the receipt has a malformed member"),
        }
    }
}

impl core::error::Error for SettlementError {}

/// Reads a receipt. Its texts go to a buffer of the caller's, of [`sizes::RECEIPT`] bytes, which
/// must be the same from the first byte to the last.
#[derive(Debug, Clone, Default)]
pub struct SettlementReader {
    tokenizer: Tokenizer,
    receipt: Receipt,
}

#[derive(Debug, Clone, Default)]
struct Receipt {
    member: Member,
    seen: u8,
    success: Option<bool>,
    name: Text,
    transaction: Text,
    payer: Text,
    reason: Text,
    network: Text,
    amount: Text,
}

/// Bytes of a text in its part of the buffer.
#[derive(Debug, Clone, Copy, Default)]
struct Text {
    length: u8,
    too_long: bool,
}

// The places of the texts in the buffer; the one in front is for names.
const TRANSACTION: Range<usize> = sizes::RECEIPT_NAME..sizes::RECEIPT_NAME + sizes::TRANSACTION_ID;
const PAYER: Range<usize> = TRANSACTION.end..TRANSACTION.end + sizes::ADDRESS;
const REASON: Range<usize> = PAYER.end..PAYER.end + sizes::REASON;
const NETWORK: Range<usize> = REASON.end..REASON.end + sizes::NETWORK;
const AMOUNT: Range<usize> = NETWORK.end..sizes::RECEIPT;

/// The parts of the buffer.
struct Parts<'b> {
    name: &'b mut [u8],
    transaction: &'b mut [u8],
    payer: &'b mut [u8],
    reason: &'b mut [u8],
    network: &'b mut [u8],
    amount: &'b mut [u8],
}

/// The receipt and the buffer, while a byte is taken.
struct Reading<'r> {
    receipt: &'r mut Receipt,
    parts: Parts<'r>,
}

/// A member of the outermost object; the number is its bit in `seen`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Member {
    #[default]
    Other = 0,
    Success = 1,
    Transaction = 2,
    Network = 4,
    Payer = 8,
    Amount = 16,
    ErrorReason = 32,
}

impl SettlementReader {
    /// At the start of a receipt.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next byte of the JSON text.
    ///
    /// # Errors
    /// [`SettlementError`]: the rest of the text can't be read.
    pub fn push(&mut self, byte: u8, buffer: &mut [u8]) -> Result<(), SettlementError> {
        self.push_all(&[byte], buffer)
    }

    /// Takes the next bytes of the JSON text.
    ///
    /// # Errors
    /// [`SettlementError`]: the rest of the text can't be read.
    pub fn push_all(&mut self, text: &[u8], buffer: &mut [u8]) -> Result<(), SettlementError> {
        let parts = Parts::of(buffer).ok_or(SettlementError::BufferTooSmall)?;
        self.tokenizer.push_all(text, &mut Reading { receipt: &mut self.receipt, parts })
    }

    /// Says that the text is over; answers the receipt.
    ///
    /// # Errors
    /// [`SettlementError`] if it was cut, or says nothing of success.
    pub fn finish(&self, buffer: &[u8]) -> Result<SettlementResponse, SettlementError> {
        self.tokenizer.finish()?;
        let receipt = &self.receipt;
        let part = |range| buffer.get(range).ok_or(SettlementError::BufferTooSmall);
        Ok(SettlementResponse {
            success: receipt.success.ok_or(SettlementError::NotAReceipt)?,
            transaction: fit(receipt.transaction.as_str(part(TRANSACTION)?)?)?,
            network: receipt.network.readable(part(NETWORK)?).and_then(network),
            payer: receipt.payer.readable(part(PAYER)?).and_then(|payer| fit(payer).ok()),
            amount: receipt.amount.readable(part(AMOUNT)?).and_then(|amount| amount.parse().ok()),
            error_reason: Reason::from(receipt.reason.cut(part(REASON)?)),
        })
    }
}

impl<'b> Parts<'b> {
    fn of(buffer: &'b mut [u8]) -> Option<Self> {
        let (name, rest) = buffer.split_at_mut_checked(sizes::RECEIPT_NAME)?;
        let (transaction, rest) = rest.split_at_mut_checked(sizes::TRANSACTION_ID)?;
        let (payer, rest) = rest.split_at_mut_checked(sizes::ADDRESS)?;
        let (reason, rest) = rest.split_at_mut_checked(sizes::REASON)?;
        let (network, rest) = rest.split_at_mut_checked(sizes::NETWORK)?;
        let (amount, _) = rest.split_at_mut_checked(sizes::RECEIPT_AMOUNT)?;
        Some(Parts { name, transaction, payer, reason, network, amount })
    }
}

impl Text {
    /// Appends as much as fits of the part, which has less than 256 bytes.
    fn append(&mut self, bytes: &[u8], part: &mut [u8]) {
        let fitting = copy(bytes, part.get_mut(self.length.into()..).unwrap_or_default());
        self.length += fitting as u8;
        self.too_long |= fitting < bytes.len();
    }

    /// As much of the text as fitted.
    fn cut(self, part: &[u8]) -> &[u8] {
        part.get(..self.length.into()).unwrap_or_default()
    }

    /// The text, if there is one and all of it fitted; else it counts as missing.
    fn readable(self, part: &[u8]) -> Option<&str> {
        self.as_str(part).ok().filter(|text| !text.is_empty())
    }

    /// The text, if all of it fitted.
    fn as_str(self, part: &[u8]) -> Result<&str, SettlementError> {
        if self.too_long {
            return Err(SettlementError::Member);
        }
        core::str::from_utf8(self.cut(part)).map_err(|_| SettlementError::Member)
    }
}

impl json::Visitor for Reading<'_> {
    type Error = SettlementError;

    fn event(&mut self, depth: u8, event: Event<'_>) -> Result<(), SettlementError> {
        match (depth, event) {
            (0, Event::ObjectStart | Event::ObjectEnd) => Ok(()),
            (0, _) => Err(SettlementError::NotAReceipt),
            (1, Event::KeyStart) => {
                self.receipt.name = Text::default();
                Ok(())
            }
            (1, Event::KeyText(text)) => {
                self.receipt.name.append(text, self.parts.name);
                Ok(())
            }
            (1, Event::StringText(text)) => {
                self.append(text);
                Ok(())
            }
            (1, Event::KeyEnd) => self.name(),
            (1, Event::StringEnd) if self.receipt.member == Member::Success => {
                Err(SettlementError::Member)
            }
            (1, Event::Bool(value)) => self.boolean(value),
            (1, Event::NumberText(_) | Event::ObjectStart | Event::ArrayStart) => self.other(),
            _ => Ok(()),
        }
    }
}

impl Reading<'_> {
    fn append(&mut self, text: &[u8]) {
        let Reading { receipt, parts } = self;
        match receipt.member {
            Member::Transaction => receipt.transaction.append(text, parts.transaction),
            Member::Payer => receipt.payer.append(text, parts.payer),
            Member::ErrorReason => receipt.reason.append(text, parts.reason),
            Member::Network => receipt.network.append(text, parts.network),
            Member::Amount => receipt.amount.append(text, parts.amount),
            Member::Success | Member::Other => {}
        }
    }

    fn name(&mut self) -> Result<(), SettlementError> {
        let name = self.receipt.name.readable(self.parts.name).unwrap_or_default();
        self.receipt.member = match name {
            "success" => Member::Success,
            "transaction" => Member::Transaction,
            "network" => Member::Network,
            "payer" => Member::Payer,
            "amount" => Member::Amount,
            "errorReason" => Member::ErrorReason,
            _ => Member::Other,
        };
        let bit = self.receipt.member as u8;
        let twice = self.receipt.seen & bit != 0;
        self.receipt.seen |= bit;
        if twice { Err(SettlementError::Member) } else { Ok(()) }
    }

    fn boolean(&mut self, value: bool) -> Result<(), SettlementError> {
        match self.receipt.member {
            Member::Success => self.receipt.success = Some(value),
            Member::Transaction => return Err(SettlementError::Member),
            _ => {}
        }
        Ok(())
    }

    /// Neither of the two members that count is a number, an object or an array.
    fn other(&self) -> Result<(), SettlementError> {
        match self.receipt.member {
            Member::Success | Member::Transaction => Err(SettlementError::Member),
            _ => Ok(()),
        }
    }
}

fn fit<const N: usize>(text: &str) -> Result<String<N>, SettlementError> {
    String::try_from(text).map_err(|_| SettlementError::Member)
}

/// Version 2 and version 1 spell it differently; a receipt does not say which it is of.
fn network(text: &str) -> Option<Network> {
    Network::from_caip2(text).or_else(|| Network::from_v1_name(text))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<SettlementResponse, SettlementError> {
        let mut reader = SettlementReader::new();
        let mut buffer = [0; sizes::RECEIPT];
        text.iter().try_for_each(|byte| reader.push(*byte, &mut buffer))?;
        reader.finish(&buffer)
    }

    const SUCCESS: &[u8] =
        br#"{"success":true,"payer":"7HSMRpFpC39Bymkw3B1y86ys41xWC93N9ygSeYKxeuMD",
        "transaction":"5xyz","network":"solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1","amount":"1000",
        "extensions":{"success":false,"list":[1,"x"]},"unknown":7,"extra":null}"#;

    #[test]
    fn success() {
        let receipt = read(SUCCESS).unwrap();
        assert!(receipt.success);
        assert_eq!(receipt.transaction, "5xyz");
        assert_eq!(receipt.network, Some(Network::SolanaDevnet));
        assert_eq!(receipt.amount, Some(Amount(1000)));
        assert!(receipt.payer.unwrap().starts_with("7HSM"));
    }

    #[test]
    fn failure_of_version_1() {
        let text = br#"{"transaction":"","success":false,"network":"solana-devnet",
            "errorReason":"duplicate_settlement","payer":null}"#;
        let receipt = read(text).unwrap();
        assert!(!receipt.success);
        assert_eq!(receipt.error_reason.as_str(), "duplicate_settlement");
        assert_eq!(receipt.network, Some(Network::SolanaDevnet));
        assert_eq!((receipt.transaction.as_str(), receipt.payer), ("", None));
    }

    #[test]
    fn refuses_other_shapes() {
        use SettlementError::*;
        for (text, error) in [
            ("[]", NotAReceipt),
            ("{}", NotAReceipt),
            (r#"{"transaction":"x"}"#, NotAReceipt),
            (r#"{"success":"true"}"#, Member),
            (r#"{"success":1}"#, Member),
            (r#"{"success":true,"success":false}"#, Member),
            (r#"{"success":true,"transaction":{}}"#, Member),
            (r#"{"success":true,"transaction":true}"#, Member),
            (r#"{"success":true,"amount":"1","amount":"2"}"#, Member),
        ] {
            assert_eq!(read(text.as_bytes()), Err(error), "{text}");
        }
        let long = std::format!(r#"{{"success":true,"transaction":"{}"}}"#, "x".repeat(89));
        assert_eq!(read(long.as_bytes()), Err(Member));
    }

    #[test]
    fn what_counts_less_may_be_unreadable() {
        for members in [
            r#""amount":1000"#,
            r#""amount":"0.001""#,
            r#""amount":{}"#,
            r#""payer":"123456789012345678901234567890123456789012345""#,
            r#""payer":7"#,
            r#""network":"solana:123456789012345678901234567890123456789012345""#,
            r#""network":null"#,
            r#""errorReason":{"a":[]}"#,
        ] {
            let text = std::format!(r#"{{"success":true,{members},"transaction":"5xyz"}}"#);
            let receipt = read(text.as_bytes()).unwrap();
            assert_eq!(receipt.transaction, "5xyz");
            assert_eq!((receipt.amount, receipt.payer, receipt.network), (None, None, None));
        }
    }

    #[test]
    fn every_truncation_is_noticed() {
        (0..SUCCESS.len()).for_each(|end| assert!(read(&SUCCESS[..end]).is_err(), "{end}"));
    }

    proptest! {
        #[test]
        fn mutations_never_panic(at: prop::sample::Index, byte: u8) {
            let mut text = SUCCESS.to_vec();
            let at = at.index(text.len());
            text[at] = byte;
            let _ = read(&text);
        }
    }
}
