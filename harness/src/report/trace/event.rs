//! A line of the file.

use prm::Cycles;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// An event of the format, with the members that its phase has.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Event {
    /// The phase: `M` metadata, `X` a slice, `C` a counter, `i` an instant, `s`, `t`, `f` begin, way and end of an arrow.
    pub(super) ph: &'static str,
    pub(super) pid: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tid: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ts: Option<Micros>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dur: Option<Micros>,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cat: Option<&'static str>,
    /// What the events of one arrow have in common, in the whole file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<u64>,
    /// `e`: the arrow ends in the slice around it, not at the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bp: Option<&'static str>,
    /// `t`: the instant is one of its thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) s: Option<&'static str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) args: Value,
}

/// A time in microseconds, exact to the nanosecond: a `f64` of microseconds is, up to a hundred days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Micros(pub(super) Cycles);

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nanoseconds = self.0.0;
        if nanoseconds.is_multiple_of(1000) {
            serializer.serialize_u64(nanoseconds / 1000)
        } else {
            #[expect(clippy::cast_precision_loss, reason = "runs last less than a hundred days")]
            serializer.serialize_f64(nanoseconds as f64 / 1000.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_microseconds_with_the_nanoseconds_as_fraction() {
        for (nanoseconds, text) in [
            (0, "0"),
            (999, "0.999"),
            (65_000_000_000, "65000000"),
            (65_000_000_001, "65000000.001"),
            (1_800_000_000_123, "1800000000.123"),
        ] {
            assert_eq!(serde_json::to_string(&Micros(Cycles(nanoseconds))).unwrap(), text);
        }
    }
}
