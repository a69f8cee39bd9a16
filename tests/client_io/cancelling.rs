//! A purchase that is dropped at any of its await points: one payment at most, and the client goes
//! on.

use embedded_x402::io::ClientMemory;
use embedded_x402_tests::device::URL;
use embedded_x402_tests::network::{After, Network, Reply, poll_times, run};
use embedded_x402_tests::sent::SentRequest;

use crate::hosts::{answer, client, honest};

/// Drops a purchase after so many polls; answers whether it was over by then.
fn dropped_after(polls: usize, mut network: Network<'_>) -> bool {
    network.hesitates = true;
    network.fragment = 200;
    let mut memory = ClientMemory::new();
    let mut client = client(&network, &mut memory);
    let is_over = poll_times(client.get(URL), polls).is_some();
    assert_one_payment(&network.paid_requests());
    let before = network.paid_requests().len();

    let free = run(client.get("http://seller.lan/free")).expect("a usable client");
    assert_eq!(free.status(), 200);
    drop(free);
    assert_eq!(network.paid_requests().len(), before, "what is free is not paid");
    let again = run(client.get(URL)).expect("a usable client");
    assert!(again.receipt().is_some());
    drop(again);
    let payments = network.paid_requests();
    assert!(payments[..before].iter().all(|earlier| *earlier != payments[before]));
    is_over
}

fn assert_one_payment(requests: &[SentRequest]) {
    assert!(requests.windows(2).all(|pair| pair[0] == pair[1]), "two payments: {requests:?}");
}

#[test]
fn at_every_await_point() {
    let polls = (0..).find(|polls| dropped_after(*polls, Network::new(honest)));
    assert!(polls.unwrap() >= 15, "there are as many await points: {polls:?}");
}

/// The seller closes the kept connection without an answer to the first payment on it.
#[test]
fn at_every_await_point_of_a_payment_sent_again() {
    let forgetful = || {
        let mut payments = 0;
        Network::new(move |_, request| {
            payments += usize::from(request.payment().is_some());
            if request.payment().is_some() && payments == 1 {
                Reply::then(Vec::new(), After::Close)
            } else {
                answer(request).into()
            }
        })
    };
    let polls = (0..).find(|polls| dropped_after(*polls, forgetful()));
    assert!(polls.unwrap() > 20, "there are as many await points: {polls:?}");
}
