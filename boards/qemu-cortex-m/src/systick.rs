//! Time: SysTick at 1 kHz, as embassy's time driver.

use core::cell::RefCell;
use core::task::Waker;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

/// Cycles of the core's 25 MHz clock in one tick.
const CYCLES: u32 = 25_000;

struct State {
    now: u64,
    next: u64,
    queue: Queue,
}

struct SysTickDriver {
    state: Mutex<RefCell<State>>,
}

embassy_time_driver::time_driver_impl!(static DRIVER: SysTickDriver = SysTickDriver {
    state: Mutex::new(RefCell::new(State { now: 0, next: u64::MAX, queue: Queue::new() })),
});

impl Driver for SysTickDriver {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.state.borrow_ref(section).now)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            let mut state = self.state.borrow_ref_mut(section);
            if state.queue.schedule_wake(at, waker) {
                state.wake_expired();
            }
        });
    }
}

impl State {
    fn wake_expired(&mut self) {
        self.next = self.queue.next_expiration(self.now);
    }
}

/// Starts the clock.
pub(crate) fn init(timer: &mut SYST) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(CYCLES - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

#[exception]
fn SysTick() {
    critical_section::with(|section| {
        let mut state = DRIVER.state.borrow_ref_mut(section);
        state.now += 1;
        if state.now >= state.next {
            state.wake_expired();
        }
    });
}
