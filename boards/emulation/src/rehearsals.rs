//! Payments without a network: a board must write the very bytes that this machine writes.

use embedded_x402::client::Memory;
use embedded_x402_app::rehearsal::{ALL, Rehearsal, RehearsalError};
use embedded_x402_app::test_keys;
use serde_json::Value;

use crate::board::Board;

/// A rehearsal on a board.
#[derive(Clone, Debug)]
pub(crate) struct Rehearsed {
    /// Its name.
    pub(crate) name: &'static str,
    /// Instructions from the challenge to the paid request.
    pub(crate) instructions: Option<u64>,
    /// Cycles, where the emulator counts them.
    pub(crate) cycles: Option<u64>,
    /// Bytes of stack that it took.
    pub(crate) stack: Option<u64>,
    /// What was wrong.
    pub(crate) problem: Option<String>,
}

/// Rehearses everything on a board.
pub(crate) async fn run(board: &Board) -> Result<Vec<Rehearsed>, Box<dyn std::error::Error>> {
    let mut rehearsed = Vec::new();
    for rehearsal in &ALL {
        let expected = paid_request(rehearsal)?.escape_ascii().to_string();
        let run = board.run_counting(&["rehearse", rehearsal.name]).await?;
        let is_right = run.status == Some(0) && run.line("request ") == Some(&expected);
        let problem = format!("not the host's {expected}\nit printed:\n{}", run.text);
        rehearsed.push(Rehearsed {
            name: rehearsal.name,
            instructions: run.number("instructions "),
            cycles: None,
            stack: run.number("stack of the payment "),
            problem: (!is_right).then_some(problem),
        });
    }
    Ok(rehearsed)
}

/// Reads what another emulator rehearsed, the requests in hexadecimal, and compares it.
pub(crate) fn read(lines: &str) -> Result<Vec<Rehearsed>, Box<dyn std::error::Error>> {
    let lines: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ALL.iter().map(|rehearsal| compare(rehearsal, &lines)).collect()
}

fn compare(
    rehearsal: &Rehearsal,
    lines: &[Value],
) -> Result<Rehearsed, Box<dyn std::error::Error>> {
    let expected: String =
        paid_request(rehearsal)?.iter().map(|byte| format!("{byte:02x}")).collect();
    let line = lines.iter().find(|line| line["rehearsal"] == rehearsal.name);
    let request = line.map(|line| &line["request"]);
    let number = |name: &str| line.and_then(|line| line[name].as_u64());
    let is_right = request.is_some_and(|request| *request == expected.as_str());
    let problem = format!("not the host's {expected}\nbut {request:?}");
    Ok(Rehearsed {
        name: rehearsal.name,
        instructions: number("instructions"),
        cycles: number("cycles"),
        stack: number("stack"),
        problem: (!is_right).then_some(problem),
    })
}

/// What this machine pays with.
fn paid_request(rehearsal: &Rehearsal) -> Result<Vec<u8>, RehearsalError> {
    let mut request = Vec::new();
    let sink = |piece: &[u8]| request.extend_from_slice(piece);
    rehearsal.pay(&mut test_keys::keys(), &mut Memory::new(), sink)?;
    Ok(request)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_byte_is_noticed_and_so_is_a_missing_payment() {
        let request = |rehearsal: &Rehearsal| -> String {
            paid_request(rehearsal).unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let line = |rehearsal: &Rehearsal, request: String| {
            json!({"rehearsal": rehearsal.name, "request": request, "instructions": 7}).to_string()
        };
        let mut lines: Vec<_> = ALL.iter().map(|one| line(one, request(one))).collect();
        let right = |lines: &[String]| {
            let rehearsed = read(&lines.join("\n")).unwrap();
            rehearsed.iter().map(|one| one.problem.is_none()).collect::<Vec<_>>()
        };
        assert_eq!(right(&lines), [true; 4]);
        lines[1] = line(&ALL[1], request(&ALL[1]).replacen('4', "5", 1));
        lines.pop();
        assert_eq!(right(&lines), [true, false, true, false]);
    }
}
