//! Values that say one of several things.

use super::judge::{Check, Judge};
use crate::scenario::document::{Content, Node, Path};
use crate::scenario::problem::suggestion;
use serde_json::Value;

impl<'a> Judge<'a> {
    /// One of several words, or an object with one of several names.
    pub(super) fn check_choice(
        &mut self,
        node: &Node,
        alternatives: &'a [Value],
        path: &Path,
        check: Check<'a>,
    ) {
        // Alternatives that stand elsewhere, as the orders among what firmware does next.
        let definitions = self.definitions;
        let listed = alternatives.iter().flat_map(|alternative| {
            let named = alternative["$ref"].as_str();
            let named = named.and_then(|name| definitions.get(name.rsplit('/').next()?));
            match named
                .and_then(|named| named.get("oneOf"))
                .and_then(Value::as_array)
            {
                Some(inner) => inner.iter().collect::<Vec<_>>(),
                None => vec![alternative],
            }
        });
        let alternatives: Vec<&'a Value> = listed.collect();
        let words: Vec<&str> = alternatives.iter().copied().flat_map(words_of).collect();
        let tagged: Vec<(&str, &'a Value)> = alternatives.iter().copied().filter_map(tag_of).collect();
        let all = || words.iter().copied().chain(tagged.iter().map(|(name, _)| *name));
        let free = |kind: &str| {
            alternatives
                .iter()
                .any(|one| one["type"] == kind && one.get("const").is_none())
        };
        match &node.content {
            Content::Scalar(Value::String(word)) => {
                if words.contains(&word.as_str()) || (words.is_empty() && tagged.is_empty() && free("string"))
                {
                    return;
                }
                if tagged.iter().any(|(name, _)| name == word) {
                    let hint = format!("write `{{\"{word}\": ...}}`");
                    self.report(
                        node,
                        path,
                        format!("`{word}` needs a value"),
                        "no value given",
                        hint,
                    );
                } else {
                    let hint = suggestion(word, all());
                    self.found.repairs.insert(
                        path.clone(),
                        words
                            .first()
                            .map(|word| (*word).into())
                            .filter(|_| tagged.is_empty()),
                    );
                    self.report(
                        node,
                        path,
                        format!("unknown value \"{word}\" for `{path}`"),
                        "unknown",
                        hint,
                    );
                }
            }
            Content::Object(members) if tagged.is_empty() && free("object") && members.len() == 1 => {}
            Content::Object(members) if members.len() == 1 => {
                let member = &members[0];
                if let Some((_, schema)) = tagged.iter().find(|(name, _)| *name == member.name) {
                    check(self, &member.value, schema, &path.member(&member.name));
                } else if words.contains(&member.name.as_str()) {
                    let hint = format!("write `\"{}\"` instead of the object", member.name);
                    self.report(
                        node,
                        path,
                        format!("`{}` takes no value", member.name),
                        "a word is enough",
                        hint,
                    );
                } else {
                    let (hint, at) = (suggestion(&member.name, all()), path.member(&member.name));
                    let message = format!("unknown name `{}` in `{path}`", member.name);
                    self.report_name(member, &at, message, "unknown", &hint);
                }
            }
            _ => {
                let message = format!("`{path}` has to say exactly one thing");
                let hint = if all().next().is_none() {
                    "write a word, or an object with a single field".to_owned()
                } else {
                    suggestion("", all())
                };
                self.report(node, path, message, "one of several is expected", hint);
            }
        }
    }
}

fn words_of(alternative: &Value) -> Vec<&str> {
    let listed = alternative.get("enum").and_then(Value::as_array);
    let listed = listed.into_iter().flatten().filter_map(Value::as_str);
    listed
        .chain(alternative.get("const").and_then(Value::as_str))
        .collect()
}

fn tag_of(alternative: &Value) -> Option<(&str, &Value)> {
    let properties = alternative.get("properties")?.as_object()?;
    properties
        .iter()
        .next()
        .map(|(name, schema)| (name.as_str(), schema))
}
