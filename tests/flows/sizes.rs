//! What a purchase takes in memory: the same for every challenge.

use embedded_x402::client::{Exchange, Memory, Outcome};
use embedded_x402::io::ClientMemory;
use embedded_x402::sizes;
use embedded_x402_tests::challenge::*;
use embedded_x402_tests::device::Device;
use embedded_x402_tests::response::*;
use embedded_x402_tests::seller::sells;

/// The size of a type, printed: `cargo test sizes -- --nocapture`.
fn size_of_printed<T>() -> usize {
    let size = size_of::<T>();
    println!("{size:5} bytes: {}", std::any::type_name::<T>());
    size
}

/// The bounds are those of a 64-bit host; a microcontroller's are smaller.
#[test]
fn the_state_of_a_client_is_bounded() {
    let exchange = size_of_printed::<Exchange<'_>>();
    let memory = size_of_printed::<Memory>();
    let client_memory = size_of_printed::<ClientMemory>();
    size_of_printed::<embedded_x402::client::Answer>();
    size_of_printed::<embedded_x402::client::Error>();
    size_of_printed::<embedded_x402::wire::PaymentRequiredReader>();
    size_of_printed::<embedded_x402::wire::SettlementReader>();
    size_of_printed::<embedded_x402::wire::SettlementResponse>();
    assert!(memory <= 2 * sizes::ENTRY + 288, "two entries and two accounts");
    assert!(exchange <= 512);
    assert_eq!(client_memory, memory + 1024);
}

/// 64 KiB of challenge with the last entry the one to pay.
fn large(entry: serde_json::Value) -> String {
    let filler = format!("{{\"schema\":\"{}\"}}", "x".repeat(1000));
    let fillers = vec![filler; 66].join(",");
    let version = if entry.get("amount").is_some() { 2 } else { 1 };
    let text =
        format!("{{\"x402Version\":{version},\"extensions\":[{fillers}],\"accepts\":[{entry}]}}");
    assert!(text.len() > 64 * 1024);
    text
}

#[test]
fn a_challenge_of_64_kib_is_paid_within_the_same_memory() {
    for challenge in [payment_required(&large(entry())), payment_required_v1(&large(entry_v1()))] {
        let run = Device::default().buy(sells(challenge, |payment| settled(&receipt(payment))));
        assert!(matches!(run.outcome(), Outcome::Settled(_)), "{run:?}");
    }
}

#[test]
fn a_description_of_64_kib_takes_no_room_in_version_1() {
    let mut entry = entry_v1();
    entry["description"] = "d".repeat(64 * 1024).into();
    let challenge = payment_required_v1(&challenge_v1(&[entry]));
    let run = Device::default().buy(sells(challenge, |payment| settled(&receipt(payment))));
    assert!(matches!(run.outcome(), Outcome::Settled(_)));
}
