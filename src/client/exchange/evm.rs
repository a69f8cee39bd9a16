//! The payment on EVM chains, from the approval to the signature, and the word on its receipt.

use super::{Exchange, State, Step};
use crate::client::evm_payment::{self, EvmStage};
use crate::client::outcome::{Doubt, Error};
use crate::scheme::SchemeError;
use crate::signer::RecoverableSignature;
use crate::wire::{Authorization, SettlementResponse};

/// Characters of a transaction's hash: `0x` and 64 digits.
const TRANSACTION_HASH: usize = 66;

/// Seconds that the chain's clock may be behind the device's.
const CLOCK_MARGIN: u64 = 60;

impl<const ENTRY: usize> Exchange<'_, ENTRY> {
    /// Takes the answer to [`Step::Time`]: Unix seconds, or `None` without a clock. The `Date` of
    /// the seller's answer counts too: the earlier of both is taken, so that an authorization is
    /// valid for longer than meant only if both are ahead. One that is behind makes an authorization
    /// that is refused.
    ///
    /// # Errors
    /// [`SchemeError::NoClock`] if there is no time at all.
    pub fn time(&mut self, now: Option<u64>) -> Result<(), Error> {
        self.best_if(matches!(self.state, State::Evm(EvmStage::NeedsTime)))?;
        let known = now.into_iter().chain(self.head.head().date).min();
        let known = known.ok_or(Error::Scheme(SchemeError::NoClock));
        let now = self.fail_unless_ok(known)?;
        self.state = State::Evm(EvmStage::NeedsNonce { now });
        Ok(())
    }

    /// Takes the answer to [`Step::Nonce`]: random bytes, fresh for each payment.
    ///
    /// # Errors
    /// [`Error::Scheme`] if the seller's requirements leave no time to pay.
    pub fn nonce(&mut self, nonce: [u8; 32]) -> Result<(), Error> {
        let State::Evm(EvmStage::NeedsNonce { now }) = self.state else {
            return Err(Error::OutOfOrder);
        };
        let best = self.best().ok_or(Error::OutOfOrder)?;
        let rule = self.policy.rules.get(usize::from(best.rank.rule)).ok_or(Error::OutOfOrder)?;
        let payer = self.payer.evm.ok_or(Error::OutOfOrder)?;
        let (entry, buffer) = self.selection.split_entries(self.memory);
        let built = evm_payment::read(entry).and_then(|scheme| {
            let authorization = scheme.authorization(payer, now, rule.max_timeout_seconds, nonce);
            let authorization = authorization.map_err(Error::Scheme)?;
            evm_payment::store(&authorization, buffer)?;
            Ok(authorization.valid_before.saturating_sub(now))
        });
        let valid_for = self.fail_unless_ok(built)?;
        self.state = State::Evm(self.evm_stage_once_built(valid_for));
        Ok(())
    }

    /// Takes the answer to [`Step::SignDigest`]. From here on the payment can be given out.
    ///
    /// # Errors
    /// [`Error::OutOfOrder`] if it was not asked for.
    pub fn recoverable_signature(&mut self, signature: &RecoverableSignature) -> Result<(), Error> {
        self.best_if(matches!(self.state, State::Evm(EvmStage::Signing)))?;
        evm_payment::sign(self.selection.incoming(self.memory), signature.as_bytes())?;
        self.signed();
        Ok(())
    }

    pub(super) fn evm_step(&self, stage: &EvmStage) -> Result<Step<'_>, Error> {
        Ok(match stage {
            EvmStage::NeedsTime => Step::Time,
            EvmStage::NeedsNonce { .. } => Step::Nonce,
            EvmStage::Reserving { lifetime } => Step::Reserve(self.reservation(*lifetime)?),
            EvmStage::Signing => Step::SignDigest { digest: self.digest()? },
        })
    }

    #[inline(never)] // For the stack: see `step`.
    fn digest(&self) -> Result<[u8; 32], Error> {
        let authorization = evm_payment::load(self.stored()).ok_or(Error::OutOfOrder)?;
        Ok(evm_payment::read(self.entry())?.digest(&authorization))
    }

    fn evm_stage_once_built(&self, valid_for: u64) -> EvmStage {
        if self.is_journalled {
            let lifetime = valid_for.saturating_add(CLOCK_MARGIN);
            return EvmStage::Reserving { lifetime: lifetime.try_into().unwrap_or(u32::MAX) };
        }
        EvmStage::Signing
    }

    pub(super) fn begin_evm(&mut self) -> Result<(), Error> {
        self.state = State::Evm(EvmStage::NeedsTime);
        Ok(())
    }

    pub(super) fn authorization(&self) -> Option<Authorization<'_>> {
        evm_payment::view(self.stored())
    }

    /// A receipt names a transaction that only the chain can vouch for: it is settled by the
    /// seller's word.
    pub(super) fn check_evm_receipt(&self, receipt: &SettlementResponse) -> Result<State, Doubt> {
        let payer = self.payer.evm.ok_or(Doubt::OtherPayer)?.to_hex();
        let is_other = |other: &str| !other.eq_ignore_ascii_case(payer.as_str());
        if receipt.payer.as_deref().is_some_and(is_other) {
            return Err(Doubt::OtherPayer);
        }
        let digits = receipt.transaction.strip_prefix("0x").unwrap_or_default();
        let is_hash = receipt.transaction.len() == TRANSACTION_HASH
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if is_hash { Ok(State::Done) } else { Err(Doubt::OtherTransaction) }
    }

    pub(super) fn stored(&self) -> &[u8] {
        self.selection.built(self.memory, evm_payment::STORED)
    }
}

#[cfg(all(test, feature = "k256"))]
mod tests {
    extern crate std;
    use std::string::{String, ToString};
    use std::vec::Vec;
    use std::{format, vec};

    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde_json::{Value, json};

    use super::*;
    use crate::client::{Limits, Memory, Method, Outcome, Payer, Request};
    use crate::evm::Address;
    use crate::evm::reference_payments::PAYER_KEY;
    use crate::policy::{Asset, PaymentPolicy, Refusal, Rule, assets};
    use crate::signer::{K256Signer, Secp256k1Signer};
    use crate::wire::Amount;
    use embassy_futures::block_on;

    const VECTORS: &str = include_str!("../../../tests/vectors/reference-payments.json");
    const NOW: u64 = 1_767_225_600;
    const REQUEST: Request<'static> = Request::new(Method::Get, "http://seller.lan/x");
    const RULE: Rule<'static> = Rule::new(assets::USDC_BASE_SEPOLIA, Amount(1000));
    const POLICY: PaymentPolicy<'static> = PaymentPolicy { rules: &[RULE] };

    fn vector(name: &str) -> Value {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let all = vectors["vectors"].as_array().unwrap();
        all.iter().find(|vector| vector["name"] == name).unwrap().clone()
    }

    fn signer() -> K256Signer {
        K256Signer::from_bytes(&PAYER_KEY).unwrap()
    }

    fn payer() -> Payer {
        Payer::evm(Address::from_public_key(&signer().public_key()))
    }

    /// The nonce that the reference client drew.
    fn nonce() -> [u8; 32] {
        core::array::from_fn(|index| (7 * index + 3) as u8)
    }

    fn challenge_v2(accepted: &Value) -> Vec<u8> {
        let challenge = json!({"x402Version": 2, "accepts": [accepted]}).to_string();
        let header = STANDARD.encode(challenge);
        format!("HTTP/1.1 402 x\r\nPAYMENT-REQUIRED: {header}\r\nContent-Length: 0\r\n\r\n").into()
    }

    fn response_v1(body: &Value) -> Vec<u8> {
        let body = body.to_string();
        format!("HTTP/1.1 402 x\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into()
    }

    fn transmit(exchange: &mut Exchange<'_>) -> String {
        let mut text = vec![0; 4096];
        let length = exchange.transmit(&mut text);
        String::from_utf8(text[..length].to_vec()).unwrap()
    }

    fn asked<'m>(memory: &'m mut Memory, answer: &[u8]) -> (Exchange<'m>, Result<usize, Error>) {
        let mut exchange =
            Exchange::new(&REQUEST, &POLICY, payer(), Limits::default(), memory).unwrap();
        transmit(&mut exchange);
        let received = exchange.receive(answer);
        (exchange, received)
    }

    fn sign(exchange: &mut Exchange<'_>) {
        let Step::SignDigest { digest } = exchange.step().unwrap() else { panic!("a digest") };
        let signature = block_on(signer().sign_prehash(&digest)).unwrap();
        exchange.recoverable_signature(&signature).unwrap();
    }

    /// Pays what `answer` asks, and answers the payload that was sent and what came of it.
    fn pay(answer: &[u8], receipt: &str) -> (Value, Result<Outcome, Error>) {
        let mut memory = Memory::new();
        let (mut exchange, received) = asked(&mut memory, answer);
        received.unwrap();
        exchange.approve(true).unwrap();
        assert!(matches!(exchange.step(), Ok(Step::Time)));
        exchange.time(Some(NOW)).unwrap();
        exchange.nonce(nonce()).unwrap();
        sign(&mut exchange);
        let request = transmit(&mut exchange);
        let header = ["PAYMENT-SIGNATURE: ", "X-PAYMENT: "].into_iter();
        let header = header.filter_map(|name| request.split(name).nth(1)).next().unwrap();
        let payload = STANDARD.decode(header.split("\r\n").next().unwrap()).unwrap();
        let outcome = exchange.receive(receipt.as_bytes());
        let outcome = outcome.and_then(|_| exchange.finish().map(|answer| answer.outcome));
        (serde_json::from_slice(&payload).unwrap(), outcome)
    }

    /// Addresses are sent in lower case; the reference client sends them with their checksum.
    fn lower_addresses(mut payload: Value) -> Value {
        for member in ["from", "to"] {
            let address = &mut payload["payload"]["authorization"][member];
            *address = address.as_str().unwrap().to_ascii_lowercase().into();
        }
        payload.as_object_mut().unwrap().remove("resource");
        payload
    }

    fn receipt(receipt: &Value) -> String {
        let receipt = STANDARD.encode(receipt.to_string());
        format!("HTTP/1.1 200 OK\r\nPAYMENT-RESPONSE: {receipt}\r\nContent-Length: 0\r\n\r\n")
    }

    fn settled() -> Value {
        json!({
            "success": true,
            "payer": Address::from_public_key(&signer().public_key()).to_checksum().as_str(),
            "transaction": format!("0x{}", "a1".repeat(32)),
            "network": "eip155:84532",
        })
    }

    #[test]
    fn the_reference_payments_are_made_again() {
        let version_2 = vector("evm-basic");
        let answer = challenge_v2(&version_2["payload"]["accepted"]);
        let (payload, outcome) = pay(&answer, &receipt(&settled()));
        assert_eq!(payload, lower_addresses(version_2["payload"].clone()));
        assert!(matches!(outcome, Ok(Outcome::Settled(_))));
        let version_1 = vector("v1-evm-basic");
        let (payload, _) =
            pay(&response_v1(&version_1["paymentRequiredBody"]), "HTTP/1.1 500 x\r\n\r\n");
        assert_eq!(payload, lower_addresses(version_1["payload"].clone()));
    }

    #[test]
    fn a_receipt_must_be_about_this_payment() {
        let answer = challenge_v2(&vector("evm-basic")["payload"]["accepted"]);
        for (member, value, doubt) in [
            ("payer", "0x11AE621BC0DcCc23FDBa7AF9b9412061578055B6", Doubt::OtherPayer),
            ("network", "eip155:8453", Doubt::OtherNetwork),
            ("amount", "1001", Doubt::OtherAmount),
            ("transaction", "", Doubt::OtherTransaction),
            ("transaction", "0x12", Doubt::OtherTransaction),
        ] {
            let mut said = settled();
            said[member] = json!(value);
            let (_, outcome) = pay(&answer, &receipt(&said));
            assert_eq!(outcome, Ok(Outcome::Unknown(doubt)), "{member}");
        }
    }

    fn error_of(change: impl Fn(&mut Value)) -> Error {
        let mut accepted = vector("evm-basic")["payload"]["accepted"].clone();
        change(&mut accepted);
        let mut memory = Memory::new();
        let (_, received) = asked(&mut memory, &challenge_v2(&accepted));
        received.unwrap_err()
    }

    #[test]
    fn what_cannot_be_paid_is_skipped() {
        let scheme = |error| Error::Scheme(error);
        assert_eq!(
            error_of(|a| a["extra"]["assetTransferMethod"] = json!("permit2")),
            scheme(SchemeError::TransferMethod)
        );
        assert_eq!(
            error_of(|a| a["extra"] = json!({"name": "USDC"})),
            scheme(SchemeError::DomainMissing)
        );
        assert_eq!(
            error_of(|a| a["payTo"] = json!("0x11ae621bc0dccc23fdba7af9b9412061578055bX")),
            scheme(SchemeError::PayTo)
        );
        assert_eq!(
            error_of(|a| a["payTo"] = settled()["payer"].clone()),
            scheme(SchemeError::PaysItself)
        );
        let network = crate::wire::Network::Eip155(8453);
        assert_eq!(
            error_of(|a| a["network"] = json!("eip155:8453")),
            Error::Policy(Refusal::AssetNotListed { network })
        );
    }

    #[test]
    fn without_a_clock_the_sellers_date_counts() {
        let accepted = vector("evm-basic")["payload"]["accepted"].clone();
        let answer = String::from_utf8(challenge_v2(&accepted)).unwrap();
        let dated = answer.replace("402 x\r\n", "402 x\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n");
        for (answer, expected) in
            [(dated, Ok(())), (answer, Err(Error::Scheme(SchemeError::NoClock)))]
        {
            let mut memory = Memory::new();
            let (mut exchange, _) = asked(&mut memory, answer.as_bytes());
            exchange.approve(true).unwrap();
            assert_eq!(exchange.time(None), expected);
        }
    }

    #[test]
    fn the_policy_bounds_how_long_a_payment_is_valid() {
        let entry = |seconds: u64| {
            let mut accepted = vector("evm-basic")["payload"]["accepted"].clone();
            accepted["maxTimeoutSeconds"] = json!(seconds);
            challenge_v2(&accepted)
        };
        for (asked, valid) in [(60, 60), (600, 600), (601, 600), (u64::MAX, 600)] {
            let (payload, _) = pay(&entry(asked), "HTTP/1.1 500 x\r\n\r\n");
            let expected = (NOW + valid).to_string();
            assert_eq!(payload["payload"]["authorization"]["validBefore"], json!(expected));
        }
        let mut memory = Memory::new();
        let (mut exchange, _) = asked(&mut memory, &entry(0));
        exchange.approve(true).unwrap();
        exchange.time(Some(NOW)).unwrap();
        assert_eq!(exchange.nonce(nonce()), Err(Error::Scheme(SchemeError::Timeout)));
    }

    #[test]
    fn the_known_assets_are_addresses() {
        let evm = |asset: &&Asset<'_>| !asset.network.is_solana();
        for asset in assets::KNOWN.iter().filter(evm) {
            assert!(Address::from_hex(asset.address).is_ok(), "{}", asset.address);
        }
    }
}
