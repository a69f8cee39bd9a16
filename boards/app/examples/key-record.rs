//! Makes the file with the keys, to be written into a board's flash.
//!
//! ```sh
//! X402_SVM_PRIVATE_KEY=... cargo run -p embedded-x402-app --example key-record -- key-record.bin
//! ```
//!
//! The keys come from `X402_SVM_PRIVATE_KEY` (64 bytes in base58), `X402_EVM_PRIVATE_KEY` (32 bytes in
//! hexadecimal) or both, and are shown nowhere: what is printed are the wallets' addresses. The file
//! holds the keys in the clear; nobody else may read it, and it should be deleted after use.

use std::env;
use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use embedded_x402::io::Wallet;
use embedded_x402_app::Keys;
use embedded_x402_app::key_record::KeyRecord;

fn main() -> ExitCode {
    match write_record() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("key-record: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write_record() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let (Some(path), None) = (arguments.next(), arguments.next()) else {
        return Err(
            "usage: key-record FILE, with X402_SVM_PRIVATE_KEY or X402_EVM_PRIVATE_KEY or \
                    both in the environment"
                .into(),
        );
    };
    let text = |name| env::var(name).ok().filter(|text| !text.is_empty());
    let (solana, evm) = (text("X402_SVM_PRIVATE_KEY"), text("X402_EVM_PRIVATE_KEY"));
    let record = KeyRecord::from_text(solana.as_deref(), evm.as_deref())?;
    let mut keys: Keys = KeyRecord::from_bytes(&record.to_bytes())?.keys()?;

    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    file.write_all(&*record.to_bytes())?;

    let payer = keys.payer();
    println!("wrote {}", path.display());
    if let Some(address) = payer.solana {
        println!("the wallet on Solana:     {address}");
    }
    if let Some(address) = payer.evm {
        println!("the wallet on EVM chains: {address}");
    }
    Ok(())
}
