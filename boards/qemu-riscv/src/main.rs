#![no_std]
#![no_main]
// A payment's future has more layers than the compiler follows by itself.
#![recursion_limit = "256"]
//! A device that buys, on QEMU's riscv32 virt with virtio-net: the instruction set of the ESP32-C3.

mod clint;
mod virtio_net;

use embassy_executor::Spawner;
use embassy_net::Runner;
use virtio_net::VirtioNet;

#[embassy_executor::task]
async fn net(mut runner: Runner<'static, VirtioNet>) -> ! {
    runner.run().await
}

#[embassy_executor::main(entry = "riscv_rt::entry")]
async fn main(spawner: Spawner) {
    clint::init();
    let card = VirtioNet::find().expect("start QEMU with -device virtio-net-device");
    // SAFETY: every handler is in place, and no critical section is open.
    unsafe {
        riscv::register::mie::set_mtimer();
        riscv::register::mie::set_mext();
        riscv::interrupt::enable();
    }
    let (network, runner) = embedded_x402_qemu::network(card);
    spawner.spawn(net(runner).expect("the one task of its kind"));
    embedded_x402_qemu::run(network).await
}
