//! `results.svg`: time on the RP2040, as horizontal bars.

use std::fmt::Write;

use crate::budget;
use crate::plan::{BACKENDS, Backend, PEERS, RP2040};
use crate::results::{Cost, Results};
use crate::text::milliseconds;

const WIDTH: f64 = 860.0;
const LABELS: f64 = 220.0;
const FIGURES: f64 = 70.0;
const BAR: f64 = 16.0;
const ROW: f64 = 24.0;
const TITLE: f64 = 34.0;

/// Light and dark: text changes with the reader's colour scheme, bars are seen on both.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}\
                     .figure{font-variant-numeric:tabular-nums}\
                     @media(prefers-color-scheme:dark){text{fill:#e6edf3}}";

/// A bar: its label, and what it consists of by colour.
struct Bar {
    label: String,
    pieces: Vec<(&'static str, f64)>,
}

impl Bar {
    fn total(&self) -> f64 {
        self.pieces.iter().map(|(_, time)| time).sum()
    }
}

/// What a payment consists of, and its colour.
const PIECES: [(&str, &str); 5] = [
    ("challenge and decision", "#4c8fd0"),
    ("seller's token account", "#9a7fd1"),
    ("message or authorization", "#3aa387"),
    ("signature", "#d9822b"),
    ("paid request", "#b05c8f"),
];

/// The picture.
pub(crate) fn svg(results: &Results) -> String {
    let payments = BACKENDS.iter().map(|backend| payment(results, backend));
    let payments: Vec<_> = payments.filter(|bar| bar.total() > 0.0).collect();
    let signatures: Vec<_> =
        PEERS.iter().filter_map(|peer| signature(results, peer.name)).collect();
    let mut body = String::new();
    let mut y = 0.0;
    title(&mut body, &mut y, "One payment on the RP2040, 7 KB challenge: milliseconds at 125 MHz");
    bars(&mut body, &mut y, &payments);
    legend(&mut body, &mut y);
    title(&mut body, &mut y, "One signature on the RP2040: milliseconds at 125 MHz");
    bars(&mut body, &mut y, &signatures);
    let height = y + 10.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Time of a payment and of signatures on the RP2040\">\n\
         <style>{STYLE}</style>\n{body}</svg>\n"
    )
}

fn payment(results: &Results, backend: &Backend) -> Bar {
    let scenario = if backend.network == "EVM" { "evm-v2-large" } else { budget::CHALLENGE };
    let time = |scenario: &str, part: &str| {
        let cost = results.part(RP2040, backend.name, scenario, part);
        cost.and_then(Cost::milliseconds).unwrap_or(0.0)
    };
    let sum = |parts: &[&str]| parts.iter().map(|part| time(scenario, part)).sum();
    let times = [
        sum(&["request", "challenge", "approve"]),
        time("alone", "payee-account-derived"),
        sum(&["build", "digest"]),
        sum(&["sign"]),
        sum(&["encode"]),
    ];
    let pieces = PIECES.iter().zip(times).map(|((_, colour), time)| (*colour, time)).collect();
    Bar { label: format!("{}, {}", backend.network, backend.name), pieces }
}

fn signature(results: &Results, name: &str) -> Option<Bar> {
    let peer = results.peer(RP2040, name)?;
    let [.., (_, signing), _] = PIECES;
    Some(Bar { label: name.to_owned(), pieces: vec![(signing, peer.sign.milliseconds()?)] })
}

fn title(body: &mut String, y: &mut f64, text: &str) {
    *y += TITLE;
    let _ = writeln!(body, "<text class=\"title\" x=\"10\" y=\"{}\">{text}</text>", *y - 10.0);
}

fn bars(body: &mut String, y: &mut f64, bars: &[Bar]) {
    let longest = bars.iter().map(Bar::total).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let scale = (WIDTH - LABELS - FIGURES) / longest;
    for bar in bars {
        let middle = *y + BAR - 3.5;
        let label = LABELS - 10.0;
        let _ = writeln!(
            body,
            "<text x=\"{label}\" y=\"{middle}\" text-anchor=\"end\">{}</text>",
            bar.label
        );
        let mut x = LABELS;
        for (colour, time) in &bar.pieces {
            let width = time * scale;
            let _ = writeln!(
                body,
                "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" \
                 fill=\"{colour}\"/>"
            );
            x += width;
        }
        let figure = milliseconds(Some(bar.total()));
        let _ = writeln!(
            body,
            "<text class=\"figure\" x=\"{:.1}\" y=\"{middle}\">{figure}</text>",
            x + 6.0
        );
        *y += ROW;
    }
}

fn legend(body: &mut String, y: &mut f64) {
    *y += 4.0;
    let mut x = 10.0;
    for (name, colour) in PIECES {
        let _ = writeln!(
            body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"{}\">{name}</text>",
            x + 17.0,
            *y + 11.0
        );
        x += 17.0 + 7.2 * name.len() as f64 + 16.0;
    }
    *y += ROW;
}
