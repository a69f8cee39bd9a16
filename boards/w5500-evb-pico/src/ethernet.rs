//! The board's Ethernet: a WIZnet W5500 on SPI0.

use core::fmt;

use embassy_executor::{SpawnError, Spawner};
use embassy_net::{Config, Stack, StackResources};
use embassy_net_wiznet::chip::W5500;
use embassy_net_wiznet::{Device, Runner, State};
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{
    DMA_CH0, DMA_CH1, PIN_16, PIN_17, PIN_18, PIN_19, PIN_20, PIN_21, SPI0,
};
use embassy_rp::spi::{self, Async, Spi};
use embassy_rp::{Peri, bind_interrupts, dma};
use embassy_time::Delay;
use embedded_hal_bus::spi::ExclusiveDevice;
use static_cell::StaticCell;

bind_interrupts!(struct Interrupts {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

/// What the board connects the W5500 to.
pub(crate) struct Wiring {
    pub(crate) spi: Peri<'static, SPI0>,
    pub(crate) miso: Peri<'static, PIN_16>,
    pub(crate) select: Peri<'static, PIN_17>,
    pub(crate) clock: Peri<'static, PIN_18>,
    pub(crate) mosi: Peri<'static, PIN_19>,
    pub(crate) reset: Peri<'static, PIN_20>,
    pub(crate) interrupt: Peri<'static, PIN_21>,
    pub(crate) send: Peri<'static, DMA_CH0>,
    pub(crate) receive: Peri<'static, DMA_CH1>,
}

/// Fastest clock that the W5500's datasheet guarantees, in Hz.
const SPI_CLOCK: u32 = 33_300_000;

/// The app's TCP connection, a resolver and DHCP.
const SOCKETS: usize = 3;

/// Frames on their way to the stack, and from it.
type Frames = State<4, 4>;
type Bus = ExclusiveDevice<Spi<'static, SPI0, Async>, Output<'static>, Delay>;

/// Why there is no Ethernet.
pub(crate) enum Error {
    /// No W5500 answers.
    Chip,
    /// A task runs already.
    Task(SpawnError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Chip => f.write_str("no W5500 answers on SPI0"),
            Error::Task(error) => error.fmt(f),
        }
    }
}

impl From<SpawnError> for Error {
    fn from(error: SpawnError) -> Self {
        Error::Task(error)
    }
}

/// Starts the W5500 and a network stack with DHCP on it.
pub(crate) async fn start(
    spawner: Spawner,
    wiring: Wiring,
    mac: [u8; 6],
    seed: u64,
) -> Result<Stack<'static>, Error> {
    static FRAMES: StaticCell<Frames> = StaticCell::new();
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

    let Wiring { spi, miso, select, clock, mosi, reset, interrupt, send, receive } = wiring;
    let mut config = spi::Config::default();
    config.frequency = SPI_CLOCK;
    let spi = Spi::new(spi, clock, mosi, miso, send, receive, Interrupts, config);
    let Ok(bus) = ExclusiveDevice::new(spi, Output::new(select, Level::High), Delay);
    let interrupt = Input::new(interrupt, Pull::Up);
    let reset = Output::new(reset, Level::High);
    let frames = FRAMES.init(State::new());
    let chip = embassy_net_wiznet::new(mac, frames, bus, interrupt, reset).await;
    let (device, chip) = chip.map_err(|_| Error::Chip)?;
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) =
        embassy_net::new(device, Config::dhcpv4(Default::default()), resources, seed);
    spawner.spawn(drive_chip(chip)?);
    spawner.spawn(drive_stack(runner)?);
    Ok(stack)
}

#[embassy_executor::task]
async fn drive_chip(chip: Runner<'static, W5500, Bus, Input<'static>, Output<'static>>) -> ! {
    chip.run().await
}

#[embassy_executor::task]
async fn drive_stack(mut stack: embassy_net::Runner<'static, Device<'static>>) -> ! {
    stack.run().await
}
