//! Expectations: what both books, the driver's warnings and the invariants have to show.
//!
//! What is named is compared; what is not named is not. Warnings and violations are the exception: at the end both
//! lists have to be exactly the ones given, and an absent list is an empty one.

use crate::scenario::duration_range::MsRange;
use crate::scenario::invariant::InvariantName;
use crate::scenario::vocabulary::COUNTERS;
use driver::RevisionName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// One value per revision, where given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByRevision<T> {
    /// The patch as first posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<T>,
    /// Linux 7.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<T>,
    /// The driver that answers every concern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robust: Option<T>,
}

impl<T> ByRevision<T> {
    /// The value for `revision`.
    #[must_use]
    pub const fn get(&self, revision: RevisionName) -> Option<&T> {
        match revision {
            RevisionName::Reviewed => self.reviewed.as_ref(),
            RevisionName::Merged => self.merged.as_ref(),
            RevisionName::Robust => self.robust.as_ref(),
        }
    }

    /// The value for `revision`, to change.
    pub const fn get_mut(&mut self, revision: RevisionName) -> &mut Option<T> {
        match revision {
            RevisionName::Reviewed => &mut self.reviewed,
            RevisionName::Merged => &mut self.merged,
            RevisionName::Robust => &mut self.robust,
        }
    }

    /// The revisions that have a value, in the order of their history.
    pub fn named(&self) -> impl Iterator<Item = (RevisionName, &T)> {
        REVISIONS
            .into_iter()
            .filter_map(|revision| Some((revision, self.get(revision)?)))
    }
}

/// All revisions, in the order of their history.
pub const REVISIONS: [RevisionName; 3] = [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust];

/// What has to hold after one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StepExpectation {
    /// Under every revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<Books>,
    /// Under `reviewed`; overrides `all` field by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<Books>,
    /// Under `merged`; overrides `all` field by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<Books>,
    /// Under `robust`; overrides `all` field by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robust: Option<Books>,
}

impl StepExpectation {
    /// Whether nothing is expected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is written for `revision` alone.
    #[must_use]
    pub const fn own(&self, revision: RevisionName) -> Option<&Books> {
        match revision {
            RevisionName::Reviewed => self.reviewed.as_ref(),
            RevisionName::Merged => self.merged.as_ref(),
            RevisionName::Robust => self.robust.as_ref(),
        }
    }

    /// What holds for `revision`: `all`, overridden by the revision's own.
    #[must_use]
    pub fn resolved(&self, revision: RevisionName) -> Books {
        let mut books = self.all.clone().unwrap_or_default();
        if let Some(own) = self.own(revision) {
            books.override_with(own);
        }
        books
    }
}

/// Both books, as far as they are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Books {
    /// The driver's counters, by their debugfs names plus `self`, `none` and `quarantine`. A negative number means the
    /// same number as a u32: -512 is 4294966784.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("propertyNames" = { "enum": COUNTERS }))]
    pub counters: BTreeMap<String, i64>,
    /// Pages that firmware books on each function (`vf1`), or on an identity that names none (`id300`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ledger: BTreeMap<String, u64>,
    /// Pages that the driver tracks under each owner key. An absent root has 0.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roots: BTreeMap<u32, u64>,
    /// Result of the step's host operation: 0, or a negative errno as -110.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returns: Option<i32>,
    /// Whole virtual seconds, rounded down, that the step's host operation took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_s: Option<u64>,
    /// Whole virtual milliseconds, rounded down, that the step's host operation took, as a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<MsRange>,
    /// The eswitch's count of enabled vports, as a signed number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled_vports: Option<i64>,
    /// Whether an operation that was started in the background still runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<bool>,
}

impl Books {
    /// Whether nothing is compared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn override_with(&mut self, own: &Self) {
        self.counters
            .extend(own.counters.iter().map(|(name, value)| (name.clone(), *value)));
        self.ledger
            .extend(own.ledger.iter().map(|(name, value)| (name.clone(), *value)));
        self.roots.extend(&own.roots);
        self.returns = own.returns.or(self.returns);
        self.took_s = own.took_s.or(self.took_s);
        if let Some(own) = own.took_ms {
            self.took_ms = Some(self.took_ms.unwrap_or_default().overridden_with(own));
        }
        self.enabled_vports = own.enabled_vports.or(self.enabled_vports);
        self.pending = own.pending.or(self.pending);
    }
}

/// What a revision has to show at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct End {
    /// The driver's counters after the last step.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("propertyNames" = { "enum": COUNTERS }))]
    pub counters: BTreeMap<String, i64>,
    /// Firmware's ledger after the last step.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ledger: BTreeMap<String, u64>,
    /// Pages by owner key after the last step.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roots: BTreeMap<u32, u64>,
    /// The eswitch's count of enabled vports after the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled_vports: Option<i64>,
    /// Whether an operation that was started in the background still runs after the last step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<bool>,
    /// Every warning the driver prints during the whole run, in order. Absent: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<ExpectedWarning>,
    /// Every invariant that breaks during the whole run. Absent: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<ExpectedViolation>,
    /// Host pages still allocated after the last unload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaked_pages: Option<u64>,
    /// DMA mappings still in place after the last unload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaked_mappings: Option<u64>,
    /// Whole virtual seconds, rounded down, that the whole run took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtual_s: Option<u64>,
}

impl End {
    /// The part that is compared with the books after the last step.
    #[must_use]
    pub fn books(&self) -> Books {
        Books {
            counters: self.counters.clone(),
            ledger: self.ledger.clone(),
            roots: self.roots.clone(),
            enabled_vports: self.enabled_vports,
            pending: self.pending,
            ..Books::default()
        }
    }
}

/// A warning the driver is expected to print: its kind (`"page_not_found"`), or its kind with the data that has to
/// be equal (`{"pages_counter": {"counter": "fw_pages_total", "value": 240}}`). Data that is not named may be
/// anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExpectedWarning(pub Value);

impl ExpectedWarning {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        kind_of(&self.0).unwrap_or_default()
    }

    /// Whether `actual`, a message kind in its serialized form, is this warning.
    #[must_use]
    pub fn matches(&self, actual: &Value) -> bool {
        let expected_data = self.0.as_object().and_then(|object| object.get(self.kind()));
        let actual_data = actual.as_object().and_then(|object| object.get(self.kind()));
        let same_kind = kind_of(actual) == Some(self.kind());
        same_kind
            && expected_data.is_none_or(|expected| match (expected, actual_data) {
                (Value::Object(expected), Some(Value::Object(actual))) => expected
                    .iter()
                    .all(|(field, value)| actual.get(field) == Some(value)),
                (expected, actual) => actual == Some(expected),
            })
    }
}

fn kind_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(kind) => Some(kind),
        Value::Object(object) if object.len() == 1 => object.keys().next().map(String::as_str),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for ExpectedWarning {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if kind_of(&value).is_none() {
            return Err(D::Error::custom(
                "a warning is its kind, or an object with its kind as the only field",
            ));
        }
        Ok(Self(value))
    }
}

impl JsonSchema for ExpectedWarning {
    fn schema_name() -> Cow<'static, str> {
        "ExpectedWarning".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A warning by its kind, or by its kind and the data that has to be equal.",
            "oneOf": [
                { "type": "string" },
                { "type": "object", "minProperties": 1, "maxProperties": 1 },
            ],
        })
    }
}

/// An invariant that is expected to break, once. What is not named may be anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedViolation {
    /// Which.
    pub invariant: InvariantName,
    /// The step where it breaks: its name, or its number counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepReference>,
    /// Whom it concerns: a function as `vf1`, or an identity that names none, as `id300`; for `nothing_leaks`
    /// `pages` or `mappings`; for `command_time_out` the command; for `lock_cycle` the lock; for
    /// `wait_ended_early` the type of function waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The counter it concerns, for the invariants about counters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<String>,
    /// The driver's number, signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<i64>,
    /// Firmware's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<i64>,
}

impl ExpectedViolation {
    /// Whom it concerns, where the file says so.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.function.as_deref().or(self.counter.as_deref())
    }
}

/// A step by its name, or by its number counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct StepReference(pub String);

impl fmt::Display for StepReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StepReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrNumber;

        impl Visitor<'_> for NameOrNumber {
            type Value = StepReference;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a step, or its number counted from 1")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(StepReference(text.to_owned()))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(StepReference(number.to_string()))
            }
        }

        deserializer.deserialize_any(NameOrNumber)
    }
}

impl JsonSchema for StepReference {
    fn schema_name() -> Cow<'static, str> {
        "StepReference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A step by its name, or by its number counted from 1.",
            "type": ["string", "integer"],
        })
    }
}
