//! What is told of the boards: a table or JSON.

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use crate::image::Image;
use crate::rehearsals::Rehearsed;
use crate::scenario::Purchase;

/// Bytes of stack, an eighth less than the README of the boards says to leave.
const MOST_STACK: u64 = 28 * 1024;

/// Everything of one board.
pub(crate) struct BoardReport {
    /// What it is called.
    pub(crate) name: String,
    /// Its sizes.
    pub(crate) image: Image,
    /// What it bought.
    pub(crate) purchases: Vec<Purchase>,
    /// What it rehearsed.
    pub(crate) rehearsals: Vec<Rehearsed>,
    /// Why its products are not to be trusted.
    pub(crate) wrong_product: Option<String>,
}

impl BoardReport {
    /// Of an image that is not run.
    pub(crate) fn linked(name: &str, image: Image) -> Self {
        BoardReport {
            name: name.to_owned(),
            image,
            purchases: Vec::new(),
            rehearsals: Vec::new(),
            wrong_product: None,
        }
    }

    /// What was wrong, in words.
    pub(crate) fn problems(&self) -> impl Iterator<Item = String> {
        let name = &self.name;
        let purchases = self.purchases.iter().flat_map(move |purchase| {
            let scenario = purchase.scenario;
            purchase.problems.iter().map(move |problem| format!("{name}: {scenario}: {problem}"))
        });
        let rehearsals = self.rehearsals.iter().filter_map(move |rehearsed| {
            let problem = rehearsed.problem.as_ref()?;
            Some(format!("{name}: rehearsal {}: {problem}", rehearsed.name))
        });
        let product = self.wrong_product.iter().map(move |problem| format!("{name}: {problem}"));
        let routine = self.image.multiplies_slowly.then(|| {
            format!("{name}: Rust's routine multiplies, in spite of the feature fast-multiply")
        });
        let stack = self.stack().filter(|stack| *stack > MOST_STACK).map(|stack| {
            format!("{name}: {stack} bytes of stack, and at most {MOST_STACK} are to be taken")
        });
        purchases.chain(rehearsals).chain(product).chain(routine).chain(stack)
    }

    /// The deepest that any purchase went.
    fn stack(&self) -> Option<u64> {
        self.purchases.iter().filter_map(|purchase| purchase.stack).max()
    }
}

/// Sizes in bytes, and what one payment takes.
pub(crate) fn table(reports: &[BoardReport]) -> String {
    format!("{}\n\n{}", sizes(reports), payments(reports))
}

fn sizes(reports: &[BoardReport]) -> Table {
    let mut table = new_table(&[
        "board",
        "text",
        "rodata",
        "static RAM",
        "stack",
        "purchases as they should be",
    ]);
    for report in reports {
        let Image { text, rodata, static_ram, .. } = report.image;
        table.add_row([
            report.name.clone(),
            grouped(Some(text)),
            grouped(Some(rodata)),
            grouped(Some(static_ram)),
            report.stack().map_or_else(String::new, |stack| grouped(Some(stack))),
            bought(report),
        ]);
    }
    aligned(table)
}

/// How many of the purchases went as they should.
fn bought(report: &BoardReport) -> String {
    let right = report.purchases.iter().filter(|purchase| purchase.problems.is_empty()).count();
    match report.purchases.len() {
        0 => "none made".to_owned(),
        all => format!("{right} of {all}"),
    }
}

fn payments(reports: &[BoardReport]) -> Table {
    let mut table = new_table(&[
        "one payment on",
        "challenge",
        "instructions",
        "cycles",
        "stack",
        "as on the host",
    ]);
    for report in reports {
        for rehearsed in &report.rehearsals {
            table.add_row([
                report.name.clone(),
                rehearsed.name.to_owned(),
                grouped(rehearsed.instructions),
                rehearsed.cycles.map_or_else(String::new, |cycles| grouped(Some(cycles))),
                grouped(rehearsed.stack),
                if rehearsed.problem.is_none() { "yes" } else { "NO" }.to_owned(),
            ]);
        }
    }
    aligned(table)
}

fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(header);
    table
}

/// Numbers to the right: everything but the first two columns of names.
fn aligned(mut table: Table) -> Table {
    for index in 1..table.column_count() {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A number with its thousands apart.
fn grouped(number: Option<u64>) -> String {
    let Some(number) = number else { return "?".to_owned() };
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// The same for programs.
pub(crate) fn json(reports: &[BoardReport]) -> Value {
    json!({ "boards": reports.iter().map(board).collect::<Vec<_>>() })
}

fn board(report: &BoardReport) -> Value {
    let Image { text, rodata, static_ram, .. } = report.image;
    let scenario = |purchase: &Purchase| {
        json!({
            "name": purchase.scenario,
            "right": purchase.problems.is_empty(),
            "stack": purchase.stack,
        })
    };
    let payment = |rehearsed: &Rehearsed| {
        json!({
            "challenge": rehearsed.name,
            "instructions": rehearsed.instructions,
            "cycles": rehearsed.cycles,
            "stack": rehearsed.stack,
            "right": rehearsed.problem.is_none(),
        })
    };
    json!({
        "name": report.name,
        "text": text,
        "rodata": rodata,
        "static_ram": static_ram,
        "stack": report.stack(),
        "scenarios": report.purchases.iter().map(scenario).collect::<Vec<_>>(),
        "payments": report.rehearsals.iter().map(payment).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let numbers = [0, 7, 999, 1000, 1_234_567].map(|number| grouped(Some(number)));
        assert_eq!(numbers, ["0", "7", "999", "1,000", "1,234,567"]);
        assert_eq!(grouped(None), "?");
    }
}
