//! What a payment may need to ask a Solana node.
//!
//! Before a payment no answer is trusted with money: a wrong program or wrong decimals can only make
//! the transaction fail, since they are part of what the chain checks. A blockhash is what ties a
//! transaction to one of Solana's networks: see [`Asset::new`](crate::policy::Asset::new).

use embedded_hal_async::delay::DelayNs;
use heapless::String;

use super::json_rpc::{JsonRpc, Question, join};
use super::members::Members;
use super::{Error, RpcError, Transport};
use crate::codec::base64::{Decoder, encoded_len};
use crate::codec::decimal::decimal;
use crate::scheme::MintFacts;
use crate::solana::sizes::MESSAGE_OFFSET;
use crate::solana::{Blockhash, Pubkey, Signature, TokenProgram};

/// A node of one of Solana's networks.
pub(super) struct SolanaRpc<'d, T, D>(pub(super) JsonRpc<'d, T, D>);

/// Where the finalized part of the chain ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tip {
    pub(super) slot: u64,
    /// The chain's clock, in Unix seconds.
    pub(super) time: u64,
    /// The node's clock, in Unix seconds.
    pub(super) date: Option<u64>,
}

/// A transaction in an account's history.
#[derive(Debug, Clone, Copy)]
pub(super) struct HistoryEntry {
    pub(super) id: Signature,
    pub(super) slot: u64,
    /// Of its block, in Unix seconds.
    pub(super) time: Option<u64>,
    /// It moved nothing.
    pub(super) has_failed: bool,
}

/// Characters of a signature in base58: the longest text that is read whole.
const TEXT: usize = 88;

/// Characters of a hash in base58.
const HASH: usize = 44;

/// Characters of the front of a transaction, up to its message, in base64.
const FRONT: usize = encoded_len(MESSAGE_OFFSET);

/// Where the time stands in the clock's account: behind three numbers of 8 bytes, and a time.
const CLOCK_TIME: usize = 8;

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

const GENESIS_HASH: &str = r#"{"jsonrpc":"2.0","id":1,"method":"getGenesisHash"}"#;

const CLOCK_ACCOUNT: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"getAccountInfo","#,
    r#""params":["SysvarC1ock11111111111111111111111111111111","#,
    r#"{"commitment":"finalized","encoding":"base64","dataSlice":{"offset":32,"length":8}}]}"#,
);

const FIRST_BLOCK: &str = r#"{"jsonrpc":"2.0","id":1,"method":"getFirstAvailableBlock"}"#;

const BLOCKHASH: [&str; 3] = [
    r#"{"jsonrpc":"2.0","id":1,"method":"isBlockhashValid","params":[""#,
    r#"",{"commitment":"finalized","minContextSlot":"#,
    "}]}",
];

const HISTORY: [&str; 3] = [
    r#"{"jsonrpc":"2.0","id":1,"method":"getSignaturesForAddress","params":[""#,
    r#"",{"commitment":"finalized","limit":1,"minContextSlot":"#,
    "}]}",
];

const HISTORY_ENTRY: [&str; 6] = [
    "/result",
    "/result/0",
    "/result/0/signature",
    "/result/0/slot",
    "/result/0/err",
    "/result/0/blockTime",
];

const BEFORE: [&str; 2] = [r#","before":""#, r#"""#];

const TRANSACTION: [&str; 2] = [
    r#"{"jsonrpc":"2.0","id":1,"method":"getTransaction","params":[""#,
    concat!(
        r#"",{"commitment":"finalized","encoding":"base64","#,
        r#""maxSupportedTransactionVersion":0}]}"#,
    ),
];

impl<T: Transport, D: DelayNs> SolanaRpc<'_, T, D> {
    /// `getLatestBlockhash`, at commitment `confirmed`: `finalized` would spend some 13 seconds of
    /// the blockhash's life of 60 to 90.
    pub(super) async fn latest_blockhash(&mut self) -> Result<Blockhash, Error> {
        let answer = self.ask(LATEST_BLOCKHASH, ["/result/value/blockhash"]).await?;
        Blockhash::from_base58(answer.text(0)?).map_err(|_| RpcError::Answer.into())
    }

    /// `getAccountInfo` of a mint: its owner, checked, and its decimals.
    pub(super) async fn mint_facts(&mut self, mint: &Pubkey) -> Result<MintFacts, Error> {
        let wanted = ["/result/value", "/result/value/owner", "/result/value/data/0"];
        let answer = self.ask(&about(MINT_ACCOUNT, mint.to_base58().as_str()), wanted).await?;
        if answer.is_null(0) {
            return Err(RpcError::NoSuchMint.into());
        }
        let owner = Pubkey::from_base58(answer.text(1)?).map_err(|_| RpcError::Answer)?;
        let token_program = TokenProgram::from_id(&owner).ok_or(RpcError::NotATokenProgram)?;
        let [decimals] = bytes(answer.text(2)?).ok_or(RpcError::Answer)?;
        Ok(MintFacts { token_program, decimals })
    }

    /// `getGenesisHash`: it names the network.
    pub(super) async fn genesis_hash(&mut self) -> Result<String<HASH>, Error> {
        let answer = self.ask(GENESIS_HASH, ["/result"]).await?;
        answer.text(0)?.try_into().map_err(|_| RpcError::Answer.into())
    }

    /// `getAccountInfo` of the clock that programs see.
    pub(super) async fn tip(&mut self) -> Result<Tip, Error> {
        let mut answer: Members<2, TEXT> =
            Members::new(["/result/context/slot", "/result/value/data/0"]);
        let date = self.0.ask(CLOCK_ACCOUNT, &mut answer).await?;
        let time: [u8; CLOCK_TIME] = bytes(answer.text(1)?).ok_or(RpcError::Answer)?;
        let time = u64::try_from(i64::from_le_bytes(time)).map_err(|_| RpcError::Answer)?;
        Ok(Tip { slot: answer.number(0)?, time, date })
    }

    /// `isBlockhashValid`, at a finalized slot that is not before this one.
    pub(super) async fn is_blockhash_valid(
        &mut self,
        blockhash: &Blockhash,
        slot: u64,
    ) -> Result<bool, Error> {
        let [start, middle, end] = BLOCKHASH;
        let (blockhash, slot) = (blockhash.to_base58(), decimal(slot));
        let question = join(&[start, blockhash.as_str(), middle, &slot, end]);
        Ok(self.ask(&question, ["/result/value"]).await?.bool(0)?)
    }

    /// `getFirstAvailableBlock`: the slot from which on the node knows all of history.
    pub(super) async fn first_available_block(&mut self) -> Result<u64, Error> {
        Ok(self.ask(FIRST_BLOCK, ["/result"]).await?.number(0)?)
    }

    /// `getSignaturesForAddress`: the newest finalized transaction of an account, or the newest
    /// before another one; at a finalized slot that is not before this one.
    pub(super) async fn history_entry(
        &mut self,
        account: &Pubkey,
        before: Option<&Signature>,
        slot: u64,
    ) -> Result<Option<HistoryEntry>, Error> {
        let answer = self.ask(&history(account, before, slot), HISTORY_ENTRY).await?;
        let [list, entry, signature, slot, error, time] = [0, 1, 2, 3, 4, 5];
        if answer.is_array(list) && !answer.is_there(entry) {
            return Ok(None);
        }
        Ok(Some(HistoryEntry {
            id: Signature::from_base58(answer.text(signature)?).map_err(|_| RpcError::Answer)?,
            slot: answer.number(slot)?,
            time: answer.number(time).ok(),
            has_failed: answer.is_there(error) && !answer.is_null(error),
        }))
    }

    /// `getTransaction`: the second of its signatures, if it has two.
    pub(super) async fn second_signature(
        &mut self,
        id: &Signature,
    ) -> Result<Option<Signature>, Error> {
        let mut answer: Members<1, FRONT> = Members::new(["/result/transaction/0"]);
        self.0.ask(&about(TRANSACTION, id.to_base58().as_str()), &mut answer).await?;
        let front: [u8; MESSAGE_OFFSET] = bytes(answer.front(0)?).ok_or(RpcError::Answer)?;
        Ok(match front {
            [2, signatures @ ..] => signatures.last_chunk().copied().map(Signature::new),
            _ => None,
        })
    }

    async fn ask<const MEMBERS: usize>(
        &mut self,
        question: &str,
        wanted: [&'static str; MEMBERS],
    ) -> Result<Members<MEMBERS, TEXT>, Error> {
        let mut answer = Members::new(wanted);
        self.0.ask(question, &mut answer).await?;
        Ok(answer)
    }
}

fn about([start, end]: [&str; 2], address: &str) -> Question {
    join(&[start, address, end])
}

fn history(account: &Pubkey, before: Option<&Signature>, slot: u64) -> Question {
    let [start, middle, end] = HISTORY;
    let [open, close] = BEFORE;
    let (account, slot) = (account.to_base58(), decimal(slot));
    match before.map(Signature::to_base58) {
        None => join(&[start, account.as_str(), middle, &slot, end]),
        Some(before) => {
            join(&[start, account.as_str(), middle, &slot, open, before.as_str(), close, end])
        }
    }
}

/// The bytes that a base64 text encodes, if there are just so many.
fn bytes<const N: usize>(base64: &str) -> Option<[u8; N]> {
    let mut decoder = Decoder::new();
    let mut bytes: heapless::Vec<u8, N> = heapless::Vec::new();
    for character in base64.bytes() {
        if let Some(byte) = decoder.push(character).ok()? {
            bytes.push(byte).ok()?;
        }
    }
    decoder.finish().ok()?;
    bytes.into_array().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_questions_fit() {
        let account = Pubkey::new([0xff; 32]);
        let before = Signature::new([0xff; 64]);
        assert!(history(&account, Some(&before), u64::MAX).ends_with("\"}]}"));
        assert!(about(TRANSACTION, before.to_base58().as_str()).ends_with("}]}"));
    }

    #[test]
    fn bytes_are_as_many_as_asked() {
        assert_eq!(bytes("BgYG"), Some([6; 3]));
        assert_eq!(bytes::<2>("BgYG"), None);
        assert_eq!(bytes::<4>("BgYG"), None);
        assert_eq!(bytes::<1>("!"), None);
    }
}
