//! A seller with its facilitator: honest, or with any misconduct that the dice say.

use std::time::{Duration, UNIX_EPOCH};

use embedded_x402_tests::challenge::{
    challenge, challenge_v1, entry, entry_evm, entry_v1, with, with_extra,
};
use embedded_x402_tests::histories::market::TIMEOUT;
use embedded_x402_tests::histories::{Coin, Payment};
use embedded_x402_tests::keys::{DEVICE, base58};
use embedded_x402_tests::mutation::Dice;
use embedded_x402_tests::network::{After, Reply};
use embedded_x402_tests::response::{encode, response};
use serde_json::{Value, json};

use crate::chain::{Chain, Rejection};

/// What the seller does.
pub(crate) struct Seller {
    /// Of a hundred answers, so many are no honest ones.
    pub(crate) misconduct: usize,
    pub(crate) coins: Vec<Coin>,
    pub(crate) price: u64,
    /// Seconds that `Date` is off; `None`, and it says none.
    pub(crate) date: Option<i64>,
    /// Answers a payment that has settled as it did the first time; else with an error.
    pub(crate) remembers: bool,
    pub(crate) offers_identifier: bool,
    pub(crate) is_v1: bool,
    payer: String,
    /// Payments that are settled later, and when.
    pending: Vec<(u64, Payment)>,
}

#[derive(Debug, Clone, Copy)]
enum Settling {
    Now,
    Later(u64),
    Never,
}

#[derive(Debug, Clone, Copy)]
enum Said {
    Receipt,
    Nothing(After),
    /// The receipt, but for what comes after so many bytes.
    Part(usize, After),
    Status(u16),
    ReceiptBeside(u16),
    Challenge {
        price: u64,
        pay_to: bool,
    },
    Reason(&'static str),
    Failure {
        reason: &'static str,
        with_transaction: bool,
    },
    Lie(Lie),
}

#[derive(Debug, Clone, Copy)]
enum Lie {
    Network,
    Amount,
    Payer,
    Transaction,
}

const REASONS: [&str; 8] = [
    "invalid_exact_svm_transaction_simulation_failed",
    "invalid_exact_evm_insufficient_balance",
    "invalid_exact_svm_payload_transaction",
    "invalid_exact_evm_payload_authorization_valid_before",
    "insufficient_funds",
    "duplicate_settlement",
    "settlement_pending",
    "whatever the seller likes to say",
];

impl Seller {
    pub(crate) fn honest(payer: String) -> Self {
        Seller {
            misconduct: 0,
            coins: vec![Coin::Solana],
            price: 1000,
            date: Some(0),
            remembers: true,
            offers_identifier: false,
            is_v1: false,
            payer,
            pending: Vec::new(),
        }
    }

    /// Sends the settlements that are due by now to the chain.
    pub(crate) fn settle_due(&mut self, chain: &mut Chain, now: u64) {
        self.pending.sort_by_key(|(at, _)| *at);
        while self.pending.first().is_some_and(|(at, _)| *at <= now) {
            let (at, payment) = self.pending.remove(0);
            let _ = chain.settle(&payment, at);
        }
    }

    /// The answer to a request without a payment.
    pub(crate) fn ask(&mut self, chain: &mut Chain, now: u64, dice: &mut Dice) -> (String, Reply) {
        let price = self.price;
        if dice.below(100) >= self.misconduct {
            return ("asks".into(), self.challenge(price, chain, now, dice).into());
        }
        match dice.below(6) {
            0 => ("is silent".into(), Reply::then(Vec::new(), After::Silence)),
            1 => ("closes".into(), Reply::then(Vec::new(), After::Close)),
            2 => ("fails".into(), self.status(500, now).into()),
            3 => ("gives away".into(), self.status(200, now).into()),
            4 => ("asks too much".into(), self.challenge(9000, chain, now, dice).into()),
            _ => {
                let mut bytes = self.challenge(price, chain, now, dice);
                bytes.truncate(dice.below(bytes.len()));
                ("asks in part".into(), Reply::then(bytes, After::Reset))
            }
        }
    }

    /// The answer to a payment.
    pub(crate) fn paid(
        &mut self,
        payment: &Payment,
        chain: &mut Chain,
        now: u64,
        dice: &mut Dice,
    ) -> (String, Reply) {
        let (settling, said) = match dice.below(100) < self.misconduct {
            true => (settling(dice), self.misconduct(dice)),
            false => self.conduct(payment, chain, now),
        };
        match settling {
            Settling::Now => drop(chain.settle(payment, now)),
            Settling::Later(seconds) => self.pending.push((now + seconds, payment.clone())),
            Settling::Never => {}
        }
        let reply = self.reply(said, payment, chain, now, dice);
        (format!("settles {settling:?} and says {said:?}"), reply)
    }

    fn conduct(&self, payment: &Payment, chain: &mut Chain, now: u64) -> (Settling, Said) {
        let said = match chain.settle(payment, now) {
            Ok(()) => Said::Receipt,
            Err(Rejection::Settled) if self.remembers => Said::Receipt,
            Err(Rejection::Settled) => {
                Said::Failure { reason: "duplicate_settlement", with_transaction: false }
            }
            Err(Rejection::NotValid) if payment.coin == Coin::Solana => {
                Said::Reason("transaction_simulation_failed")
            }
            Err(Rejection::NotValid) => {
                Said::Reason("invalid_exact_evm_payload_authorization_valid_before")
            }
        };
        (Settling::Never, said)
    }

    fn misconduct(&self, dice: &mut Dice) -> Said {
        let after = [After::Silence, After::Close, After::Reset][dice.below(3)];
        match dice.below(14) {
            0 | 1 => Said::Receipt,
            2 => Said::Nothing(After::Silence),
            3 => Said::Nothing(after),
            4 => Said::Part(dice.below(400), after),
            5 => Said::Status([200, 202, 204][dice.below(3)]),
            6 => Said::Status([400, 403, 404, 409, 429][dice.below(5)]),
            7 => Said::Status([500, 502, 503][dice.below(3)]),
            8 => Said::ReceiptBeside(500),
            9 => Said::Challenge { price: self.price * (1 + dice.below(2) as u64), pay_to: false },
            10 => Said::Challenge { price: self.price, pay_to: true },
            11 => Said::Reason(REASONS[dice.below(REASONS.len())]),
            12 => Said::Failure {
                reason: REASONS[dice.below(REASONS.len())],
                with_transaction: dice.below(2) == 0,
            },
            _ => {
                Said::Lie([Lie::Network, Lie::Amount, Lie::Payer, Lie::Transaction][dice.below(4)])
            }
        }
    }

    fn reply(
        &self,
        said: Said,
        payment: &Payment,
        chain: &mut Chain,
        now: u64,
        dice: &mut Dice,
    ) -> Reply {
        let receipt = self.receipt(payment);
        match said {
            Said::Receipt => self.with_receipt(200, &receipt, now).into(),
            Said::Nothing(after) => Reply::then(Vec::new(), after),
            Said::Part(length, after) => {
                let mut bytes = self.with_receipt(200, &receipt, now);
                bytes.truncate(length);
                Reply::then(bytes, after)
            }
            Said::Status(status) => self.status(status, now).into(),
            Said::ReceiptBeside(status) => self.with_receipt(status, &receipt, now).into(),
            Said::Challenge { price, pay_to: false } => {
                self.challenge(price, chain, now, dice).into()
            }
            Said::Challenge { price, pay_to: true } => {
                let entry =
                    with(self.entry(Coin::Evm, price, chain, now, dice), "/payTo", json!("0x22"));
                self.challenge_of(&[entry], None, now).into()
            }
            Said::Reason(reason) => {
                let entry = self.entry(payment.coin, self.price, chain, now, dice);
                self.challenge_of(&[entry], Some(reason), now).into()
            }
            Said::Failure { reason, with_transaction } => {
                let transaction = if with_transaction { &payment.transaction } else { "" };
                let failure = json!({
                    "success": false, "errorReason": reason, "transaction": transaction,
                    "network": receipt["network"], "payer": receipt["payer"],
                });
                self.with_receipt(402, &failure, now).into()
            }
            Said::Lie(lie) => self.with_receipt(200, &lied(receipt, lie), now).into(),
        }
    }

    fn receipt(&self, payment: &Payment) -> Value {
        let (network, payer) = match payment.coin {
            Coin::Solana => (embedded_x402_tests::challenge::DEVNET, DEVICE),
            Coin::Evm => ("eip155:84532", self.payer.as_str()),
        };
        json!({
            "success": true, "transaction": payment.transaction, "network": network,
            "payer": payer, "amount": payment.amount.to_string(),
        })
    }

    fn challenge(&self, price: u64, chain: &mut Chain, now: u64, dice: &mut Dice) -> Vec<u8> {
        let entries: Vec<Value> =
            self.coins.iter().map(|coin| self.entry(*coin, price, chain, now, dice)).collect();
        self.challenge_of(&entries, None, now)
    }

    fn challenge_of(&self, entries: &[Value], reason: Option<&str>, now: u64) -> Vec<u8> {
        if self.is_v1 {
            return response(402, &self.date(now).fields(), &challenge_v1(entries));
        }
        let mut challenge: Value = serde_json::from_str(&challenge(entries)).expect("JSON");
        if let Some(reason) = reason {
            challenge["error"] = json!(reason);
        }
        if self.offers_identifier {
            challenge["extensions"]["payment-identifier"]["info"]["required"] = json!(true);
        }
        let header = encode(&challenge.to_string());
        let date = self.date(now);
        let mut fields = date.fields();
        fields.push(("PAYMENT-REQUIRED", &header));
        response(402, &fields, "{}")
    }

    fn entry(&self, coin: Coin, price: u64, chain: &mut Chain, now: u64, dice: &mut Dice) -> Value {
        let price = json!(price.to_string());
        match coin {
            Coin::Evm => {
                with(with(entry_evm(), "/amount", price), "/maxTimeoutSeconds", json!(TIMEOUT))
            }
            Coin::Solana => {
                let life = 60 + dice.below(91) as u64;
                let blockhash = json!(chain.blockhash(now, life));
                let entry = match self.is_v1 {
                    true => with(entry_v1(), "/maxAmountRequired", price),
                    false => with(entry(), "/amount", price),
                };
                with_extra(entry, "recentBlockhash", blockhash)
            }
        }
    }

    fn with_receipt(&self, status: u16, receipt: &Value, now: u64) -> Vec<u8> {
        let header = encode(&receipt.to_string());
        let date = self.date(now);
        let mut fields = date.fields();
        fields.push((if self.is_v1 { "X-PAYMENT-RESPONSE" } else { "PAYMENT-RESPONSE" }, &header));
        response(status, &fields, "sunny")
    }

    fn status(&self, status: u16, now: u64) -> Vec<u8> {
        response(status, &self.date(now).fields(), "sunny")
    }

    fn date(&self, now: u64) -> Date {
        let at = |offset| UNIX_EPOCH + Duration::from_secs(now.saturating_add_signed(offset));
        Date(self.date.map(|offset| httpdate::fmt_http_date(at(offset))))
    }
}

/// The field `Date`, if there is one.
struct Date(Option<String>);

impl Date {
    fn fields(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|date| ("Date", date.as_str())).collect()
    }
}

fn settling(dice: &mut Dice) -> Settling {
    match dice.below(3) {
        0 => Settling::Now,
        1 => Settling::Later(dice.below(200) as u64),
        _ => Settling::Never,
    }
}

fn lied(receipt: Value, lie: Lie) -> Value {
    let made_up = json!(match receipt["network"] == "eip155:84532" {
        true => "made up".to_owned(),
        false => base58(&[9; 64]),
    });
    match lie {
        Lie::Network => with(receipt, "/network", json!("eip155:1")),
        Lie::Amount => with(receipt, "/amount", json!("1")),
        Lie::Payer => with(receipt, "/payer", json!("somebody")),
        Lie::Transaction => with(receipt, "/transaction", made_up),
    }
}
