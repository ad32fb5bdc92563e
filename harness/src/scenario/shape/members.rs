//! Objects: known and unknown members, repeated ones, missing ones.

use super::judge::{Check, Judge, describe};
use crate::scenario::document::{Member, Node, Path};
use crate::scenario::problem::suggestion;
use prm::Function;
use serde_json::Value;
use std::collections::BTreeSet;

impl<'a> Judge<'a> {
    pub(super) fn check_object(
        &mut self,
        node: &Node,
        members: &[Member],
        schema: &'a Value,
        path: &Path,
        check: Check<'a>,
    ) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let property = |name: &str| properties.and_then(|properties| properties.get(name));
        let mut seen = BTreeSet::new();
        for member in members {
            let at = path.member(&member.name);
            if !seen.insert(member.name.as_str()) {
                self.report_name(
                    member,
                    &at,
                    format!("`{}` is given twice", member.name),
                    "again",
                    "keep one of them",
                );
                continue;
            }
            if let Some(property) = property(&member.name) {
                check(self, &member.value, property, &at);
            } else {
                self.check_other_member(member, schema, path, check);
            }
        }
        for required in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = required.as_str().unwrap_or_default();
            if !seen.contains(name) {
                let place = if *path == Path::default() {
                    path.to_string()
                } else {
                    format!("`{path}`")
                };
                let about = property(name).and_then(describe).unwrap_or("it has no default");
                let hint = format!("add `\"{name}\": ...`: {about}");
                let opening = Node {
                    span: node.span.start..node.span.start + 1,
                    content: node.content.clone(),
                };
                self.report(
                    &opening,
                    path,
                    format!("{place} lacks the field `{name}`"),
                    "here",
                    hint,
                );
            }
        }
    }

    /// A member that `properties` does not name: of a map, or unknown.
    fn check_other_member(&mut self, member: &Member, schema: &'a Value, path: &Path, check: Check<'a>) {
        let at = path.member(&member.name);
        let numbers = schema
            .get("patternProperties")
            .and_then(|patterns| patterns.as_object()?.values().next());
        match (schema.get("additionalProperties"), numbers) {
            (_, Some(inner)) => {
                if member
                    .name
                    .parse::<u32>()
                    .is_ok_and(|number| number.to_string() == member.name)
                {
                    check(self, &member.value, inner, &at);
                } else {
                    let message = format!("`{}` is not a number", member.name);
                    self.report_name(
                        member,
                        &at,
                        message,
                        "not a number",
                        "names are decimal numbers here, in quotes",
                    );
                }
            }
            (Some(Value::Bool(false)), None) if self.found.problems.is_full() => {
                self.found.repairs.insert(at, None);
                self.found.problems.count();
            }
            (Some(Value::Bool(false)), None) => {
                let known = schema
                    .get("properties")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten();
                let hint = suggestion(&member.name, known.map(|(name, _)| name.as_str()));
                let message = format!("unknown field `{}`", member.name);
                self.found.repairs.insert(at.clone(), None);
                self.report_name(member, &at, message, "unknown field", &hint);
            }
            (additional, None) => {
                self.check_member_name(member, schema, &at);
                if let Some(inner @ Value::Object(_)) = additional {
                    check(self, &member.value, inner, &at);
                }
            }
        }
    }

    fn check_member_name(&mut self, member: &Member, schema: &'a Value, at: &Path) {
        let Some(names) = schema.get("propertyNames") else {
            return;
        };
        if let Some(allowed) = names.get("enum").and_then(Value::as_array) {
            let allowed = || allowed.iter().filter_map(Value::as_str);
            if !allowed().any(|name| name == member.name) {
                let hint = suggestion(&member.name, allowed());
                self.found.repairs.insert(at.clone(), None);
                self.report_name(
                    member,
                    at,
                    format!("unknown name `{}`", member.name),
                    "unknown",
                    &hint,
                );
            }
        } else if let Err(error) = member.name.parse::<Function>() {
            let message = format!("`{}` is not a function", member.name);
            self.report_name(member, at, message, "no function", &error.to_string());
        }
    }
}
