//! Two command streams side by side.

use emulator::CommandRecord;
use serde_json::Value;

/// What differs from run to run: when a command was rung and when it ended.
const TIMES: [&str; 2] = ["rung", "cycles"];

/// The first difference between the stream of Linux and ours, in words; `None` if there is none. Every field of a
/// record is compared but its times.
#[must_use]
pub fn first_difference(linux: &[CommandRecord], ours: &[CommandRecord]) -> Option<String> {
    for place in 0..linux.len().max(ours.len()) {
        let (theirs, own) = (linux.get(place).map(fields), ours.get(place).map(fields));
        if theirs != own {
            return Some(format!(
                "command {}: Linux {}, our driver {}",
                place + 1,
                shown(theirs.as_ref()),
                shown(own.as_ref())
            ));
        }
    }
    None
}

fn fields(record: &CommandRecord) -> Value {
    let mut fields = serde_json::to_value(record).unwrap_or_default();
    if let Some(object) = fields.as_object_mut() {
        TIMES.iter().for_each(|time| {
            object.remove(*time);
        });
    }
    fields
}

fn shown(fields: Option<&Value>) -> String {
    fields.map_or_else(|| "has ended".to_owned(), |fields| format!("sends {fields}"))
}
