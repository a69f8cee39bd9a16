//! Seconds that can't be pushed: what budgets are counted in.

/// What the device knows of the time, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Now {
    /// Seconds that pass evenly while the device is on, from any start: its uptime. A journal counts
    /// from the first that it is told after it was opened.
    pub uptime: u64,
    /// Unix seconds, if a clock knows them.
    pub unix: Option<u64>,
}

/// Before 2020 a clock has not been set yet.
const EARLIEST: u64 = 1_577_836_800;

/// The device's own time: it goes on from where it was before the reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct DeviceTime {
    /// Seconds at the start of the device.
    start: u64,
    /// Unix seconds at the start of the device, or those of the last time that was written, if no
    /// clock was seen since; 0 if none ever was, or something was booked without one.
    unix: u64,
    /// Whether a clock was seen since the device started.
    is_set: bool,
}

impl DeviceTime {
    /// Goes on from what was written: seconds, and the Unix seconds of that moment.
    pub(super) fn resume(seconds: u64, unix: u64) -> Self {
        DeviceTime { start: seconds, unix, is_set: false }
    }

    /// Seconds of the device's time. The first look at a clock adds how long the device was off.
    pub(super) fn seconds(&mut self, now: Now) -> u64 {
        match now.unix.filter(|unix| !self.is_set && *unix >= EARLIEST) {
            Some(unix) => self.set(now.uptime, unix),
            None => self.start.saturating_add(now.uptime),
        }
    }

    /// Seconds at which an amount is booked. Where no clock was seen yet, it stays unknown for good how
    /// long the device was off before: a clock that comes later would make what is booked now look
    /// older than it is.
    pub(super) fn booking(&mut self, now: Now) -> u64 {
        let seconds = self.seconds(now);
        if !self.is_set {
            self.unix = 0;
        }
        seconds
    }

    /// What to write: seconds, and the Unix seconds of the same moment.
    pub(super) fn written(&mut self, now: Now) -> (u64, u64) {
        let seconds = self.seconds(now);
        // Without a clock it is at least as late as this: what is counted now is not counted again
        // as time that the device was off.
        let unix = if self.unix == 0 { 0 } else { self.unix.saturating_add(now.uptime) };
        (seconds, unix)
    }

    fn set(&mut self, uptime: u64, unix: u64) -> u64 {
        if self.unix != 0 {
            // Since the last writing, on or off; the device was on for `uptime` of it.
            let elapsed = unix.saturating_sub(self.unix);
            self.start = self.start.saturating_add(elapsed.saturating_sub(uptime));
        }
        // A clock that was put back gives nothing again until it has caught up.
        self.unix = self.unix.max(unix.saturating_sub(uptime));
        self.is_set = true;
        self.start.saturating_add(uptime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_800_000_000;

    fn at(uptime: u64, unix: u64) -> Now {
        Now { uptime, unix: Some(unix) }
    }

    fn without_clock(uptime: u64) -> Now {
        Now { uptime, unix: None }
    }

    #[test]
    fn without_a_clock_only_being_on_counts() {
        let mut time = DeviceTime::resume(100, 0);
        assert_eq!(time.seconds(without_clock(5)), 105);
        let (seconds, unix) = time.written(without_clock(7));
        assert_eq!((seconds, unix), (107, 0));
        assert_eq!(DeviceTime::resume(seconds, unix).seconds(without_clock(1)), 108);
    }

    #[test]
    fn a_clock_counts_being_off() {
        let mut time = DeviceTime::resume(0, 0);
        assert_eq!(time.written(at(10, NOON)), (10, NOON));
        let mut time = DeviceTime::resume(10, NOON);
        assert_eq!(time.seconds(without_clock(3)), 13);
        assert_eq!(time.seconds(at(5, NOON + 1000)), 1010);
        assert_eq!(time.seconds(at(6, NOON + 1001)), 1011);
    }

    #[test]
    fn a_second_is_counted_once_whether_a_clock_was_there_or_not() {
        let mut time = DeviceTime::resume(10, NOON);
        let (seconds, unix) = time.written(without_clock(1000));
        assert_eq!((seconds, unix), (1010, NOON + 1000));
        let mut time = DeviceTime::resume(seconds, unix);
        assert_eq!(time.seconds(at(5, NOON + 1205)), 1215);
    }

    #[test]
    fn a_clock_makes_nothing_older_that_was_booked_before_it_came() {
        let mut time = DeviceTime::resume(10, NOON);
        assert_eq!(time.booking(without_clock(20)), 30);
        assert_eq!(time.clone().seconds(at(60, NOON + 100_000)), 70);
        let (seconds, unix) = time.written(without_clock(20));
        assert_eq!((seconds, unix), (30, 0));
        let mut time = DeviceTime::resume(seconds, unix);
        assert_eq!(time.seconds(at(5, NOON + 200_000)), 35);
        assert_eq!(time.written(at(5, NOON + 200_000)), (35, NOON + 200_000));
    }

    #[test]
    fn steps_while_the_device_is_on_change_nothing() {
        let mut time = DeviceTime::resume(10, NOON);
        assert_eq!(time.seconds(at(1, NOON + 1)), 11);
        for unix in [NOON + 1_000_000, 0, NOON - 50, u64::MAX] {
            assert_eq!(time.seconds(at(2, unix)), 12);
            assert_eq!(time.written(at(2, unix)), (12, NOON + 2));
        }
    }

    #[test]
    fn a_clock_put_back_and_forth_gives_nothing() {
        let mut time = DeviceTime::resume(10, NOON);
        assert_eq!(time.seconds(at(1, NOON - 5000)), 11);
        let (seconds, unix) = time.written(at(2, NOON - 4999));
        let mut time = DeviceTime::resume(seconds, unix);
        assert!(time.seconds(at(1, NOON)) <= 14);
    }

    #[test]
    fn a_clock_that_was_never_set_is_none() {
        let mut time = DeviceTime::resume(10, NOON);
        assert_eq!(time.seconds(at(1, 12)), 11);
        assert_eq!(time.seconds(at(2, NOON + 100)), 110);
    }

    #[test]
    fn nothing_overflows() {
        let mut time = DeviceTime::resume(u64::MAX, NOON);
        assert_eq!(time.written(at(u64::MAX, u64::MAX)), (u64::MAX, u64::MAX));
    }
}
