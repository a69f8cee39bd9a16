#![no_std]
#![no_main]
// A payment's future has more layers than the compiler follows by itself.
#![recursion_limit = "256"]
//! A device that buys, on QEMU's mps2-an385: a Cortex-M3, and with the code for it a Cortex-M0+ too.

mod lan9118;
mod systick;

use embassy_executor::Spawner;
use embassy_net::Runner;
use lan9118::Lan9118;

/// Of QEMU's own range.
const MAC_ADDRESS: [u8; 6] = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];

#[embassy_executor::task]
async fn net(mut runner: Runner<'static, Lan9118>) -> ! {
    runner.run().await
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let mut peripherals = cortex_m::Peripherals::take().expect("the first to take them");
    systick::init(&mut peripherals.SYST);
    let card = Lan9118::start(MAC_ADDRESS).expect("start QEMU with -nic user,model=lan9118");
    let (network, runner) = embedded_x402_qemu::network(card);
    spawner.spawn(net(runner).expect("the one task of its kind"));
    embedded_x402_qemu::run(network).await
}
