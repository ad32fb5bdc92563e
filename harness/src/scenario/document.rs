//! A JSON text as a tree in which every name and every value knows its place.

use jsonc_parser::ast::{ObjectProp, Value as Ast};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// Bytes of the text, from and to.
pub type Span = Range<usize>;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// From its first to its last byte.
    pub span: Span,
    /// What it is.
    pub content: Content,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// `null`, `true`, `false`, a number or a string.
    Scalar(Value),
    /// An array.
    Array(Vec<Node>),
    /// An object, in the order of the text, repetitions included.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where the name stands, quotes included.
    pub name_span: Span,
    /// Its value.
    pub value: Node,
}

/// The text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Why.
    pub message: String,
    /// Where.
    pub span: Span,
}

/// Values that stand in for others, so that the rest of a document can be judged; `None` leaves a member out.
pub type Repairs = BTreeMap<Path, Option<Value>>;

/// Where a value is, from the root of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(Vec<String>);

impl Path {
    /// The path of a member of the object at this path.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let mut segments = self.0.clone();
        segments.push(name.to_owned());
        Self(segments)
    }

    /// The path of an element (from 0) of the array at this path.
    #[must_use]
    pub fn element(&self, index: usize) -> Self {
        self.member(&index.to_string())
    }

    /// Whether the value at `other` is this value or a part of it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The paths of this value and of all that it is a part of.
    pub fn and_around(&self) -> impl Iterator<Item = Self> {
        (0..=self.0.len()).map(|length| Self(self.0[..length].to_vec()))
    }

    /// The path of what this value is a direct part of.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }
}

/// The last name on the way, as `pages`, with the number of an element, as `posts[0]`. The marked line tells the rest.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self
            .0
            .iter()
            .rposition(|segment| segment.parse::<usize>().is_err());
        let Some((first, others)) = self.0[name.unwrap_or(0)..].split_first() else {
            return f.write_str("the scenario");
        };
        f.write_str(first)?;
        others.iter().try_for_each(|index| write!(f, "[{index}]"))
    }
}

impl Node {
    /// Reads a text.
    ///
    /// # Errors
    /// [`SyntaxError`] where it is no JSON; comments and trailing commas are none.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let strict = ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let tree =
            jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &strict).map_err(|error| {
                let range = error.range();
                SyntaxError {
                    message: error.kind().to_string(),
                    span: on_the_text(text, range.start..range.end),
                }
            })?;
        match tree.value {
            Some(root) => convert(&root),
            None => Err(SyntaxError {
                message: "the file is empty".to_owned(),
                span: 0..0,
            }),
        }
    }

    /// The member of this name, where the value is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Member> {
        match &self.content {
            Content::Object(members) => members.iter().find(|member| member.name == name),
            _ => None,
        }
    }

    /// The value at `path`; where it does not exist, the innermost one around it that does.
    #[must_use]
    pub fn find(&self, path: &Path) -> &Self {
        let mut at = self;
        for segment in &path.0 {
            let next = match &at.content {
                Content::Object(_) => at.get(segment).map(|member| &member.value),
                Content::Array(elements) => segment.parse().ok().and_then(|index: usize| elements.get(index)),
                Content::Scalar(_) => None,
            };
            match next {
                Some(inner) => at = inner,
                None => break,
            }
        }
        at
    }

    /// Where the name of the member at `path` stands; where there is none, as [`Self::find`].
    #[must_use]
    pub fn name_span(&self, path: &Path) -> Span {
        let name = path.0.last().and_then(|name| self.find(&path.parent()).get(name));
        name.map_or_else(|| self.find(path).span.clone(), |member| member.name_span.clone())
    }

    /// The plain value with `repairs`: at each of these paths another value, or none.
    #[must_use]
    pub fn to_value(&self, repairs: &Repairs) -> Value {
        self.plain(&Path::default(), repairs).unwrap_or_default()
    }

    fn plain(&self, path: &Path, repairs: &Repairs) -> Option<Value> {
        if let Some(repair) = repairs.get(path) {
            return repair.clone();
        }
        Some(match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::Array(elements) => {
                let plain = elements.iter().enumerate();
                Value::Array(
                    plain
                        .filter_map(|(index, node)| node.plain(&path.element(index), repairs))
                        .collect(),
                )
            }
            Content::Object(members) => {
                let mut object = Map::new();
                for member in members {
                    if let Some(value) = member.value.plain(&path.member(&member.name), repairs) {
                        object.insert(member.name.clone(), value);
                    }
                }
                Value::Object(object)
            }
        })
    }
}

/// Moves a span off the end of the text and off line ends, so that it marks something.
fn on_the_text(text: &str, span: Span) -> Span {
    let start = span.start.min(text.trim_end().len().saturating_sub(1));
    let start = (0..=start)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let width = text[start..].chars().next().map_or(0, char::len_utf8);
    start..span.end.clamp(start + width, text.len().max(start + width))
}

fn convert(ast: &Ast<'_>) -> Result<Node, SyntaxError> {
    let range = ast.range();
    let span = range.start..range.end;
    let content = match ast {
        Ast::NullKeyword(_) => Content::Scalar(Value::Null),
        Ast::BooleanLit(literal) => Content::Scalar(Value::Bool(literal.value)),
        Ast::StringLit(literal) => Content::Scalar(Value::String(literal.value.clone().into_owned())),
        Ast::NumberLit(literal) => {
            let number: Number = serde_json::from_str(literal.value).map_err(|_| SyntaxError {
                message: format!("`{}` is no JSON number", literal.value),
                span: span.clone(),
            })?;
            Content::Scalar(Value::Number(number))
        }
        Ast::Array(array) => Content::Array(array.elements.iter().map(convert).collect::<Result<_, _>>()?),
        Ast::Object(object) => {
            Content::Object(object.properties.iter().map(member).collect::<Result<_, _>>()?)
        }
    };
    Ok(Node { span, content })
}

fn member(property: &ObjectProp<'_>) -> Result<Member, SyntaxError> {
    let range = property.name.range();
    Ok(Member {
        name: property.name.as_str().to_owned(),
        name_span: range.start..range.end,
        value: convert(&property.value)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_and_value_knows_its_place() {
        let text = r#"{"steps": [{"host": "load"}, {"time": 7}]}"#;
        let root = Node::parse(text).unwrap();
        let path = Path::default().member("steps").element(1).member("time");
        assert_eq!(&text[root.find(&path).span.clone()], "7");
        assert_eq!(&text[root.name_span(&path)], "\"time\"");
        assert_eq!(&text[root.find(&path.member("none")).span.clone()], "7");
        assert_eq!(path.to_string(), "time");
        assert_eq!(path.parent().to_string(), "steps[1]");
    }

    #[test]
    fn what_is_not_json_is_refused_where_it_stands() {
        for (text, spot) in [
            ("{\"a\": 1,}", 7),
            ("{\"a\": // x\n1}", 6),
            ("{'a': 1}", 1),
            ("[1 2]", 2),
            ("", 0),
            ("{\"a\": 1", 0),
        ] {
            let error = Node::parse(text).expect_err(text);
            assert_eq!(error.span.start, spot, "{text}: {error}");
        }
    }
}
