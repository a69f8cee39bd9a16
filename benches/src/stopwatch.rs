//! Times clients on command, for a comparison with clients that are other programs: a line of JSON
//! comes in on standard input, the times go out as one on standard output.

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::time::Instant;

use serde::{Deserialize, Serialize};

/// Pays a challenge: answers the text of the paid request, or of its `PAYMENT-SIGNATURE` header.
pub type Client<'c> = Box<dyn FnMut(&Challenge) -> Result<Vec<u8>, Box<dyn Error>> + 'c>;

/// What a seller answers.
pub struct Challenge {
    /// All of the response with status 402.
    pub response: Vec<u8>,
    /// Its `PAYMENT-REQUIRED` header.
    pub header: String,
}

/// What to do: some payments of one challenge by one client, each of which is timed by itself.
#[derive(Deserialize)]
struct Command {
    client: String,
    challenge: String,
    payments: usize,
}

#[derive(Serialize)]
struct Times {
    /// For each payment.
    nanoseconds: Vec<u128>,
    /// The header of the last one.
    header: String,
}

impl Challenge {
    /// The challenge in a response with status 402.
    ///
    /// # Errors
    /// If it has no such header.
    pub fn new(response: &str) -> Result<Self, Box<dyn Error>> {
        let header = field(response, "PAYMENT-REQUIRED").ok_or("no challenge in the response")?;
        Ok(Challenge { response: response.into(), header: header.into() })
    }
}

/// Obeys commands until there are no more.
///
/// # Errors
/// When a command or a client fails.
pub fn serve(clients: &mut [(&str, Client<'_>)]) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let times = obey(&serde_json::from_str(&line?)?, clients)?;
        writeln!(out, "{}", serde_json::to_string(&times)?)?;
        out.flush()?;
    }
    Ok(())
}

fn obey(command: &Command, clients: &mut [(&str, Client<'_>)]) -> Result<Times, Box<dyn Error>> {
    let challenge = Challenge::new(&command.challenge)?;
    let client = clients.iter_mut().find(|(name, _)| *name == command.client);
    let (_, client) = client.ok_or("no such client")?;
    let mut times =
        Times { nanoseconds: Vec::with_capacity(command.payments), header: String::new() };
    for _ in 0..command.payments {
        let start = Instant::now();
        let paid = client(&challenge);
        times.nanoseconds.push(start.elapsed().as_nanos());
        times.header = header(String::from_utf8(paid?)?);
    }
    Ok(times)
}

fn header(paid: String) -> String {
    field(&paid, "PAYMENT-SIGNATURE").map_or_else(|| paid.clone(), String::from)
}

fn field<'t>(message: &'t str, name: &str) -> Option<&'t str> {
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_are_timed_one_by_one() {
        let mut asked = Vec::new();
        let pay: Client<'_> = Box::new(|challenge| {
            asked.push((challenge.response.len(), challenge.header.clone()));
            Ok(b"GET / HTTP/1.1\r\nHost: a\r\nPAYMENT-SIGNATURE: cGFpZA==\r\n\r\n".to_vec())
        });
        let response = "HTTP/1.1 402 x\r\nPAYMENT-REQUIRED: cGF5\r\n\r\n{}";
        let command = Command { client: "a".into(), challenge: response.into(), payments: 3 };
        let times = obey(&command, &mut [("a", pay)]).unwrap();
        assert_eq!((times.nanoseconds.len(), times.header.as_str()), (3, "cGFpZA=="));
        assert_eq!(asked, vec![(response.len(), "cGF5".into()); 3]);
    }

    #[test]
    fn a_client_may_answer_the_header_alone() {
        assert_eq!(header("cGFpZA==".into()), "cGFpZA==");
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        let command = |challenge: &str| Command {
            client: "a".into(),
            challenge: challenge.into(),
            payments: 1,
        };
        assert!(obey(&command("HTTP/1.1 402 x\r\n\r\n"), &mut []).is_err());
        assert!(obey(&command("HTTP/1.1 402 x\r\nPAYMENT-REQUIRED: a\r\n\r\n"), &mut []).is_err());
    }
}
