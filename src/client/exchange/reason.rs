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
    /// In a receipt: settlement was tried.
    Receipt,
}

/// Codes in a challenge of version 2 that do not say that nothing was settled.
const MAY_SETTLE: [&str; 5] = [
    "duplicate_settlement",
    // Nonces are drawn at random: if one is used, this very payment has used it.
    "nonce_already_used",
    "settlement_pending",
    "transaction_confirmation_timed_out",
    "unexpected_settle_error",
];

/// Parts of the codes with which facilitators refuse a payment before they send it to the chain.
/// Every other code, and every sentence, may be that of a settlement that got lost: of a
/// transaction that was sent and not seen to confirm, or of a facilitator whose answer never came.
const BEFORE_SETTLEMENT: [&str; 15] = [
    "invalid_exact_svm_payload_",
    "invalid_exact_evm_payload_",
    "invalid_exact_evm_signature",
    "invalid_exact_evm_recipient_mismatch",
    "invalid_exact_evm_authorization_value",
    "invalid_exact_evm_token_",
    "missing_eip712_domain",
    "insufficient_balance",
    "transaction_simulation_failed",
    "fee_payer",
    "network_mismatch",
    "unsupported_scheme",
    "unsupported_network",
    "invalid_network",
    "insufficient_funds",
];

/// Parts of the codes of verification that an EVM payment gets too when it is settled a second time,
/// as sellers do whose first try took long: its nonce is used, or its time is over by then.
const ON_SECOND_TRY: [&str; 3] =
    ["nonce", "valid_before", "exact_evm_transaction_simulation_failed"];

/// What sellers say to those who have not paid yet. As the answer to a payment it may come from a
/// cache, while the seller settles; and a seller that has overlooked the payment may find it yet.
const ON_FIRST_CONTACT: [&str; 3] = ["", "Payment required", "X-PAYMENT header is required"];

/// What sellers of version 1 say of a payment that they have not shown to a facilitator.
const BEFORE_VERIFICATION_V1: [&str; 2] =
    ["Invalid or malformed payment header", "Unable to find matching payment requirements"];

/// Whether the reason says that this payment is not settled and is not about to be.
pub(super) fn is_final(reason: &Reason, said_in: SaidIn) -> bool {
    let text = reason.as_str();
    if reason.is_cut() || ON_FIRST_CONTACT.contains(&text) {
        return false;
    }
    match said_in {
        SaidIn::ChallengeV2 => !MAY_SETTLE.iter().any(|code| has(text, code)),
        SaidIn::ChallengeV1 => is_of_verification(text) || BEFORE_VERIFICATION_V1.contains(&text),
        SaidIn::Receipt => is_of_verification(text),
    }
}

fn is_of_verification(text: &str) -> bool {
    let of_code = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    let has_part = |parts: &[&str]| parts.iter().any(|part| has(text, part));
    text.bytes().all(of_code) && has_part(&BEFORE_SETTLEMENT) && !has_part(&ON_SECOND_TRY)
}

/// As `str::contains`, whose search is made for long texts: it takes 1.4 KB of code that can panic.
fn has(text: &str, part: &str) -> bool {
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
                assert_eq!(has(text, part), text.contains(part), "{text} {part}");
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
            ("No matching payment requirements", true, false, false),
            ("insufficient_funds", true, true, true),
            ("invalid_exact_svm_transaction_simulation_failed", true, true, true),
            ("invalid_exact_evm_signature", true, true, true),
            ("invalid_exact_evm_payload_signature", true, true, true),
            ("invalid_exact_evm_token_name_mismatch", true, true, true),
            ("invalid_exact_evm_insufficient_balance", true, true, true),
            ("invalid_exact_evm_nonce_already_used", false, false, false),
            ("invalid_exact_evm_payload_authorization_nonce_already_used", false, false, false),
            ("invalid_exact_evm_payload_authorization_valid_before", true, false, false),
            ("invalid_exact_evm_transaction_simulation_failed", true, false, false),
            ("invalid_exact_evm_transaction_failed", true, false, false),
            // Sent to the chain, and not seen to confirm.
            ("transaction_failed", true, false, false),
            ("invalid_exact_svm_transaction_failed", true, false, false),
            ("settle_exact_svm_block_height_exceeded", true, false, false),
            ("unexpected_settle_error", false, false, false),
            ("Facilitator settle failed (504): fee_payer", true, false, false),
            ("fetch failed", true, false, false),
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
