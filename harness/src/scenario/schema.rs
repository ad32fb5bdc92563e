//! The JSON Schemas of scenario files and of the control protocol, which speaks their words: derived from the types, then
//! sharpened everywhere by what the types cannot say.

use crate::scenario::model::ScenarioFile;
use device_server::control::message::Line;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The schema. It is derived once.
#[must_use]
pub fn schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(schema_of::<ScenarioFile>);
    &SCHEMA
}

/// The schema as text, as it is checked in.
#[must_use]
pub fn schema_text() -> String {
    format!("{:#}\n", schema())
}

/// The schema of a line of the control protocol, as text, as it is checked in.
#[must_use]
pub fn control_schema_text() -> String {
    format!("{:#}\n", schema_of::<Line>())
}

fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::default().with_transform(RecursiveTransform(sharpen));
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// What holds everywhere: no unknown fields, no `null` (what is not said is left out), the limits of integers.
fn sharpen(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.contains_key("properties") && !object.contains_key("additionalProperties") {
        object.insert("additionalProperties".into(), json!(false));
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(alternatives)) = object.get_mut("anyOf") {
        alternatives.retain(|alternative| alternative["type"] != "null");
        if let [Value::Object(only)] = alternatives.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
    if let Some((minimum, maximum)) = object.get("format").and_then(Value::as_str).and_then(limits) {
        object.insert("minimum".into(), json!(minimum));
        object.insert("maximum".into(), json!(maximum));
    }
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.replace("[`", "`").replace("`]", "`").replace('\n', " ");
    }
}

fn limits(format: &str) -> Option<(i64, i64)> {
    match format {
        "uint8" => Some((0, u8::MAX.into())),
        "uint16" => Some((0, u16::MAX.into())),
        "uint32" => Some((0, u32::MAX.into())),
        "int32" => Some((i32::MIN.into(), i32::MAX.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_nullable_and_nothing_unknown_is_allowed() {
        fn visit(schema: &Value) {
            if let Value::Object(object) = schema {
                assert_ne!(object.get("type"), Some(&json!("null")), "{schema}");
                assert!(
                    !object.contains_key("properties") || object["additionalProperties"] == false,
                    "{schema}"
                );
                object.values().for_each(visit);
            } else if let Value::Array(values) = schema {
                values.iter().for_each(visit);
            }
        }
        visit(&schema()["$defs"]);
    }

    #[test]
    fn the_words_found_their_fields() {
        let definitions = &schema()["$defs"];
        assert_eq!(
            definitions["CommandMatch"]["properties"]["command"]["type"],
            "string"
        );
        assert_eq!(
            definitions["PageRequest"]["properties"]["function"]["type"],
            "string"
        );
        assert_eq!(
            definitions["Reconfigure"]["properties"]["vhca_ids"]["type"],
            "object"
        );
        assert_eq!(
            definitions["AllocationFault"]["properties"]["site"]["type"],
            "string"
        );
        assert_eq!(
            definitions["HostConfig"]["properties"]["page_size"]["type"],
            "integer"
        );
        assert_eq!(definitions["End"]["properties"]["counters"]["type"], "object");
    }
}
