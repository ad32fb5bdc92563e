//! The shape of a file: every unknown name, missing field and wrong type at once, judged by the schema.

mod choice;
mod judge;
mod members;

pub use judge::Shape;

use crate::scenario::document::{Content, Node, Path};
use crate::scenario::problem::suggestion;
use judge::{Judge, describe};
use prm::Function;
use serde_json::Value;

/// Everything in `root` that `schema` does not allow.
#[must_use]
pub fn shape_problems(root: &Node, schema: &Value) -> Shape {
    let mut judge = Judge {
        definitions: &schema["$defs"],
        found: Shape::default(),
    };
    judge.check(root, schema, &Path::default());
    judge.found
}

impl<'a> Judge<'a> {
    fn check(&mut self, node: &Node, schema: &'a Value, path: &Path) {
        let schema = self.resolve(schema);
        if let Some(alternatives) = schema.get("oneOf").and_then(Value::as_array) {
            self.check_choice(node, alternatives, path, Self::check);
            return;
        }
        if !self.check_type(node, schema, path) {
            return;
        }
        match &node.content {
            Content::Scalar(value) => self.check_scalar(node, value, schema, path),
            Content::Array(elements) => {
                if let Some(items) = schema.get("items") {
                    for (index, element) in elements.iter().enumerate() {
                        self.check(element, items, &path.element(index));
                    }
                }
            }
            Content::Object(members) => self.check_object(node, members, schema, path, Self::check),
        }
    }

    fn check_type(&mut self, node: &Node, schema: &'a Value, path: &Path) -> bool {
        let allowed: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let actual = type_of(node);
        if allowed
            .iter()
            .any(|name| *name == actual || (*name == "number" && actual == "integer"))
        {
            return true;
        }
        if let Some(stand_in) = stand_in(schema) {
            self.found.repairs.insert(path.clone(), Some(stand_in));
        }
        let wanted = allowed
            .iter()
            .map(|name| article(name))
            .collect::<Vec<_>>()
            .join(" or ");
        let message = format!("`{path}` is {}, not {wanted}", article(actual));
        let hint = if actual == "null" {
            "leave the field out to say nothing".to_owned()
        } else {
            describe(schema).map_or_else(
                || format!("write {wanted}"),
                |text| format!("write {wanted}: {text}"),
            )
        };
        self.report(node, path, message, &format!("expected {wanted}"), hint);
        false
    }

    fn check_scalar(&mut self, node: &Node, value: &Value, schema: &'a Value, path: &Path) {
        let before = self.found.problems.number();
        self.check_word(node, value, schema, path);
        if self.found.problems.number() > before
            && let Some(stand_in) = stand_in(schema)
        {
            self.found.repairs.insert(path.clone(), Some(stand_in));
        }
    }

    fn check_word(&mut self, node: &Node, value: &Value, schema: &'a Value, path: &Path) {
        if let Some(number) = value
            .as_i64()
            .map(i128::from)
            .or_else(|| value.as_u64().map(i128::from))
        {
            let limit = |name| schema.get(name).and_then(Value::as_i64).map(i128::from);
            let minimum = limit("minimum");
            let maximum = limit("maximum");
            if minimum.is_some_and(|minimum| number < minimum)
                || maximum.is_some_and(|maximum| number > maximum)
            {
                let hint = match (minimum, maximum) {
                    (Some(from), Some(to)) => format!("allowed is {from} to {to}"),
                    (Some(from), None) => format!("allowed is {from} or more"),
                    _ => "the number is too large".to_owned(),
                };
                self.report(
                    node,
                    path,
                    format!("{number} is out of range for `{path}`"),
                    "out of range",
                    hint,
                );
                return;
            }
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            let hint = match value.as_str() {
                Some(text) => suggestion(text, allowed.iter().filter_map(Value::as_str)),
                None => format!(
                    "allowed are {}",
                    allowed
                        .iter()
                        .map(Value::to_string)
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            };
            self.report(
                node,
                path,
                format!("unknown value {value} for `{path}`"),
                "unknown",
                hint,
            );
        }
        if let Some(expected) = schema.get("const")
            && expected != value
        {
            let hint = format!("allowed is {expected}");
            self.report(
                node,
                path,
                format!("unknown value {value} for `{path}`"),
                "unknown",
                hint,
            );
        }
        if let (Some(_), Some(text)) = (schema.get("pattern"), value.as_str())
            && let Err(error) = text.parse::<Function>()
        {
            self.report(
                node,
                path,
                format!("`{text}` is not a function"),
                "no function",
                error.to_string(),
            );
        }
    }
}

/// A value that the schema allows, for schemas of single values.
fn stand_in(schema: &Value) -> Option<Value> {
    if schema.get("pattern").is_some() {
        return Some("pf".into());
    }
    let first = schema.get("enum").and_then(|allowed| allowed.get(0));
    first
        .or_else(|| schema.get("const"))
        .cloned()
        .or_else(|| match schema.get("type")?.as_str()? {
            "integer" => Some(0.into()),
            "boolean" => Some(false.into()),
            "string" => Some("".into()),
            _ => None,
        })
}

fn type_of(node: &Node) -> &'static str {
    match &node.content {
        Content::Object(_) => "object",
        Content::Array(_) => "array",
        Content::Scalar(Value::Null) => "null",
        Content::Scalar(Value::Bool(_)) => "boolean",
        Content::Scalar(Value::Number(number)) if number.is_f64() => "number",
        Content::Scalar(Value::Number(_)) => "integer",
        Content::Scalar(_) => "string",
    }
}

fn article(name: &str) -> String {
    match name {
        "null" => "null".to_owned(),
        "integer" => "a whole number".to_owned(),
        "object" | "array" => format!("an {name}"),
        other => format!("a {other}"),
    }
}
