//! Where the time on Linux goes.

use prm::Cycles;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

/// What a guest's time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// A guest boots: there was none.
    FirstBoot,
    /// A guest boots: the one that was there could not be used again, and why.
    FreshBoot(Wear),
    /// Another device is put behind the sockets, and the guest looks for its functions.
    Exchange,
    /// A host operation is waited for.
    Operation,
    /// A command is to be held.
    Hold,
    /// The scenario lets time pass.
    Pause,
    /// Everything is to come to rest.
    Quiesce,
    /// A step has to have ended before anybody looks.
    Settling,
    /// The counters and the kernel's log are read.
    Look,
    /// The driver is watched after the last step.
    Linger,
    /// The guest is left as it was found.
    CleanUp,
}

/// Why a guest cannot be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wear {
    /// The kernel has printed a `WARN`: its taint stays, and what warns once will not warn again.
    Warned,
    /// The kernel has complained, or has died.
    Complained,
    /// The driver wrote where it must not.
    Damaged,
    /// The device has reported an error, which the driver may still be handling.
    DeviceError,
    /// An operation has not ended.
    Pending,
    /// The run has failed.
    Failed,
    /// Its kernel was followed by another one.
    Succeeded,
    /// It has not as many functions plugged in.
    NoRoom,
    /// It has not done what every guest does.
    Unusable,
}

impl fmt::Display for Wear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warned => "after a warning",
            Self::Complained => "after a complaint of the kernel",
            Self::Damaged => "after a write out of bounds",
            Self::DeviceError => "after an error of the device",
            Self::Pending => "after an operation that has not ended",
            Self::Failed => "after a failure",
            Self::Succeeded => "after another kernel",
            Self::NoRoom => "for more functions",
            Self::Unusable => "after a guest that was of no use",
        })
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstBoot => "first boots",
            Self::FreshBoot(wear) => return write!(f, "fresh boots {wear}"),
            Self::Exchange => "exchanging the device",
            Self::Operation => "host operations",
            Self::Hold => "waiting for commands to be held",
            Self::Pause => "pauses of the scenarios",
            Self::Quiesce => "coming to rest",
            Self::Settling => "ends of steps",
            Self::Look => "looking",
            Self::Linger => "watching after the last step",
            Self::CleanUp => "cleaning up",
        })
    }
}

/// How often, and for how long, by purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expenses(BTreeMap<Purpose, (u32, Cycles)>);

impl Expenses {
    /// So much more, once.
    pub fn add(&mut self, purpose: Purpose, time: Cycles) {
        let (times, sum) = self.0.entry(purpose).or_default();
        *times += 1;
        *sum = sum.saturating_add(time);
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AddAssign for Expenses {
    fn add_assign(&mut self, other: Self) {
        for (purpose, (times, time)) in other.0 {
            let (all, sum) = self.0.entry(purpose).or_default();
            *all += times;
            *sum = sum.saturating_add(time);
        }
    }
}

impl fmt::Display for Expenses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |time: Cycles| time.0 / 1_000_000_000;
        let all = self.0.values().fold(0, |sum, (_, time)| sum + time.0);
        write!(f, "{} s of guests:", seconds(Cycles(all)))?;
        let mut parts: Vec<_> = self.0.iter().collect();
        parts.sort_by_key(|(_, (_, time))| std::cmp::Reverse(*time));
        for (number, (purpose, (times, time))) in parts.into_iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            write!(f, "{comma} {purpose} {} s ({times})", seconds(*time))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expenses_are_told_by_their_size() {
        let mut one = Expenses::default();
        one.add(Purpose::FirstBoot, Cycles::from_millis(8_000));
        one.add(Purpose::Pause, Cycles::from_millis(4_500));
        let mut all = one.clone();
        all += one;
        assert_eq!(
            all.to_string(),
            "25 s of guests: first boots 16 s (2), pauses of the scenarios 9 s (2)"
        );
    }
}
