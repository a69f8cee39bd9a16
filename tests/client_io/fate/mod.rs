//! What becomes of a payment that a seller took and never answered: a node of the chain is asked.

mod evm;
mod solana;

use std::cell::RefCell;

use embedded_x402::io::{Client, ClientMemory, Error, Fate, Notice, Timeouts, Wallet};
use embedded_x402::journal::{Journal, Now, RamStorage};
use embedded_x402::policy::{Asset, Budget, PaymentPolicy, Rule, Spending};
use embedded_x402::wire::Amount;
use embedded_x402_tests::challenge::challenge;
use embedded_x402_tests::device::URL;
use embedded_x402_tests::network::{After, Network, Reply};
use embedded_x402_tests::response::*;
use embedded_x402_tests::sent::SentRequest;
use embedded_x402_tests::virtual_time::VirtualTime;
use serde_json::{Value, json};

use crate::hosts::Counter;

/// Unix seconds when the virtual clock shows zero.
const BOOT: u64 = 1_800_000_000;

/// Seconds that the device has been on when it buys.
const UPTIME: u64 = 5000;

const NODE: &str = "http://node.lan/";

/// The price.
const AMOUNT: u64 = 1000;

/// What a node knows of the payment: the request that carried it, and the time in Unix seconds.
struct Moment<'m> {
    payment: &'m SentRequest,
    now: u64,
}

/// A call that a node answers with a result, an error code, or otherwise.
enum Answer {
    Result(Value),
    Code(i32),
    Bytes(Reply),
}

/// A method that a node fails to answer, and what it says instead.
type Failing = (&'static str, fn() -> Answer);

/// A node of a chain, and what it knows.
trait Node: Sized {
    type Wallet: Wallet;

    /// What is paid in.
    const ASSET: Asset<'static>;

    /// Who pays.
    fn wallet() -> Self::Wallet;

    /// What the seller asks.
    fn entry() -> Value;

    /// Answers a call: its method and its parameters.
    fn answer(&self, method: &str, params: &Value, moment: &Moment<'_>) -> Answer;

    /// What a buyer who asks this node knows at last.
    fn fate(&self) -> Fate {
        self.fate_of(|_| {})
    }

    /// The same of a purchase that is changed before.
    fn fate_of(&self, change: impl FnOnce(&mut Purchase<'_, Self>)) -> Fate {
        let mut purchase = Purchase {
            node: Some(self),
            fails: None,
            says: nothing,
            date_ahead: 0,
            has_date: true,
            clock: None,
            answer_takes: 0,
            resets: false,
            fragment: usize::MAX,
        };
        change(&mut purchase);
        purchase.fate()
    }

    /// This node knows what became of the payment; without it nobody does, nor if it fails to answer
    /// one of these methods.
    fn assert_needed(&self, methods: &[&'static str]) {
        assert_ne!(self.fate(), Fate::Unknown);
        assert_eq!(self.fate_of(|purchase| purchase.node = None), Fate::Unknown);
        for method in methods {
            for (index, failure) in failures().into_iter().enumerate() {
                let fate = self.fate_of(|purchase| purchase.fails = Some((method, failure)));
                assert_eq!(fate, Fate::Unknown, "{method}: {index}");
            }
        }
    }
}

/// A buyer, and what it asks which node.
struct Purchase<'p, N> {
    node: Option<&'p N>,
    fails: Option<Failing>,
    /// What the seller answers to the payment.
    says: fn() -> Reply,
    /// Seconds that the seller's `Date` is ahead.
    date_ahead: u64,
    /// Whether the node tells the time by its `Date`.
    has_date: bool,
    /// The device's clock, given what time it is.
    clock: Option<&'p dyn Fn(u64) -> u64>,
    /// Seconds that the node takes for an answer.
    answer_takes: u64,
    /// Whether the device is reset while the payment is open.
    resets: bool,
    /// Bytes received at a time.
    fragment: usize,
}

impl<N: Node> Purchase<'_, N> {
    /// Buys, waits until the payment has expired, and looks at the books.
    fn fate(&self) -> Fate {
        let time = VirtualTime::at(UPTIME);
        let paid = RefCell::new(None);
        let mut network = Network::new(|host, request| self.answer(host, request, &paid, &time));
        network.fragment = self.fragment;
        network.hesitates = true;
        let rule =
            Rule::new(N::ASSET, Amount(AMOUNT)).budget(Budget::new(Amount(10 * AMOUNT), 86_400));
        let policy = PaymentPolicy { rules: &[rule] };
        let mut storage: RamStorage = RamStorage::new();
        let uptime = || time.seconds();
        if self.resets {
            let error = self.buy(&network, &policy, &time, &uptime, &mut storage, 5000).0;
            assert!(error.unsettled().is_some(), "{error}");
        }
        let boot = if self.resets { time.seconds() } else { 0 };
        let uptime = || time.seconds() - boot;
        let (error, spent) = self.buy(&network, &policy, &time, &uptime, &mut storage, 600_000);
        let Error::Expired(fate) = error else { panic!("expired, not: {error}") };
        assert_eq!(spent, if fate == Fate::NotSettled { 0 } else { AMOUNT });
        fate
    }

    /// The error of one request that may take so many milliseconds, and what is booked or reserved
    /// after it.
    fn buy(
        &self,
        network: &Network<'_>,
        policy: &PaymentPolicy<'_>,
        time: &VirtualTime,
        uptime: &dyn Fn() -> u64,
        storage: &mut RamStorage,
        total: u32,
    ) -> (Error, u64) {
        let mut memory: ClientMemory = ClientMemory::new();
        let mut journal: Journal<_> = time.run(Journal::open(storage, &mut [0; 1024])).unwrap();
        let clock = || self.clock.map(|clock| clock(BOOT + time.seconds()));
        let notices = RefCell::new(Vec::new());
        let note = |notice| notices.borrow_mut().push(notice);
        let mut client =
            Client::new(network, policy, N::wallet(), Counter(0), time.delay(), &mut memory)
                .with_journal(&mut journal, uptime)
                .with_notices(&note)
                .with_clock(&clock)
                .with_timeouts(Timeouts { total, ..Timeouts::default() });
        if self.node.is_some() {
            client = client.with_solana_rpc(NODE).with_evm_rpc(NODE);
        }
        let error = time.run(client.get(URL)).unwrap_err();
        if let Error::Expired(fate) = error {
            assert_noted(&notices.borrow(), fate);
        }
        let statement = journal.statement(Now { uptime: uptime(), unix: None });
        (error, statement.spent(&N::ASSET, 86_400).unwrap().amount)
    }

    fn answer(
        &self,
        host: &str,
        request: &SentRequest,
        paid: &RefCell<Option<SentRequest>>,
        time: &VirtualTime,
    ) -> Reply {
        let now = BOOT + time.seconds();
        if host == "node.lan" {
            time.pass(self.answer_takes);
            let paid = paid.borrow();
            let payment = paid.as_ref().expect("nobody asks before the payment");
            return self.answer_call(request, &Moment { payment, now });
        }
        if request.field("PAYMENT-SIGNATURE").is_none() {
            let challenge = encode(&challenge(&[N::entry()]));
            let date = imf_fixdate(now + self.date_ahead);
            return response(402, &[("PAYMENT-REQUIRED", &challenge), ("Date", &date)], "{}")
                .into();
        }
        let mut paid = paid.borrow_mut();
        assert!(paid.as_ref().is_none_or(|first| first == request), "the very same again");
        *paid = Some(request.clone());
        (self.says)()
    }

    fn answer_call(&self, request: &SentRequest, moment: &Moment<'_>) -> Reply {
        let call: Value = serde_json::from_str(request.body()).expect("a call");
        assert_eq!(call["jsonrpc"], "2.0");
        let method = call["method"].as_str().expect("a method");
        let node = self.node.expect("nobody is asked");
        let answer = match self.fails.filter(|(failing, _)| *failing == method) {
            Some((_, fail)) => fail(),
            None => node.answer(method, &call["params"], moment),
        };
        let answer = match answer {
            Answer::Bytes(reply) => return reply,
            Answer::Result(result) => json!({"jsonrpc": "2.0", "result": result, "id": 1}),
            Answer::Code(code) => {
                let error = json!({"code": code, "message": "no"});
                json!({"jsonrpc": "2.0", "error": error, "id": 1})
            }
        };
        let date = imf_fixdate(moment.now);
        let fields = [("Date", date.as_str())];
        let fields = if self.has_date { &fields[..] } else { &[] };
        Reply::then(response(200, fields, &answer.to_string()), After::Close)
    }
}

fn nothing() -> Reply {
    Reply::then(Vec::new(), After::Silence)
}

/// Whoever listens hears that the payment was sent again, and what became of it at last.
fn assert_noted(notices: &[Notice], fate: Fate) {
    assert!(matches!(notices, [Notice::Resent(_), ..]), "{notices:?}");
    let Some(Notice::Expired(_, noted)) = notices.last() else { panic!("{notices:?}") };
    assert_eq!(*noted, fate);
}

/// A moment as HTTP writes it. It does not leave January 2027.
fn imf_fixdate(unix: u64) -> String {
    const FRIDAY: u64 = 1_799_971_200;
    let seconds = unix - FRIDAY;
    let (day, hour, minute) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let weekday = ["Fri", "Sat", "Sun", "Mon"][day as usize];
    let second = seconds % 60;
    format!("{weekday}, {:02} Jan 2027 {hour:02}:{minute:02}:{second:02} GMT", 15 + day)
}

/// Every way for a node to be of no help with one method.
fn failures() -> Vec<fn() -> Answer> {
    vec![
        || Answer::Code(-32601),
        || Answer::Code(429),
        || Answer::Result(Value::Null),
        || Answer::Result(json!({"value": {"data": ["AAAA", "base64"]}})),
        || Answer::Result(json!(["what", "is", "this"])),
        || Answer::Bytes(Reply::then(response(503, &[], ""), After::Close)),
        || Answer::Bytes(Reply::then(response(200, &[], "<html></html>"), After::Close)),
        || Answer::Bytes(Reply::then(response(200, &[], r#"{"result":[{"err":nul"#), After::Close)),
        || Answer::Bytes(Reply::then(Vec::new(), After::Silence)),
        || Answer::Bytes(Reply::then(Vec::new(), After::Reset)),
    ]
}
