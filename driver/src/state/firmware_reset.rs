//! How far the reset of firmware has come that all hosts of a device agree on.

use crate::errno::Errno;
use crate::runtime::WorkQueue;
use prm::Cycles;

/// The reset's part of the driver's state (`struct mlx5_fw_reset`).
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct FirmwareReset {
    /// The device has the register for it, as the driver learnt when it was bound.
    pub(crate) is_offered: bool,
    /// Events are listened to.
    pub(crate) listens: bool,
    /// Firmware has asked, and the driver has answered yes or is about to.
    pub(crate) requested: bool,
    /// From the answer to the end.
    pub(crate) in_progress: bool,
    /// This host's administrator started it and waits.
    pub(crate) is_own: bool,
    /// The driver goes: events are not taken any more.
    pub(crate) drops_new: bool,
    /// Firmware has asked for the unload.
    pub(crate) unloads: bool,
    /// How often the administrator has been told that it is his turn, and has not noticed.
    pub(crate) completions: u32,
    /// What has failed of it.
    pub(crate) failure: Option<Errno>,
    /// When the device is looked at next, and until when the reset is expected.
    pub(crate) next_poll: Option<Cycles>,
    pub(crate) expected_until: Option<Cycles>,
    pub(crate) queue: WorkQueue<ResetWork>,
}

impl FirmwareReset {
    /// A driver is bound, to a device that has the register or not.
    pub(crate) fn begin(&mut self, is_offered: bool) {
        // The queue may still have a worker that is about to end.
        let queue = std::mem::take(&mut self.queue);
        *self = Self {
            queue,
            is_offered,
            ..Self::default()
        };
    }

    /// When something is due.
    pub(crate) fn next_timer(&self) -> Option<Cycles> {
        [self.next_poll, self.expected_until].into_iter().flatten().min()
    }
}

/// What the queue of resets does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResetWork {
    /// Firmware asks whether it may be reset.
    Request,
    /// The function is to unload.
    Unload,
    /// There will be no reset.
    Abort,
    /// The device has been reset.
    Reload,
    /// There was no reset in time.
    TimedOut,
}
