//! The judge of a file's shape: what it knows and what it has found.

use crate::scenario::document::{Member, Node, Path, Repairs};
use crate::scenario::problem::{Collected, Problem};
use serde_json::Value;

/// What the check found.
#[derive(Debug, Default)]
pub struct Shape {
    /// The problems.
    pub problems: Collected,
    /// What could stand in for the wrong values, so that the rest may still be read and judged.
    pub repairs: Repairs,
}

/// How the values inside a value are judged: by the schema that stands for them.
pub(super) type Check<'a> = fn(&mut Judge<'a>, &Node, &'a Value, &Path);

/// The check in progress.
pub(super) struct Judge<'a> {
    pub(super) definitions: &'a Value,
    pub(super) found: Shape,
}

impl<'a> Judge<'a> {
    /// Follows references; a reference may stand next to a description.
    pub(super) fn resolve(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        while let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let name = target.rsplit('/').next().unwrap_or_default();
            match self.definitions.get(name) {
                Some(definition) => schema = definition,
                None => break,
            }
        }
        schema
    }

    pub(super) fn report(&mut self, node: &Node, path: &Path, message: String, label: &str, hint: String) {
        let (label, span) = (label.to_owned(), node.span.clone());
        self.found.problems.push(Problem {
            message,
            label,
            hint: Some(hint),
            span,
            path: path.clone(),
        });
    }

    pub(super) fn report_name(
        &mut self,
        member: &Member,
        path: &Path,
        message: String,
        label: &str,
        hint: &str,
    ) {
        let (label, span, hint) = (label.to_owned(), member.name_span.clone(), Some(hint.to_owned()));
        self.found.problems.push(Problem {
            message,
            label,
            hint,
            span,
            path: path.clone(),
        });
    }
}

/// What a schema says of its values.
pub(super) fn describe(schema: &Value) -> Option<&str> {
    schema.get("description").and_then(Value::as_str)
}
