//! `results.md`: everything that was measured, as tables.

use crate::budget::{self, Line};
use crate::plan::{BACKENDS, CORES, Core, PEERS, RP2040, THUMBV6M};
use crate::results::{CYCLES_PER_MISS, Cost, Results};
use crate::text::{grouped, milliseconds, table};

/// The document.
pub(crate) fn document(results: &Results) -> String {
    let sections = [
        ("What a payment costs", introduction()),
        ("Whole payments", payments(results)),
        ("Parts of a payment", parts(results)),
        ("What a signature tells of its nonce", nonces(results)),
        ("Flash and static RAM", images(results)),
        ("Flash by crate and module, thumbv6m", symbols(results)),
        ("Peers: a signature", peers(results)),
        ("Tools", tools(results)),
        ("Budget", budget(&budget::lines(results))),
    ];
    let mut text = String::new();
    for (index, (title, body)) in sections.iter().enumerate() {
        let mark = if index == 0 { "#" } else { "##" };
        text += &format!("{mark} {title}\n\n{body}\n");
    }
    text.trim_end().to_owned() + "\n"
}

/// What else a core's payments are built with.
fn settings(core: &Core) -> String {
    match core.settings {
        [] => String::new(),
        settings => {
            format!("Payments on {} are built with `{}`. ", core.name, settings.join("`, `"))
        }
    }
}

fn introduction() -> String {
    let faster = CORES.iter().map(settings).collect::<String>();
    format!(
        "Written by `benches/mcu/run.sh`. All images are release builds: opt-level s, fat LTO, one \
         codegen unit, panic abort; C is compiled with -O2. {faster}Every paid request and every signature \
         was compared with this machine's, byte for byte.\n\n\
         Instructions are QEMU's under `-icount shift=0`: exact on RISC-V, in steps of 40 on Arm. \
         Those of the RP2040, and its cycles, are rp2040js's, whose flash cache never misses; \
         milliseconds are cycles at 125 MHz. **With misses** is an assumption: {CYCLES_PER_MISS} \
         cycles for each that a cache of 16 KiB, two ways, and lines of eight bytes would have had.\n\n\
         Each token account takes two attempts to derive, as many as one expects; the entropy and \
         the keys are fixed. Stack is painted, below the caller's frame; less than 300 bytes can't \
         be told from none. Flash is code and constants over an image that does the same without \
         the payment, and makes the key pair too.\n\n![Time on the RP2040](results.svg)\n"
    )
}

fn payments(results: &Results) -> String {
    let rows = results.payments.iter().map(|payment| {
        let mut row = vec![
            payment.core.clone(),
            payment.backend.clone(),
            challenge(&payment.scenario).to_owned(),
            state(&payment.part).to_owned(),
        ];
        row.extend(cost(payment.cost));
        row.push(grouped(payment.cost.stack));
        row
    });
    let header = ["core", "backend", "challenge", "token accounts"];
    table(&[&header[..], &COST, &["stack, bytes"]].concat(), rows)
}

const COST: [&str; 4] = ["instructions", "cycles", "ms", "ms with misses"];

fn cost(cost: Cost) -> [String; 4] {
    [
        grouped(cost.instructions),
        grouped(cost.cycles),
        milliseconds(cost.milliseconds()),
        milliseconds(cost.milliseconds_with_misses()),
    ]
}

/// What a challenge is called, for people.
fn challenge(scenario: &str) -> &str {
    match scenario {
        "solana-v2" | "evm-v2" => "600 B",
        "solana-v2-large" | "evm-v2-large" => "7 KB",
        _ => "",
    }
}

fn state(state: &str) -> &str {
    match state {
        "accounts-derived" => "both derived",
        "own-account-known" => "the seller's derived",
        "accounts-known" => "both known",
        _ => "none",
    }
}

/// A row for each step, a column for each core.
fn parts(results: &Results) -> String {
    let mut text = String::new();
    for backend in &BACKENDS {
        let mut rows: Vec<(String, String)> = Vec::new();
        for part in results.parts.iter().filter(|part| part.backend == backend.name) {
            let row = (part.scenario.clone(), part.part.clone());
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        let rows = rows.iter().map(|(scenario, part)| {
            let of = |core| results.part(core, backend.name, scenario, part);
            let instructions = CORES.iter().map(|core| of(core.name).map(|cost| cost.instructions));
            let rp2040 = of(RP2040);
            let mut row = vec![meaning(part).to_owned(), challenge(scenario).to_owned()];
            row.extend(instructions.map(grouped));
            row.push(grouped(rp2040.and_then(|cost| cost.cycles)));
            row.push(milliseconds(rp2040.and_then(Cost::milliseconds)));
            row
        });
        let cores = CORES.iter().map(|core| core.name);
        let header: Vec<_> =
            ["part", "challenge"].into_iter().chain(cores).chain(["RP2040 cycles", "ms"]).collect();
        text += &format!("{} with `{}`, instructions:\n\n", backend.network, backend.name);
        text += &(table(&header, rows) + "\n");
    }
    text + "The policy and the reading of the entry are part of the challenge; what has no challenge \
            beside it was called by itself. The message is built with token accounts that are known.\n"
}

fn nonces(results: &Results) -> String {
    let rows = results.nonces.iter().map(|nonces| {
        let difference = grouped(nonces.most - nonces.fewest);
        vec![nonces.core.clone(), nonces.backend.clone(), grouped(nonces.most), difference]
    });
    "Each backend signs 32 messages of one length with one key. A difference between them is time that \
     depends on a secret: whoever can measure it for many signatures may compute the key. `run.sh` fails if \
     a backend that is recommended on Solana shows one; on thumbv6m and thumbv7m 40 can't be told from none.\n\n"
        .to_owned()
        + &table(&["core", "backend", "instructions at most", "difference"], rows)
}

/// What a part is, in words.
fn meaning(part: &str) -> &str {
    match part {
        "key-pair" => "making the key pair, once",
        "request" => "writing the first request",
        "challenge" => "reading the challenge, and the decision",
        "approve" => "the offer, approved",
        "build" => "building message or authorization",
        "digest" => "EIP-712 digest",
        "sign" => "signing",
        "encode" => "writing the paid request",
        "receipt" => "reading the receipt",
        "verify" => "verifying the receipt",
        "entry" => "of the challenge: reading the entry",
        "policy" => "of the challenge: the policy",
        "own-account-derived" => "own token account, derived",
        "own-account-known" => "own token account, known",
        "payee-account-derived" => "seller's token account, derived",
        "payee-account-known" => "seller's token account, known",
        other => other,
    }
}

fn images(results: &Results) -> String {
    let rows = results.images.iter().map(|image| {
        let program = match &*image.program {
            "payment" => "to the paid request",
            _ => "and the receipt, verified",
        };
        let (flash, ram) = (grouped(image.flash), grouped(image.ram));
        vec![image.core.clone(), image.backend.clone(), program.to_owned(), flash, ram]
    });
    table(&["core", "backend", "from the challenge", "flash, bytes", "static RAM, bytes"], rows)
}

fn symbols(results: &Results) -> String {
    let mut text = String::new();
    for backend in &BACKENDS {
        let Some(image) = results.image(THUMBV6M, backend.name, "payment") else { continue };
        let rows = image.symbols.iter().map(|(owner, size)| vec![owner.clone(), grouped(*size)]);
        text += &format!("A payment with `{}`:\n\n", backend.name);
        text += &(table(&["from", "bytes"], rows) + "\n");
    }
    text + "What the compiler inlines counts for whom it is inlined into.\n"
}

fn peers(results: &Results) -> String {
    let mut text =
        "Ed25519 over 300 bytes, deterministic (RFC 8032), and recoverable secp256k1 over a \
                    digest (RFC 6979). Flash is that of the key pair and the signature.\n\n"
            .to_owned();
    for core in &CORES {
        let rows = PEERS.iter().filter_map(|peer| results.peer(core.name, peer.name)).map(|peer| {
            let mut row = vec![
                peer.curve.clone(),
                peer.peer.clone(),
                peer.package.clone(),
                peer.optimisation.clone(),
            ];
            row.extend(cost(peer.sign));
            row.extend([grouped(peer.key_pair), grouped(peer.flash), grouped(peer.sign.stack)]);
            row
        });
        let header = ["curve", "library", "package", "optimised"];
        let rest = ["key pair, instructions", "flash, bytes", "stack, bytes"];
        text += &format!("{}:\n\n", core.name);
        text += &(table(&[&header[..], &COST, &rest].concat(), rows) + "\n");
    }
    text
}

fn tools(results: &Results) -> String {
    let rows = results.tools.iter().map(|(name, version)| vec![name.clone(), version.clone()]);
    table(&["tool", "version"], rows)
}

/// The lines, and whether each holds.
pub(crate) fn budget(lines: &[Line]) -> String {
    let rows = lines.iter().map(|line| {
        let measured = line.measured.map_or_else(|| "not measured".to_owned(), grouped);
        let verdict = match line.measured {
            None => "**fails**",
            Some(_) if line.holds() => "holds",
            Some(_) => "**exceeded**",
        };
        let unit = line.unit.to_owned();
        vec![line.subject.clone(), grouped(line.limit), measured, unit, verdict.to_owned()]
    });
    table(&["at most", "budget", "measured", "unit", ""], rows)
}
