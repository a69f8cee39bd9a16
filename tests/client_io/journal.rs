//! Purchases with a journal from sellers that lie or fail: each lie has its outcome, and none of them
//! makes one request cost more than one payment.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use embedded_x402::client::{Doubt, Error as ExchangeError, Outcome};
use embedded_x402::io::{Client, ClientMemory, Error, Fate, Timeouts};
use embedded_x402::journal::{
    Journal, JournalError, Now, RamStorage, Slot, Standing, Storage, StorageError,
};
use embedded_x402::policy::{Budget, PaymentPolicy, Rule, Spending};
use embedded_x402::sizes;
use embedded_x402::wire::Amount;
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::{URL, USDC_RULE};
use embedded_x402_tests::keys::{base58, device_signer};
use embedded_x402_tests::network::{After, Network, Reply};
use embedded_x402_tests::response::*;
use embedded_x402_tests::sent::{Payment, SentRequest};
use embedded_x402_tests::virtual_time::VirtualTime;
use serde_json::{Value, json};

use crate::hosts::Counter;

const PERIOD: u32 = 3600;
const RULES: [Rule<'static>; 1] = [USDC_RULE.budget(Budget::new(Amount(10_000), PERIOD))];
const POLICY: PaymentPolicy<'static> = PaymentPolicy { rules: &RULES };

/// A storage that fails after so many writes.
struct Failing {
    ram: RamStorage,
    writes: Rc<Cell<usize>>,
}

impl Storage for Failing {
    async fn read(&mut self, slot: Slot, buffer: &mut [u8]) -> Result<Option<usize>, StorageError> {
        self.ram.read(slot, buffer).await
    }

    async fn write(&mut self, slot: Slot, item: &[u8]) -> Result<(), StorageError> {
        let left = self.writes.get().checked_sub(1).ok_or(StorageError::Failed)?;
        self.writes.set(left);
        self.ram.write(slot, item).await
    }
}

/// A device with a journal, and a seller that asks for payment in these words.
struct Shop {
    time: VirtualTime,
    journal: Journal<Failing>,
    /// How often the journal can still be written.
    writes: Rc<Cell<usize>>,
    url: &'static str,
    challenge: String,
    payments: RefCell<Vec<SentRequest>>,
    draws: u8,
}

impl Shop {
    fn new() -> Self {
        Shop::asking(challenge(&[entry()]))
    }

    fn asking(challenge: String) -> Self {
        let time = VirtualTime::at(0);
        let mut buffer = [0; sizes::RECORD];
        let writes = Rc::new(Cell::new(usize::MAX));
        let storage = Failing { ram: RamStorage::new(), writes: writes.clone() };
        let opening = Journal::open(storage, &mut buffer);
        let journal = embassy_futures::block_on(opening).expect("an empty storage");
        let payments = RefCell::default();
        Shop { time, journal, writes, url: URL, challenge, payments, draws: 0 }
    }

    /// Buys, for so many milliseconds at most, from a seller that answers so to each payment and
    /// the number of times that one has come.
    fn buy_within(
        &mut self,
        total: u32,
        mut answer: impl FnMut(&Payment, usize) -> Reply,
    ) -> Result<(u16, Outcome), Error> {
        let (payments, challenge) = (&self.payments, &self.challenge);
        let first = payments.borrow().len();
        let network = Network::new(|_, request| match request.payment() {
            None => payment_required(challenge).into(),
            Some(payment) => {
                payments.borrow_mut().push(request.clone());
                answer(&payment, payments.borrow().len() - first)
            }
        });
        self.draws += 40;
        let mut memory = ClientMemory::<{ sizes::ENTRY }, 1024>::new();
        let (uptime, rng) = (|| self.time.seconds(), Counter(self.draws));
        let delay = self.time.delay();
        let client = Client::new(&network, &POLICY, device_signer(), rng, delay, &mut memory);
        let client = client.with_journal(&mut self.journal, &uptime);
        let mut client = client.with_timeouts(Timeouts { total, ..Timeouts::default() });
        let response = self.time.run(client.get(self.url))?;
        Ok((response.status(), response.outcome().clone()))
    }

    fn buy(
        &mut self,
        answer: impl FnMut(&Payment, usize) -> Reply,
    ) -> Result<(u16, Outcome), Error> {
        self.buy_within(300_000, answer)
    }

    /// How many times a payment was sent.
    fn sent(&self) -> usize {
        self.payments.borrow().len()
    }

    /// Different payments, in the order in which they first came.
    fn different_payments(&self) -> Vec<SentRequest> {
        let mut payments = self.payments.borrow().clone();
        payments.dedup();
        payments
    }

    /// Units that are booked or reserved.
    fn spent(&mut self) -> u64 {
        let now = Now { uptime: self.time.seconds(), unix: None };
        let statement = self.journal.statement(now);
        statement.spent(&USDC_RULE.asset, PERIOD).expect("a budget").amount
    }

    /// How the open payments stand.
    fn standings(&self) -> Vec<Standing> {
        self.journal.open_payments().iter().map(|open| open.standing).collect()
    }
}

fn settle(payment: &Payment) -> Reply {
    settled(&receipt(payment)).into()
}

fn duplicate() -> Reply {
    failed("duplicate_settlement", "")
}

fn failed(reason: &str, transaction: &str) -> Reply {
    let receipt = encode(&failure(reason, transaction).to_string());
    response(402, &[("PAYMENT-RESPONSE", &receipt)], "{}").into()
}

/// What a seller says once, before it is honest.
type Lie = fn(&Payment) -> Reply;

fn lied(payment: &Payment, pointer: &str, value: Value) -> Reply {
    settled(&with(with_amount(receipt(payment)), pointer, value)).into()
}

fn with_amount(mut receipt: Value) -> Value {
    receipt["amount"] = json!("1000");
    receipt
}

/// A receipt that is about something else: the resource is there, and its price is booked.
#[test]
fn receipts_about_something_else() {
    let cases: [(Lie, Doubt); 5] = [
        (|payment| lied(payment, "/network", json!("eip155:1")), Doubt::OtherNetwork),
        (|payment| lied(payment, "/amount", json!("1")), Doubt::OtherAmount),
        (|payment| lied(payment, "/payer", json!(SELLER)), Doubt::OtherPayer),
        (|payment| lied(payment, "/transaction", json!(base58(&[9; 64]))), Doubt::OtherTransaction),
        (|_| response(200, &[], "sunny").into(), Doubt::NoReceipt { status: 200 }),
    ];
    for (lie, doubt) in cases {
        let mut shop = Shop::new();
        let bought = shop.buy(|payment, _| lie(payment));
        assert_eq!(bought, Ok((200, Outcome::Unknown(doubt))));
        assert_eq!((shop.sent(), shop.spent()), (1, 1000));
        assert_eq!(shop.standings(), []);
    }
}

/// A receipt that can't be told from a true one is booked, whether money has moved or not.
#[test]
fn a_receipt_without_a_settlement() {
    for status in [200, 500] {
        let mut shop = Shop::new();
        let bought = shop.buy(|payment, _| {
            let receipt = encode(&receipt(payment).to_string());
            response(status, &[("PAYMENT-RESPONSE", &receipt)], "").into()
        });
        assert!(matches!(bought, Ok((other, Outcome::Settled(_))) if other == status));
        assert_eq!((shop.sent(), shop.spent()), (1, 1000));
        assert_eq!(shop.standings(), []);
    }
}

/// A second challenge that says why is a refusal, whatever it asks now: nothing more is paid in this
/// request, and the amount stays reserved until the payment can't settle any more.
#[test]
fn another_challenge() {
    let corrections = [
        entry(),
        priced("2000"),
        with(entry(), "/payTo", json!(embedded_x402_tests::keys::DEVICE)),
    ];
    let why = "No matching payment requirements";
    for correction in corrections.map(|entry| challenge(&[entry]).replace("Payment required", why))
    {
        let mut shop = Shop::new();
        let bought = shop.buy(|_, _| payment_required(&correction).into());
        assert!(matches!(bought, Err(Error::Exchange(ExchangeError::Refused(_)))), "{bought:?}");
        assert_eq!((shop.sent(), shop.spent()), (1, 1000));
        assert_eq!(shop.standings(), [Standing::Refused]);

        assert!(shop.buy(|payment, _| settle(payment)).is_ok());
        assert_eq!((shop.different_payments().len(), shop.spent()), (2, 2000));
        shop.time.pass(200);
        assert!(shop.buy(|payment, _| settle(payment)).is_ok());
        assert_eq!((shop.standings(), shop.spent()), (vec![], 3000), "what was refused is booked");
    }
}

/// A second challenge as if nothing had been paid, by a cache for one: the same payment is sent again.
#[test]
fn a_challenge_replayed_by_a_cache() {
    for stale in
        [payment_required(&challenge(&[entry()])), payment_required(&challenge(&[priced("2000")]))]
    {
        let mut shop = Shop::new();
        let bought = shop.buy(|payment, times| match times {
            1 => stale.clone().into(),
            _ => settle(payment),
        });
        assert!(matches!(bought, Ok((200, Outcome::Settled(_)))), "{bought:?}");
        assert_eq!((shop.different_payments().len(), shop.spent()), (1, 1000));
        assert_eq!(shop.standings(), []);
    }
}

/// What leaves it unknown is asked again, with the very same payment, until it is known.
#[test]
fn what_is_not_known_yet() {
    let cases: [Lie; 12] = [
        |_| duplicate(),
        |_| failed("settlement_pending", ""),
        |_| failed("unexpected_settle_error", ""),
        |payment| failed("insufficient_funds", &base58(&payment.transaction.device_signature())),
        |_| response(409, &[], "").into(),
        |_| response(404, &[], "").into(),
        |_| response(500, &[], "").into(),
        |_| response(503, &[], "").into(),
        |_| Reply::then(Vec::new(), After::Reset),
        |_| Reply::then(Vec::new(), After::Close),
        |_| Reply::then(b"HTTP/1.1 200 OK\r\n".to_vec(), After::Close),
        |_| Reply::then(Vec::new(), After::Silence),
    ];
    for (number, lie) in cases.into_iter().enumerate() {
        let mut shop = Shop::new();
        let bought =
            shop.buy(|payment, times| if times < 3 { lie(payment) } else { settle(payment) });
        let is_settled = matches!(bought, Ok((200, Outcome::Settled(_))));
        // Two silences of 90 seconds are as long as the payment lives.
        assert!(is_settled || number == 11 && bought == Err(Error::Expired(Fate::Unknown)));
        assert!(shop.sent() >= 2, "{number}");
        assert_eq!((shop.different_payments().len(), shop.spent()), (1, 1000), "{number}");
        assert_eq!(shop.standings(), []);
    }
}

/// A first answer that is lost, and then a refusal: the first copy may have settled.
#[test]
fn a_refusal_of_the_second_copy() {
    let mut shop = Shop::new();
    let bought = shop.buy(|_, times| match times {
        1 => Reply::then(Vec::new(), After::Reset),
        _ => payment_required(&challenge(&[entry()])).into(),
    });
    assert_eq!(bought, Err(Error::Expired(Fate::Unknown)));
    assert_eq!((shop.different_payments().len(), shop.spent()), (1, 1000));
}

#[test]
fn a_payment_that_never_gets_an_answer_expires() {
    let mut shop = Shop::new();
    assert_eq!(shop.buy(|_, _| duplicate()), Err(Error::Expired(Fate::Unknown)));
    assert!((180..=211).contains(&shop.time.seconds()), "after {} s", shop.time.seconds());
    assert!((5..20).contains(&shop.sent()), "with pauses that grow");
    assert_eq!((shop.different_payments().len(), shop.spent()), (1, 1000));
    assert!(shop.buy(|payment, _| settle(payment)).is_ok());
    assert_eq!((shop.different_payments().len(), shop.spent()), (2, 2000));
}

/// Whoever asks again after the payment has expired is told so before another one is signed.
#[test]
fn that_a_payment_expired_is_told_first() {
    let mut shop = Shop::new();
    let unknown = Err(Error::Exchange(ExchangeError::Unknown(Doubt::NoAnswer)));
    assert_eq!(shop.buy_within(5_000, |_, _| duplicate()), unknown);
    assert_eq!(shop.standings(), [Standing::Unknown]);
    shop.time.pass(200);
    assert_eq!(shop.buy(|payment, _| settle(payment)), Err(Error::Expired(Fate::Unknown)));
    assert_eq!((shop.different_payments().len(), shop.spent()), (1, 1000));
    assert!(shop.buy(|payment, _| settle(payment)).is_ok());
    assert_eq!((shop.different_payments().len(), shop.spent()), (2, 2000));
}

/// It is told too if the books of another payment, which expired with it, can't be closed.
#[test]
fn that_a_payment_expired_is_told_if_the_journal_then_fails() {
    let mut shop = Shop::new();
    for url in ["http://seller.lan/other", URL] {
        shop.url = url;
        assert!(shop.buy_within(5_000, |_, _| duplicate()).is_err());
    }
    shop.time.pass(200);
    shop.url = "http://seller.lan/other";
    shop.writes.set(1);
    assert_eq!(shop.buy(|_, _| duplicate()), Err(Error::Expired(Fate::Unknown)));
    assert_eq!(shop.standings(), [Standing::Unknown]);
    let failed = JournalError::Storage(StorageError::Failed);
    assert_eq!(shop.buy(|_, _| duplicate()), Err(Error::Journal(failed)));
    shop.writes.set(usize::MAX);
    shop.url = URL;
    assert_eq!(shop.buy(|_, _| duplicate()), Err(Error::Expired(Fate::Unknown)));
    assert_eq!((shop.different_payments().len(), shop.spent()), (2, 2000));
}

#[test]
fn an_open_payment_is_sent_again_by_the_next_request() {
    let mut shop = Shop::new();
    assert!(shop.buy_within(5_000, |_, _| duplicate()).is_err());
    assert!(shop.buy(|payment, _| settle(payment)).is_ok());
    assert_eq!((shop.different_payments().len(), shop.spent()), (1, 1000));
}

fn offering_identifier(required: bool) -> String {
    let mut challenge: Value = serde_json::from_str(&challenge(&[entry()])).expect("JSON");
    challenge["extensions"] =
        json!({"payment-identifier": {"info": {"required": required}, "schema": {"a": [1]}}});
    challenge.to_string()
}

/// What the payment says in `extensions`.
fn extensions(request: &SentRequest) -> Value {
    request.payment().expect("a payment").value()["extensions"].clone()
}

/// The identifier is repeated with the payment, and is another one for another payment. A 409 says
/// that the seller knows another payment by it: that one may have settled.
#[test]
fn an_identifier_is_sent_where_it_is_offered() {
    for required in [false, true] {
        let mut shop = Shop::asking(offering_identifier(required));
        let conflict = || response(409, &[], "").into();
        let bought =
            shop.buy(|payment, times| if times < 3 { conflict() } else { settle(payment) });
        assert!(bought.is_ok());
        assert!(shop.buy(|payment, _| settle(payment)).is_ok());
        let payments = shop.different_payments();
        assert_eq!((shop.sent(), payments.len()), (4, 2));
        let info = |request| extensions(request)["payment-identifier"]["info"].clone();
        let [first, second] = [info(&payments[0]), info(&payments[1])];
        assert_ne!(first["id"], second["id"]);
        for info in [first, second] {
            let id = info["id"].as_str().expect("an identifier");
            assert!((16..=128).contains(&id.len()) && id.is_ascii());
            assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'));
            assert_eq!(info["required"], json!(required));
        }
    }
}

#[test]
fn no_identifier_is_sent_where_none_is_offered() {
    let mut shop = Shop::new();
    assert!(shop.buy(|payment, _| settle(payment)).is_ok());
    assert_eq!(extensions(&shop.payments.borrow()[0]), Value::Null);
}
