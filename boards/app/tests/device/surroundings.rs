//! Everything that a device needs, and a record of what it did with it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use embedded_x402::client::Url;
use embedded_x402::io::{ClientMemory, ConnectError, Transport};
use embedded_x402::policy::{Always, Approve};
use embedded_x402_app::emulated::RamFlash;
use embedded_x402_app::entropy::EntropyError;
use embedded_x402_app::{
    BlockingAsync, Device, JournalFlash, Led, Network, OpenJournalError, Plan, Summary, Text, run,
};
use embedded_x402_tests::keys::device_signer;
use embedded_x402_tests::network;
use rand_core::{TryCryptoRng, TryRng};

use crate::clock::{Clock, Delay};

/// A network that is up.
struct Up<'a, 'n>(&'a network::Network<'n>);

impl<'n> Transport for Up<'_, 'n> {
    type Connection<'c>
        = network::Connection<'c, 'n>
    where
        Self: 'c;

    async fn connect<'c>(&'c self, url: &Url<'_>) -> Result<Self::Connection<'c>, ConnectError> {
        self.0.connect(url).await
    }
}

impl Network for Up<'_, '_> {
    async fn wait_until_up(&self) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7))
    }
}

/// Bytes that are all different, for a while; or none at all.
struct Entropy {
    next: u8,
    is_broken: bool,
}

impl TryRng for Entropy {
    type Error = EntropyError;

    fn try_next_u32(&mut self) -> Result<u32, EntropyError> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, EntropyError> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        if self.is_broken {
            return Err(EntropyError::Stuck);
        }
        for byte in bytes {
            self.next = self.next.wrapping_add(1);
            *byte = self.next;
        }
        Ok(())
    }
}

impl TryCryptoRng for Entropy {}

/// How long the LED was on and off, in milliseconds.
struct Lamp<'r> {
    clock: &'r Clock,
    since: (bool, u64),
    record: &'r RefCell<Vec<(bool, u64)>>,
}

impl Led for Lamp<'_> {
    type Error = Infallible;

    async fn set(&mut self, on: bool) -> Result<(), Infallible> {
        let (was_on, since) = self.since;
        self.record.borrow_mut().push((was_on, self.clock.now() - since));
        self.since = (on, self.clock.now());
        Ok(())
    }
}

/// A device to be run.
pub(crate) struct Setup<'a, 'n, A> {
    network: &'a network::Network<'n>,
    approval: A,
    entropy: Entropy,
    flash: RamFlash,
    pages: Range<u32>,
    reset_at: u64,
}

/// What it did.
pub(crate) struct Ran {
    /// `None` if it was reset before it was done.
    result: Option<Result<Summary, OpenJournalError>>,
    /// What a reset leaves.
    pub(crate) flash: RamFlash,
    pub(crate) console: String,
    pub(crate) led: Vec<(bool, u64)>,
    /// In milliseconds.
    pub(crate) elapsed: u64,
}

/// A device on this network, which approves everything and has never paid.
pub(crate) fn device<'a, 'n>(network: &'a network::Network<'n>) -> Setup<'a, 'n, Always> {
    let (flash, entropy) = (RamFlash::new(), Entropy { next: 0, is_broken: false });
    Setup { network, approval: Always, entropy, flash, pages: 0..8192, reset_at: u64::MAX }
}

impl<'a, 'n, A: Approve> Setup<'a, 'n, A> {
    pub(crate) fn approved_by<B>(self, approval: B) -> Setup<'a, 'n, B> {
        let Setup { network, entropy, flash, pages, reset_at, .. } = self;
        Setup { network, approval, entropy, flash, pages, reset_at }
    }

    pub(crate) fn with_broken_entropy(self) -> Self {
        Setup { entropy: Entropy { is_broken: true, ..self.entropy }, ..self }
    }

    /// Starts with this in flash, and with other random numbers.
    pub(crate) fn after(self, flash: RamFlash) -> Self {
        Setup { flash, entropy: Entropy { next: 100, ..self.entropy }, ..self }
    }

    pub(crate) fn with_pages(self, pages: Range<u32>) -> Self {
        Setup { pages, ..self }
    }

    /// Everything but the flash is dropped after so many seconds.
    pub(crate) fn reset_after(self, seconds: u64) -> Self {
        Setup { reset_at: seconds * 1000, ..self }
    }

    pub(crate) fn run(mut self, plan: &Plan<'_>) -> Ran {
        let (clock, led) = (Clock::default(), RefCell::default());
        let mut console = String::new();
        let device = Device {
            network: &Up(self.network),
            wallet: device_signer(),
            rng: self.entropy,
            delay: Delay(&clock),
            uptime: &|| clock.now() / 1000,
            clock: None,
            journal: JournalFlash { flash: BlockingAsync::new(&mut self.flash), pages: self.pages },
            led: Lamp { clock: &clock, since: (false, 0), record: &led },
            approval: self.approval,
            console: Text(&mut console as &mut dyn fmt::Write),
            memory: &mut ClientMemory::new(),
        };
        let result = clock.run_until(self.reset_at, run(device, plan));
        Ran { result, flash: self.flash, console, led: led.take(), elapsed: clock.now() }
    }
}

impl Ran {
    /// What it did, if nothing came between.
    pub(crate) fn summary(&self) -> Summary {
        self.result.expect("it was reset").expect("a journal")
    }

    /// Why it did nothing.
    pub(crate) fn error(&self) -> OpenJournalError {
        self.result.expect("it was reset").expect_err("no journal")
    }
}
