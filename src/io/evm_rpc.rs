//! What a payment may need to ask a node of an EVM chain.

use embedded_hal_async::delay::DelayNs;
use heapless::String;

use super::json_rpc::{JsonRpc, Question, join};
use super::members::Members;
use super::{Error, RpcError, Transport};
use crate::codec::hex;
use crate::evm::Address;

/// A node of an EVM chain.
pub(super) struct EvmRpc<'d, T, D>(pub(super) JsonRpc<'d, T, D>);

/// The newest block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    number: Quantity,
    /// Unix seconds.
    pub(super) timestamp: u64,
    /// The node's clock, in Unix seconds.
    pub(super) date: Option<u64>,
}

/// Characters of a word of the contract's answer: `0x` and 64 digits.
const WORD: usize = 66;

/// A number as Ethereum writes it: `0x`, and up to 16 digits for 64 bits.
type Quantity = String<18>;

const CHAIN_ID: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#;

const NEWEST_BLOCK: &str =
    r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["latest",false]}"#;

/// `authorizationState(address,bytes32)` of EIP-3009, the address in the lower part of its word.
const AUTHORIZATION_STATE: [&str; 4] = [
    r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":""#,
    r#"","data":"0xe94a0102000000000000000000000000"#,
    r#""},""#,
    r#""]}"#,
];

impl<T: Transport, D: DelayNs> EvmRpc<'_, T, D> {
    /// `eth_chainId`.
    pub(super) async fn chain_id(&mut self) -> Result<u64, Error> {
        let answer = self.ask(CHAIN_ID, ["/result"]).await?;
        Ok(number(answer.text(0)?)?)
    }

    /// `eth_getBlockByNumber` of the newest.
    pub(super) async fn newest_block(&mut self) -> Result<Block, Error> {
        let mut answer: Members<2, WORD> = Members::new(["/result/number", "/result/timestamp"]);
        let date = self.0.ask(NEWEST_BLOCK, &mut answer).await?;
        let text = answer.text(0)?;
        number(text)?;
        Ok(Block {
            number: text.try_into().map_err(|_| RpcError::Answer)?,
            timestamp: number(answer.text(1)?)?,
            date,
        })
    }

    /// `eth_call` of the token's contract: whether an authorization was used or cancelled, as of
    /// this block. A node that does not know the block yet answers with an error.
    pub(super) async fn is_authorization_used(
        &mut self,
        asset: &Address,
        from: &Address,
        nonce: &[u8; 32],
        block: &Block,
    ) -> Result<bool, Error> {
        let question = authorization_state(asset, from, nonce, &block.number);
        let answer = self.ask(&question, ["/result"]).await?;
        Ok(truth(answer.text(0)?)?)
    }

    async fn ask<const MEMBERS: usize>(
        &mut self,
        question: &str,
        wanted: [&'static str; MEMBERS],
    ) -> Result<Members<MEMBERS, WORD>, Error> {
        let mut answer = Members::new(wanted);
        self.0.ask(question, &mut answer).await?;
        Ok(answer)
    }
}

fn authorization_state(asset: &Address, from: &Address, nonce: &[u8; 32], block: &str) -> Question {
    let [start, data, behind, end] = AUTHORIZATION_STATE;
    let from: [u8; 40] = hex::encode(from.as_bytes());
    let nonce: [u8; 64] = hex::encode(nonce);
    let [from, nonce] =
        [&from[..], &nonce].map(|digits| core::str::from_utf8(digits).unwrap_or(""));
    join(&[start, asset.to_hex().as_str(), data, from, nonce, behind, block, end])
}

fn number(quantity: &str) -> Result<u64, RpcError> {
    let digits = quantity.strip_prefix("0x").filter(|digits| !digits.starts_with('+'));
    let number = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    number.ok_or(RpcError::Answer)
}

/// A word that is 0 or 1.
fn truth(word: &str) -> Result<bool, RpcError> {
    let digits = word.strip_prefix("0x").filter(|digits| digits.len() == WORD - 2);
    let (zeros, last) =
        digits.and_then(|digits| digits.split_at_checked(WORD - 3)).unwrap_or_default();
    match last {
        _ if zeros.bytes().any(|digit| digit != b'0') => Err(RpcError::Answer),
        "0" => Ok(false),
        "1" => Ok(true),
        _ => Err(RpcError::Answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha3::{Digest, Keccak256};

    #[test]
    fn the_question_is_that_of_eip_3009() {
        let hash = Keccak256::digest("authorizationState(address,bytes32)");
        assert_eq!(hash[..4], [0xe9, 0x4a, 0x01, 0x02]);
        let address = Address::new([0xab; 20]);
        let question = authorization_state(&address, &address, &[0xcd; 32], "0xffffffffffffffff");
        let question: serde_json::Value = serde_json::from_str(&question).unwrap();
        let [call, block] = question["params"].as_array().unwrap().as_slice() else { panic!() };
        assert_eq!(block, "0xffffffffffffffff");
        assert_eq!(call["to"], "0xabababababababababababababababababababab");
        let data = call["data"].as_str().unwrap();
        assert_eq!(data.len(), 2 + 2 * (4 + 32 + 32));
        assert!(data["0xe94a0102".len()..].starts_with("000000000000000000000000abab"));
        assert!(data.ends_with("cdcdcd"));
    }

    #[test]
    fn numbers() {
        assert_eq!(number("0x14a34"), Ok(84_532));
        assert_eq!(number("0xffffffffffffffff"), Ok(u64::MAX));
        for wrong in ["", "0x", "14a34", "0x+1", "0x-1", "0xg", "0x10000000000000000"] {
            assert_eq!(number(wrong), Err(RpcError::Answer), "{wrong}");
        }
    }

    #[test]
    fn truth_is_a_whole_word() {
        const ZERO: &str = "0x0000000000000000000000000000000000000000000000000000000000000000";
        const ONE: &str = "0x0000000000000000000000000000000000000000000000000000000000000001";
        const TWO: &str = "0x0000000000000000000000000000000000000000000000000000000000000002";
        const HIGH: &str = "0x1000000000000000000000000000000000000000000000000000000000000000";
        assert_eq!((truth(ZERO), truth(ONE)), (Ok(false), Ok(true)));
        for wrong in ["", "0x", "0x0", "0x1", TWO, HIGH, &ONE[2..]] {
            assert_eq!(truth(wrong), Err(RpcError::Answer), "{wrong}");
        }
    }
}
