//! From what a host shows to what a sight has: counters by name, messages as they are compared, operations that have ended.

use super::firmware::OwnerQuestion;
use super::task::OwnTask;
use crate::stage::operations::Operations;
use crate::stage::sight::DriverSight;
use driver::books::OwnerKey;
use driver::{Message, MessageKind, MessageLevel};
use driver_host::{Account, DriverLook, EndedOperation};
use prm::WireIdentity;
use serde_json::Value;

/// The owners that the drivers have in their books.
pub(super) fn questions(drivers: &[DriverLook]) -> Vec<OwnerQuestion> {
    let owners = drivers.iter().flat_map(|driver| {
        let views = driver.books.owners.iter();
        views.map(|view| OwnerQuestion {
            endpoint: driver.endpoint,
            mode: view.mode,
            identity: WireIdentity {
                id: view.id,
                ec: view.ec,
            },
        })
    });
    owners.collect()
}

/// The drivers as judges see them.
pub(super) fn sights(drivers: Vec<DriverLook>, operations: &Operations<OwnTask>) -> Vec<DriverSight> {
    driver_sights(drivers, |place| {
        let mut pending = operations.iter().filter(|operation| operation.end.is_none());
        pending.any(|operation| operation.own.place == place)
    })
}

/// The drivers as judges see them; `is_busy` says whether an operation of the driver at a place runs.
pub(crate) fn driver_sights(drivers: Vec<DriverLook>, is_busy: impl Fn(usize) -> bool) -> Vec<DriverSight> {
    let sight = |(place, driver): (usize, DriverLook)| {
        let counters = driver.books.counters.named().into_iter();
        DriverSight {
            endpoint: driver.endpoint,
            account: Account(place),
            counters: counters
                .map(|(name, value)| (name.to_owned(), Some(value)))
                .collect(),
            messages: driver.messages,
            earlier_waits: driver.earlier_waits,
            busy: is_busy(place),
            books: Some(driver.books),
        }
    };
    drivers.into_iter().enumerate().map(sight).collect()
}

/// Notes which operations have ended.
pub(super) fn note_ends(operations: &mut Operations<OwnTask>, ended: &[EndedOperation]) {
    for operation in operations.pending_mut() {
        let end = ended.iter().find(|ended| ended.task == operation.own.task);
        operation.end = end.map(|ended| (ended.at, ended.returned));
    }
}

/// Messages as they are compared.
#[derive(Debug, Default)]
pub(super) struct Teller {
    last_not_found: Option<OwnerKey>,
}

impl Teller {
    /// A message as it is compared: information is left out, and so are repetitions that the kernel would not print.
    pub(super) fn told(&mut self, message: &Message) -> Option<Value> {
        if message.level == MessageLevel::Info {
            return None;
        }
        let not_found = match message.kind {
            MessageKind::PageNotFound { key, .. } => Some(key),
            _ => None,
        };
        let repeated = not_found.is_some() && not_found == self.last_not_found;
        self.last_not_found = not_found;
        (!repeated).then(|| kind_as_json(&message.kind))
    }
}

fn kind_as_json(kind: &MessageKind) -> Value {
    serde_json::to_value(kind).unwrap_or_else(|_| Value::String(kind.to_string()))
}
