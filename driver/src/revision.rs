//! The three revisions of the page code, as sets of named choices.
//!
//! * `reviewed` - the change as it was first posted
//! * `merged` - Linux 7.2
//! * `robust` - every concern answered
//!
//! Code asks for one choice by its name and never for the revision's.

mod choices;
mod merged;
mod reviewed;
mod robust;

pub use choices::{
    Accounting, BootRoot, ClaimOverrun, ClampRemainder, ClosedGate, CountCheck, EmbeddedCpuBit,
    GiveWithoutDevice, Leftovers, LostRequest, MigrationOrder, ModeCheck, PageQueueDrain, PageSlotWait,
    ReclaimProgress, RequestIdentity, ReturnCheck, StaleRoots, TeardownCheck, TimedOutMailboxes, TypeLookup,
    TypeMapFailure, UnknownOutcome, UnknownRelease, UnmarkedVport, VportUnwind, WaitAttention, WaitTarget,
};
pub use merged::Merged;
pub use reviewed::Reviewed;
pub use robust::Robust;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A revision by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevisionName {
    /// [`Reviewed`].
    Reviewed,
    /// [`Merged`].
    Merged,
    /// [`Robust`].
    Robust,
}

impl RevisionName {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Reviewed, Self::Merged, Self::Robust];

    /// The choices behind the name.
    #[must_use]
    pub fn choices(self) -> &'static dyn Revision {
        match self {
            Self::Reviewed => &Reviewed,
            Self::Merged => &Merged,
            Self::Robust => &Robust,
        }
    }
}

impl fmt::Display for RevisionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reviewed => "reviewed",
            Self::Merged => "merged",
            Self::Robust => "robust",
        })
    }
}

/// The text names no revision.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("`{0}` is not a revision; write reviewed, merged or robust")]
pub struct UnknownRevision(pub String);

impl FromStr for RevisionName {
    type Err = UnknownRevision;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|name| name.to_string() == text)
            .ok_or_else(|| UnknownRevision(text.to_owned()))
    }
}

/// One choice for each question on which the revisions differ.
pub trait Revision: fmt::Debug + Send + Sync {
    /// The revision's name, for reports.
    fn name(&self) -> RevisionName;
    /// See [`Accounting`].
    fn accounting(&self) -> Accounting;
    /// See [`TypeLookup`].
    fn type_lookup(&self) -> TypeLookup;
    /// See [`UnmarkedVport`].
    fn unmarked_vport(&self) -> UnmarkedVport;
    /// See [`MigrationOrder`].
    fn migration_order(&self) -> MigrationOrder;
    /// See [`TeardownCheck`].
    fn teardown_check(&self) -> TeardownCheck;
    /// See [`BootRoot`].
    fn boot_root(&self) -> BootRoot {
        BootRoot::Assumed
    }
    /// See [`StaleRoots`].
    fn stale_roots(&self) -> StaleRoots {
        StaleRoots::Stay
    }
    /// See [`ModeCheck`].
    fn mode_check(&self) -> ModeCheck {
        ModeCheck::Trusting
    }
    /// See [`RequestIdentity`].
    fn request_identity(&self) -> RequestIdentity {
        RequestIdentity::AtWork
    }
    /// See [`CountCheck`].
    fn count_check(&self) -> CountCheck {
        CountCheck::Trusting
    }
    /// See [`EmbeddedCpuBit`].
    fn embedded_cpu_bit(&self) -> EmbeddedCpuBit {
        EmbeddedCpuBit::Ignored
    }
    /// See [`UnknownOutcome`].
    fn unknown_outcome(&self) -> UnknownOutcome {
        UnknownOutcome::Refused
    }
    /// See [`ClosedGate`].
    fn closed_gate(&self) -> ClosedGate {
        ClosedGate::FirmwareGone
    }
    /// See [`GiveWithoutDevice`].
    fn give_without_device(&self) -> GiveWithoutDevice {
        GiveWithoutDevice::Done
    }
    /// See [`PageQueueDrain`].
    fn page_queue_drain(&self) -> PageQueueDrain {
        PageQueueDrain::AfterEventQueues
    }
    /// See [`ReclaimProgress`].
    fn reclaim_progress(&self) -> ReclaimProgress {
        ReclaimProgress::Claimed
    }
    /// See [`Leftovers`].
    fn leftovers(&self) -> Leftovers {
        Leftovers::Forgotten
    }
    /// See [`ClaimOverrun`].
    fn claim_overrun(&self) -> ClaimOverrun {
        ClaimOverrun::FreesNothing
    }
    /// See [`ReturnCheck`].
    fn return_check(&self) -> ReturnCheck {
        ReturnCheck::Trusting
    }
    /// See [`LostRequest`].
    fn lost_request(&self) -> LostRequest {
        LostRequest::Forgotten
    }
    /// See [`UnknownRelease`].
    fn unknown_release(&self) -> UnknownRelease {
        UnknownRelease::Bug
    }
    /// See [`ClampRemainder`].
    fn clamp_remainder(&self) -> ClampRemainder {
        ClampRemainder::Forgotten
    }
    /// See [`WaitTarget`].
    fn wait_target(&self) -> WaitTarget {
        WaitTarget::TypeCounter
    }
    /// See [`WaitAttention`].
    fn wait_attention(&self) -> WaitAttention {
        WaitAttention::OnEntry
    }
    /// See [`VportUnwind`].
    fn vport_unwind(&self) -> VportUnwind {
        VportUnwind::LeavesEnabled
    }
    /// See [`TypeMapFailure`].
    fn type_map_failure(&self) -> TypeMapFailure {
        TypeMapFailure::FailsEnable
    }
    /// See [`PageSlotWait`].
    fn page_slot_wait(&self) -> PageSlotWait {
        PageSlotWait::Unlimited
    }
    /// See [`TimedOutMailboxes`].
    fn timed_out_mailboxes(&self) -> TimedOutMailboxes {
        TimedOutMailboxes::Freed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_found_by_the_name_it_prints() {
        for name in RevisionName::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
            assert_eq!(name.choices().name(), name);
        }
        assert!("v2".parse::<RevisionName>().is_err());
    }
}
