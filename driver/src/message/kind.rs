//! Every message there is, with its level and its text.

use super::MessageLevel;
use crate::books::OwnerKey;
use crate::errno::Errno;
use prm::{CommandStatus, DeliveryStatus, EswitchMode, Iova, Opcode, Syndrome, VhcaId};
use serde::{Serialize, Serializer};
use std::fmt;

fn name<S: Serializer>(opcode: &Opcode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(opcode)
}

fn status_number<S: Serializer>(status: &CommandStatus, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(status.raw())
}

fn delivery_number<S: Serializer>(status: &DeliveryStatus, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(status.raw())
}

macro_rules! messages {
    ($(
        $(#[$meta:meta])*
        $level:ident $kind:ident $({ $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })? => $($format:literal $(, $argument:expr)*)?;
    )*) => {
        /// What a message says.
        #[expect(missing_docs, reason = "the texts tell what the fields are")]
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum MessageKind {
            $($(#[$meta])* $kind $({ $($(#[$field_meta])* $field: $type),* })?,)*
        }

        impl MessageKind {
            /// Every kind there is: the name of its variant, its level, the names of its fields.
            pub const KINDS: &'static [(&'static str, MessageLevel, &'static [&'static str])] = &[
                $((stringify!($kind), MessageLevel::$level, &[$($(stringify!($field)),*)?]),)*
            ];

            /// How loud the message is.
            #[must_use]
            pub const fn level(&self) -> MessageLevel {
                match self {
                    $(Self::$kind { .. } => MessageLevel::$level,)*
                }
            }
        }

        impl fmt::Display for MessageKind {
            #[allow(unused_variables, reason = "not every text shows every field")]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$kind $({ $($field),* })? => write!(f, $($format $(, $argument)*)?),)*
                }
            }
        }
    };
}

messages! {
    // Commands.
    /// Firmware executed a command and refused it (`cmd_status_print`).
    Error CommandFailed {
        #[serde(serialize_with = "name")] opcode: Opcode,
        op_mod: u16,
        #[serde(serialize_with = "status_number")] status: CommandStatus,
        syndrome: Syndrome,
        errno: Errno,
    }
        => "{opcode}({:#x}) op_mod({op_mod:#x}) failed, status {status}({:#x}), syndrome ({syndrome}), err({errno})",
            opcode.raw(), status.raw();
    /// The device did not execute a command.
    Error CommandNotDelivered {
        #[serde(serialize_with = "name")] opcode: Opcode,
        #[serde(serialize_with = "delivery_number")] delivery: DeliveryStatus,
    }
        => "{opcode}({:#x}) was not delivered: {delivery}", opcode.raw();
    /// A command ran into its limit; its slot is lost until the completion comes.
    Error CommandTimedOut { #[serde(serialize_with = "name")] opcode: Opcode, slot: u8 }
        => "{opcode}({:#x}) timeout. Will cause a leak of a command resource", opcode.raw();
    /// A completion was found without its interrupt, or within the grace time.
    Warning CommandRecovered { #[serde(serialize_with = "name")] opcode: Opcode, slot: u8 }
        => "cmd[{slot}]: {opcode}({:#x}) recovered after timeout", opcode.raw();
    /// Event queue entries were found without their interrupt.
    Warning EventsRecovered { events: u32 }
        => "Recovered {events} EQEs on cmd_eq";
    /// A completion came after the caller had given up.
    Error LateCompletion { slot: u8 }
        => "Command completion arrived after timeout (entry idx = {slot}).";
    /// Every regular slot is held by a command that ran into its limit.
    Error AllSlotsStalled
        => "All CMD slots are stalled, aborting command";
    /// No slot became free in time.
    Error SlotWaitTimedOut { #[serde(serialize_with = "name")] opcode: Opcode }
        => "{opcode}({:#x}) timed out while waiting for a slot.", opcode.raw();
    /// The command queue did not get to the command in time.
    Error QueueWaitTimedOut { #[serde(serialize_with = "name")] opcode: Opcode }
        => "{opcode}({:#x}) canceled on out of queue timeout.", opcode.raw();
    /// The device is down, and the command is on no list of what to answer then.
    Error UnknownCommandWhileDown { #[serde(serialize_with = "name")] opcode: Opcode }
        => "Unknown FW command ({:#x})", opcode.raw();
    /// The free list of the mailbox pool held what the device wrote there. A kernel follows the pointer and crashes.
    Error MailboxPoolCorrupted { block: Iova }
        => "mailbox pool: free block {block} does not lead to a block";

    // Load and unload.
    /// The command interface has a revision this driver does not know.
    Error InterfaceRevision { revision: u16 }
        => "Driver cmdif rev(5) differs from firmware's({revision})";
    /// The shape of the command queue is out of range.
    Error QueueShape { log_size: u8, log_stride: u8 }
        => "command queue size overflow: log_size {log_size}, log_stride {log_stride}";
    /// The device did not get ready.
    Error FirmwareNotReady { limit_ms: u64 }
        => "Firmware over {limit_ms} MS in pre-initializing state, aborting";
    /// A step of load failed.
    Error LoadStepFailed { step: &'static str, errno: Errno }
        => "{step} failed, err {errno}";
    /// TEARDOWN_HCA failed; nothing of what follows it is done.
    Error TeardownFailed
        => "tear_down_hca failed, skip cleanup";
    /// Load found the interface loaded.
    Warning InterfaceUp
        => "interface is up, NOP";
    /// Unload found the interface not loaded.
    Warning InterfaceDown
        => "interface is down, NOP";
    /// An event queue could not be destroyed.
    Warning DestroyEventQueueFailed { eq: u8, errno: Errno }
        => "failed to destroy a previously created eq: eqn {eq}, err {errno}";
    /// The device offers too few event queues.
    Error TooFewEventQueues
        => "Failed to allocate rmap";
    /// The device announces one way of naming page owners and uses another.
    Error PageModeMismatch
        => "device did not take icm_mng_function_id_mode";

    // Health.
    /// The device is lost.
    Error FatalSensor { sensor: u8 }
        => "Fatal error {sensor} detected";
    /// The health buffer reports an error.
    Error HealthSyndrome { syndrome: u8, fatal: bool }
        => "Health issue observed, synd {syndrome:#x}, fatal {fatal}";
    /// The health counter stands still.
    Error HealthCompromised
        => "device's health compromised - reached miss count";
    /// A wait for the device has lasted longer than any command may: the driver gives it up.
    Error DeviceDeclaredFaulty
        => "device does not answer, it is taken to be faulty";
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
        => "health recovery failed, err {errno}";

    // Pages.
    /// A page counter is not zero after all pages were reclaimed.
    Warn PagesCounter { counter: &'static str, value: i32 }
        => "{} is {value} after reclaiming all pages", counter_text(counter);
    /// Pages of a key that has no root.
    Warn MissingRoot { key: OwnerKey }
        => "no page root for key {key}";
    /// Firmware named a page that the driver does not know.
    Warning PageNotFound { key: OwnerKey, address: Iova }
        => "page not found {address}, key {key}";
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
        => "allocation of {bytes} bytes";
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
        => "reclaim_pages err ({errno}) func_vhca_id={id:#x} ec_func={}", u8::from(*ec);
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
    Warning PageWaitTimedOut { what: &'static str }
        => "timeout reclaiming {what} pages";
    /// No memory for a page request's work item.
    Warning PageRequestLost
        => "failed to allocate pages request";
    /// A write past the end of a buffer, which a kernel would do.
    Warn OutOfBoundsWrite { length: i64, offset: i64 }
        => "write at offset {offset} of a buffer of {length} bytes";

    /// The boot pages could not be moved to their new key.
    Warning MigrationFailed { from: OwnerKey, to: OwnerKey, errno: Errno }
        => "failed to move boot pages from key {from} to key {to}, err {errno}";
    /// Firmware asks for a number of pages that cannot be.
    Error ImpossiblePageCount { id: u16, pages: i32 }
        => "func_vhca_id {id:#x} asks for {pages} pages: refused";
    /// Firmware returned a page that it does not have.
    Error PageReturnedTwice { key: OwnerKey, address: Iova }
        => "page {address}, key {key}, was returned already";
    /// Pages that had been set aside came back.
    Warning PagesBackLate { key: OwnerKey, pages: u32 }
        => "{pages} pages of key {key} came back late";
    /// Pages were set aside: firmware did not return them and may use them.
    Error PagesSetAside { key: OwnerKey, pages: u64 }
        => "{pages} pages of key {key} are set aside, firmware may use them";
    /// Firmware accepted pages after the driver had given up on the command.
    Warning PagesAdopted { key: OwnerKey, pages: u32 }
        => "{pages} pages of key {key} were accepted late";

    // Eswitch, SR-IOV, subfunctions.
    /// VFs are to be enabled on a PF without a driver. It is the PCI core that says so, not the driver.
    Info NoDriverForVfs
        => "no driver bound to device; cannot configure SR-IOV";
    /// Another number of VFs is wanted while some are enabled. It is the PCI core that says so, not the driver.
    Info VfsEnabledAlready { present: u16, wanted: u16 }
        => "{present} VFs already enabled. Disable before enabling {wanted} VFs";
    /// The eswitch is on.
    Info EswitchEnabled { mode: EswitchMode, vfs: u16, ec_vfs: u16, active_vports: i32 }
        => "Enable: mode({mode}), nvfs({vfs}), necvfs({ec_vfs}), active vports({active_vports})";
    /// The eswitch goes off.
    Info EswitchDisabled { mode: EswitchMode, vfs: u16, ec_vfs: u16, active_vports: i32 }
        => "Disable: mode({mode}), nvfs({vfs}), necvfs({ec_vfs}), active vports({active_vports})";
    /// VFs' vports go away.
    Info VfsUnloaded { mode: EswitchMode, vfs: u16, ec_vfs: u16, active_vports: i32 }
        => "Unload vfs: mode({mode}), nvfs({vfs}), necvfs({ec_vfs}), active vports({active_vports})";
    /// A vport was enabled twice.
    Warn VportAlreadyEnabled { vport: u16 }
        => "vport {vport:#x} is enabled already";
    /// A vport could not be enabled.
    Error VportEnableFailed { vport: u16, errno: Errno }
        => "failed to enable vport {vport:#x}, err {errno}";
    /// Two functions have one vhca_id, or there was no memory to note it: pages of that owner are counted under the type
    /// of whoever came first, or none.
    Warning TypeMapFailed { vport: u16, vhca_id: VhcaId, errno: Errno }
        => "vport {vport:#x}: the type of function {vhca_id} was not noted, err {errno}";
    /// A vport belongs to no kind of function that the driver knows.
    Warning VportOfUnknownKind { vport: u16, vhca_id: VhcaId }
        => "vport {vport:#x}: function {vhca_id} is of no known kind, its pages are counted in the total only";
    /// The eswitch has no forwarding database.
    Warning FdbNotSupported
        => "FDB is not supported, aborting";
    /// Functions delegated to this eswitch could not be set up.
    Warning AdjacentFailed { errno: Errno }
        => "failed to set up a delegated function, err {errno}";
    /// A satellite PF's vport would have to be created by somebody else.
    Warning SatelliteSkipped { vhca_id: VhcaId }
        => "satellite PF {vhca_id} has no vport for this driver to create";
    /// A VF could not be enabled.
    Warning EnableVfFailed { vf: u16, errno: Errno }
        => "failed to enable VF {vf} ({errno})";
    /// A VF could not be disabled.
    Warning DisableVfFailed { vf: u16, errno: Errno }
        => "failed to disable VF {vf} ({errno})";
    /// The eswitch could not be enabled for VFs.
    Warning EswitchSriovFailed { errno: Errno }
        => "failed to enable eswitch SRIOV ({errno})";
    /// A scalable function's event could not be served.
    Warning VhcaStateFailed { function: u16, errno: Errno }
        => "failed to query or change the state of function {function:#x}, err {errno}";
    /// A scalable function is still in use by its driver.
    Warning SfStillAttached { sf: u16 }
        => "SF {sf} is inactivated but it is still attached";
}

fn counter_text(counter: &str) -> &str {
    match counter {
        "fw_pages_total" => "FW pages counter",
        "fw_pages_vfs" => "VFs FW pages counter",
        "fw_pages_ec_vfs" => "EC VFs FW pages counter",
        "fw_pages_host_pf" => "External host PF FW pages counter",
        "fw_pages_spfs" => "SPFs FW pages counter",
        other => other,
    }
}
