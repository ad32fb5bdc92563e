//! A host operation on its way: also those that no scenario file can name as such.

use driver::HostOperation;
use driver::books::OwnerKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An operation as it is sent.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sent {
    /// In files the function that is reset says it.
    Flr,
    /// In files it is a race.
    FreePage(OwnerKey),
    /// As in files.
    #[serde(untagged)]
    Named(HostOperation),
}

/// Sends an operation.
pub(super) fn serialize<S: Serializer>(operation: &HostOperation, serializer: S) -> Result<S::Ok, S::Error> {
    let sent = match *operation {
        HostOperation::ResetFunction => Sent::Flr,
        HostOperation::FreePage(key) => Sent::FreePage(key),
        named => Sent::Named(named),
    };
    sent.serialize(serializer)
}

/// Receives one.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HostOperation, D::Error> {
    Ok(match Sent::deserialize(deserializer)? {
        Sent::Flr => HostOperation::ResetFunction,
        Sent::FreePage(key) => HostOperation::FreePage(key),
        Sent::Named(named) => named,
    })
}
