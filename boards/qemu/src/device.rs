//! The device of the emulated boards: command line, network, console, and exit status.

use core::fmt;

use embassy_net::driver::Driver;
use embassy_net::{Config, Runner, Stack as Network, StackResources};
use embassy_time::{Delay, Instant};
use embedded_x402::io::ClientMemory;
use embedded_x402_app::emulated::{Equipment, Machine, RamFlash, perform};
use embedded_x402_app::{EmbassyNetwork, Sockets};
use semihosting::experimental::env;
use semihosting::{print, process};
use static_cell::ConstStaticCell;

use crate::machine;

/// Bytes of the command line.
const COMMAND_LINE: usize = 512;

/// Sockets of the stack: DHCP, DNS, and one for TCP.
const SOCKETS: usize = 3;

/// A TEST seed, for port numbers and transaction ids: the same in every run.
const TEST_SEED: u64 = 0x0123_4567_89ab_cdef;

/// The network on a driver, which gets its address by DHCP.
pub fn network<D: Driver>(driver: D) -> (Network<'static>, Runner<'static, D>) {
    static RESOURCES: ConstStaticCell<StackResources<SOCKETS>> =
        ConstStaticCell::new(StackResources::new());
    let resources = RESOURCES.take();
    embassy_net::new(driver, Config::dhcpv4(Default::default()), resources, TEST_SEED)
}

/// Does what the command line says, and ends QEMU with a status of 0 if all went well.
pub async fn run(network: Network<'static>) -> ! {
    // Made where they stay: `StaticCell::init` would build them on the stack first.
    static SOCKET_MEMORY: ConstStaticCell<Sockets> = ConstStaticCell::new(Sockets::new());
    static CLIENT_MEMORY: ConstStaticCell<ClientMemory> = ConstStaticCell::new(ClientMemory::new());
    static FLASH: ConstStaticCell<RamFlash> = ConstStaticCell::new(RamFlash::new());
    let equipment = Equipment {
        network: &EmbassyNetwork::new(network, SOCKET_MEMORY.take()),
        delay: Delay,
        uptime: &|| Instant::now().as_secs(),
        flash: FLASH.take(),
        memory: CLIENT_MEMORY.take(),
    };
    machine::count();
    let mut stack = machine::stack();
    let mut machine = Semihosting;
    let Ok(arguments) = env::args::<COMMAND_LINE>() else { process::exit(2) };
    let words = (&arguments).into_iter().map_while(Result::ok);
    let is_well = perform(words, &mut machine, &mut stack, equipment).await;
    process::exit(if is_well { 0 } else { 1 })
}

/// The console of the host that QEMU runs on.
struct Semihosting;

impl fmt::Write for Semihosting {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        print!("{text}");
        Ok(())
    }
}

impl Machine for Semihosting {
    fn instructions(&self) -> u64 {
        machine::instructions()
    }
}
