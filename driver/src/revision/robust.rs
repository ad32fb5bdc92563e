//! Page code that answers every concern raised about the other two.

use super::choices::{
    Accounting, BootRoot, ClaimOverrun, ClampRemainder, ClosedGate, CountCheck, EmbeddedCpuBit,
    GiveWithoutDevice, Leftovers, LostRequest, MigrationOrder, ModeCheck, PageQueueDrain, PageSlotWait,
    ReclaimProgress, RequestIdentity, ReturnCheck, StaleRoots, TeardownCheck, TimedOutMailboxes, TypeLookup,
    TypeMapFailure, UnknownOutcome, UnknownRelease, UnmarkedVport, VportUnwind, WaitAttention, WaitTarget,
};
use super::name::RevisionName;
use super::questions::Revision;

/// Accounts are kept by owner, identities are fixed when an event arrives, an unknown outcome stays unknown, and no
/// number of the device's goes into arithmetic unchecked.
#[derive(Clone, Copy, Debug)]
pub struct Robust;

impl Revision for Robust {
    fn name(&self) -> RevisionName {
        RevisionName::Robust
    }

    fn accounting(&self) -> Accounting {
        Accounting::Owners
    }

    fn type_lookup(&self) -> TypeLookup {
        TypeLookup::TypeMap
    }

    fn unmarked_vport(&self) -> UnmarkedVport {
        UnmarkedVport::Known
    }

    fn migration_order(&self) -> MigrationOrder {
        MigrationOrder::ReserveThenSwap
    }

    fn teardown_check(&self) -> TeardownCheck {
        TeardownCheck::Always
    }

    fn boot_root(&self) -> BootRoot {
        BootRoot::Remembered
    }

    fn stale_roots(&self) -> StaleRoots {
        StaleRoots::SetAside
    }

    fn mode_check(&self) -> ModeCheck {
        ModeCheck::Verifying
    }

    fn request_identity(&self) -> RequestIdentity {
        RequestIdentity::AtEvent
    }

    fn count_check(&self) -> CountCheck {
        CountCheck::Validating
    }

    fn embedded_cpu_bit(&self) -> EmbeddedCpuBit {
        EmbeddedCpuBit::Foreign
    }

    fn unknown_outcome(&self) -> UnknownOutcome {
        UnknownOutcome::Quarantined
    }

    fn closed_gate(&self) -> ClosedGate {
        ClosedGate::NotNow
    }

    fn give_without_device(&self) -> GiveWithoutDevice {
        GiveWithoutDevice::Dropped
    }

    fn page_queue_drain(&self) -> PageQueueDrain {
        PageQueueDrain::BeforeGate
    }

    fn reclaim_progress(&self) -> ReclaimProgress {
        ReclaimProgress::Found
    }

    fn leftovers(&self) -> Leftovers {
        Leftovers::SetAside
    }

    fn claim_overrun(&self) -> ClaimOverrun {
        ClaimOverrun::FreesKnown
    }

    fn return_check(&self) -> ReturnCheck {
        ReturnCheck::Checking
    }

    fn lost_request(&self) -> LostRequest {
        LostRequest::AskedAgain
    }

    fn unknown_release(&self) -> UnknownRelease {
        UnknownRelease::Nothing
    }

    fn clamp_remainder(&self) -> ClampRemainder {
        ClampRemainder::Taken
    }

    fn wait_target(&self) -> WaitTarget {
        WaitTarget::Owners
    }

    fn wait_attention(&self) -> WaitAttention {
        WaitAttention::Always
    }

    fn vport_unwind(&self) -> VportUnwind {
        VportUnwind::Complete
    }

    fn type_map_failure(&self) -> TypeMapFailure {
        TypeMapFailure::Reported
    }

    fn page_slot_wait(&self) -> PageSlotWait {
        PageSlotWait::Limited
    }

    fn timed_out_mailboxes(&self) -> TimedOutMailboxes {
        TimedOutMailboxes::Kept
    }
}
