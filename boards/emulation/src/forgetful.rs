//! The way to a seller on which one answer gets lost: that to the first payment, which is settled.
//!
//! Behind it the seller is one with the extension `payment-identifier`, by which the same payment gets
//! the same answer again: what it has answered to each payment is kept here. Every payment that
//! comes along is noted.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a request with a payment has, by the version of the protocol.
const PAYMENT_HEADERS: [&str; 2] = ["payment-signature", "x-payment"];

/// The longest head of a request.
const LONGEST_HEAD: usize = 64 * 1024;

/// The way. It ends when it is dropped.
pub(crate) struct ForgetfulWay {
    /// Where it begins.
    pub(crate) url: String,
    memory: Arc<Mutex<Memory>>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Memory {
    /// The payments that came along, the last one last.
    payments: Vec<String>,
    answers: HashMap<String, Vec<u8>>,
}

impl ForgetfulWay {
    /// Opens one that leads to the seller at this address.
    pub(crate) async fn open(seller: String) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let memory = Arc::<Mutex<Memory>>::default();
        let serving = tokio::spawn(serve(listener, seller, Arc::clone(&memory)));
        Ok(ForgetfulWay { url, memory, serving })
    }

    /// The payments that came along since the last time, the last one last. The next one's answer
    /// gets lost.
    pub(crate) fn take_payments(&self) -> Vec<String> {
        std::mem::take(&mut locked(&self.memory).payments)
    }
}

impl Drop for ForgetfulWay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn locked(memory: &Mutex<Memory>) -> std::sync::MutexGuard<'_, Memory> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One request at a time: whoever asks has one connection only.
async fn serve(listener: TcpListener, seller: String, memory: Arc<Mutex<Memory>>) {
    while let Ok((device, _)) = listener.accept().await {
        if let Err(error) = pass_on(device, &seller, &memory).await {
            eprintln!("emulation: on the way to the seller: {error}");
        }
    }
}

/// Passes one request on, and its answer back; closes the connection then.
async fn pass_on(mut device: TcpStream, seller: &str, memory: &Mutex<Memory>) -> io::Result<()> {
    let request = read_head(&mut device).await?;
    let Some(payment) = payment(&request) else {
        return device.write_all(&ask(seller, &request).await?).await;
    };
    let (is_first, known) = {
        let mut memory = locked(memory);
        memory.payments.push(payment.clone());
        (memory.payments.len() == 1, memory.answers.get(&payment).cloned())
    };
    let answer = match known {
        Some(answer) => answer,
        None => ask(seller, &request).await?,
    };
    locked(memory).answers.insert(payment, answer.clone());
    if is_first { Ok(()) } else { device.write_all(&answer).await }
}

/// Reads a request without a body.
async fn read_head(device: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        head.push(device.read_u8().await?);
    }
    String::from_utf8(head).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn payment(request: &str) -> Option<String> {
    let mut fields = request.lines().filter_map(|line| line.split_once(": "));
    let carries = |name: &str| PAYMENT_HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known));
    fields.find(|(name, _)| carries(name)).map(|(_, value)| value.to_owned())
}

/// All that the seller answers, on a connection of its own.
async fn ask(seller: &str, request: &str) -> io::Result<Vec<u8>> {
    let mut connection = TcpStream::connect(seller).await?;
    let last_request = request.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    connection.write_all(last_request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await?;
    Ok(answer)
}
