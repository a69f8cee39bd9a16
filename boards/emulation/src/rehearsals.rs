//! Payments without a network: a board must write the very bytes that this machine writes.

use embedded_x402::client::Memory;
use embedded_x402_app::rehearsal::{ALL, Rehearsal, RehearsalError};
use embedded_x402_app::test_keys;

use crate::board::Board;

/// A rehearsal on a board.
#[derive(Clone, Debug)]
pub(crate) struct Rehearsed {
    /// Its name.
    pub(crate) name: &'static str,
    /// Instructions from the challenge to the paid request.
    pub(crate) instructions: Option<u64>,
    /// Bytes of stack that it took.
    pub(crate) stack: Option<u64>,
    /// What was wrong.
    pub(crate) problem: Option<String>,
}

/// Rehearses everything on a board.
pub(crate) async fn run(board: &Board) -> Result<Vec<Rehearsed>, Box<dyn std::error::Error>> {
    let mut rehearsed = Vec::new();
    for rehearsal in &ALL {
        let expected = request(rehearsal)?.escape_ascii().to_string();
        let run = board.run_counting(&["rehearse", rehearsal.name]).await?;
        let is_right = run.status == Some(0) && run.line("request ") == Some(&expected);
        let problem = format!("not the host's {expected}\nit printed:\n{}", run.text);
        rehearsed.push(Rehearsed {
            name: rehearsal.name,
            instructions: run.number("instructions "),
            stack: run.number("stack of the payment "),
            problem: (!is_right).then_some(problem),
        });
    }
    Ok(rehearsed)
}

fn request(rehearsal: &Rehearsal) -> Result<Vec<u8>, RehearsalError> {
    let mut request = Vec::new();
    let sink = |piece: &[u8]| request.extend_from_slice(piece);
    rehearsal.pay(&mut test_keys::keys(), &mut Memory::new(), sink)?;
    Ok(request)
}
