//! Changes of a scenario's text by position: what is not changed keeps its bytes, comments of editors and layout included.

use crate::judge::location::Locations;
use crate::scenario::document::{Content, Member, Node, Span};
use serde_json::Value;

/// An element of a list that is written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// The old one at this place, from 0, as it stands.
    Kept(usize),
    /// A new one, as JSON text.
    New(String),
}

/// The text with `value` at a path of names and places; objects on the way are made. `None` where the way leads through
/// something that is no object.
pub(crate) fn set(text: &str, path: &[String], value: &str) -> Option<String> {
    let locations = Locations::of(text)?;
    let (depth, node) = locations.innermost(path);
    let Some((name, inside)) = path[depth..].split_first() else {
        return Some(replaced(text, &node.span, value));
    };
    let Content::Object(members) = &node.content else {
        return None;
    };
    let value = inside.iter().rev().fold(value.to_owned(), |value, name| {
        format!("{{ {}: {value} }}", quoted(name))
    });
    let member = format!("{}: {value}", quoted(name));
    let Some(last) = members.last() else {
        return Some(replaced(text, &node.span, &format!("{{ {member} }}")));
    };
    let end = last.value.span.end;
    let gap = gap_before_last(text, node, members);
    Some(replaced(text, &(end..end), &format!(",{gap}{member}")))
}

/// The text with these elements in the list at a path.
pub(crate) fn set_list(text: &str, path: &[String], elements: &[Element]) -> Option<String> {
    let locations = Locations::of(text)?;
    let old: &[Node] = match locations.value(path).map(|node| &node.content) {
        Some(Content::Array(old)) => old,
        Some(_) => return None,
        None => &[],
    };
    let span = locations.value(path).map(|node| node.span.clone());
    let (Some(first), Some(last), Some(span)) = (old.first(), old.last(), span) else {
        return set(text, path, &format!("[{}]", joined(text, old, elements, ", ")));
    };
    if elements.is_empty() {
        return set(text, path, "[]");
    }
    let open = &text[span.start..first.span.start];
    let close = &text[last.span.end..span.end];
    let between = match old {
        [first, second, ..] => text[first.span.end..second.span.start].to_owned(),
        _ if open.contains('\n') => format!(",{}", &open[1..]),
        _ => ", ".to_owned(),
    };
    let list = format!("{open}{}{close}", joined(text, old, elements, &between));
    Some(replaced(text, &span, &list))
}

fn joined(text: &str, old: &[Node], elements: &[Element], between: &str) -> String {
    let mut list = String::new();
    let mut before = None;
    for element in elements {
        if let Some(before) = before {
            // What stands between two neighbours stays.
            let neighbours = match (before, element) {
                (&Element::Kept(one), &Element::Kept(other)) if one + 1 == other => {
                    Some(&text[old[one].span.end..old[other].span.start])
                }
                _ => None,
            };
            list.push_str(neighbours.unwrap_or(between));
        }
        match element {
            Element::Kept(place) => list.push_str(&text[old[*place].span.clone()]),
            Element::New(text) => list.push_str(text),
        }
        before = Some(element);
    }
    list
}

/// What stands before the last member, so that one more can be set as it is.
fn gap_before_last(text: &str, object: &Node, members: &[Member]) -> String {
    let Some((last, others)) = members.split_last() else {
        return " ".to_owned();
    };
    let from = others
        .last()
        .map_or(object.span.start + 1, |member| member.value.span.end);
    let gap = text[from..last.name_span.start].trim_start_matches([',']);
    if gap.is_empty() || !gap.trim().is_empty() {
        " ".to_owned()
    } else {
        gap.to_owned()
    }
}

fn replaced(text: &str, span: &Span, by: &str) -> String {
    format!("{}{by}{}", &text[..span.start], &text[span.end..])
}

fn quoted(name: &str) -> String {
    Value::from(name).to_string()
}

/// A value on one line, as the project's scenarios write it: `{ "key": 5, "found": [1, 2] }`.
pub(crate) fn spaced(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}: {}", quoted(name), spaced(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(spaced).collect();
            format!("[{}]", elements.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_as_scenarios_write_them() {
        let value = json!({ "kind": { "key": 5, "found": [1, 2], "rest": {} } });
        assert_eq!(
            spaced(&value),
            "{ \"kind\": { \"found\": [1, 2], \"key\": 5, \"rest\": {} } }"
        );
    }

    fn path(names: &str) -> Vec<String> {
        names.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn a_value_is_replaced_and_nothing_else() {
        let text = "{\n  \"a\" : { \"b\":1 ,  \"c\": 2 }\n}\n";
        let new = set(text, &path("a/b"), "-17").unwrap();
        assert_eq!(new, "{\n  \"a\" : { \"b\":-17 ,  \"c\": 2 }\n}\n");
    }

    #[test]
    fn what_is_not_there_is_added_as_its_neighbours_are() {
        let text = "{\n  \"a\": { \"b\": 1 },\n  \"c\": {}\n}";
        assert_eq!(
            set(text, &path("a/x/y"), "7").unwrap(),
            "{\n  \"a\": { \"b\": 1, \"x\": { \"y\": 7 } },\n  \"c\": {}\n}"
        );
        assert_eq!(
            set(text, &path("c/x"), "7").unwrap(),
            "{\n  \"a\": { \"b\": 1 },\n  \"c\": { \"x\": 7 }\n}"
        );
        assert_eq!(
            set(text, &path("d"), "7").unwrap(),
            "{\n  \"a\": { \"b\": 1 },\n  \"c\": {},\n  \"d\": 7\n}"
        );
        assert_eq!(set(text, &path("a/b/c"), "7"), None);
    }

    #[test]
    fn lists_keep_the_elements_that_stay() {
        let text = "{\"l\": [\n    \"a\",\n    {\"b\":1}\n  ]}";
        let new = set_list(
            text,
            &path("l"),
            &[
                Element::Kept(0),
                Element::New("{ \"x\": 1 }".to_owned()),
                Element::Kept(1),
            ],
        );
        assert_eq!(
            new.unwrap(),
            "{\"l\": [\n    \"a\",\n    { \"x\": 1 },\n    {\"b\":1}\n  ]}"
        );
        assert_eq!(set_list(text, &path("l"), &[]).unwrap(), "{\"l\": []}");
        assert_eq!(
            set_list("{\"l\": []}", &path("l"), &[Element::New("\"a\"".to_owned())]).unwrap(),
            "{\"l\": [\"a\"]}"
        );
        assert_eq!(
            set_list("{\"k\": 1}", &path("l"), &[Element::New("\"a\"".to_owned())]).unwrap(),
            "{\"k\": 1, \"l\": [\"a\"]}"
        );
    }
}
