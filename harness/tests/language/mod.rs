//! The schema of scenario files as tests read it.

use harness::scenario::schema::schema;
use serde_json::{Map, Value};

/// All definitions, by name.
pub fn definitions() -> &'static Map<String, Value> {
    schema()["$defs"].as_object().expect("the schema has definitions")
}

/// The name of the definition that a field refers to.
pub fn referred(field: &Value) -> Option<&str> {
    field["$ref"].as_str()?.strip_prefix("#/$defs/")
}
