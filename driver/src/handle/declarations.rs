//! What each kind of task may ever touch, whatever comes.
//!
//! An explorer asks this of tasks that have not got there yet: what somebody may still do must not be taken for something that he
//! never does. An announcement that is not declared here stops the run. Kinds of objects are declared, and not single ones: which
//! vport or slot it will be is not known before.

use crate::operation::HostOperation;
use crate::runtime::{Declaration, DriverId, Kind, Reach, TaskRole};
use Kind::{
    CommandMode, CommandSlot, CommandSlots, DeviceLock, DeviceState, DevlinkLock, Eswitch, EswitchLock,
    EswitchQueue, EventQueue, Health, Interface, Interrupt, Mailboxes, PageBook, PageMode, PageQueue,
    PageSlot, Registers, Sriov, SubfunctionQueue, Subfunctions, TypeMap, Vport,
};

/// Whoever hands an event on: the interrupt, and a command that has waited so long that it looks by itself
/// (`mlx5_cmd_eq_recover`).
const EVENTS: Reach = Reach::NOTHING
    .writes(&[
        EventQueue,
        CommandSlot,
        CommandSlots,
        PageSlot,
        Mailboxes,
        PageQueue,
        EswitchQueue,
        Vport,
        Subfunctions,
        SubfunctionQueue,
        // A page command that completes late settles what was set aside for it.
        PageBook,
        // Firmware asks whether it may be reset.
        Health,
    ])
    .reads(&[CommandMode, DeviceState, PageMode]);

/// Whoever executes commands. One that waits in vain may give the device up and reset it.
const COMMANDS: Reach = EVENTS
    .writes(&[DeviceState, Health, Registers])
    .reads(&[CommandMode, PageMode]);

/// Whoever asks what kind of function an owner of pages is.
const TYPES: Reach = Reach::NOTHING
    .writes(&[EswitchLock])
    .reads(&[PageMode, Sriov, Eswitch, Vport, TypeMap, PageBook]);

/// Whoever enables and disables vports.
const VPORTS: Reach = COMMANDS
    .and(TYPES)
    .writes(&[Vport, TypeMap, Eswitch, EswitchQueue, PageBook])
    .reads(&[Sriov]);

/// What a task of this role declares.
pub(super) const fn of(driver: DriverId, role: TaskRole) -> Declaration {
    let (own, others) = match role {
        TaskRole::Interrupt => (EVENTS.writes(&[Interrupt]), Reach::NOTHING),
        TaskRole::PageWorker => (COMMANDS.and(TYPES).writes(&[PageBook, PageQueue]), Reach::NOTHING),
        TaskRole::EswitchWorker => (VPORTS.writes(&[DevlinkLock, Subfunctions]), Reach::NOTHING),
        // A function that goes takes its driver along, whose whole life is undone with it.
        TaskRole::VhcaStateWorker => (COMMANDS.writes(&[Subfunctions]), Reach::ALL),
        TaskRole::HealthPoll => (
            Reach::NOTHING.writes(&[Health, DeviceState]).reads(&[Registers]),
            Reach::NOTHING,
        ),
        // It loads and unloads.
        TaskRole::Health | TaskRole::FirmwareReset => (Reach::ALL, Reach::ALL),
        TaskRole::Host(operation) => of_host(operation),
        #[cfg(test)]
        TaskRole::Test => (Reach::ALL, Reach::ALL),
    };
    Declaration { driver, own, others }
}

const fn of_host(operation: HostOperation) -> (Reach, Reach) {
    match operation {
        HostOperation::Load
        | HostOperation::Unload
        | HostOperation::Reload
        | HostOperation::ActivateFirmware
        | HostOperation::SuspendResume
        | HostOperation::Kexec
        | HostOperation::Reboot
        | HostOperation::Remove
        | HostOperation::Rescan
        | HostOperation::PciError(_) => (Reach::ALL, Reach::ALL),
        HostOperation::EnableVfs(_) | HostOperation::DisableVfs => (
            VPORTS
                .writes(&[DeviceLock, DevlinkLock, Sriov, Subfunctions])
                .reads(&[Interface]),
            Reach::ALL,
        ),
        HostOperation::SetEswitchMode(_) => (
            VPORTS.writes(&[DevlinkLock, Subfunctions]).reads(&[Interface]),
            Reach::NOTHING,
        ),
        HostOperation::AddSf(_)
        | HostOperation::AddHostSf(_)
        | HostOperation::ActivateSf(_)
        | HostOperation::DeactivateSf(_)
        | HostOperation::RemoveSf(_) => (
            VPORTS.writes(&[DevlinkLock, Subfunctions]).reads(&[Interface]),
            Reach::NOTHING,
        ),
        HostOperation::ResetFunction => (
            Reach::NOTHING
                .writes(&[DeviceLock, Registers])
                .reads(&[Interface]),
            // Whether the function is there, its parent's driver knows.
            Reach::NOTHING.reads(&[Sriov, Subfunctions]),
        ),
        HostOperation::FreePage(_) => (Reach::NOTHING.writes(&[PageBook]), Reach::NOTHING),
    }
}
