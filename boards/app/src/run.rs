//! The program: wait for the network, buy, wait, and buy again.

use core::cell::{Cell, RefCell};
use core::future::poll_fn;
use core::net::IpAddr;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};

use embassy_futures::select::{Either, select};
use embedded_hal_async::delay::DelayNs;
use embedded_storage_async::nor_flash::NorFlash;
use embedded_x402::io::{Client, ClientMemory, Error, Ledger, Notice, Response, Wallet};
use embedded_x402::journal::{Journal, Storage};
use embedded_x402::policy::{Approve, Offer};
use embedded_x402::wire::Amount;
use rand_core::TryCryptoRng;

use crate::status_led::Status;
use crate::{
    Console, Event, JournalFlash, Led, Network, OpenJournalError, Pause, Plan, Price, Purchase,
    State, Summary,
};

/// Bytes of the resource that are read at a time.
const PIECE: usize = 128;

/// The longest that a seller's `Retry-After` is followed: an hour.
const LONGEST_RETRY_AFTER_SECONDS: u32 = 3600;

/// What differs from board to board.
pub struct Device<'d, N, W, R, D, F, L, A, C> {
    /// The network.
    pub network: &'d N,
    /// Who pays.
    pub wallet: W,
    /// True randomness, or what was seeded from it; see [`entropy`](crate::entropy).
    pub rng: R,
    /// Measures time.
    pub delay: D,
    /// Tells the seconds since the device started.
    pub uptime: &'d dyn Fn() -> u64,
    /// Knows the time in Unix seconds, if anything does: for payments on EVM chains, and for how long
    /// the device was off.
    pub clock: Option<&'d dyn Fn() -> Option<u64>>,
    /// Keeps the payments in flight and what was spent.
    pub journal: JournalFlash<F>,
    /// Shows the state.
    pub led: L,
    /// Approves payments.
    pub approval: A,
    /// Is told what happens.
    pub console: C,
    /// The client's memory, in a `static`.
    pub memory: &'d mut ClientMemory,
}

/// Buys as `plan` says; it answers only if the plan has an end.
///
/// A payment whose answer is lost is in the journal, and is sent again until it has expired: in this
/// run, or after a reset. Without a journal that can be relied on nothing is paid; that is told and
/// shown, for ever if the plan has no end.
///
/// # Errors
/// [`OpenJournalError`].
pub async fn run<N, W, R, D, F, L, A, C>(
    device: Device<'_, N, W, R, D, F, L, A, C>,
    plan: &Plan<'_>,
) -> Result<Summary, OpenJournalError>
where
    N: Network,
    W: Wallet,
    R: TryCryptoRng,
    D: DelayNs + Clone,
    F: NorFlash,
    L: Led,
    A: Approve,
    C: Console,
{
    let Device { network, wallet, rng, delay, uptime, clock, .. } = device;
    let Device { journal, mut led, approval, console, memory, .. } = device;
    let progress = Progress::new(console);
    let mut led_delay = delay.clone();
    let showing = progress.status.show(&mut led, &mut led_delay);
    let mut opened = apart(pin!(journal.open())).await;
    progress.tell_journal(&opened);
    let journal = match &mut opened {
        Ok(journal) => journal,
        Err(_) if plan.purchases.is_none() => match showing.await {},
        Err(error) => return Err(*error),
    };
    let notices = |notice| progress.note(notice);
    let mut client = Client::new(network, &plan.policy, wallet, rng, delay.clone(), memory)
        .with_approval(Watched { approval, progress: &progress })
        .with_journal(journal, uptime)
        .with_notices(&notices)
        .with_timeouts(plan.timeouts);
    if let Some(url) = plan.solana_rpc {
        client = client.with_solana_rpc(url);
    }
    if let Some(url) = plan.evm_rpc {
        client = client.with_evm_rpc(url);
    }
    if let Some(clock) = clock {
        client = client.with_clock(clock);
    }
    let mut buyer = Buyer { network, plan, client, delay, progress: &progress };
    match select(pin!(buyer.buy_all()), pin!(showing)).await {
        Either::First(summary) => Ok(summary),
        Either::Second(never) => match never {},
    }
}

/// Polls a future in a frame of its own: what it moves about would take stack under all that follows.
async fn apart<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    #[inline(never)]
    fn poll<F: Future>(future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
        future.poll(context)
    }
    poll_fn(|context| poll(future.as_mut(), context)).await
}

/// What the outside is told while it goes on, from two places: the buyer and the approval.
struct Progress<C> {
    status: Status,
    console: RefCell<C>,
    /// What was asked in this purchase.
    price: RefCell<Option<Price>>,
    /// What the payment in this purchase is of, be it a new one or one that is sent again.
    amount: Cell<Option<Amount>>,
}

impl<C: Console> Progress<C> {
    fn new(console: C) -> Self {
        let console = RefCell::new(console);
        let (price, amount) = (RefCell::new(None), Cell::new(None));
        Progress { status: Status::new(), console, price, amount }
    }

    fn tell(&self, event: Event<'_>) {
        // Nobody holds it over an await.
        if let Ok(mut console) = self.console.try_borrow_mut() {
            console.tell(event);
        }
    }

    fn tell_journal<S: Storage>(&self, opened: &Result<Journal<S>, OpenJournalError>) {
        match opened {
            Ok(journal) => {
                self.tell(Event::JournalOpened { open: journal.open_payments().len() });
            }
            Err(error) => {
                self.show(State::Failed);
                self.tell(Event::NoJournal(error));
            }
        }
    }

    fn note(&self, notice: Notice) {
        if let Notice::Resent(payment) = notice {
            self.amount.set(Some(Amount(payment.amount)));
        }
        self.tell(Event::Journal(notice));
    }

    fn show(&self, state: State) {
        self.status.set(state);
    }
}

/// An approval that is watched: the console hears of it, the LED shows it.
struct Watched<'p, A, C> {
    approval: A,
    progress: &'p Progress<C>,
}

impl<A: Approve, C: Console> Approve for Watched<'_, A, C> {
    async fn approve(&mut self, offer: &Offer<'_>) -> bool {
        let price = Price::of(offer);
        self.progress.tell(Event::Offer(&price));
        self.progress.amount.set(Some(price.amount));
        self.progress.price.replace(Some(price));
        self.progress.show(State::Asking);
        let approved = self.approval.approve(offer).await;
        self.progress.show(State::Buying);
        self.progress.tell(Event::Approval { approved });
        approved
    }
}

struct Buyer<'b, 'c, N, W, R, D, A, C, J> {
    network: &'b N,
    plan: &'b Plan<'b>,
    client: Client<'c, N, W, R, D, Watched<'b, A, C>, J>,
    delay: D,
    progress: &'b Progress<C>,
}

impl<N, W, R, D, A, C, J> Buyer<'_, '_, N, W, R, D, A, C, J>
where
    N: Network,
    W: Wallet,
    R: TryCryptoRng,
    D: DelayNs + Clone,
    A: Approve,
    C: Console,
    J: Ledger,
{
    async fn buy_all(&mut self) -> Summary {
        let mut summary = Summary::default();
        let (mut address, mut failures) = (None, 0);
        while self.plan.purchases.is_none_or(|purchases| summary.attempts < purchases) {
            self.wait_for_network(&mut address).await;
            let purchase = self.buy().await;
            summary.count(&purchase);
            failures = if purchase.is_bought() { 0 } else { failures + 1 };
            self.conclude(&purchase);
            if self.plan.purchases != Some(summary.attempts) {
                self.wait(self.pause(&purchase, failures)).await;
            }
        }
        self.progress.tell(Event::Finished(&summary));
        summary
    }

    /// Waits until the network is up; tells its address if it is a new one.
    async fn wait_for_network(&mut self, address: &mut Option<IpAddr>) {
        self.progress.show(State::WaitingForNetwork);
        if address.is_none() {
            self.progress.tell(Event::WaitingForNetwork);
        }
        let current = self.network.wait_until_up().await;
        if address.replace(current) != Some(current) {
            self.progress.tell(Event::NetworkUp { address: current });
        }
    }

    async fn buy(&mut self) -> Purchase {
        self.progress.show(State::Buying);
        self.progress.tell(Event::Asking { url: self.plan.url });
        self.progress.price.replace(None);
        self.progress.amount.set(None);
        let mut purchase = Purchase::default();
        match self.client.get(self.plan.url).await {
            Ok(mut response) => {
                purchase.status = Some(response.status());
                purchase.retry_after = response.head().retry_after;
                purchase.outcome = Some(response.outcome().clone());
                let read = read(&mut response, self.plan.resource_limit, self.progress);
                (purchase.bytes, purchase.error) = read.await;
            }
            Err(error) => purchase.error = Some(error),
        }
        purchase.price = self.progress.price.take();
        purchase.amount = self.progress.amount.get();
        purchase
    }

    fn conclude(&self, purchase: &Purchase) {
        let (bought, unknown) = (purchase.is_bought(), purchase.is_unknown());
        self.progress.show(match purchase.paid() {
            _ if unknown => State::Unknown,
            _ if !bought => State::Failed,
            Some(_) => State::Paid,
            None => State::Idle,
        });
        self.progress.tell(if bought { Event::Bought(purchase) } else { Event::Failed(purchase) });
    }

    /// How long to wait before the next purchase, and why.
    fn pause(&self, purchase: &Purchase, failures: u32) -> (u32, Pause) {
        let (seconds, pause) = match purchase.is_bought() {
            true => (self.plan.interval_seconds, Pause::Interval),
            false => (self.plan.backoff_seconds(failures), Pause::Backoff),
        };
        let retry_after = purchase.retry_after.unwrap_or(0).min(LONGEST_RETRY_AFTER_SECONDS);
        (seconds.max(retry_after), pause)
    }

    async fn wait(&mut self, (seconds, pause): (u32, Pause)) {
        self.progress.tell(Event::Waiting { seconds, pause });
        let mut left = seconds;
        // As many milliseconds as a delay takes at once.
        while left > 0 {
            let step = left.min(u32::MAX / 1000);
            self.delay.delay_ms(step * 1000).await;
            left -= step;
        }
    }
}

/// Reads the resource and tells it piece by piece; answers how many bytes came, and why no more.
async fn read<C: embedded_io_async::Read, D: DelayNs>(
    response: &mut Response<'_, C, D>,
    limit: u32,
    progress: &Progress<impl Console>,
) -> (u32, Option<Error>) {
    let (mut bytes, mut piece) = (0_u32, [0; PIECE]);
    loop {
        let read = match response.read(&mut piece).await {
            Ok(0) => return (bytes, None),
            Ok(read) => read,
            Err(error) => return (bytes, Some(error)),
        };
        bytes = bytes.saturating_add(read as u32);
        if bytes > limit {
            return (bytes, Some(Error::BodyTooLarge { capacity: limit as usize }));
        }
        progress.tell(Event::Data(piece.get(..read).unwrap_or_default()));
    }
}
