//! Firmware for the ESP32-C3: the app with Wi-Fi.
#![no_std]
#![no_main]
// A payment's future has more layers than the compiler follows by itself.
#![recursion_limit = "256"]

mod random;
mod wifi;

use core::fmt::Display;
use core::ops::Range;

use embassy_executor::Spawner;
use embassy_time::{Delay, Instant};
use embedded_hal::digital::PinState;
use embedded_x402::io::ClientMemory;
use embedded_x402_app::config::{Config, Wifi};
use embedded_x402_app::{
    BlockingAsync, Device, EmbassyNetwork, JournalFlash, Sockets, StatusLed, Text, run,
};
// Prints panics, and stops.
use esp_backtrace as _;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{Level, Output, OutputConfig};
use esp_hal::timer::timg::TimerGroup;
use esp_println::{Printer, println};
use esp_storage::FlashStorage;
use rand_core::TryRng;
use static_cell::ConstStaticCell;

static CONFIG: Config = embedded_x402_app::config!();
const ACCESS_POINT: Wifi = embedded_x402_app::wifi!();

/// Where the key record is in flash: the partition `x402_keys` of `partitions.csv`.
const KEY_RECORD: u32 = 0xe000;

/// Where the journal is: the partition `x402_journal`.
const JOURNAL: Range<u32> = 0x3f_c000..0x40_0000;

/// What esp-radio allocates. The app allocates nothing.
const RADIO_HEAP: usize = 72 * 1024;

esp_bootloader_esp_idf::esp_app_desc!();

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    static MEMORY: ConstStaticCell<ClientMemory> = ConstStaticCell::new(ClientMemory::new());
    static SOCKETS: ConstStaticCell<Sockets> = ConstStaticCell::new(Sockets::new());

    let p = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    esp_alloc::heap_allocator!(size: RADIO_HEAP);
    esp_rtos::start(TimerGroup::new(p.TIMG0).timer0, p.FROM_CPU_INTR0);

    let mut flash = FlashStorage::new(p.FLASH);
    let wallet = CONFIG.keys.load(&mut flash, KEY_RECORD);
    let wallet = wallet.unwrap_or_else(|error| stop(error));
    let radio = wifi::switch_on(p.WIFI, ACCESS_POINT).unwrap_or_else(|error| stop(error));
    let mut rng = random::start(&radio).unwrap_or_else(|error| stop(error));
    let seed = rng.try_next_u64().unwrap_or_else(|error| stop(error));
    let stack = wifi::start(spawner, radio, seed).unwrap_or_else(|error| stop(error));

    #[cfg(feature = "button")]
    let approval = {
        use esp_hal::gpio::{Input, InputConfig, Pull};
        let boot = Input::new(p.GPIO9, InputConfig::default().with_pull(Pull::Up));
        embedded_x402_app::Button::new(boot, PinState::Low, Delay)
    };
    #[cfg(not(feature = "button"))]
    let approval = embedded_x402::policy::Always;

    let led = Output::new(p.GPIO7, Level::Low, OutputConfig::default());
    let device = Device {
        network: &EmbassyNetwork::new(stack, SOCKETS.take()),
        wallet,
        rng,
        delay: Delay,
        uptime: &|| Instant::now().as_secs(),
        clock: None,
        journal: JournalFlash { flash: BlockingAsync::new(flash), pages: JOURNAL },
        led: StatusLed::new(led, PinState::High),
        approval,
        console: Text(Printer),
        memory: MEMORY.take(),
    };
    // It does not end, for the plan does not.
    let _ = run(device, &CONFIG.plan()).await;
}

/// Says why the device can't go on, and stops. It does not reset: it would come here again.
fn stop(why: impl Display) -> ! {
    println!("stopped: {why}");
    loop {}
}
