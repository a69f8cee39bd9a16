//! The board's Wi-Fi: a CYW43439, by the PIO that speaks its half-duplex SPI.

use core::convert::Infallible;

use cyw43::{Control, JoinOptions, NetDriver, SpiBus, State, aligned_bytes};
use cyw43_pio::{DEFAULT_CLOCK_DIVIDER, PioSpi};
use embassy_executor::{SpawnError, Spawner};
use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_rp::gpio::{Level, Output};
use embassy_rp::peripherals::{DMA_CH0, PIN_23, PIN_24, PIN_25, PIN_29, PIO0};
use embassy_rp::pio::{self, Pio};
use embassy_rp::{Peri, bind_interrupts, dma};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embassy_time::{Duration, Timer, with_timeout};
use embedded_x402_app::Led;
use embedded_x402_app::config::Wifi;
use static_cell::StaticCell;

bind_interrupts!(struct Interrupts {
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>;
});

/// What the board connects the CYW43439 to.
pub(crate) struct Wiring {
    pub(crate) power: Peri<'static, PIN_23>,
    pub(crate) data: Peri<'static, PIN_24>,
    pub(crate) select: Peri<'static, PIN_25>,
    pub(crate) clock: Peri<'static, PIN_29>,
    pub(crate) pio: Peri<'static, PIO0>,
    pub(crate) dma: Peri<'static, DMA_CH0>,
}

// What the radio's registers hold; the driver panics beyond.
const _: () = assert!(crate::ACCESS_POINT.ssid.len() <= 32, "X402_WIFI_SSID is too long");
const _: () = assert!(crate::ACCESS_POINT.password.len() <= 64, "X402_WIFI_PASSWORD is too long");

/// The radio's settings: for the task that joins, and for the LED.
type Radio = Mutex<NoopRawMutex, Control<'static>>;
type Bus = SpiBus<Output<'static>, PioSpi<'static, PIO0, 0>>;

/// The app's TCP connection, a resolver and DHCP.
const SOCKETS: usize = 3;

/// After this time the radio is not waited for: it would answer within a few seconds.
const JOIN_TIMEOUT: Duration = Duration::from_secs(30);
const PAUSE_BETWEEN_JOINS: Duration = Duration::from_secs(5);

/// Starts the radio, which joins the access point and does so again whenever it is lost, and a
/// network stack with DHCP on it.
pub(crate) async fn start(
    spawner: Spawner,
    wiring: Wiring,
    access_point: Wifi,
    seed: u64,
) -> Result<(Stack<'static>, RadioLed), SpawnError> {
    static RADIO: StaticCell<Radio> = StaticCell::new();
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

    let (device, control) = start_chip(spawner, wiring).await?;
    let radio = &*RADIO.init(Mutex::new(control));
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) =
        embassy_net::new(device, Config::dhcpv4(Default::default()), resources, seed);
    spawner.spawn(drive_stack(runner)?);
    spawner.spawn(stay_joined(stack, radio, access_point)?);
    Ok((stack, RadioLed(radio)))
}

async fn start_chip(
    spawner: Spawner,
    wiring: Wiring,
) -> Result<(NetDriver<'static>, Control<'static>), SpawnError> {
    static STATE: StaticCell<State> = StaticCell::new();

    let Wiring { power, data, select, clock, pio, dma } = wiring;
    let power = Output::new(power, Level::Low);
    let select = Output::new(select, Level::High);
    let mut pio = Pio::new(pio, Interrupts);
    let dma = dma::Channel::new(dma, Interrupts);
    let (sm, irq, divider) = (pio.sm0, pio.irq0, DEFAULT_CLOCK_DIVIDER);
    let spi = PioSpi::new(&mut pio.common, sm, divider, irq, select, data, clock, dma);
    let firmware = aligned_bytes!(concat!(env!("CYW43_FIRMWARE_DIR"), "/43439A0.bin"));
    let nvram = aligned_bytes!(concat!(env!("CYW43_FIRMWARE_DIR"), "/nvram_rp2040.bin"));
    let state = STATE.init(State::new());
    let (device, mut control, chip) = cyw43::new(state, power, spi, firmware, nvram).await;
    spawner.spawn(drive_chip(chip)?);
    control.init(include_bytes!(concat!(env!("CYW43_FIRMWARE_DIR"), "/43439A0_clm.bin"))).await;
    Ok((device, control))
}

#[embassy_executor::task]
async fn drive_chip(chip: cyw43::Runner<'static, Bus>) -> ! {
    chip.run().await
}

#[embassy_executor::task]
async fn drive_stack(mut stack: Runner<'static, NetDriver<'static>>) -> ! {
    stack.run().await
}

#[embassy_executor::task]
async fn stay_joined(stack: Stack<'static>, radio: &'static Radio, access_point: Wifi) -> ! {
    loop {
        if join(&mut *radio.lock().await, access_point).await {
            // The stack hears of the link a little later than this task.
            let _ = with_timeout(PAUSE_BETWEEN_JOINS, stack.wait_link_up()).await;
            stack.wait_link_down().await;
        }
        Timer::after(PAUSE_BETWEEN_JOINS).await;
    }
}

async fn join(control: &mut Control<'static>, access_point: Wifi) -> bool {
    let Wifi { ssid, password } = access_point;
    let options = match password {
        "" => JoinOptions::new_open(),
        _ => JoinOptions::new(password.as_bytes()),
    };
    let joined = with_timeout(JOIN_TIMEOUT, control.join(ssid, options)).await;
    matches!(joined, Ok(Ok(())))
}

/// The board's LED, which hangs on the radio. While the radio joins, it stays as it is.
pub(crate) struct RadioLed(&'static Radio);

/// The radio's own pin that the LED is on.
const LED: u8 = 0;

impl Led for RadioLed {
    type Error = Infallible;

    async fn set(&mut self, on: bool) -> Result<(), Infallible> {
        self.0.lock().await.gpio_set(LED, on).await;
        Ok(())
    }
}
