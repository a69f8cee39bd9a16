//! What a seller's reason for a 402 after the payment says of the money.
//!
//! The payment stays signed and valid until it expires, so that "refused" must be known, not
//! guessed: who believes it may sign another one.

use crate::wire::Reason;

/// Where the reason stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SaidIn {
    /// In a challenge of version 2: the payment did not pass verification, or never reached it.
    ChallengeV2,
    /// In a challenge of version 1: sellers answer in this form whatever goes wrong.
    ChallengeV1,
    /// In a receipt: the payment had passed verification, and settlement was tried.
    Receipt,
}

/// Parts of the codes with which facilitators refuse a payment before they send it to the chain.
/// Every other code, and every sentence, may be that of a settlement that got lost: of a
/// transaction that was sent and not seen to confirm, or of a facilitator whose answer never came.
const BEFORE_SETTLEMENT: [&str; 17] = [
    "invalid_exact_svm_payload_",
    "invalid_exact_evm_payload_",
    "invalid_exact_evm_signature",
    "invalid_exact_evm_recipient_mismatch",
    "invalid_exact_evm_authorization_value",
    "invalid_exact_evm_token_",
    "missing_eip712_domain",
    "asset_not_deployed_contract",
    "eip3009_not_supported",
    "insufficient_balance",
    "transaction_simulation_failed",
    "fee_payer",
    "network_mismatch",
    "unsupported_scheme",
    "unsupported_network",
    "invalid_network",
    "insufficient_funds",
];

/// Nonces are drawn at random: if one is used, this very payment has used it.
const USED: &str = "nonce";

/// Parts of the codes of verification that a payment gets too when it is settled a second time, as
/// sellers do whose first try took long: its time is over by then, or a node simulates what it has
/// executed.
const ON_SECOND_TRY: [&str; 2] = ["valid_before", "transaction_simulation_failed"];

/// And those that it gets if it has emptied the account. A receipt comes after a verification, which
/// has seen the money.
const ONCE_EMPTIED: [&str; 2] = ["insufficient_balance", "insufficient_funds"];

/// What sellers say of a payment that they have not shown to a facilitator.
const BEFORE_VERIFICATION: [&str; 3] = [
    "No matching payment requirements",
    "Unable to find matching payment requirements",
    "Invalid or malformed payment header",
];

/// Whether the reason says that this payment is not settled and is not about to be. What is not
/// known says nothing: least of all what sellers say to those who have not paid yet, which may come
/// from a cache while the seller settles.
pub(super) fn is_final(reason: &Reason, said_in: SaidIn) -> bool {
    let text = reason.as_str();
    let has = |parts: &[&str]| parts.iter().any(|part| contains(text, part));
    if reason.is_cut() || has(&[USED]) {
        return false;
    }
    let is_of_verification = text.bytes().all(is_of_code) && has(&BEFORE_SETTLEMENT);
    let is_of_seller = BEFORE_VERIFICATION.contains(&text);
    match said_in {
        SaidIn::ChallengeV2 => is_of_verification || is_of_seller,
        SaidIn::ChallengeV1 => is_of_verification && !has(&ON_SECOND_TRY) || is_of_seller,
        SaidIn::Receipt => is_of_verification && !has(&ON_SECOND_TRY) && !has(&ONCE_EMPTIED),
    }
}

fn is_of_code(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')
}

/// As `str::contains`, whose search is made for long texts: it takes 1.4 KB of code that can panic.
fn contains(text: &str, part: &str) -> bool {
    let mut rest = text.as_bytes();
    while !rest.starts_with(part.as_bytes()) {
        let Some((_, shorter)) = rest.split_first() else { return false };
        rest = shorter;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_wherever_they_stand() {
        for text in ["", "a", "ab", "aab", "abab", "ba", "xabx", "é", "xé"] {
            for part in ["", "a", "ab", "bab", "abx", "é", "ababa"] {
                assert_eq!(contains(text, part), text.contains(part), "{text} {part}");
            }
        }
    }

    #[test]
    fn only_what_is_known_is_final() {
        use SaidIn::*;
        let code = "invalid_exact_svm_payload_amount_mismatch";
        let sentence = "Unable to find matching payment requirements";
        let long = [b'a'; 200];
        let long = core::str::from_utf8(&long).unwrap();
        for (reason, in_v2, in_v1, in_receipt) in [
            (code, true, true, true),
            (sentence, true, true, false),
            ("No matching payment requirements", true, true, false),
            ("insufficient_funds", true, true, false),
            ("invalid_exact_svm_transaction_simulation_failed", true, false, false),
            ("invalid_exact_evm_signature", true, true, true),
            ("invalid_exact_evm_payload_signature", true, true, true),
            ("invalid_exact_evm_token_name_mismatch", true, true, true),
            ("invalid_exact_evm_insufficient_balance", true, true, false),
            ("invalid_exact_evm_nonce_already_used", false, false, false),
            ("invalid_exact_evm_payload_authorization_nonce_already_used", false, false, false),
            ("invalid_exact_evm_payload_authorization_valid_before", true, false, false),
            ("invalid_exact_evm_transaction_simulation_failed", true, false, false),
            ("invalid_exact_evm_transaction_failed", false, false, false),
            // Sent to the chain, and not seen to confirm.
            ("transaction_failed", false, false, false),
            ("invalid_exact_svm_transaction_failed", false, false, false),
            ("settle_exact_svm_block_height_exceeded", false, false, false),
            ("unexpected_settle_error", false, false, false),
            ("Facilitator settle failed (504): fee_payer", false, false, false),
            ("fetch failed", false, false, false),
            ("", false, false, false),
            ("Payment required", false, false, false),
            ("X-PAYMENT header is required", false, false, false),
            ("duplicate_settlement", false, false, false),
            ("Settlement failed: settlement_pending", false, false, false),
            (long, false, false, false),
        ] {
            for (said_in, expected) in
                [(ChallengeV2, in_v2), (ChallengeV1, in_v1), (Receipt, in_receipt)]
            {
                assert_eq!(is_final(&reason.into(), said_in), expected, "{reason} {said_in:?}");
            }
        }
    }
}
