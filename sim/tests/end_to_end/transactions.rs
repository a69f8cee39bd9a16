//! The transaction that the device makes, read by the chain's own types and executed without any
//! facilitator between.

use embedded_x402_sim::chain::{TokenProgram, genesis};
use embedded_x402_sim::seller::{Resource, Route};
use embedded_x402_sim::x402::Version;
use serde_json::Value;
use solana_address::Address;
use solana_keypair::Keypair;
use solana_message::VersionedMessage;
use solana_sdk_ids::compute_budget;
use solana_signature::Signature;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;

use crate::errand;
use crate::payment;
use crate::shop::{PRICE, Shop, VERSIONS, accept};

const TOKENS: [(Address, TokenProgram); 2] =
    [(genesis::USDC, TokenProgram::Classic), (genesis::PYUSD, TokenProgram::Token2022)];

const DECIMALS: u8 = 6;

/// One payment to look at.
#[derive(Debug, Clone)]
struct Case {
    version: Version,
    mint: Address,
    program: TokenProgram,
    memo: Option<String>,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for version in VERSIONS {
        for (mint, program) in TOKENS {
            for memo in [None, Some("order 7".to_owned()), Some("m".repeat(256))] {
                cases.push(Case { version, mint, program, memo });
            }
        }
    }
    cases
}

/// The seller names a fee payer whose key is ours, so the facilitator refuses and we execute.
#[tokio::test]
async fn every_payment_executes() {
    let fee_payer = Keypair::new();
    let cases = cases();
    let shop = Shop::open(|pay_to| {
        let routes = cases.iter().enumerate();
        routes.map(|(index, case)| case.route(index, pay_to, &fee_payer)).collect()
    })
    .await;
    shop.market.chain.fund_sol(&fee_payer.pubkey(), 1_000_000_000).unwrap();
    for (index, case) in cases.iter().enumerate() {
        let books = shop.open_books(case.mint);
        let errand = errand::run(&shop, &path(index), || true).await;
        assert!(errand.result.is_err(), "{case:?}: {:?}", errand.result);
        books.assert_nothing_moved("the facilitator refused");

        let transaction = payment::transaction(&errand.payment());
        case.check(&transaction, &shop, &fee_payer);
        let signature = shop.market.chain.send(signed(transaction, &fee_payer)).unwrap();
        let landed = shop.landed(&signature.to_string()).unwrap();
        assert_eq!(landed.transaction.meta.status, Ok(()), "{case:?}");
        assert_eq!((books.moved().spent, books.moved().earned), (PRICE, PRICE), "{case:?}");
    }
}

impl Case {
    fn route(&self, index: usize, pay_to: Address, fee_payer: &Keypair) -> Route {
        let mut accept = accept(self.mint, pay_to, PRICE);
        let fee_payer = Value::from(fee_payer.pubkey().to_string());
        accept.extra.insert("feePayer".to_owned(), fee_payer);
        Route {
            version: self.version,
            memo: self.memo.clone(),
            ..Route::new(path(index), Resource::Weather, accept)
        }
    }

    fn check(&self, transaction: &VersionedTransaction, shop: &Shop, fee_payer: &Keypair) {
        transaction.sanitize().unwrap();
        let VersionedMessage::V0(message) = &transaction.message else {
            panic!("{self:?}: not a message of version 0");
        };
        assert!(message.address_table_lookups.is_empty(), "{self:?}");
        let header = message.header;
        assert_eq!(header.num_required_signatures, 2, "{self:?}");
        assert_eq!(header.num_readonly_signed_accounts, 1, "{self:?}");
        assert_eq!(message.account_keys[..2], [fee_payer.pubkey(), shop.payer], "{self:?}");
        self.check_signatures(transaction);
        self.check_instructions(&transaction.message);
        self.check_transfer(&transaction.message, shop);
    }

    /// The payer has signed, and left the fee payer's place empty.
    fn check_signatures(&self, transaction: &VersionedTransaction) {
        let payer = transaction.message.static_account_keys()[1];
        let message = transaction.message.serialize();
        assert_eq!(transaction.signatures.len(), 2, "{self:?}");
        assert_eq!(transaction.signatures[0], Signature::default(), "{self:?}");
        assert!(transaction.signatures[1].verify(payer.as_ref(), &message), "{self:?}");
    }

    fn check_instructions(&self, message: &VersionedMessage) {
        let instructions = payment::instructions(message);
        let (limit, price) = (&instructions[0], &instructions[1]);
        assert_eq!((limit.0, limit.1[0], limit.1.len()), (compute_budget::ID, 2, 5), "{self:?}");
        assert_eq!(*price, (compute_budget::ID, &[3, 1, 0, 0, 0, 0, 0, 0, 0][..]), "{self:?}");
        let memo = payment::memo(message);
        match (&self.memo, self.version) {
            (Some(_), _) => assert_eq!(memo, self.memo, "{self:?}"),
            (None, Version::V1) => assert_eq!(memo, None, "{self:?}"),
            (None, Version::V2) => {
                assert!(payment::is_random(&memo.clone().unwrap()), "{self:?}: {memo:?}");
            }
        }
        assert_eq!(instructions.len(), if memo.is_some() { 4 } else { 3 }, "{self:?}");
    }

    fn check_transfer(&self, message: &VersionedMessage, shop: &Shop) {
        let (program, data) = payment::instructions(message)[2];
        assert_eq!(program, self.program.id(), "{self:?}");
        let expected = [&[12], &PRICE.to_le_bytes()[..], &[DECIMALS]].concat();
        assert_eq!(data, expected, "{self:?}");

        let keys = message.static_account_keys();
        let positions = &message.instructions()[2].accounts;
        let accounts: Vec<_> = positions.iter().map(|index| keys[usize::from(*index)]).collect();
        let account = |owner| self.program.associated_account(owner, &self.mint);
        let (source, destination) = (account(&shop.payer), account(&shop.market.pay_to));
        assert_eq!(accounts, [source, self.mint, destination, shop.payer], "{self:?}");
    }
}

fn signed(mut transaction: VersionedTransaction, fee_payer: &Keypair) -> VersionedTransaction {
    transaction.signatures[0] = fee_payer.sign_message(&transaction.message.serialize());
    transaction
}

fn path(index: usize) -> String {
    format!("/{index}")
}
