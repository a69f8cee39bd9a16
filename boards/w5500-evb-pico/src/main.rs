//! Firmware for the W5500-EVB-Pico: the app on an RP2040 with Ethernet.
#![no_std]
#![no_main]
// A payment's future has more layers than the compiler follows by itself.
#![recursion_limit = "256"]

mod ethernet;

use embassy_executor::Spawner;
use embassy_rp::gpio::{Level, Output};
use embedded_hal::digital::PinState;
use embedded_x402_app::config::Config;
use embedded_x402_app::{EmbassyNetwork, Sockets, StatusLed};
use embedded_x402_rp2040::{Board, Wiring};
use static_cell::ConstStaticCell;

static CONFIG: Config = embedded_x402_app::config!();

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    static SOCKETS: ConstStaticCell<Sockets> = ConstStaticCell::new(Sockets::new());

    let p = embassy_rp::init(Default::default());
    let wiring = Wiring { uart: p.UART0, console: p.PIN_0, button: p.PIN_15, flash: p.FLASH };
    let mut board = Board::start(CONFIG.keys, wiring);

    let chip = ethernet::Wiring {
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
    let (mac, seed) = (board.mac_address(), board.seed());
    let stack = ethernet::start(spawner, chip, mac, seed).await;
    let stack = stack.unwrap_or_else(|error| board.stop(error));

    let led = StatusLed::new(Output::new(p.PIN_25, Level::Low), PinState::High);
    let network = EmbassyNetwork::new(stack, SOCKETS.take());
    // It does not end, for the plan does not.
    let _ = board.run(&network, led, &CONFIG.plan()).await;
}
