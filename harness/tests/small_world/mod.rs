//! A driver and a device in this process, as several tests want them.

use driver::RevisionName;
use driver_host::Limits;
use embedding::{InprocWorld, RunSetup};
use emulator::order::{FirmwareOrder, OrderError};
use serde_json::json;

/// A PF that can have three VFs and names owners by vhca_id, with a driver that is not bound.
pub fn world(revision: RevisionName, limits: Limits) -> InprocWorld {
    let device = json!({
        "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
        "eswitch": { "manager": true, "vport_group_manager": true },
        "vfs": { "total": 3, "first_vhca_id": 16 },
    });
    let device = serde_json::from_value(device).unwrap();
    let setup = RunSetup {
        limits,
        ..RunSetup::of(device, revision)
    };
    embedding::world(&setup).unwrap()
}

/// Gives firmware an order.
pub fn order(world: &mut InprocWorld, order: &FirmwareOrder) -> Result<(), OrderError> {
    let done = world.machine_mut().order(order);
    world.device_acted();
    done
}

/// Firmware's order to ask for pages for the PF, or for so many back.
pub fn request_pages(pages: i32) -> FirmwareOrder {
    serde_json::from_value(json!({ "request_pages": { "function": "pf", "pages": pages } })).unwrap()
}
