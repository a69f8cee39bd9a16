//! One symbol a type, as large as the type: `../sizes.sh` reads them from the object file.

#![no_std]

mod flash;
mod network;

use embedded_x402::client::{Exchange, Memory};
use embedded_x402::io::{Client, ClientMemory, Tcp};
use embedded_x402::journal::{FlashStorage, Journal};
#[cfg(feature = "evm")]
use embedded_x402::signer::K256Signer;
#[cfg(feature = "solana")]
use embedded_x402::signer::{CompactSigner, DalekSigner};
use embedded_x402::wire::SettlementResponse;

use flash::NoFlash;
use network::{Clock, Entropy, NoNetwork};

/// A wallet for the networks that are built.
#[cfg(all(feature = "solana", not(feature = "evm")))]
type Wallet = DalekSigner;
#[cfg(all(feature = "evm", not(feature = "solana")))]
type Wallet = embedded_x402::io::Evm<K256Signer>;
#[cfg(all(feature = "solana", feature = "evm"))]
type Wallet = (DalekSigner, K256Signer);

/// A client as firmware has it, on a network stack that takes no memory itself.
type FirmwareClient = Client<'static, Tcp<NoNetwork, NoNetwork>, Wallet, Entropy, Clock>;

/// A journal as firmware has it, in flash that takes no memory itself.
type FirmwareJournal = Journal<FlashStorage<NoFlash>>;

/// The same client with that journal.
type JournalledClient = Client<
    'static,
    Tcp<NoNetwork, NoNetwork>,
    Wallet,
    Entropy,
    Clock,
    embedded_x402::policy::Always,
    &'static mut FirmwareJournal,
>;

/// What an embassy task keeps while it buys: the client's steps, the exchange included.
async fn get(client: &'static mut FirmwareClient) -> u16 {
    client.get("http://seller.lan/").await.map_or(0, |response| response.status())
}

/// The same with a journal.
async fn get_once(client: &'static mut JournalledClient) -> u16 {
    client.get("http://seller.lan/").await.map_or(0, |response| response.status())
}

const fn size_of_future<A, F>(_: &fn(A) -> F) -> usize {
    size_of::<F>()
}

macro_rules! as_symbols {
    ($($(#[$condition:meta])? $symbol:ident: $size:expr,)*) => {
        $($(#[$condition])?
        #[used]
        static $symbol: [u8; $size] = [0; $size];)*
    };
}

as_symbols! {
    SIZE_OF_CLIENT_MEMORY: size_of::<Memory>(),
    SIZE_OF_CLIENT_EXCHANGE: size_of::<Exchange<'static>>(),
    SIZE_OF_CLIENT_ERROR: size_of::<embedded_x402::client::Error>(),
    SIZE_OF_IO_CLIENT: size_of::<FirmwareClient>(),
    SIZE_OF_IO_CLIENT_MEMORY: size_of::<ClientMemory>(),
    SIZE_OF_IO_CLIENT_GET_FUTURE: size_of_future(&(get as fn(_) -> _)),
    SIZE_OF_IO_CLIENT_GET_FUTURE_WITH_JOURNAL: size_of_future(&(get_once as fn(_) -> _)),
    SIZE_OF_JOURNAL_IN_FLASH: size_of::<FirmwareJournal>(),
    #[cfg(feature = "solana")]
    SIZE_OF_SIGNER_COMPACT: size_of::<CompactSigner>(),
    #[cfg(feature = "solana")]
    SIZE_OF_SIGNER_DALEK: size_of::<DalekSigner>(),
    #[cfg(feature = "evm")]
    SIZE_OF_SIGNER_K256: size_of::<K256Signer>(),
    SIZE_OF_WIRE_SETTLEMENT_RESPONSE: size_of::<SettlementResponse>(),
}
