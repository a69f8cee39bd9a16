//! Time: the CLINT's timer, which counts at 10 MHz, as embassy's time driver at 1 MHz.

use core::cell::RefCell;
use core::task::Waker;

use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

use embedded_x402_qemu::Register;

/// Counts of the timer in one tick.
const COUNTS: u64 = 10;

// SAFETY: the CLINT of QEMU's virt machine stands at 0x0200_0000; these are the compare register of
// hart 0 and the counter.
const COMPARE: [Register; 2] = unsafe { [Register::at(0x0200_4000), Register::at(0x0200_4004)] };
const COUNTER: [Register; 2] = unsafe { [Register::at(0x0200_bff8), Register::at(0x0200_bffc)] };

struct Clint {
    queue: Mutex<RefCell<Queue>>,
}

embassy_time_driver::time_driver_impl!(static CLINT: Clint = Clint {
    queue: Mutex::new(RefCell::new(Queue::new())),
});

impl Driver for Clint {
    fn now(&self) -> u64 {
        counter() / COUNTS
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let mut queue = self.queue.borrow_ref_mut(section);
            if queue.schedule_wake(at, waker) {
                wake_expired(&mut queue);
            }
        });
    }
}

/// Silences the timer until something is due.
pub(crate) fn init() {
    set_compare(u64::MAX);
}

#[unsafe(no_mangle)]
extern "C" fn MachineTimer() {
    critical_section::with(|section| wake_expired(&mut CLINT.queue.borrow_ref_mut(section)));
}

/// Wakes what is due, and sets the timer for what is next.
fn wake_expired(queue: &mut Queue) {
    let next = queue.next_expiration(counter() / COUNTS);
    set_compare(next.saturating_mul(COUNTS));
}

fn counter() -> u64 {
    let [low, high] = COUNTER;
    loop {
        let (before, count, after) = (high.read(), low.read(), high.read());
        if before == after {
            return u64::from(before) << 32 | u64::from(count);
        }
    }
}

/// In an order that passes no earlier time on the way.
fn set_compare(count: u64) {
    let [low, high] = COMPARE;
    high.write(u32::MAX);
    low.write(count as u32);
    high.write((count >> 32) as u32);
}
