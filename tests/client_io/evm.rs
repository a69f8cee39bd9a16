//! Purchases on an EVM chain: the time, the nonce, the signature, and which of two networks is paid
//! on.

use embedded_x402::client::{Doubt, Error as ExchangeError, Outcome};
use embedded_x402::io::{Client, ClientMemory, Error, Evm, Wallet};
use embedded_x402::policy::{PaymentPolicy, Refusal, Rule, assets};
use embedded_x402::scheme::SchemeError;
use embedded_x402::signer::{
    DalekSigner, K256Signer, RecoverableSignature, Secp256k1Signer, SignerError,
};
use embedded_x402::wire::{Amount, Network as Chain};
use embedded_x402_tests::authorization::Authorization;
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{URL, USDC_RULE};
use embedded_x402_tests::keys::{EVM_DEVICE, device_signer, evm_device_signer};
use embedded_x402_tests::network::{After, Network, Reply, Sent, run};
use embedded_x402_tests::response::*;
use embedded_x402_tests::sent::SentRequest;
use rand_core::TryCryptoRng;
use serde_json::{Value, json};

use crate::failures::Broken;
use crate::hosts::Counter;

const EVM_RULE: Rule<'static> = Rule::new(assets::USDC_BASE_SEPOLIA, Amount(5000));

const NOW: u64 = 1_767_225_600;

/// That time, as sellers tell it.
const DATE: (&str, &str) = ("Date", "Thu, 01 Jan 2026 00:00:00 GMT");

/// A purchase: what the device has, and what it answers to.
struct Purchase<'p> {
    rules: &'p [Rule<'p>],
    clock: Option<&'p dyn Fn() -> Option<u64>>,
    verifies_signatures: bool,
}

impl Default for Purchase<'_> {
    fn default() -> Self {
        Purchase { rules: &[EVM_RULE], clock: Some(&|| Some(NOW)), verifies_signatures: false }
    }
}

impl Purchase<'_> {
    fn by(
        &self,
        network: &Network<'_>,
        wallet: impl Wallet,
        rng: impl TryCryptoRng,
    ) -> Result<Outcome, Error> {
        let policy = PaymentPolicy { rules: self.rules };
        let mut memory: ClientMemory = ClientMemory::new();
        let mut client = Client::new(network, &policy, wallet, rng, network.clock(), &mut memory);
        if let Some(clock) = self.clock {
            client = client.with_clock(clock);
        }
        if self.verifies_signatures {
            client = client.verifying_signatures();
        }
        let outcome = run(client.get(URL))?.outcome().clone();
        Ok(outcome)
    }

    fn from(&self, network: &Network<'_>) -> Result<Outcome, Error> {
        self.by(network, Evm(evm_device_signer()), Counter(0))
    }
}

/// A seller that says this to who does not pay, and settles what it is paid, in either version.
fn sells(challenge: Vec<u8>) -> Network<'static> {
    Network::new(move |_, request| answer(&challenge, request).into())
}

fn answer(challenge: &[u8], request: &SentRequest) -> Vec<u8> {
    let settled_in_version_1 = |receipt: &Value| {
        response(200, &[("X-PAYMENT-RESPONSE", &encode(&receipt.to_string()))], "sunny")
    };
    match (request.payment_field(), request.authorization()) {
        (None, _) => challenge.to_vec(),
        (Some(("X-PAYMENT", _)), Some(_)) => settled_in_version_1(&evm_receipt("base-sepolia")),
        (Some(_), Some(_)) => settled(&evm_receipt("eip155:84532")),
        (Some(_), None) => settled(&receipt(&request.payment().expect("a payment on Solana"))),
    }
}

fn version_2(entry: Value) -> Vec<u8> {
    payment_required(&challenge(&[entry]))
}

fn version_1(entry: Value) -> Vec<u8> {
    payment_required_v1(&challenge_v1(&[entry]))
}

fn dated(challenge: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(challenge).unwrap();
    let (name, value) = DATE;
    text.replacen("\r\n", &format!("\r\n{name}: {value}\r\n"), 1).into_bytes()
}

/// The one payment that arrived.
fn paid(network: &Network<'_>) -> Authorization {
    let [request] = &network.paid_requests()[..] else { panic!("one payment") };
    request.authorization().expect("an authorization")
}

fn assert_settled(outcome: Result<Outcome, Error>) {
    let Ok(Outcome::Settled(receipt)) = outcome else { panic!("settled, not {outcome:?}") };
    assert_eq!(receipt.network, Some(Chain::Eip155(84_532)));
    assert_eq!(receipt.payer.as_deref(), Some(EVM_DEVICE));
    assert_eq!(receipt.transaction.as_str(), format!("0x{}", "a1".repeat(32)));
}

#[test]
fn version_2_is_valid_from_the_beginning_of_time() {
    let network = sells(version_2(entry_evm()));
    assert_settled(Purchase::default().from(&network));
    let authorization = paid(&network);
    assert_eq!(authorization.value, 1000);
    assert_eq!((authorization.valid_after, authorization.valid_before), (0, NOW + 60));
    assert_eq!(authorization.nonce, core::array::from_fn(|index| index as u8 + 1));
    assert_eq!(authorization.payload["accepted"], entry_evm());
}

#[test]
fn version_1_is_valid_since_ten_minutes_ago() {
    let network = sells(version_1(entry_evm_v1()));
    assert_settled(Purchase::default().from(&network));
    let authorization = paid(&network);
    assert_eq!((authorization.valid_after, authorization.valid_before), (NOW - 600, NOW + 60));
    assert_eq!(authorization.payload["scheme"], "exact");
    assert_eq!(authorization.payload["network"], "base-sepolia");
}

/// So that an authorization is valid for longer than meant only if both are ahead.
#[test]
fn the_earlier_of_the_clock_and_the_sellers_date_counts() {
    let (later, earlier, unset) = (|| Some(NOW + 3600), || Some(NOW - 5), || None);
    let clock = |clock| Purchase { clock, ..Purchase::default() };
    for (purchase, now) in [
        (clock(Some(&later)), NOW),
        (clock(Some(&earlier)), NOW - 5),
        (clock(Some(&unset)), NOW),
        (clock(None), NOW),
    ] {
        for challenge in [version_2(entry_evm()), version_1(entry_evm_v1())] {
            let network = sells(dated(challenge));
            assert_settled(purchase.from(&network));
            assert_eq!(paid(&network).valid_before, now + 60);
        }
    }
}

/// A signer that must not be asked.
struct Untouched(K256Signer);

impl Secp256k1Signer for Untouched {
    fn public_key(&self) -> [u8; 64] {
        self.0.public_key()
    }

    async fn sign_prehash(&mut self, _: &[u8; 32]) -> Result<RecoverableSignature, SignerError> {
        panic!("nothing is to be signed")
    }
}

fn assert_unpaid(purchase: &Purchase<'_>, challenge: Vec<u8>, expected: Error) {
    let network = sells(challenge);
    let wallet = Evm(Untouched(evm_device_signer()));
    assert_eq!(purchase.by(&network, wallet, Counter(0)), Err(expected));
    assert_eq!(network.sent().len(), 1, "the request that was answered with the challenge");
    assert!(network.paid_requests().is_empty());
}

#[test]
fn without_any_time_nothing_is_signed() {
    let no_clock = Error::Exchange(ExchangeError::Scheme(SchemeError::NoClock));
    let unreadable = |date: &str| {
        let text = String::from_utf8(dated(version_2(entry_evm()))).unwrap();
        text.replace(DATE.1, date).into_bytes()
    };
    for clock in [None, Some(&(|| None) as &dyn Fn() -> Option<u64>)] {
        let purchase = Purchase { clock, ..Purchase::default() };
        for challenge in [
            version_2(entry_evm()),
            version_1(entry_evm_v1()),
            unreadable("Thursday, 01-Jan-26 00:00:00 GMT"),
            unreadable(&"9".repeat(500)),
        ] {
            assert_unpaid(&purchase, challenge, no_clock);
        }
    }
}

#[test]
fn a_time_at_the_end_of_all_time_is_refused() {
    let timeout = Error::Exchange(ExchangeError::Scheme(SchemeError::Timeout));
    for now in [u64::MAX, u64::MAX - 59] {
        let clock = || Some(now);
        let purchase = Purchase { clock: Some(&clock), ..Purchase::default() };
        assert_unpaid(&purchase, version_2(entry_evm()), timeout);
    }
}

#[test]
fn a_rule_bounds_how_long_a_payment_is_valid() {
    for (asked, allowed, valid) in
        [(60, 600, 60), (86_400, 600, 600), (60, 30, 30), (86_400, u64::MAX, 86_400)]
    {
        let rules = [Rule { max_timeout_seconds: allowed, ..EVM_RULE }];
        let purchase = Purchase { rules: &rules, ..Purchase::default() };
        let entry = with(entry_evm(), "/maxTimeoutSeconds", json!(asked));
        let network = sells(version_2(entry.clone()));
        assert_settled(purchase.from(&network));
        assert_eq!(paid(&network).valid_before, NOW + valid);
        assert_eq!(paid(&network).payload["accepted"], entry, "it is echoed as it came");
    }
}

#[test]
fn without_randomness_nothing_is_signed() {
    let network = sells(version_2(entry_evm()));
    let wallet = Evm(Untouched(evm_device_signer()));
    assert_eq!(Purchase::default().by(&network, wallet, Broken), Err(Error::Entropy));
    assert_eq!(network.sent().len(), 1);
}

/// A signer that fails to sign.
struct Failing(K256Signer);

impl Secp256k1Signer for Failing {
    fn public_key(&self) -> [u8; 64] {
        self.0.public_key()
    }

    async fn sign_prehash(&mut self, _: &[u8; 32]) -> Result<RecoverableSignature, SignerError> {
        Err(SignerError::Unavailable)
    }
}

#[test]
fn a_signer_that_refuses_to_sign_sends_nothing() {
    let network = sells(version_2(entry_evm()));
    let wallet = Evm(Failing(evm_device_signer()));
    let result = Purchase::default().by(&network, wallet, Counter(0));
    assert_eq!(result, Err(Error::Signer(SignerError::Unavailable)));
    assert_eq!(network.sent().len(), 1);
}

/// A signer that a fault has struck: its signature is not the digest's.
struct Faulty(K256Signer);

impl Secp256k1Signer for Faulty {
    fn public_key(&self) -> [u8; 64] {
        self.0.public_key()
    }

    async fn sign_prehash(
        &mut self,
        digest: &[u8; 32],
    ) -> Result<RecoverableSignature, SignerError> {
        let [first, rest @ ..] = *digest;
        let mut other = [first ^ 1; 32];
        other[1..].copy_from_slice(&rest);
        self.0.sign_prehash(&other).await
    }
}

#[test]
fn a_faulty_signature_is_not_sent_if_signatures_are_verified() {
    let verifying = Purchase { verifies_signatures: true, ..Purchase::default() };
    let faulty = || Evm(Faulty(evm_device_signer()));
    let network = sells(version_2(entry_evm()));
    let failed = Err(Error::Signer(SignerError::Failed));
    assert_eq!(verifying.by(&network, faulty(), Counter(0)), failed);
    assert!(network.paid_requests().is_empty());
    assert_settled(verifying.from(&network));

    let challenge = version_2(entry_evm());
    let network = Network::new(|_, request| match request.payment_field().is_some() {
        true => response(500, &[], "").into(),
        false => challenge.clone().into(),
    });
    let _ = Purchase::default().by(&network, faulty(), Counter(0));
    let paid = |sent: &&Sent| sent.request.payment_field().is_some();
    assert_eq!(network.sent().iter().filter(paid).count(), 1, "who does not verify sends it");
}

#[test]
fn purchases_in_a_row_have_nonces_of_their_own() {
    let network = sells(version_2(entry_evm()));
    let policy = PaymentPolicy { rules: &[EVM_RULE] };
    let mut memory: ClientMemory = ClientMemory::new();
    let (wallet, clock) = (Evm(evm_device_signer()), || Some(NOW));
    let client = Client::new(&network, &policy, wallet, Counter(0), network.clock(), &mut memory);
    let mut client = client.with_clock(&clock);
    for _ in 0..2 {
        assert!(matches!(run(client.get(URL)).unwrap().outcome(), Outcome::Settled(_)));
    }
    let nonces = network.paid_requests();
    let nonces: Vec<_> =
        nonces.iter().map(|request| request.authorization().unwrap().nonce).collect();
    assert_ne!(nonces[0], nonces[1]);
}

#[test]
fn what_is_sent_again_has_the_same_nonce() {
    let mut payments = 0;
    let network = Network::new(move |_, request| {
        payments += usize::from(request.carries_payment());
        match request.carries_payment() && payments == 1 {
            true => Reply::then(Vec::new(), After::Close),
            false => answer(&version_2(entry_evm()), request).into(),
        }
    });
    assert_settled(Purchase::default().from(&network));
    let [first, second] = &network.paid_requests()[..] else { panic!("sent again") };
    assert_eq!(first, second, "one payment, not two");
}

/// Wallets of both kinds, and of each.
fn both() -> (DalekSigner, K256Signer) {
    (device_signer(), evm_device_signer())
}

/// On which network is paid, by a seller that takes either.
fn network_paid(rules: &[Rule<'_>], wallet: impl Wallet, accepts: &[Value]) -> Option<Chain> {
    let network = sells(payment_required(&challenge(accepts)));
    let purchase = Purchase { rules, ..Purchase::default() };
    match purchase.by(&network, wallet, Counter(0)).unwrap() {
        Outcome::Settled(receipt) => receipt.network,
        other => panic!("settled, not {other:?}"),
    }
}

#[test]
fn the_order_of_the_rules_decides_between_networks() {
    let (solana, evm) = (Some(Chain::SolanaDevnet), Some(Chain::Eip155(84_532)));
    // The later one is cheaper, in each order of the entries.
    for (solana_price, evm_price) in [("1000", "1"), ("1", "1000")] {
        let accepts = [
            with(entry_evm(), "/amount", json!(evm_price)),
            priced(solana_price),
            with(entry_evm(), "/network", json!("eip155:1")),
        ];
        for accepts in [accepts.clone(), {
            let [a, b, c] = accepts;
            [b, c, a]
        }] {
            assert_eq!(network_paid(&[USDC_RULE, EVM_RULE], both(), &accepts), solana);
            assert_eq!(network_paid(&[EVM_RULE, USDC_RULE], both(), &accepts), evm);
            let (of_solana, of_evm) = (device_signer(), Evm(evm_device_signer()));
            assert_eq!(network_paid(&[EVM_RULE, USDC_RULE], of_solana, &accepts), solana);
            assert_eq!(network_paid(&[USDC_RULE, EVM_RULE], of_evm, &accepts), evm);
        }
    }
}

#[test]
fn the_known_assets_prefer_solana() {
    let rules: Vec<_> = assets::KNOWN.iter().map(|asset| Rule::new(*asset, Amount(5000))).collect();
    let accepts = [entry_evm(), entry()];
    assert_eq!(network_paid(&rules, both(), &accepts), Some(Chain::SolanaDevnet));
}

#[test]
fn a_wallet_for_the_other_network_is_told() {
    let rules = [USDC_RULE, EVM_RULE];
    let purchase = Purchase { rules: &rules, ..Purchase::default() };
    let refused = |refusal| Err(Error::Exchange(ExchangeError::Policy(refusal)));
    let network = sells(version_2(entry_evm()));
    let no_key = refused(Refusal::NoKey { network: Chain::Eip155(84_532) });
    assert_eq!(purchase.by(&network, device_signer(), Counter(0)), no_key);
    let network = sells(version_2(entry()));
    let no_key = refused(Refusal::NoKey { network: Chain::SolanaDevnet });
    assert_eq!(purchase.by(&network, Evm(evm_device_signer()), Counter(0)), no_key);
}

#[test]
fn a_byte_at_a_time_changes_nothing() {
    for challenge in [
        version_2(entry_evm()),
        version_1(entry_evm_v1()),
        payment_required(&discoverable_challenge(&[entry(), entry_evm()])),
    ] {
        let mut network = sells(challenge);
        (network.fragment, network.hesitates) = (1, true);
        assert_settled(Purchase::default().from(&network));
        assert_eq!(paid(&network).valid_before, NOW + 60);
    }
}

/// Whatever is missing of the challenge, nothing is paid; of what comes behind a version 2
/// challenge, nothing counts.
#[test]
fn a_challenge_cut_at_any_byte_is_not_paid() {
    for (challenge, needed) in [
        (version_2(entry_evm()), version_2(entry_evm()).len() - "{}".len()),
        (version_1(entry_evm_v1()), version_1(entry_evm_v1()).len()),
    ] {
        for length in 0..=challenge.len() {
            let cut = challenge[..length].to_vec();
            let network = Network::new(|_, request| match request.payment_field().is_some() {
                true => answer(&cut, request).into(),
                false => Reply::then(cut.clone(), After::Close),
            });
            let result = Purchase::default().from(&network);
            let payments = network.paid_requests().len();
            assert_eq!(
                (result.is_ok(), payments),
                (length >= needed, usize::from(length >= needed)),
                "{length}"
            );
        }
    }
}

#[test]
fn a_used_nonce_leaves_the_payment_unknown() {
    let challenge = |error: &str| {
        let text =
            with(serde_json::from_str(&challenge(&[entry_evm()])).unwrap(), "/error", json!(error));
        payment_required(&text.to_string())
    };
    for (reason, is_refused) in [
        ("invalid_exact_evm_nonce_already_used", false),
        ("invalid_exact_evm_insufficient_balance", true),
    ] {
        let network = Network::new(|_, request| match request.payment_field().is_some() {
            true => challenge(reason).into(),
            false => version_2(entry_evm()).into(),
        });
        let expected = match is_refused {
            true => ExchangeError::Refused(reason.into()),
            false => ExchangeError::Unknown(Doubt::Failed(reason.into())),
        };
        assert_eq!(Purchase::default().from(&network), Err(Error::Exchange(expected)));
    }
}
