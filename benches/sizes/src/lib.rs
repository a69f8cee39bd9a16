//! One symbol a type, as large as the type: `../sizes.sh` reads them from the object file.

#![no_std]

use embedded_x402::client::{Exchange, Memory};
use embedded_x402::io::ClientMemory;
use embedded_x402::signer::{CompactSigner, DalekSigner};
use embedded_x402::wire::SettlementResponse;

macro_rules! as_symbols {
    ($($symbol:ident: $type:ty,)*) => {
        $(#[used]
        static $symbol: [u8; size_of::<$type>()] = [0; size_of::<$type>()];)*
    };
}

as_symbols! {
    SIZE_OF_CLIENT_MEMORY: Memory,
    SIZE_OF_CLIENT_EXCHANGE: Exchange<'static>,
    SIZE_OF_IO_CLIENT_MEMORY: ClientMemory,
    SIZE_OF_WIRE_SETTLEMENT_RESPONSE: SettlementResponse,
    SIZE_OF_CLIENT_ERROR: embedded_x402::client::Error,
    SIZE_OF_SIGNER_COMPACT: CompactSigner,
    SIZE_OF_SIGNER_DALEK: DalekSigner,
}
