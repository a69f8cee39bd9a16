//! What a payment says, read with the chain's own types.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use embedded_x402_sim::chain::MEMO_PROGRAM;
use serde_json::Value;
use solana_address::Address;
use solana_message::VersionedMessage;
use solana_transaction::versioned::VersionedTransaction;

/// The transaction in the JSON of a payment.
pub(crate) fn transaction(payment: &Value) -> VersionedTransaction {
    let text = payment["payload"]["transaction"].as_str().unwrap();
    let bytes = STANDARD.decode(text).unwrap();
    let transaction: VersionedTransaction = bincode::deserialize(&bytes).unwrap();
    // Nothing stands behind it, and no length is written in more bytes than it takes.
    assert_eq!(bincode::serialize(&transaction).unwrap(), bytes);
    transaction
}

/// Program and data of each instruction.
pub(crate) fn instructions(message: &VersionedMessage) -> Vec<(Address, &[u8])> {
    let keys = message.static_account_keys();
    let instructions = message.instructions().iter();
    instructions
        .map(|call| (keys[usize::from(call.program_id_index)], call.data.as_slice()))
        .collect()
}

/// The only memo, if there is one.
pub(crate) fn memo(message: &VersionedMessage) -> Option<String> {
    let mut memos =
        instructions(message).into_iter().filter(|(program, _)| *program == MEMO_PROGRAM);
    let memo = memos.next().map(|(_, data)| String::from_utf8(data.to_vec()).unwrap());
    assert!(memos.next().is_none(), "two memos");
    memo
}

/// Whether this is what the client writes where nobody asks for a memo: 16 random bytes.
pub(crate) fn is_random(memo: &str) -> bool {
    memo.len() == 32 && memo.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
