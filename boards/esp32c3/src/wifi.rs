//! The chip's Wi-Fi, by esp-radio.

use core::fmt;

use embassy_executor::{SpawnError, Spawner};
use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_time::{Duration, Timer};
use embedded_x402_app::config::Wifi;
use esp_hal::peripherals::WIFI;
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{
    self, AuthenticationMethodConfig, ControllerConfig, Interface, PowerSaveMode, WifiController,
    WifiError,
};
use static_cell::StaticCell;

/// The app's TCP connection, a resolver and DHCP.
const SOCKETS: usize = 3;

const PAUSE_BETWEEN_JOINS: Duration = Duration::from_secs(5);

/// Why there is no Wi-Fi.
pub(crate) enum Error {
    /// The name of the network is too long.
    Ssid,
    /// The password is too long.
    Password,
    /// The radio does not start.
    Radio(WifiError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Ssid => f.write_str("X402_WIFI_SSID is too long"),
            Error::Password => f.write_str("X402_WIFI_PASSWORD is too long"),
            Error::Radio(error) => write!(f, "the radio does not start: {error}"),
        }
    }
}

/// Switches the radio on: it is never off or asleep from here on, for the chip's random numbers
/// depend on it.
pub(crate) fn switch_on(
    radio: WIFI<'static>,
    access_point: Wifi,
) -> Result<WifiController<'static>, Error> {
    let awake = ControllerConfig::default().with_sta_disconnected_pm(false);
    let mut controller = WifiController::new(radio, awake).map_err(Error::Radio)?;
    controller.set_power_saving(PowerSaveMode::None).map_err(Error::Radio)?;
    let station = wifi::Config::Station(station(access_point)?);
    controller.set_config(&station).map_err(Error::Radio)?;
    Ok(controller)
}

fn station(access_point: Wifi) -> Result<StationConfig, Error> {
    let Wifi { ssid, password } = access_point;
    let ssid = ssid.try_into().map_err(|_| Error::Ssid)?;
    let authentication = match password {
        "" => AuthenticationMethodConfig::Open,
        _ => AuthenticationMethodConfig::Wpa2Personal(
            password.try_into().map_err(|_| Error::Password)?,
        ),
    };
    Ok(StationConfig::default().with_ssid(ssid).with_authentication(authentication))
}

/// Starts a network stack with DHCP, and joins the access point: again whenever it is lost.
pub(crate) fn start(
    spawner: Spawner,
    controller: WifiController<'static>,
    seed: u64,
) -> Result<Stack<'static>, SpawnError> {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) =
        embassy_net::new(Interface::station(), Config::dhcpv4(Default::default()), resources, seed);
    spawner.spawn(drive_stack(runner)?);
    spawner.spawn(stay_joined(controller)?);
    Ok(stack)
}

#[embassy_executor::task]
async fn drive_stack(mut stack: Runner<'static, Interface>) -> ! {
    stack.run().await
}

#[embassy_executor::task]
async fn stay_joined(mut controller: WifiController<'static>) -> ! {
    loop {
        if controller.connect_async().await.is_ok() {
            let _ = controller.wait_for_disconnect_async().await;
        }
        Timer::after(PAUSE_BETWEEN_JOINS).await;
    }
}
