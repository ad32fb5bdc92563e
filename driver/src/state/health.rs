//! The device's health, as far as it has been looked at.

use super::firmware_reset::FirmwareReset;
use crate::runtime::WorkQueue;
use prm::Cycles;

/// Health's part of the driver's state.
#[derive(Clone, Debug, Default, Hash)]
pub struct Health {
    /// When the next poll is due; `None` while nobody polls.
    pub(crate) next_poll: Option<Cycles>,
    /// The counter at the last poll, and how many polls in a row have read it.
    pub(crate) counter: u32,
    pub(crate) misses: u32,
    /// The syndrome that was reported last.
    pub(crate) syndrome: u8,
    /// An access to the device has failed, and nothing has been done about it.
    pub(crate) bus_failed: bool,
    /// Remove has begun: work that is queued does nothing.
    pub(crate) drop_work: bool,
    /// The driver is to be removed: nobody waits for the device any more (`MLX5_BREAK_FW_WAIT`).
    pub(crate) breaks_waits: bool,
    /// When the device was last recovered.
    pub(crate) recovered: Option<Cycles>,
    pub(crate) queue: WorkQueue<HealthWork>,
    /// The reset of firmware that all hosts agree on.
    pub(crate) reset: FirmwareReset,
}

impl Health {
    /// A driver is bound: nothing is known of its device.
    pub(crate) fn begin(&mut self) {
        // The queue may still have a worker that is about to end.
        let queue = std::mem::take(&mut self.queue);
        let mut reset = std::mem::take(&mut self.reset);
        reset.begin(false);
        *self = Self {
            queue,
            reset,
            ..Self::default()
        };
    }

    /// The device could not be reached: a poll, which sees to it, is due at once.
    pub(crate) fn note_bus_failure(&mut self, now: Cycles) {
        self.bus_failed = true;
        self.next_poll = Some(now);
    }

    /// Whether nobody waits for the device any more.
    pub(crate) const fn gives_up(&self) -> bool {
        self.breaks_waits
    }

    /// When something is due.
    #[must_use]
    pub(crate) fn next_timer(&self) -> Option<Cycles> {
        [self.next_poll, self.reset.next_timer()]
            .into_iter()
            .flatten()
            .min()
    }
}

/// What the health queue does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HealthWork {
    /// The device is lost: ends what waits for it, and tries to get it back.
    Fatal,
    /// The driver has declared the device faulty and reset it: tries to get it back.
    Faulty,
    /// The device could not be reached: ends what waits for it, and tries to get it back.
    Unreachable,
}
