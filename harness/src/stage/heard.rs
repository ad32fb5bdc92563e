//! What a kernel was heard to say, as far as it is understood.

use driver::MessageKind;
use guest_protocol::{Complaint, ComplaintKind};
use serde_json::Value;

/// Everything a run's kernel has printed. A stage without a kernel has heard nothing.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// The driver's messages, in the form in which scenarios name them, with the data that the text tells.
    pub messages: Vec<Value>,
    /// What the kernel itself complained about.
    pub complaints: Vec<Complaint>,
    /// Warnings and errors of mlx5_core that nobody has translated, and notes that messages were left out.
    pub unknown: Vec<String>,
    /// What is said where something has gone wrong before.
    pub effects: Vec<String>,
    /// Information of mlx5_core that nobody has translated.
    pub notes: Vec<String>,
}

impl Heard {
    /// The complaint after which nothing more can be expected of the kernel.
    #[must_use]
    pub fn fatal(&self) -> Option<&Complaint> {
        self.complaints.iter().find(|complaint| is_fatal(complaint))
    }
}

/// Whether a kernel that complains like this cannot be trusted any further.
#[must_use]
pub fn is_fatal(complaint: &Complaint) -> bool {
    matches!(
        complaint.kind,
        ComplaintKind::Oops | ComplaintKind::Panic | ComplaintKind::Bug
    )
}

/// Whether a kernel prints this message of our driver's, as long as nobody has turned on its debug messages.
///
/// Some that it does print may be missing all the same: it limits refused commands and stalled slots to ten in five
/// seconds each ([`Heard::unknown`] then has a note), and a `WARN_ON_ONCE` stays silent until the module is inserted
/// anew, or until somebody writes to `clear_warn_once` in debugfs.
#[must_use]
pub fn is_printed(message: &Value) -> bool {
    kind(message).is_some_and(|kind| {
        MessageKind::ROWS
            .iter()
            .all(|row| row.kind != kind || row.silent.is_empty())
    })
}

/// `"late_completion"` or `{"late_completion":{"slot":3}}`.
#[must_use]
pub fn kind(message: &Value) -> Option<&str> {
    match message {
        Value::String(kind) => Some(kind),
        Value::Object(object) => object.keys().next().map(String::as_str),
        _ => None,
    }
}
