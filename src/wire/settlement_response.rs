//! `SettlementResponse`: the receipt in `PAYMENT-RESPONSE` or `X-PAYMENT-RESPONSE`, read as it
//! arrives (x402 v2 specification section 5.3; version 1 has the same members).

use core::fmt;

use heapless::String;

use super::{Amount, Network, Reason};
use crate::codec::base64::Base64Error;
use crate::codec::json::{self, Event, JsonError, JsonStr, Tokenizer};
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
    /// A member is longer than any real one, stands twice, or is of another type.
    Member,
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
            SettlementError::Member => f.write_str("the receipt has a malformed member"),
        }
    }
}

impl core::error::Error for SettlementError {}

/// Reads a receipt.
#[derive(Debug, Clone)]
pub struct SettlementReader {
    tokenizer: Tokenizer,
    receipt: Receipt,
}

#[derive(Debug, Clone)]
struct Receipt {
    /// The current name or string value.
    text: heapless::Vec<u8, { sizes::TRANSACTION_ID }>,
    too_long: bool,
    member: Member,
    seen: u8,
    success: Option<bool>,
    response: SettlementResponse,
}

/// A member of the outermost object; the number is its bit in `seen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Other = 0,
    Success = 1,
    Transaction = 2,
    Network = 4,
    Payer = 8,
    Amount = 16,
    ErrorReason = 32,
}

impl Default for SettlementReader {
    fn default() -> Self {
        Self::new()
    }
}

impl SettlementReader {
    /// At the start of a receipt.
    pub fn new() -> Self {
        let response = SettlementResponse {
            success: false,
            transaction: String::new(),
            network: None,
            payer: None,
            amount: None,
            error_reason: Reason::EMPTY,
        };
        let receipt = Receipt {
            text: heapless::Vec::new(),
            too_long: false,
            member: Member::Other,
            seen: 0,
            success: None,
            response,
        };
        SettlementReader { tokenizer: Tokenizer::new(), receipt }
    }

    /// Takes the next byte of the JSON text.
    ///
    /// # Errors
    /// [`SettlementError`]: the rest of the text can't be read.
    pub fn push(&mut self, byte: u8) -> Result<(), SettlementError> {
        self.tokenizer.push(byte, &mut self.receipt)
    }

    /// Says that the text is over; answers the receipt.
    ///
    /// # Errors
    /// [`SettlementError`] if it was cut, or says nothing of success.
    pub fn finish(self) -> Result<SettlementResponse, SettlementError> {
        self.tokenizer.finish()?;
        let success = self.receipt.success.ok_or(SettlementError::NotAReceipt)?;
        Ok(SettlementResponse { success, ..self.receipt.response })
    }
}

impl json::Visitor for Receipt {
    type Error = SettlementError;

    fn event(&mut self, depth: u8, event: Event<'_>) -> Result<(), SettlementError> {
        match (depth, event) {
            (0, Event::ObjectStart | Event::ObjectEnd) => Ok(()),
            (0, _) => Err(SettlementError::NotAReceipt),
            (1, Event::KeyStart | Event::StringStart) => {
                self.text.clear();
                self.too_long = false;
                Ok(())
            }
            (1, Event::KeyText(text) | Event::StringText(text)) => {
                self.too_long |= self.text.extend_from_slice(text).is_err();
                Ok(())
            }
            (1, Event::KeyEnd) => self.name(),
            (1, Event::StringEnd) => self.string(),
            (1, Event::Bool(value)) => self.boolean(value),
            (1, Event::NumberText(_) | Event::ObjectStart | Event::ArrayStart) => self.other(),
            _ => Ok(()),
        }
    }
}

impl Receipt {
    fn name(&mut self) -> Result<(), SettlementError> {
        self.member = match self.text.as_slice() {
            _ if self.too_long => Member::Other,
            b"success" => Member::Success,
            b"transaction" => Member::Transaction,
            b"network" => Member::Network,
            b"payer" => Member::Payer,
            b"amount" => Member::Amount,
            b"errorReason" => Member::ErrorReason,
            _ => Member::Other,
        };
        let bit = self.member as u8;
        let twice = self.seen & bit != 0;
        self.seen |= bit;
        if twice { Err(SettlementError::Member) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<(), SettlementError> {
        if self.member == Member::Other {
            return Ok(());
        }
        if self.member == Member::ErrorReason {
            self.text.iter().for_each(|byte| self.response.error_reason.push(*byte));
            return Ok(());
        }
        let text = core::str::from_utf8(&self.text).map_err(|_| SettlementError::Member)?;
        if self.too_long {
            return Err(SettlementError::Member);
        }
        match self.member {
            Member::Transaction => self.response.transaction = fit(text)?,
            Member::Network => self.response.network = Network::from_json(JsonStr::from_raw(text)),
            Member::Payer => self.response.payer = Some(fit(text)?),
            Member::Amount => self.response.amount = Some(amount(text)?),
            _ => return Err(SettlementError::Member),
        }
        Ok(())
    }

    fn boolean(&mut self, value: bool) -> Result<(), SettlementError> {
        match self.member {
            Member::Success => self.success = Some(value),
            Member::Other => {}
            _ => return Err(SettlementError::Member),
        }
        Ok(())
    }

    /// No member of ours is a number, an object or an array.
    fn other(&self) -> Result<(), SettlementError> {
        if self.member == Member::Other { Ok(()) } else { Err(SettlementError::Member) }
    }
}

fn fit<const N: usize>(text: &str) -> Result<String<N>, SettlementError> {
    String::try_from(text).map_err(|_| SettlementError::Member)
}

fn amount(text: &str) -> Result<Amount, SettlementError> {
    Amount::parse(JsonStr::from_raw(text)).map_err(|_| SettlementError::Member)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;

    fn read(text: &[u8]) -> Result<SettlementResponse, SettlementError> {
        let mut reader = SettlementReader::new();
        text.iter().try_for_each(|byte| reader.push(*byte))?;
        reader.finish()
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
            (r#"{"success":true,"amount":"1.5"}"#, Member),
            (r#"{"success":true,"payer":"123456789012345678901234567890123456789012345"}"#, Member),
        ] {
            assert_eq!(read(text.as_bytes()), Err(error), "{text}");
        }
        let long = std::format!(r#"{{"success":true,"transaction":"{}"}}"#, "x".repeat(89));
        assert_eq!(read(long.as_bytes()), Err(Member));
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
