//! The questions on which revisions differ, and the answers there are.

/// What page counters follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Accounting {
    /// The sum firmware speaks of, added after it accepted and subtracted after it returned, under the type that
    /// the owner has then.
    Exchanges,
    /// Every 4 KiB page as it is taken from a host page and put back, under the type the host page was given when
    /// it was allocated.
    HostPages,
    /// Every 4 KiB page as it is taken and put back, under the owner's type. An owner whose type is learnt later takes
    /// its pages along.
    Owners,
}

/// How an owner's type is found when pages are named by VHCA id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeLookup {
    /// A walk over all vports under the eswitch's state lock, after the exchange with firmware.
    VportWalk,
    /// A map from VHCA id, filled when a vport is enabled and read without a lock before pages are allocated.
    TypeMap,
}

/// What function id 0 with the embedded-CPU bit is to a driver that does not run on the embedded CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EmbeddedCpuBit {
    /// The driver's own function: the bit is not looked at.
    Ignored,
    /// The embedded CPU's, which has no counter.
    Foreign,
}

/// Which type a vport without a mark gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnmarkedVport {
    /// An embedded CPU's VF, whatever it is.
    EcVf,
    /// A satellite PF if it is known as one, else an embedded CPU's VF.
    SatelliteOrEcVf,
    /// A satellite PF or an embedded CPU's VF if it is known as one, else none, and said so.
    Known,
}

/// In which order the boot root moves to its new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MigrationOrder {
    /// Insert under the new key, erase the old key, retag the pages.
    EraseThenRetag,
    /// Insert under the new key, retag the pages, erase the old key.
    RetagThenErase,
    /// Reserve the new key, then retag and swap in one step.
    ReserveThenSwap,
}

/// Which root is the boot root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BootRoot {
    /// The one under the key firmware is expected to use.
    Assumed,
    /// The one the boot pages went into.
    Remembered,
}

/// What happens to roots that an earlier life left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StaleRoots {
    /// They stay and mix with the new ones.
    Stay,
    /// They are set aside before the first page of the new life.
    SetAside,
}

/// Whether the page mode is compared with what firmware says it is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModeCheck {
    /// No.
    Trusting,
    /// Yes, when the capabilities are read again; the load fails if they differ.
    Verifying,
}

/// When a page request's identity becomes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RequestIdentity {
    /// When the work item runs.
    AtWork,
    /// When the event is handled.
    AtEvent,
}

/// Whether page counts are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CountCheck {
    /// They go into 32-bit arithmetic as they are.
    Trusting,
    /// They must be in range; large gives and takes are cut into pieces.
    Validating,
}

/// What a page command without an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownOutcome {
    /// The same as a refusal.
    Refused,
    /// That it is unknown who owns the pages: they are kept aside until it is known.
    Quarantined,
}

/// What the page code takes a command for that was turned away by the closed opcode gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClosedGate {
    /// Firmware is gone.
    FirmwareGone,
    /// Not now: it waits for the gate.
    NotNow,
}

/// What a give means when the device is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GiveWithoutDevice {
    /// It counts as done.
    Done,
    /// It did not happen.
    Dropped,
}

/// When the queue of page requests is drained at unload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageQueueDrain {
    /// After all event queues are gone.
    AfterEventQueues,
    /// As soon as no request can come any more, before the opcode gate closes, and then again.
    BeforeGate,
}

/// What counts as progress in startup reclaim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReclaimProgress {
    /// Pages firmware claims to return.
    Claimed,
    /// Pages that were found and freed; between empty answers the driver sleeps.
    Found,
}

/// What becomes of pages that firmware does not return at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leftovers {
    /// They are forgotten, but stay in counters and free lists.
    Forgotten,
    /// They are set aside, reported once, and leave counters and free lists.
    SetAside,
}

/// What happens when firmware lists more pages than were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClaimOverrun {
    /// Nothing is freed.
    FreesNothing,
    /// What is known is freed.
    FreesKnown,
}

/// Whether a returned 4 KiB page is checked to have been given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReturnCheck {
    /// No: a second return counts again.
    Trusting,
    /// Yes: a second return is reported and changes nothing.
    Checking,
}

/// What happens to a page request for which there was no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LostRequest {
    /// It is lost.
    Forgotten,
    /// It is remembered in a flag, and firmware is asked what it wants.
    AskedAgain,
}

/// What a release-all for an unknown owner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownRelease {
    /// A bug, with a stack trace.
    Bug,
    /// Nothing.
    Nothing,
}

/// What happens to the part of a take beyond the limit of one command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClampRemainder {
    /// It is forgotten.
    Forgotten,
    /// It is taken by further commands.
    Taken,
}

/// What a wait for pages looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitTarget {
    /// A type's counter.
    TypeCounter,
    /// The owners: those of the type. If there are owners without a type, firmware is asked which function of the waited-for
    /// type has which VHCA id. Where it cannot be asked, one of the waits takes all foreign owners without a type along.
    Owners,
}

/// Whether a wait for pages notices a device error after it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitAttention {
    /// Only on entry.
    OnEntry,
    /// At every look.
    Always,
}

/// Which counters are checked once all roots are reclaimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TeardownCheck {
    /// The total; the types only where there is an eswitch or functions are named by function id.
    TypesWithEswitch,
    /// The total and the types.
    Always,
}

/// What a failed vport enable leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VportUnwind {
    /// The vport is still marked as enabled and was not counted.
    LeavesEnabled,
    /// Nothing.
    Complete,
}

/// What a failed insert into the type map does to the vport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeMapFailure {
    /// Its enable fails.
    FailsEnable,
    /// It is reported.
    Reported,
}

/// How long a page command waits for the page slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageSlotWait {
    /// As long as it takes.
    Unlimited,
    /// As long as a command may take; then the device counts as faulty.
    Limited,
}

/// What happens to the mailboxes of a command that timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimedOutMailboxes {
    /// They go back to their pool although the device may still write them.
    Freed,
    /// They stay with the slot until the command completes or the device is reset.
    Kept,
}
