//! What steps announce and tasks declare is all that they touch: one announcement or one declaration less, and the run stops with
//! the names of the task and of the object.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use driver::runtime::{Kind, Surprise};
use driver::{HostOperation, RevisionName};
use driver_host::Halt;
use embedding::{InprocWorld, RunSetup};
use emulator::order::FirmwareOrder;
use prm::{Cycles, EswitchMode, Function};
use serde_json::{Value, json};

/// An Ethernet function with all kinds of functions behind it.
fn device() -> Value {
    json!({
        "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
        "eswitch": { "manager": true, "vport_group_manager": true },
        "vfs": { "total": 3, "first_vhca_id": 16 },
        "sfs": { "max": 4, "base_id": 2048, "first_vhca_id": 128 },
        "port": "ethernet",
    })
}

fn world(revision: RevisionName) -> InprocWorld {
    let device = serde_json::from_value(device()).unwrap();
    embedding::world(&RunSetup::of(device, revision)).unwrap()
}

fn operate(world: &mut InprocWorld, place: usize, operation: HostOperation) -> Result<(), Halt> {
    let task = world.start(place, operation);
    world.run_until(|world| world.ended_at(task).is_some())?;
    world.settle()
}

fn order(world: &mut InprocWorld, order: Value) -> Result<(), Halt> {
    let order: FirmwareOrder = serde_json::from_value(order).unwrap();
    world.machine_mut().order(&order).unwrap();
    world.device_acted();
    world.settle()
}

/// A life in which every part is used: all modes, all kinds of functions, requests both ways, a driver below, an error.
fn life(world: &mut InprocWorld) -> Result<(), Halt> {
    operate(world, 0, HostOperation::Load)?;
    operate(world, 0, HostOperation::EnableVfs(2))?;
    let vf = world.bind(Function::Vf(1));
    operate(world, vf, HostOperation::Load)?;
    for pages in [20, -10] {
        order(
            world,
            json!({ "request_pages": { "function": "vf1", "pages": pages } }),
        )?;
    }
    operate(world, 0, HostOperation::DisableVfs)?;
    operate(world, 0, HostOperation::SetEswitchMode(EswitchMode::Switchdev))?;
    operate(world, 0, HostOperation::AddSf(1))?;
    operate(world, 0, HostOperation::ActivateSf(1))?;
    operate(world, 0, HostOperation::RemoveSf(1))?;
    operate(world, 0, HostOperation::Reload)?;
    world.pass(Cycles::from_secs(5))?;
    operate(world, 0, HostOperation::Unload)
}

const REVISIONS: [RevisionName; 3] = [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust];

#[test]
fn every_step_of_a_life_touches_only_what_it_announces() {
    for revision in REVISIONS {
        assert_eq!(life(&mut world(revision)), Ok(()), "{revision}");
    }
}

#[test]
fn an_announcement_less_of_any_part_stops_the_run_with_both_names() {
    for kind in Kind::PARTS {
        let stopped = REVISIONS.into_iter().find_map(|revision| {
            let mut world = world(revision);
            world.runtime().forget_announcements(Some(kind));
            life(&mut world).err()
        });
        let Some(Halt::Surprise(Surprise::Unannounced { task, touched, .. })) = &stopped else {
            panic!("{kind:?} is used without announcement: {stopped:?}");
        };
        assert!(
            !task.is_empty() && touched.contains(stem(kind)),
            "{kind:?}: {stopped:?}"
        );
    }
}

#[test]
fn a_declaration_less_of_any_part_stops_the_run_with_both_names() {
    for kind in Kind::PARTS {
        let stopped = REVISIONS.into_iter().find_map(|revision| {
            let mut world = world(revision);
            world.runtime().forget_declarations(Some(kind));
            life(&mut world).err()
        });
        let Some(Halt::Surprise(Surprise::Undeclared { task, announced, .. })) = &stopped else {
            panic!("{kind:?} is announced without declaration: {stopped:?}");
        };
        assert!(
            !task.is_empty() && announced.contains(stem(kind)),
            "{kind:?}: {stopped:?}"
        );
    }
}

/// What the names of all objects of a kind have in common.
fn stem(kind: Kind) -> &'static str {
    match kind {
        Kind::CommandSlot => "CommandSlot",
        Kind::EventQueue => "EventQueue",
        Kind::Interrupt => "Interrupt",
        Kind::TypeMap => "TypeMap",
        Kind::Vport => "Vport",
        Kind::LoadTime => "LoadTime",
        Kind::CommandSlots => "CommandSlots",
        Kind::PageSlot => "PageSlot",
        Kind::Mailboxes => "Mailboxes",
        Kind::CommandMode => "CommandMode",
        Kind::PageQueue => "PageQueue",
        Kind::EswitchQueue => "EswitchQueue",
        Kind::PageBook => "PageBook",
        Kind::PageMode => "PageMode",
        Kind::EswitchLock => "EswitchLock",
        Kind::Eswitch => "Eswitch",
        Kind::DeviceLock => "DeviceLock",
        Kind::DevlinkLock => "DevlinkLock",
        Kind::InterfaceLock => "InterfaceLock",
        Kind::Interface => "Interface",
        Kind::DeviceState => "DeviceState",
        Kind::Sriov => "Sriov",
        Kind::Subfunctions => "Subfunctions",
        Kind::SubfunctionQueue => "SubfunctionQueue",
        Kind::Netdev => "Netdev",
        Kind::Health => "Health",
        Kind::Registers => "Registers",
        Kind::Waited => "",
    }
}
