//! Firmware for the Raspberry Pi Pico W: the app on an RP2040 with Wi-Fi.
#![no_std]
#![no_main]
// A payment's future has more layers than the compiler follows by itself.
#![recursion_limit = "256"]

mod wifi;

use embassy_executor::Spawner;
use embedded_x402_app::config::{Config, Wifi};
use embedded_x402_app::{EmbassyNetwork, Sockets};
use embedded_x402_rp2040::{Board, Wiring};
use static_cell::ConstStaticCell;

static CONFIG: Config = embedded_x402_app::config!();
const ACCESS_POINT: Wifi = embedded_x402_app::wifi!();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    static SOCKETS: ConstStaticCell<Sockets> = ConstStaticCell::new(Sockets::new());

    let p = embassy_rp::init(Default::default());
    let wiring = Wiring { uart: p.UART0, console: p.PIN_0, button: p.PIN_15, flash: p.FLASH };
    let mut board = Board::start(CONFIG.keys, wiring);

    let radio = wifi::Wiring {
        power: p.PIN_23,
        data: p.PIN_24,
        select: p.PIN_25,
        clock: p.PIN_29,
        pio: p.PIO0,
        dma: p.DMA_CH0,
    };
    let started = wifi::start(spawner, radio, ACCESS_POINT, board.seed()).await;
    let (stack, led) = started.unwrap_or_else(|error| board.stop(error));

    let network = EmbassyNetwork::new(stack, SOCKETS.take());
    // It does not end, for the plan does not.
    let _ = board.run(&network, led, &CONFIG.plan()).await;
}
