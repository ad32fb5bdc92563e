//! Every message there is: its level, its data, its text, and what a kernel says in its place.
//!
//! One row for each kind; [`MessageKind::ROWS`] has them for whoever reads a kernel's log. After `=>` comes the text, in
//! the kernel's words where the kernel has some. Then, as it applies:
//!
//! * `+`: what follows it here and not in a kernel's log, which keeps it to itself;
//! * `or`: other words for it in a kernel's log; `{_}` stands for a word nobody needs;
//! * `at`: the place of a `WARN` that says nothing in a kernel's log, as a pattern;
//! * `silent`: why no kernel prints it, or only with its debug messages turned on.

use super::MessageLevel;
use super::telling::{Row, Told};
use super::words::{AwaitedPages, BusAccess, PageCounter, VfNumber};
use crate::books::OwnerKey;
use crate::errno::Errno;
use prm::link::BusError;
use prm::{CommandStatus, DeliveryStatus, EswitchMode, Iova, Opcode, Syndrome, VhcaId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Statuses are numbers in files.
macro_rules! as_number {
    ($($module:ident: $status:ty;)*) => {$(
        mod $module {
            use serde::{Deserialize, Deserializer, Serializer};

            pub(super) fn serialize<S: Serializer>(status: &$status, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u8(status.raw())
            }

            pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$status, D::Error> {
                u8::deserialize(deserializer).map(<$status>::from_raw)
            }
        }
    )*};
}

as_number! {
    status_number: prm::CommandStatus;
    delivery_number: prm::DeliveryStatus;
}

macro_rules! messages {
    ($(
        $(#[$meta:meta])*
        $level:ident $kind:ident $({ $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })?
            => $text:literal $(+ $own:literal)? $(or $other:literal)* $(at $place:literal)* $(silent $why:literal)?
            $(, $shown:ident = $argument:expr)*;
    )*) => {
        /// What a message says.
        #[expect(missing_docs, reason = "the texts tell what the fields are")]
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Hash)]
        #[serde(rename_all = "snake_case")]
        pub enum MessageKind {
            $($(#[$meta])* $kind $({ $($(#[$field_meta])* $field: $type),* })?,)*
        }

        impl MessageKind {
            /// Every kind there is, and how it reads.
            pub const ROWS: &'static [Row] = &[
                $(Row {
                    kind: pastey::paste!(stringify!([<$kind:snake>])),
                    level: MessageLevel::$level,
                    fields: &[$($((stringify!($field), <$type as Told>::DATUM)),*)?],
                    text: $text,
                    own: concat!($($own)?),
                    others: &[$($other),*],
                    places: &[$($place),*],
                    silent: concat!($($why)?),
                },)*
            ];

            /// How loud the message is.
            #[must_use]
            pub const fn level(&self) -> MessageLevel {
                match self {
                    $(Self::$kind { .. } => MessageLevel::$level,)*
                }
            }

            /// One message of each kind, in the order of [`ROWS`](Self::ROWS), with data that follow from `seed`: what
            /// the readers of a log are tested with.
            #[must_use]
            pub fn examples(seed: u8) -> Vec<Self> {
                vec![$(Self::$kind $({ $($field: Told::example(seed)),* })?,)*]
            }
        }

        impl fmt::Display for MessageKind {
            #[allow(unused_variables, reason = "not every text shows every field")]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$kind $({ $($field),* })? => {
                        write!(f, $text $(, $shown = $argument)*)?;
                        $(write!(f, $own)?;)?
                    })*
                }
                Ok(())
            }
        }
    };
}

messages! {
    // Commands.
    /// Firmware executed a command and refused it (`cmd_status_print`).
    Error CommandFailed {
        opcode: Opcode,
        op_mod: u16,
        #[serde(with = "status_number")] status: CommandStatus,
        syndrome: Syndrome,
        errno: Errno,
    }
        => "{opcode:#} op_mod({op_mod:#x}) failed, status {status:#}, syndrome ({syndrome}), err({errno})";
    /// The device did not execute a command.
    Error CommandNotDelivered {
        opcode: Opcode,
        #[serde(with = "delivery_number")] delivery: DeliveryStatus,
    }
        => "{opcode:#} was not delivered: {delivery:#}"
        silent "the delivery status is a debug message";
    /// A command ran into its limit; its slot is lost until the completion comes.
    Error CommandTimedOut { opcode: Opcode, slot: u8 }
        => "{opcode:#} timeout. Will cause a leak of a command resource"
        or "cmd[{slot}]: {opcode:#} Async, timeout. Will cause a leak of a command resource";
    /// A completion was found without its interrupt, or within the grace time.
    Warning CommandRecovered { opcode: Opcode, slot: u8 }
        => "cmd[{slot}]: {opcode:#} recovered after timeout"
        or "cmd[{slot}]: {opcode:#} Async, recovered after timeout";
    /// Event queue entries were found without their interrupt.
    Warning EventsRecovered { events: u32 }
        => "Recovered {events} EQEs on cmd_eq";
    /// A completion came after the caller had given up.
    Error LateCompletion { slot: u8 }
        => "Command completion arrived after timeout (entry idx = {slot}).";
    /// A command that was polled for completed by event, too: a kernel lets go of it twice.
    Error CompletedTwice { slot: u8 }
        => "refcount_t: underflow; use-after-free." + " slot {slot}"
        at r"lib/refcount\.c:\d+ at refcount_warn_saturate";
    /// Every regular slot is held by a command that ran into its limit.
    Error AllSlotsStalled
        => "All CMD slots are stalled, aborting command";
    /// No slot became free in time.
    Error SlotWaitTimedOut { opcode: Opcode }
        => "{opcode:#} timed out while waiting for a slot.";
    /// The command queue did not get to the command in time.
    Error QueueWaitTimedOut { opcode: Opcode }
        => "{opcode:#} canceled on out of queue timeout.";
    /// The device is down, and the command is on no list of what to answer then.
    Error UnknownCommandWhileDown { opcode: Opcode }
        => "Unknown FW command ({opcode})", opcode = opcode.raw();
    /// The free list of the mailbox pool held what the device wrote there. A kernel follows the pointer and crashes.
    Error MailboxPoolCorrupted { block: Iova }
        => "mailbox pool: free block {block} does not lead to a block"
        silent "a kernel follows the pointer";

    // Load and unload.
    /// The command interface has a revision this driver does not know.
    Error InterfaceRevision { revision: u16 }
        => "Driver cmdif rev(5) differs from firmware's({revision})";
    /// The shape of the command queue is out of range.
    Error QueueShape { log_size: u8, log_stride: u8 }
        => "command queue size overflow" + ": log_size {log_size}, log_stride {log_stride}"
        or "firmware reports too many outstanding commands";
    /// The device did not get ready.
    Error FirmwareNotReady { limit_ms: u64 }
        => "Firmware over {limit_ms} MS in pre-initializing state, aborting"
        or "Firmware over {limit_ms} MS in {_} state, aborting";
    /// TEARDOWN_HCA failed; nothing of what follows it is done.
    Error TeardownFailed
        => "tear_down_hca failed, skip cleanup";
    /// Firmware could not prepare the function to be switched off.
    Warning FastTeardownFailed
        => "teardown with fast mode failed";
    /// Firmware could not close the function by force.
    Warning ForceTeardownFailed
        => "teardown with force mode failed, doing normal teardown";
    /// The machine woke up, and the device did not come back.
    Error ResumeFailed { errno: Errno }
        => "PM: failed to resume async: error {errno}"
        or "PM: failed to resume: error {errno}";
    /// Load found the interface loaded.
    Warning InterfaceUp
        => "interface is up, NOP";
    /// Unload found the interface not loaded.
    Warning InterfaceDown
        => "interface is down, NOP"
        or "{_}: interface is down, NOP";
    /// An event queue could not be destroyed.
    Warning DestroyEventQueueFailed { eq: u8, errno: Errno }
        => "failed to destroy a previously created eq: eqn {eq}" + ", err {errno}";
    /// The device offers too few event queues.
    Error TooFewEventQueues
        => "Failed to allocate rmap";
    /// The device announces one way of naming page owners and uses another.
    Error PageModeMismatch
        => "device did not take icm_mng_function_id_mode"
        silent "robust only";

    // Health.
    /// The device is lost.
    Error FatalSensor { sensor: u8 }
        => "Fatal error {sensor} detected";
    /// The health buffer reports an error.
    Error HealthSyndrome { syndrome: u8, fatal: bool }
        => "Health issue observed, synd {syndrome:#x}, fatal {fatal}"
        or "synd {syndrome}: ";
    /// The health counter stands still.
    Error HealthCompromised
        => "device's health compromised - reached miss count";
    /// A wait for the device has lasted longer than any command may: the driver gives it up.
    Error DeviceDeclaredFaulty
        => "device does not answer, it is taken to be faulty"
        silent "robust only";
    /// An access to the device or to the memory it shares failed: the device is taken to be lost.
    Error BusFailed { access: BusAccess, at: u64, error: BusError }
        => "{access} {at:#x} failed: {error}"
        silent "a kernel reads all ones instead";
    /// Recovery begins.
    Warning HandlingBadDevice
        => "handling bad device here";
    /// The interface did not go down.
    Warning NicInterfaceStuck { interface: u8, waited_ms: u64 }
        => "NIC IFC still {interface} after {waited_ms}ms.";
    /// Recovery is not tried again so soon.
    Error ErrorStateUnloading
        => "Driver is in error state. Unloading";
    /// Recovery failed.
    Error RecoveryFailed { errno: Errno }
        => "health recovery failed" + ", err {errno}"
        or "health recovery flow aborted";

    // Resets of firmware.
    /// A driver does not let firmware be reset.
    Warning SyncResetRefused
        => "PCI Sync FW Update Reset Nack Sent";
    /// Firmware could not be told so.
    Warning SyncResetRefusalFailed
        => "PCI Sync FW Update Reset Nack Failed";
    /// A driver lets firmware be reset.
    Warning SyncResetAgreed
        => "PCI Sync FW Update Reset Ack. Device reset is expected.";
    /// Firmware could not be told so.
    Warning SyncResetAgreementFailed { errno: Errno }
        => "PCI Sync FW Update Reset Ack Failed. Error code: {errno}";
    /// Firmware has taken its request back.
    Warning SyncResetAborted
        => "PCI Sync FW Update Reset Aborted.";
    /// The reset did not begin in time.
    Warning SyncResetTimedOut
        => "PCI Sync FW Update Reset Timeout.";
    /// The reset that an administrator waits for did not come in time.
    Warning SyncResetWaitTimedOut { seconds: u64 }
        => "FW sync reset timeout after {seconds} seconds";
    /// Firmware asks once more.
    Warning SyncResetRequestedAgain
        => "Reset request was already set";
    /// No reset is expected any more.
    Warning SyncResetClearedAgain
        => "Reset request was already cleared";
    /// The function goes down for the reset.
    Warning SyncResetForcesDown
        => "Sync Reset Unload. Function is forced down.";
    /// It does not go down in haste.
    Warning SyncResetUnloadsGracefully { errno: Errno }
        => "Fast teardown failed, unloading, err {errno}";
    /// It is down.
    Warning SyncResetUnloaded
        => "Sync Reset Unload done, device reset expected";
    /// Firmware was reset, or wants the function to be reset on its bus.
    Warning SyncResetAction { state: u8 }
        => "Sync Reset, got reset action. rst_state = {state}";
    /// It was not.
    Error SyncResetNoAction { state: u8 }
        => "Got timeout waiting for sync reset action, state = {state}";
    /// Firmware says that the reset is not over.
    Error SyncResetIncomplete { state: u8 }
        => "Sync reset did not complete, state={state}";
    /// The device cannot be read after the reset.
    Error ResetReloadAborted
        => "reset reload flow aborted, PCI reads still not working";
    /// The device was reset while the driver expected that.
    Warning DeviceWasReset
        => "Got Device Reset";
    /// The register of resets cannot be read.
    Warning ResetMethodUnknown { errno: Errno }
        => "Failed reading MFRL, err {errno}";
    /// No reset without fast teardown.
    Warning ResetNeedsFastTeardown
        => "fast teardown is not supported by firmware";
    /// No reset while there are scalable functions.
    Warning ResetWithSubfunctions
        => "SFs should be removed before reset";
    /// No reset while there are functions of another kind behind the bridge.
    Warning ResetWithOthers { device: u16 }
        => "unrecognized dev_id ({device:#x})";

    // Pages.
    /// A page counter is not zero after all pages were reclaimed.
    Warn PagesCounter { counter: PageCounter, value: i32 }
        => "{counter} is {value} after reclaiming all pages";
    /// Pages of a key that has no root.
    Warn MissingRoot { key: OwnerKey }
        => "no page root for key {key}"
        at r"\bpagealloc\.c:\d+ at (?:find_fw_page|free_4k|free_fwp|release_all_pages)\b"
        at r"\bpagealloc\.c:\d+ at (?:reclaim_pages|reclaim_pages_cmd|give_pages|pages_work_handler)\b";
    /// Firmware named a page that the driver does not know.
    Warning PageNotFound { key: OwnerKey, address: Iova }
        => "page not found" + " {address}, key {key}";
    /// A host page is listed as free and is not.
    Warning FreeListBroken
        => "alloc 4k bug";
    /// No memory for a page.
    Warning PageAllocationFailed
        => "failed to allocate page";
    /// A page could not be mapped.
    Warning PageMappingFailed
        => "failed dma mapping page";
    /// A page could not be tracked.
    Warning PageTrackingFailed
        => "failed to track allocated page";
    /// No memory for a command's buffer.
    Warning BufferAllocationFailed { bytes: i32 }
        => "vzalloc failed {bytes}";
    /// A buffer of impossible length was asked for.
    Warn BufferLength { bytes: i32 }
        => "allocation of {bytes} bytes"
        at r"\bmm/(?:slub|util|vmalloc)\.c:\d+ at _*k?v[mz]alloc_node";
    /// Pages were not given.
    Warning GivePagesFailed { id: u16, pages: i32, errno: Errno }
        => "func_vhca_id {id:#x}, npages {pages}, err {errno}";
    /// Firmware could not be told that there are no pages.
    Warning PageNotifyFailed { id: u16, errno: Errno }
        => "page notify failed func_vhca_id({id}) err({errno})";
    /// The worker could not give.
    Warning GiveFailed { errno: Errno }
        => "give fail {errno}";
    /// The worker could not take.
    Warning ReclaimFailed { errno: Errno }
        => "reclaim fail {errno}";
    /// Firmware did not hand pages back.
    Error ReclaimRefused { errno: Errno }
        => "failed reclaiming pages: err {errno}";
    /// Firmware says it handed more back than was asked for.
    Warning ClaimOverrun { returned: u32, asked: u32 }
        => "fw returned {returned}, driver asked {asked} => corruption";
    /// Startup reclaim gave up on a key.
    Warning StartupReclaimFailed { id: u16, ec: bool, errno: Errno }
        => "reclaim_pages err ({errno}) func_vhca_id={id:#x} ec_func={ec}", ec = u8::from(*ec);
    /// Startup reclaim gave up.
    Warning ReclaimGaveUp
        => "FW did not return all pages. giving up...";
    /// No wait for pages, the device is in error.
    Warning SkippingPageWait
        => "Skipping wait for vf pages stage";
    /// A wait for pages ran into its limit.
    Warning PageWaitAborted { pending: i32 }
        => "aborting while there are {pending} pending pages";
    /// What a caller says of an aborted wait.
    Warning PageWaitTimedOut { what: AwaitedPages }
        => "timeout reclaiming {what} pages"
        or "Timeout reclaiming {what} pages";
    /// No memory for a page request's work item.
    Warning PageRequestLost
        => "failed to allocate pages request";
    /// A write past the end of a buffer, which a kernel would do.
    Warn OutOfBoundsWrite { length: i64, offset: i64 }
        => "write at offset {offset} of a buffer of {length} bytes"
        silent "a kernel writes, and crashes at once or later";

    /// The boot pages could not be moved to their new key.
    Warning MigrationFailed { from: OwnerKey, to: OwnerKey, errno: Errno }
        => "failed to move boot pages from key {from} to key {to}, err {errno}"
        or "failed to migrate page root key {from} to vhca_id {to}";
    /// Firmware asks for a number of pages that cannot be.
    Error ImpossiblePageCount { id: u16, pages: i32 }
        => "func_vhca_id {id:#x} asks for {pages} pages: refused"
        silent "robust only";
    /// Firmware returned a page that it does not have.
    Error PageReturnedTwice { key: OwnerKey, address: Iova }
        => "page {address}, key {key}, was returned already"
        silent "robust only";
    /// Pages that had been set aside came back.
    Warning PagesBackLate { key: OwnerKey, pages: u32 }
        => "{pages} pages of key {key} came back late"
        silent "robust only";
    /// Pages were set aside: firmware did not return them and may use them.
    Error PagesSetAside { key: OwnerKey, pages: u64 }
        => "{pages} pages of key {key} are set aside, firmware may use them"
        silent "robust only";
    /// Firmware accepted pages after the driver had given up on the command.
    Warning PagesAdopted { key: OwnerKey, pages: u32 }
        => "{pages} pages of key {key} were accepted late"
        silent "robust only";

    // Eswitch, SR-IOV, subfunctions.
    /// VFs are to be enabled on a PF without a driver. It is the PCI core that says so, not the driver.
    Info NoDriverForVfs
        => "no driver bound to device; cannot configure SR-IOV"
        silent "information: neither side compares it";
    /// Another number of VFs is wanted while some are enabled. It is the PCI core that says so, not the driver.
    Info VfsEnabledAlready { present: u16, wanted: u16 }
        => "{present} VFs already enabled. Disable before enabling {wanted} VFs"
        silent "information: neither side compares it";
    /// The eswitch is on.
    Info EswitchEnabled { mode: EswitchMode, vfs: u16, ec_vfs: u16, active_vports: i32 }
        => "Enable: mode({mode}), nvfs({vfs}), necvfs({ec_vfs}), active vports({active_vports})"
        silent "information: neither side compares it";
    /// The eswitch goes off.
    Info EswitchDisabled { mode: EswitchMode, vfs: u16, ec_vfs: u16, active_vports: i32 }
        => "Disable: mode({mode}), nvfs({vfs}), necvfs({ec_vfs}), active vports({active_vports})"
        silent "information: neither side compares it";
    /// VFs' vports go away.
    Info VfsUnloaded { mode: EswitchMode, vfs: u16, ec_vfs: u16, active_vports: i32 }
        => "Unload vfs: mode({mode}), nvfs({vfs}), necvfs({ec_vfs}), active vports({active_vports})"
        silent "information: neither side compares it";
    /// A vport was enabled twice.
    Warn VportAlreadyEnabled { vport: u16 }
        => "vport {vport:#x} is enabled already"
        at r"\beswitch\.c:\d+ at mlx5_esw_vport_enable\b";
    /// A vport could not be enabled.
    Error VportEnableFailed { vport: u16, errno: Errno }
        => "failed to enable vport {vport:#x}, err {errno}"
        silent "the error goes to the caller, who may drop it";
    /// Two functions have one vhca_id, or there was no memory to note it: pages of that owner are counted under the type
    /// of whoever came first, or none.
    Warning TypeMapFailed { vport: u16, vhca_id: VhcaId, errno: Errno }
        => "vport {vport:#x}: the type of function {vhca_id} was not noted, err {errno}"
        silent "robust only";
    /// A vport belongs to no kind of function that the driver knows.
    Warning VportOfUnknownKind { vport: u16, vhca_id: VhcaId }
        => "vport {vport:#x}: function {vhca_id} is of no known kind, its pages are counted in the total only"
        silent "noted as a type like any other";
    /// The eswitch has no forwarding database.
    Warning FdbNotSupported
        => "E-Switch: FDB is not supported, aborting ...";
    /// Functions delegated to this eswitch could not be set up.
    Warning AdjacentFailed { errno: Errno }
        => "failed to set up a delegated function, err {errno}"
        or "E-Switch: Failed to query delegated vhca, err {errno}"
        or "E-Switch: Failed to init adjacent vhca {_}, err {errno}";
    /// A satellite PF's vport would have to be created by somebody else.
    Warning SatelliteSkipped { vhca_id: VhcaId }
        => "satellite PF {vhca_id} has no vport for this driver to create"
        or "E-Switch: Satellite PF without esw_vport_manual is not supported";
    /// A VF could not be enabled.
    Warning EnableVfFailed { vf: VfNumber, errno: Errno }
        => "failed to enable VF {vf} ({errno})";
    /// A VF could not be disabled.
    Warning DisableVfFailed { vf: VfNumber, errno: Errno }
        => "failed to disable VF {vf}" + " ({errno})";
    /// The eswitch could not be enabled for VFs.
    Warning EswitchSriovFailed { errno: Errno }
        => "failed to enable eswitch SRIOV ({errno})";
    /// A scalable function's event could not be served.
    Warning VhcaStateFailed { function: u16, errno: Errno }
        => "failed to query or change the state of function {function:#x}, err {errno}"
        silent "the event is dropped";
    /// A scalable function is still in use by its driver.
    Warning SfStillAttached { sf: u16 }
        => "SF {sf} is inactivated but it is still attached"
        silent "told to whoever asked over netlink, not to the log";
}
