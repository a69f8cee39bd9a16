//! Firmware for the Raspberry Pi Pico W: the app on an RP2040 with Wi-Fi.
#![no_std]
#![no_main]
// A payment's future has more layers than the compiler follows by itself.
#![recursion_limit = "256"]

mod wifi;

use embassy_executor::Spawner;
use embassy_time::{Delay, Instant};
use embedded_x402::io::ClientMemory;
use embedded_x402_app::config::{Config, Wifi};
use embedded_x402_app::{Device, EmbassyNetwork, Sockets, Text, run};
use embedded_x402_rp2040::console::{self, stop};
use embedded_x402_rp2040::entropy::generator;
use embedded_x402_rp2040::flash::{self, Flash, KEY_RECORD};
use embedded_x402_rp2040::rosc::Rosc;
use rand_core::Rng;
use static_cell::ConstStaticCell;

static CONFIG: Config = embedded_x402_app::config!();
const ACCESS_POINT: Wifi = embedded_x402_app::wifi!();

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

    let wiring = wifi::Wiring {
        power: p.PIN_23,
        data: p.PIN_24,
        select: p.PIN_25,
        clock: p.PIN_29,
        pio: p.PIO0,
        dma: p.DMA_CH0,
    };
    let started = wifi::start(spawner, wiring, ACCESS_POINT, rng.next_u64()).await;
    let (stack, led) = started.unwrap_or_else(|error| stop(&mut uart, error));

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
        led,
        approval,
        console: Text(uart),
        memory: MEMORY.take(),
    };
    // It does not end, for the plan does not.
    let _ = run(device, &CONFIG.plan()).await;
}
