//! Both books at one moment.

use crate::judge::invariants::DriverScene;
use crate::record::result::Snapshot;
use crate::stage::inproc::World;
use driver::runtime::TaskId;
use emulator::{OutstandingCommand, Silicon, WaitsFor};
use prm::Function;
use std::collections::BTreeMap;

/// The books of the function under test, and the ledger of every supplier.
pub(crate) fn of(world: &World, drivers: &[DriverScene]) -> Snapshot {
    let machine = world.machine();
    let mut snapshot = Snapshot::of_device(&machine.silicon, world.endpoint());
    snapshot.virtual_ns = world.now().0;
    if let Some(scene) = drivers.first() {
        let books = &scene.books;
        snapshot.counters = books
            .counters
            .named()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Some(value)))
            .collect();
        snapshot.roots = books.roots.iter().map(|(key, &pages)| (key.0, pages)).collect();
        snapshot.vhca_map = books
            .vhca_map
            .iter()
            .map(|(id, kind)| (id.0, kind.to_string()))
            .collect();
        snapshot.enabled_vports = Some(i64::from(books.enabled_vports));
        snapshot.page_queue = books.page_queue_outstanding;
    }
    snapshot.locks = locks(world);
    snapshot
}

impl Snapshot {
    /// What the device shows: the ledger of every supplier, the commands it has not completed. `endpoint` is the
    /// function under test.
    #[must_use]
    pub fn of_device(silicon: &Silicon, endpoint: Function) -> Self {
        let mut snapshot = Self::default();
        for function in silicon.functions() {
            snapshot.ledger.insert(function.to_string(), 0);
        }
        for (supplier, owner, pages) in silicon.ledger().rows() {
            let label = if supplier == endpoint {
                owner.to_string()
            } else {
                format!("{supplier}:{owner}")
            };
            snapshot.ledger.insert(label, pages);
        }
        snapshot.commands = silicon.outstanding_commands().iter().map(command).collect();
        snapshot
    }
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

fn locks(world: &World) -> BTreeMap<String, String> {
    let tasks: BTreeMap<TaskId, String> = world
        .runtime()
        .tasks()
        .into_iter()
        .map(|task| (task.id, task.name))
        .collect();
    let endpoint = world.endpoint();
    let mut locks = BTreeMap::new();
    for (function, _, driver) in world.drivers() {
        for (object, holder) in driver.lock_holders() {
            let lock = if function == endpoint {
                format!("{object:?}")
            } else {
                format!("{function}:{object:?}")
            };
            locks.insert(lock, tasks.get(&holder).cloned().unwrap_or_default());
        }
    }
    locks
}
