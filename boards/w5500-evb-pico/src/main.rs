//! Firmware for the W5500-EVB-Pico: the app on an RP2040 with Ethernet.
#![no_std]
#![no_main]
// A payment's future has more layers than the compiler follows by itself.
#![recursion_limit = "256"]

mod ethernet;

use embassy_executor::Spawner;
use embassy_rp::gpio::{Level, Output};
use embassy_time::{Delay, Instant};
use embedded_hal::digital::PinState;
use embedded_x402::io::ClientMemory;
use embedded_x402_app::config::Config;
use embedded_x402_app::{Device, EmbassyNetwork, Sockets, StatusLed, Text, run};
use embedded_x402_rp2040::console::{self, stop};
use embedded_x402_rp2040::entropy::generator;
use embedded_x402_rp2040::flash::{self, Flash, KEY_RECORD, mac_address};
use embedded_x402_rp2040::rosc::Rosc;
use rand_core::Rng;
use static_cell::ConstStaticCell;

static CONFIG: Config = embedded_x402_app::config!();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    static MEMORY: ConstStaticCell<ClientMemory> = ConstStaticCell::new(ClientMemory::new());
    static SOCKETS: ConstStaticCell<Sockets> = ConstStaticCell::new(Sockets::new());

    let p = embassy_rp::init(Default::default());
    let mut uart = console::open(p.UART0, p.PIN_0);
    let mut flash = Flash::new_blocking(p.FLASH);
    let wallet = CONFIG.keys.load(&mut flash, KEY_RECORD);
    let wallet = wallet.unwrap_or_else(|error| stop(&mut uart, error));
    let rng = Rosc::running().and_then(|mut noise| generator(&mut noise));
    let mut rng = rng.unwrap_or_else(|error| stop(&mut uart, error));
    let mac = mac_address(&mut flash).unwrap_or([0x02, 0, 0, 0, 0, 0]);

    let wiring = ethernet::Wiring {
        spi: p.SPI0,
        miso: p.PIN_16,
        select: p.PIN_17,
        clock: p.PIN_18,
        mosi: p.PIN_19,
        reset: p.PIN_20,
        interrupt: p.PIN_21,
        send: p.DMA_CH0,
        receive: p.DMA_CH1,
    };
    let stack = ethernet::start(spawner, wiring, mac, rng.next_u64()).await;
    let stack = stack.unwrap_or_else(|error| stop(&mut uart, error));

    #[cfg(feature = "button")]
    let approval = embedded_x402_rp2040::button(p.PIN_15);
    #[cfg(not(feature = "button"))]
    let approval = embedded_x402::policy::Always;

    let device = Device {
        network: &EmbassyNetwork::new(stack, SOCKETS.take()),
        wallet,
        rng,
        delay: Delay,
        uptime: &|| Instant::now().as_secs(),
        clock: None,
        journal: flash::journal(flash),
        led: StatusLed::new(Output::new(p.PIN_25, Level::Low), PinState::High),
        approval,
        console: Text(uart),
        memory: MEMORY.take(),
    };
    // It does not end, for the plan does not.
    let _ = run(device, &CONFIG.plan()).await;
}
