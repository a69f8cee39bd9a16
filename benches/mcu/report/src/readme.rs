//! The section of the README about costs, between two marks.

use std::error::Error;

use crate::budget;
use crate::markdown;
use crate::plan::{
    BACKENDS, Backend, CORES, DEFAULT, RECOMMENDED_LARGE, RECOMMENDED_SMALL, RISCV32IMC, RP2040,
    SMALLEST, THUMBV6M,
};
use crate::results::{CYCLES_PER_MISS, Cost, Results};
use crate::text::{grouped, millions, milliseconds, table};

const BEGIN: &str = "<!-- costs: written by benches/mcu/run.sh -->\n";
const END: &str = "<!-- end of costs -->\n";

/// The README with the section as the results have it.
pub(crate) fn with_section(readme: &str, results: &Results) -> Result<String, Box<dyn Error>> {
    let (before, rest) = readme.split_once(BEGIN).ok_or("README.md has no mark for the costs")?;
    let (_, after) = rest.split_once(END).ok_or("README.md has no end of the costs")?;
    Ok(format!("{before}{BEGIN}\n{}\n{END}{after}", section(results)))
}

fn section(results: &Results) -> String {
    let introduction = format!(
        "One payment, from the bytes of a 7 KB challenge to the bytes of the paid request; on Solana \
         the client knows its own token account from before, and derives the seller's. Bytes of flash \
         and RAM are what the payment adds to a program. Time is that of an RP2040; what misses of \
         its flash's cache cost is an assumption, {CYCLES_PER_MISS} cycles each. \
         `bash benches/mcu/run.sh` measures this in emulators, in parts and as a whole, beside other \
         signing libraries: see [results.md](benches/mcu/results.md)."
    );
    [
        &*introduction,
        &payments(results),
        "Which backend:",
        &backends(results),
        "What a payment may take at most, or `run.sh` fails:",
        &markdown::budget(&budget::lines(results)),
    ]
    .map(str::trim_end)
    .join("\n\n")
        + "\n"
}

/// Those that a board has: code of thumbv6m runs on the RP2040.
fn payments(results: &Results) -> String {
    let cores = CORES.iter().filter(|core| core.name != THUMBV6M);
    let rows = cores.flat_map(|core| BACKENDS.iter().map(move |backend| (core, backend)));
    let rows = rows.filter_map(|(core, backend)| {
        let cost = payment(results, core.name, backend)?;
        let image = results.image(core.name, backend.name, "payment")?;
        let core = if core.name == RP2040 { "RP2040 (thumbv6m)" } else { core.name };
        Some(vec![
            core.to_owned(),
            format!("{}, `{}`", backend.network, backend.name),
            grouped(cost.instructions),
            milliseconds(cost.milliseconds()),
            milliseconds(cost.milliseconds_with_misses()),
            grouped(image.flash),
            grouped(image.ram),
            grouped(cost.stack),
        ])
    });
    let header = [
        "core",
        "backend",
        "instructions",
        "ms at 125 MHz",
        "with cache misses",
        "flash",
        "static RAM",
        "stack",
    ];
    table(&header, rows)
}

fn payment(results: &Results, core: &str, backend: &Backend) -> Option<Cost> {
    let (scenario, state) = match backend.network {
        "EVM" => ("evm-v2-large", "payment"),
        _ => (budget::CHALLENGE, budget::STATE),
    };
    results.payment(core, backend.name, scenario, state)
}

fn backends(results: &Results) -> String {
    let rows = BACKENDS.iter().map(|backend| {
        let sign = |core| {
            let scenario =
                if backend.network == "EVM" { "evm-v2-large" } else { budget::CHALLENGE };
            results.part(core, backend.name, scenario, "sign").map(|cost| cost.instructions)
        };
        vec![
            format!("`{}`", backend.name),
            millions(sign(RP2040)),
            millions(sign(RISCV32IMC)),
            backend.note.to_owned(),
            take_it_for(backend.name).to_owned(),
        ]
    });
    table(&["backend", "signing on thumbv6m", "on riscv32imc", "", "take it for"], rows)
}

fn take_it_for(backend: &str) -> &'static str {
    match backend {
        RECOMMENDED_SMALL => {
            "**recommended** on Solana for Cortex-M0 and M0+ with little flash: up to 256 KB"
        }
        RECOMMENDED_LARGE => {
            "**recommended** on Solana for W5500-EVB-Pico, Pico W and ESP32-C3: they have megabytes"
        }
        SMALLEST => "programs that have neither the flash nor the RAM",
        DEFAULT => "hosts, and to begin with",
        _ => "**recommended** on EVM chains for each of these boards",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_marks_is_replaced_and_nothing_else() {
        let readme = format!("a\n{BEGIN}old\n{END}b\n");
        let once = with_section(&readme, &Results::default()).unwrap();
        assert!(once.starts_with("a\n<!--") && once.ends_with("-->\nb\n") && !once.contains("old"));
        assert_eq!(with_section(&once, &Results::default()).unwrap(), once);
        assert!(with_section("a\n", &Results::default()).is_err());
        assert!(with_section(BEGIN, &Results::default()).is_err());
    }

    #[test]
    fn what_was_not_measured_does_not_hold() {
        let lines = budget::lines(&Results::default());
        assert!(!lines.is_empty() && lines.iter().all(|line| !line.holds()));
    }
}
