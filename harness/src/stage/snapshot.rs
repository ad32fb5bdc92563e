//! Both books at one moment, as a result keeps them.

use super::device_view::DeviceView;
use super::sight::Sight;
use crate::record::result::Snapshot;
use emulator::{OutstandingCommand, WaitsFor};
use prm::Function;

/// The books of the first driver, and the ledger of every supplier. What the stage cannot see stays empty.
#[must_use]
pub fn of(sight: &Sight<'_>) -> Snapshot {
    let first = sight.drivers.first();
    let endpoint = first.map_or_else(|| sight.device.main_function(), |driver| driver.endpoint);
    let mut snapshot = of_device(sight.device, endpoint);
    snapshot.virtual_ns = sight.now.0;
    snapshot.locks.clone_from(&sight.locks);
    if let Some(driver) = first {
        snapshot.counters.clone_from(&driver.counters);
    }
    if let Some(books) = first.and_then(|driver| driver.books.as_ref()) {
        snapshot.roots = books.roots.iter().map(|(key, &pages)| (key.0, pages)).collect();
        snapshot.vhca_map = books
            .vhca_map
            .iter()
            .map(|(id, kind)| (id.0, kind.to_string()))
            .collect();
        snapshot.enabled_vports = Some(i64::from(books.enabled_vports));
        snapshot.page_queue = books.page_queue_outstanding;
    }
    snapshot
}

/// What the device shows: the ledger of every supplier, the commands it has not completed. Owners at `endpoint` have no
/// supplier in their names.
fn of_device(device: &dyn DeviceView, endpoint: Function) -> Snapshot {
    let mut snapshot = Snapshot::default();
    for function in device.functions() {
        snapshot.ledger.insert(function.to_string(), 0);
    }
    for (supplier, owner, pages) in device.rows() {
        let label = if supplier == endpoint {
            owner.to_string()
        } else {
            format!("{supplier}:{owner}")
        };
        snapshot.ledger.insert(label, pages);
    }
    snapshot.commands = device.outstanding_commands().iter().map(command).collect();
    snapshot
}

/// A command in a few words: its operation, whom it is about, and what keeps it.
fn command(command: &OutstandingCommand) -> String {
    let about = command
        .function
        .map(|function| format!(" {function}"))
        .unwrap_or_default();
    let waits = match &command.waits_for {
        WaitsFor::Latency => "is being executed".to_owned(),
        WaitsFor::Turn => "waits for its turn".to_owned(),
        WaitsFor::Pages(owners) => {
            let owners: Vec<String> = owners.iter().map(ToString::to_string).collect();
            format!("needs pages for {}", owners.join(", "))
        }
        WaitsFor::Hold(name) => format!("is held by {name}"),
        WaitsFor::Never => "never completes".to_owned(),
    };
    format!("{}{about} {waits}", command.opcode)
}
