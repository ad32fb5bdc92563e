//! The health of an endpoint: what its health buffer reports.

use crate::config::Identity;
use crate::version::FirmwareVersion;
use prm::Cycles;
use prm::init_segment::HealthBuffer;

/// What the health buffer says besides the constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Health {
    /// 0 is healthy.
    pub(crate) syndrome: u8,
    /// The device needs a reset.
    pub(crate) fatal: bool,
    /// When the driver last looked at the health counter.
    pub(crate) seen_at: Option<Cycles>,
}

impl Health {
    pub(crate) fn buffer(self, identity: Identity) -> HealthBuffer {
        HealthBuffer::new()
            .with_firmware_version(FirmwareVersion::of(identity.firmware_family).word())
            .with_hardware_id(identity.hardware_id)
            .with_rfr(self.fatal)
            .with_syndrome(self.syndrome)
    }
}

/// The health counter: it moves every 10 ms of virtual time, far faster than any driver polls.
#[expect(clippy::cast_possible_truncation, reason = "the counter wraps")]
pub(crate) const fn counter(now: Cycles) -> u32 {
    (now.as_millis() / 10) as u32
}
