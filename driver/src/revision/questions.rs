//! What a revision is asked.

use super::choices::{
    Accounting, BootRoot, ClaimOverrun, ClampRemainder, ClosedGate, CountCheck, EmbeddedCpuBit,
    GiveWithoutDevice, Leftovers, LostRequest, MigrationOrder, ModeCheck, PageQueueDrain, PageSlotWait,
    ReclaimProgress, RequestIdentity, ReturnCheck, StaleRoots, TeardownCheck, TimedOutMailboxes, TypeLookup,
    TypeMapFailure, UnknownOutcome, UnknownRelease, UnmarkedVport, VportUnwind, WaitAttention, WaitTarget,
};
use super::mistake::Mistake;
use super::name::RevisionName;
use std::fmt;

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
    /// What is wrong on purpose; nothing, in every revision that has a name.
    fn mistake(&self) -> Option<Mistake> {
        None
    }
    /// See [`TimedOutMailboxes`].
    fn timed_out_mailboxes(&self) -> TimedOutMailboxes {
        TimedOutMailboxes::Freed
    }
}
