//! What can fail around a purchase, before and after the payment was sent.

use core::future::poll_fn;
use core::net::{IpAddr, SocketAddr};
use core::task::Poll;

use embedded_hal_async::delay::DelayNs;
use embedded_io_async::ErrorKind;
use embedded_nal_async::{AddrType, Dns, TcpConnect};
use embedded_x402::client::{Doubt, Error as ExchangeError, Outcome};
use embedded_x402::io::{Client, ClientMemory, ConnectError, Error, Tcp, Timeouts};
use embedded_x402::policy::{Never, Refusal};
use embedded_x402::signer::{Ed25519Signer, SignerError};
use embedded_x402_tests::challenge::with;
use embedded_x402_tests::device::{URL, USDC_POLICY};
use embedded_x402_tests::keys::{base58, device_signer};
use embedded_x402_tests::network::{After, Clock, Connection, Network, Reply, run};
use embedded_x402_tests::response::*;
use rand_core::{TryCryptoRng, TryRng};
use serde_json::json;

use crate::hosts::{Counter, TestClient, answer, client, honest};

const UNKNOWN: Error = Error::Exchange(ExchangeError::Unknown(Doubt::NoAnswer));

const TIMEOUTS: Timeouts = Timeouts { connect: 11, transfer: 22, settle: 33, total: 44 };

/// Buys with a client that is made as told.
fn buy_as<'n>(
    network: &Network<'n>,
    adapt: impl for<'c> FnOnce(TestClient<'c, 'n>) -> TestClient<'c, 'n>,
) -> Result<Outcome, Error> {
    let mut memory = ClientMemory::new();
    let mut client = adapt(client(network, &mut memory)).with_timeouts(TIMEOUTS);
    let outcome = run(client.get(URL))?.outcome().clone();
    Ok(outcome)
}

fn buy(network: &Network<'_>) -> Result<Outcome, Error> {
    buy_as(network, |client| client)
}

#[test]
fn silence_before_the_payment_is_a_timeout() {
    for said in [0, 1, 30] {
        let network = Network::new(|_, request| {
            let mut bytes = answer(request);
            bytes.truncate(said);
            Reply::then(bytes, After::Silence)
        });
        assert_eq!(buy(&network), Err(Error::Timeout));
        assert_eq!(network.timeouts(), [TIMEOUTS.transfer]);
        assert!(network.paid_requests().is_empty());
    }
}

#[test]
fn silence_after_the_payment_leaves_it_unknown() {
    for said in [0, 1, 30] {
        let network = Network::new(|_, request| {
            let mut bytes = answer(request);
            if request.payment().is_none() {
                return bytes.into();
            }
            bytes.truncate(said);
            Reply::then(bytes, After::Silence)
        });
        let error = buy(&network).unwrap_err();
        assert_eq!(error, UNKNOWN);
        assert_eq!(error.unsettled(), Some(Doubt::NoAnswer));
        assert_eq!(network.timeouts(), [TIMEOUTS.settle], "settling takes its time");
        assert_eq!(network.paid_requests().len(), 1);
    }
}

/// A clock by which only the whole exchange takes too long: three thousand looks at it.
#[derive(Clone, Default)]
struct Patience;

impl DelayNs for Patience {
    async fn delay_ns(&mut self, _: u32) {
        core::future::pending().await
    }

    async fn delay_ms(&mut self, milliseconds: u32) {
        let mut looks = 0;
        poll_fn(|_| {
            looks += 1;
            let is_over = milliseconds == TIMEOUTS.total && looks > 3000;
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await
    }
}

/// Informational responses without end, a byte at a time.
fn dribble() -> Vec<u8> {
    b"HTTP/1.1 100 Continue\r\n\r\n".repeat(400)
}

#[test]
fn a_seller_that_dribbles_is_held_to_the_total() {
    for (paid, expected) in [(false, Error::Timeout), (true, UNKNOWN)] {
        let mut network = Network::new(|_, request| match request.payment().is_some() == paid {
            true => Reply::then(dribble(), After::Silence),
            false => answer(request).into(),
        });
        (network.fragment, network.hesitates) = (1, true);
        let mut memory = ClientMemory::<728, 64>::new();
        let signer = device_signer();
        let client = Client::new(&network, &USDC_POLICY, signer, Counter(0), Patience, &mut memory);
        let mut client = client.with_timeouts(TIMEOUTS);
        assert_eq!(run(client.get(URL)).unwrap_err(), expected);
    }
}

/// Resets the connection after this many bytes of the conversation.
fn resetting(after: usize) -> Network<'static> {
    let mut left = after;
    Network::new(move |_, request| {
        let mut bytes = answer(request);
        if bytes.len() <= left {
            left -= bytes.len();
            return bytes.into();
        }
        bytes.truncate(left);
        left = 0;
        Reply::then(bytes, After::Reset)
    })
}

#[test]
fn a_reset_at_any_byte() {
    let (mut before, mut after, mut settled) = (0, 0, 0);
    for bytes in 0.. {
        let network = resetting(bytes);
        let result = buy(&network);
        let payments = network.paid_requests();
        assert!(payments.windows(2).all(|pair| pair[0] == pair[1]), "one payment at most");
        match result {
            Err(Error::Transport(ErrorKind::ConnectionReset)) => {
                assert!(payments.is_empty());
                before += 1;
            }
            Err(error) => {
                assert!(error.unsettled().is_some() && !payments.is_empty(), "{error:?}");
                after += 1;
            }
            Ok(Outcome::Settled(_)) => settled += 1,
            Ok(other) => panic!("{other:?}"),
        }
        if settled == 10 {
            break;
        }
    }
    assert!(before > 500 && after > 200, "{before} {after}");
}

#[test]
fn hosts_that_cannot_be_reached() {
    let network = Network::new(honest);
    let mut memory = ClientMemory::new();
    let mut client = client(&network, &mut memory);
    let error = run(client.get("http://nowhere.lan/")).err();
    assert_eq!(error, Some(Error::Connect(ConnectError::Name)));
    assert!(run(client.get(URL)).is_ok(), "the client is usable afterwards");
}

/// A network stack and resolver that nobody may touch.
struct Untouchable;

impl TcpConnect for Untouchable {
    type Error = ErrorKind;
    type Connection<'a> = Connection<'a, 'a>;

    async fn connect<'a>(&'a self, _: SocketAddr) -> Result<Connection<'a, 'a>, ErrorKind> {
        panic!("a connection in the clear")
    }
}

impl Dns for Untouchable {
    type Error = ErrorKind;

    async fn get_host_by_name(&self, _: &str, _: AddrType) -> Result<IpAddr, ErrorKind> {
        panic!("a name that is not to be told")
    }

    async fn get_host_by_address(&self, _: IpAddr, _: &mut [u8]) -> Result<usize, ErrorKind> {
        panic!("an address that is not to be told")
    }
}

#[test]
fn https_is_never_reached_in_the_clear() {
    let tcp = Tcp::new(Untouchable, Untouchable);
    let network = Network::new(honest);
    let mut memory: ClientMemory = ClientMemory::new();
    let (signer, clock) = (device_signer(), network.clock());
    let mut client = Client::new(&tcp, &USDC_POLICY, signer, Counter(0), clock, &mut memory);
    for url in ["https://seller.lan/weather", "HTTPS://10.0.0.1:80/"] {
        let error = run(client.get(url)).err();
        assert_eq!(error, Some(Error::Connect(ConnectError::NoTls)), "{url}");
    }
}

/// A source of randomness that is broken.
pub(crate) struct Broken;

impl TryRng for Broken {
    type Error = core::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, core::fmt::Error> {
        Err(core::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, core::fmt::Error> {
        Err(core::fmt::Error)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), core::fmt::Error> {
        Err(core::fmt::Error)
    }
}

impl TryCryptoRng for Broken {}

#[test]
fn without_randomness_nothing_is_paid() {
    let network = Network::new(honest);
    let mut memory: ClientMemory = ClientMemory::new();
    let (signer, clock) = (device_signer(), network.clock());
    let mut client = Client::new(&network, &USDC_POLICY, signer, Broken, clock, &mut memory);
    assert_eq!(run(client.get(URL)).err(), Some(Error::Entropy));
    assert!(network.paid_requests().is_empty());
}

/// A signer that fails to sign or to verify.
struct Failing {
    signs: bool,
}

impl Ed25519Signer for Failing {
    fn public_key(&self) -> [u8; 32] {
        device_signer().public_key()
    }

    async fn sign(&mut self, message: &[u8]) -> Result<[u8; 64], SignerError> {
        if self.signs { device_signer().sign(message).await } else { Err(SignerError::Refused) }
    }

    async fn verify(&mut self, _: &[u8; 32], _: &[u8], _: &[u8; 64]) -> Result<bool, SignerError> {
        Err(SignerError::Unavailable)
    }
}

fn buy_with_signer(network: &Network<'_>, signs: bool, trusting: bool) -> Result<Outcome, Error> {
    let mut memory: ClientMemory = ClientMemory::new();
    let clock: Clock<'_, '_> = network.clock();
    let signer = Failing { signs };
    let client = Client::new(network, &USDC_POLICY, signer, Counter(0), clock, &mut memory);
    let mut client = if trusting { client.trusting_receipts() } else { client };
    let outcome = run(client.get(URL))?.outcome().clone();
    Ok(outcome)
}

#[test]
fn a_signer_that_refuses_to_sign() {
    let network = Network::new(honest);
    let result = buy_with_signer(&network, false, false);
    assert_eq!(result, Err(Error::Signer(SignerError::Refused)));
    assert!(network.paid_requests().is_empty());
}

#[test]
fn a_signer_that_cannot_verify_leaves_the_payment_unknown() {
    let network = Network::new(honest);
    let error = buy_with_signer(&network, true, false).unwrap_err();
    assert_eq!(error.unsettled(), Some(Doubt::Unverified));
    let trusting = buy_with_signer(&Network::new(honest), true, true);
    assert!(matches!(trusting, Ok(Outcome::Settled(_))));
}

#[test]
fn receipts_are_verified_unless_they_are_trusted() {
    let forged = || {
        Network::new(|_, request| match request.payment() {
            None => answer(request).into(),
            Some(payment) => {
                let id = json!(base58(&[5; 64]));
                settled(&with(receipt(&payment), "/transaction", id)).into()
            }
        })
    };
    assert_eq!(buy(&forged()), Ok(Outcome::Unknown(Doubt::OtherTransaction)));
    let trusting = buy_as(&forged(), |client| client.trusting_receipts());
    assert!(matches!(trusting, Ok(Outcome::Settled(_))));
}

#[test]
fn who_approves_nothing_pays_nothing() {
    let network = Network::new(honest);
    let mut memory = ClientMemory::new();
    let mut client = client(&network, &mut memory).with_approval(Never);
    let refused = Error::Exchange(ExchangeError::Policy(Refusal::NotApproved));
    assert_eq!(run(client.get(URL)).err(), Some(refused));
    assert!(network.paid_requests().is_empty());
}
