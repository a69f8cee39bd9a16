//! A board from its start to the app: what is the same whatever network it has.

use core::fmt::Display;

use chacha20::ChaCha20Rng;
use embassy_rp::Peri;
use embassy_rp::peripherals::{FLASH, PIN_0, PIN_15, UART0};
use embassy_time::{Delay, Instant};
use embedded_x402::io::ClientMemory;
use embedded_x402_app::config::KeySource;
use embedded_x402_app::{Device, Keys, Led, Network, OpenJournalError, Plan, Summary, Text, run};
use rand_core::Rng;
use static_cell::ConstStaticCell;

use crate::approval::{Approval, approval};
use crate::console::{self, Uart, stop};
use crate::entropy::generator;
use crate::flash::{self, Flash, KEY_RECORD};
use crate::rosc::Rosc;

/// What every board uses alike.
pub struct Wiring {
    /// The console's.
    pub uart: Peri<'static, UART0>,
    /// Where the console comes out.
    pub console: Peri<'static, PIN_0>,
    /// The button that approves, if the firmware is built for one.
    pub button: Peri<'static, PIN_15>,
    /// Where the key record and the journal are.
    pub flash: Peri<'static, FLASH>,
}

/// A board that has its keys and its randomness, and no network yet.
pub struct Board {
    uart: Uart,
    flash: Flash,
    wallet: Keys,
    rng: ChaCha20Rng,
    approval: Approval,
}

impl Board {
    /// Starts it, with the keys from where the configuration says. It stops, and says why, without
    /// keys or noise.
    pub fn start(keys: KeySource, wiring: Wiring) -> Self {
        let mut uart = console::open(wiring.uart, wiring.console);
        let mut flash = Flash::new_blocking(wiring.flash);
        let wallet = keys.load(&mut flash, KEY_RECORD);
        let wallet = wallet.unwrap_or_else(|error| stop(&mut uart, error));
        let rng = Rosc::running().and_then(|mut noise| generator(&mut noise));
        let rng = rng.unwrap_or_else(|error| stop(&mut uart, error));
        Board { uart, flash, wallet, rng, approval: approval(wiring.button) }
    }

    /// A seed for the network stack, another one each time.
    pub fn seed(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// A MAC address for a board that has none, marked as locally administered: made from the flash
    /// chip's unique number, or 02:00:00:00:00:00 if that can't be read.
    pub fn mac_address(&mut self) -> [u8; 6] {
        flash::mac_address(&mut self.flash).unwrap_or([0x02, 0, 0, 0, 0, 0])
    }

    /// Says why the board can't go on, and stops.
    pub fn stop(&mut self, why: impl Display) -> ! {
        stop(&mut self.uart, why)
    }

    /// The app on this board.
    ///
    /// # Errors
    /// Those of [`run`].
    pub fn run<'d>(
        self,
        network: &'d impl Network,
        led: impl Led,
        plan: &'d Plan<'_>,
    ) -> impl Future<Output = Result<Summary, OpenJournalError>> {
        static MEMORY: ConstStaticCell<ClientMemory> = ConstStaticCell::new(ClientMemory::new());

        let device = Device {
            network,
            wallet: self.wallet,
            rng: self.rng,
            delay: Delay,
            uptime: &|| Instant::now().as_secs(),
            clock: None,
            journal: flash::journal(self.flash),
            led,
            approval: self.approval,
            console: Text(self.uart),
            memory: MEMORY.take(),
        };
        // Not awaited here: a second future around it would take its parts twice.
        run(device, plan)
    }
}
