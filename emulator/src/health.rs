//! The health of an endpoint: what its health buffer reports.

use prm::Cycles;
use prm::init_segment::HealthBuffer;

/// The firmware version that register window and health buffer tell: 28.46.1000, a plausible one.
pub(crate) const FIRMWARE_VERSION: (u16, u16, u16) = (28, 46, 1000);

const HARDWARE_ID: u32 = 0x20d;

/// What the health buffer says besides the constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// 0 is healthy.
    pub(crate) syndrome: u8,
    /// The device needs a reset.
    pub(crate) fatal: bool,
}

impl Health {
    pub(crate) fn buffer(self) -> HealthBuffer {
        let (major, minor, _) = FIRMWARE_VERSION;
        HealthBuffer::new()
            .with_firmware_version(u32::from(major) << 16 | u32::from(minor))
            .with_hardware_id(HARDWARE_ID)
            .with_rfr(self.fatal)
            .with_syndrome(self.syndrome)
    }
}

/// The health counter: it moves every 10 ms of virtual time, far faster than any driver polls.
#[expect(clippy::cast_possible_truncation, reason = "the counter wraps")]
pub(crate) const fn counter(now: Cycles) -> u32 {
    (now.as_millis() / 10) as u32
}
