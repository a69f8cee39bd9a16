//! A purchase with the line tapped, and with something happening just before the device signs.

use std::cell::RefCell;

use embedded_io_async::{ErrorType, Read, Write};
use embedded_x402::client::{Method, Outcome, Request, Url};
use embedded_x402::io::{Client, ClientMemory, ConnectError, Error, Tcp, Transport};
use embedded_x402::policy::{Approve, Asset, Offer, PaymentPolicy, Rule, assets};
use embedded_x402::signer::{CompactSigner, K256Signer};
use embedded_x402::wire::{Amount, Network, ProtocolVersion};
use embedded_x402_sim::chain::genesis;
use embedded_x402_sim::device::{TokioDelay, TokioNetwork};
use embedded_x402_sim::x402::header;
use getrandom::SysRng;
use serde_json::Value;

use crate::shop::{CAP, Shop};

/// What became of a purchase, and what went over the line: all of it, questions to the RPC node too,
/// but for what is left of the last body.
pub(crate) struct Errand {
    pub(crate) result: Result<(u16, Outcome), Error>,
    pub(crate) sent: String,
    pub(crate) received: String,
}

/// The header that carries a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaymentHeader {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Buys by `GET`; `before_signing` answers whether to pay at all.
pub(crate) async fn run(shop: &Shop, path: &str, before_signing: impl FnMut() -> bool) -> Errand {
    let url = shop.market.url(path);
    run_request(shop, &Request::new(Method::Get, &url), before_signing).await
}

/// Buys; `before_signing` answers whether to pay at all.
pub(crate) async fn run_request(
    shop: &Shop,
    request: &Request<'_>,
    before_signing: impl FnMut() -> bool,
) -> Errand {
    let pyusd = genesis::PYUSD.to_string();
    let pyusd = assets::find(Network::SolanaDevnet, &pyusd).unwrap();
    let dollars = [&assets::USDC_SOLANA_DEVNET, pyusd, &assets::USDC_BASE_SEPOLIA];
    let rules = dollars.map(rule);
    let policy = PaymentPolicy { rules: &rules };
    let keys = &shop.device.keys;
    let solana = CompactSigner::from_key_pair(keys.solana_key_pair().unwrap()).unwrap();
    let evm = K256Signer::from_bytes(keys.evm_secret().unwrap()).unwrap();
    let line = Line::new();
    let mut memory: ClientMemory = ClientMemory::new();
    let mut client = Client::new(&line, &policy, (solana, evm), SysRng, TokioDelay, &mut memory)
        .with_clock(&*shop.device.clock)
        .with_approval(Pause(before_signing))
        .with_solana_rpc(&shop.market.chain_url);
    let response = client.send(request).await;
    let result = response.map(|response| (response.status(), response.outcome().clone()));
    drop(client);
    let text = |bytes: RefCell<Vec<u8>>| String::from_utf8(bytes.into_inner()).unwrap();
    Errand { result, sent: text(line.sent), received: text(line.received) }
}

impl Errand {
    /// The payment, if one was sent.
    pub(crate) fn payment_header(&self) -> Option<PaymentHeader> {
        let names = [ProtocolVersion::V1, ProtocolVersion::V2].map(ProtocolVersion::payment_header);
        let fields = self.sent.lines().filter_map(|line| line.split_once(": "));
        let mut payments = fields.filter(|(name, _)| names.contains(name));
        let payment = payments
            .next()
            .map(|(name, value)| PaymentHeader { name: name.to_owned(), value: value.to_owned() });
        assert!(payments.next().is_none(), "two payments for one request");
        payment
    }

    /// The payment's JSON.
    pub(crate) fn payment(&self) -> Value {
        let header = self.payment_header().expect("a payment");
        header::decode(header.value.as_bytes()).unwrap()
    }
}

fn rule(asset: &Asset<'static>) -> Rule<'static> {
    Rule::new(*asset, Amount(CAP))
}

struct Pause<F>(F);

impl<F: FnMut() -> bool> Approve for Pause<F> {
    async fn approve(&mut self, _: &Offer<'_>) -> bool {
        (self.0)()
    }
}

/// Plain TCP that remembers what is said.
struct Line {
    tcp: Tcp<TokioNetwork, TokioNetwork>,
    sent: RefCell<Vec<u8>>,
    received: RefCell<Vec<u8>>,
}

impl Line {
    fn new() -> Self {
        let tcp = Tcp::new(TokioNetwork, TokioNetwork);
        Line { tcp, sent: RefCell::default(), received: RefCell::default() }
    }
}

struct Tapped<'a, C> {
    connection: C,
    line: &'a Line,
}

impl Transport for Line {
    type Connection<'a> =
        Tapped<'a, <Tcp<TokioNetwork, TokioNetwork> as Transport>::Connection<'a>>;

    async fn connect<'a>(&'a self, url: &Url<'_>) -> Result<Self::Connection<'a>, ConnectError> {
        Ok(Tapped { connection: self.tcp.connect(url).await?, line: self })
    }
}

impl<C: ErrorType> ErrorType for Tapped<'_, C> {
    type Error = C::Error;
}

impl<C: Read> Read for Tapped<'_, C> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, C::Error> {
        let read = self.connection.read(buffer).await?;
        self.line.received.borrow_mut().extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

impl<C: Write> Write for Tapped<'_, C> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, C::Error> {
        let written = self.connection.write(bytes).await?;
        self.line.sent.borrow_mut().extend_from_slice(&bytes[..written]);
        Ok(written)
    }

    async fn flush(&mut self) -> Result<(), C::Error> {
        self.connection.flush().await
    }
}
