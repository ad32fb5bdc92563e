//! Time of a device that is elsewhere: it stands still until its host moves it.
//!
//! A host that plays time by itself, as a world with a virtual clock does, moves the device's clock with a [`TimeOrder`] and
//! learns from the [`TimeAnswer`] all that has come of what it did to the device: when something is due, what was raised,
//! which accesses to memory went astray.

use super::DeviceWaits;
use crate::function::Function;
use crate::identity::{Cycles, Iova};
use serde::{Deserialize, Serialize};

/// What is asked of a device's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TimeOrder {
    /// Moves the clock to this time, in nanoseconds since the device began, and lets the device do all that is due by then. A
    /// time that is over moves nothing: the clock never goes back. Absent: the clock stands, and nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advance_to_ns: Option<u64>,
    /// Whether to tell what firmware waits for.
    #[serde(default, skip_serializing_if = "is_false")]
    pub waits: bool,
}

/// How a device stands, and what it has done since somebody asked last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TimeAnswer {
    /// The time of its clock, in nanoseconds.
    pub now_ns: u64,
    /// Whether something was due by the time to which the clock was moved.
    pub acted: bool,
    /// When the earliest thing is due that the device does by itself, in nanoseconds; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_due_ns: Option<u64>,
    /// Whether the device works on a command: it goes on without anybody's doing.
    pub in_service: bool,
    /// The holds that have caught their command, in the order in which they were installed.
    pub caught: Vec<String>,
    /// Interrupts since the last answer: function and MSI-X vector, in the order in which each was raised first. They are
    /// told once, whoever asks.
    pub interrupts: Vec<(Function, u16)>,
    /// Accesses to host memory since the last answer that no correct driver causes, oldest first; told once, too.
    pub strays: Vec<DmaStray>,
    /// What firmware waits for, where that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<DeviceWaits>,
}

/// An access to host memory that no correct driver causes: it found no mapping, or it lies in the first 4 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DmaStray {
    /// Whether the device was to write; otherwise it was to read.
    pub write: bool,
    /// First address of the access, in bytes.
    pub at: Iova,
    /// Its length in bytes.
    pub bytes: u64,
    /// Whether it was carried out, as one within the first 4 KiB is where they are mapped; otherwise nothing was.
    pub reached: bool,
}

impl TimeOrder {
    /// Asks how the device stands.
    #[must_use]
    pub const fn look() -> Self {
        Self {
            advance_to_ns: None,
            waits: false,
        }
    }

    /// Moves the clock.
    #[must_use]
    pub const fn advance_to(at: Cycles) -> Self {
        Self {
            advance_to_ns: Some(at.0),
            waits: false,
        }
    }
}

impl TimeAnswer {
    /// The time of the clock.
    #[must_use]
    pub const fn now(&self) -> Cycles {
        Cycles(self.now_ns)
    }

    /// When the earliest thing is due that the device does by itself.
    #[must_use]
    pub fn next_due(&self) -> Option<Cycles> {
        self.next_due_ns.map(Cycles)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::RequestWait;

    #[test]
    fn an_order_says_what_it_wants_and_nothing_else() {
        let told = |order: TimeOrder| {
            let text = serde_json::to_string(&order).unwrap();
            assert_eq!(serde_json::from_str::<TimeOrder>(&text).unwrap(), order);
            text
        };
        assert_eq!(told(TimeOrder::look()), "{}");
        assert_eq!(
            told(TimeOrder::advance_to(Cycles::MAX)),
            r#"{"advance_to_ns":18446744073709551615}"#
        );
        let waits = TimeOrder {
            waits: true,
            ..TimeOrder::look()
        };
        assert_eq!(told(waits), r#"{"waits":true}"#);
        for wrong in [r#"{"advance_ns":1}"#, r#"{"advance_to_ns":-1}"#, r#"{"waits":1}"#] {
            assert!(serde_json::from_str::<TimeOrder>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_reads_back_as_it_was_told() {
        let stray = |write, reached| DmaStray {
            write,
            at: Iova(u64::MAX - 7),
            bytes: 8,
            reached,
        };
        let whole = TimeAnswer {
            now_ns: u64::MAX,
            acted: true,
            next_due_ns: Some(3),
            in_service: true,
            caught: vec!["give \"1\"".to_owned()],
            interrupts: vec![(Function::Pf, 0), (Function::EcVf(2), 15)],
            strays: vec![stray(true, false), stray(false, true)],
            waits: Some(DeviceWaits {
                commands: Vec::new(),
                requests: vec![RequestWait {
                    supplier: Function::Pf,
                    owner: "id3.ec".to_owned(),
                    pages: -4,
                }],
            }),
        };
        for answer in [TimeAnswer::default(), whole] {
            let text = serde_json::to_string(&answer).unwrap();
            assert_eq!(
                serde_json::from_str::<TimeAnswer>(&text).unwrap(),
                answer,
                "{text}"
            );
        }
        let nothing =
            r#"{"now_ns":0,"acted":false,"in_service":false,"caught":[],"interrupts":[],"strays":[]}"#;
        assert_eq!(serde_json::to_string(&TimeAnswer::default()).unwrap(), nothing);
    }
}
