//! Where an expectation stands in the text of its file.

use crate::record::aspect::{Aspect, Deed};
use crate::record::result::{Mismatch, Place, RunResult};
use crate::scenario::document::{Content, Node, Span};
use crate::text::reading::line_and_column;
use driver::RevisionName;

/// The text of a scenario file with the place of every value.
#[derive(Debug)]
pub struct Locations<'a> {
    text: &'a str,
    root: Node,
}

/// The name of what holds for every revision in a step's expectations.
pub(crate) const ALL: &str = "all";

impl<'a> Locations<'a> {
    /// Reads a text; `None` where it is no JSON.
    #[must_use]
    pub fn of(text: &'a str) -> Option<Self> {
        let root = Node::parse(text).ok()?;
        Some(Self { text, root })
    }

    /// Fills in where each expectation stands that did not hold for `revision`.
    pub fn locate(&self, result: &mut RunResult, revision: RevisionName) {
        let place = |mismatch| Some(self.place(&self.span(mismatch, revision)));
        result.places = result.mismatches.iter().map(place).collect();
    }

    /// Line and column of the beginning of a span.
    fn place(&self, span: &Span) -> Place {
        let (line, column) = line_and_column(self.text, span.start);
        Place { line, column }
    }

    /// The value that did not hold; where the file does not say it, the innermost one around its place.
    fn span(&self, mismatch: &Mismatch, revision: RevisionName) -> Span {
        let aspect = &mismatch.what;
        let path = match (&aspect, mismatch.step) {
            (Aspect::Violation(_), _) => at_the_end(revision, &["violations"]),
            (Aspect::Deed(deed), Some(step)) => in_step(step, &[actor(*deed)]),
            (_, Some(step)) => self.in_expectation(step, revision, &names(aspect)),
            (_, None) => at_the_end(revision, &names(aspect)),
        };
        self.innermost(&path).1.span.clone()
    }

    /// The place of a step's expectation: the revision's own, or the one for all.
    pub(crate) fn in_expectation(&self, step: u32, revision: RevisionName, names: &[String]) -> Vec<String> {
        let of = |whose: &str| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            in_step(step, &[&["expect", whose], names.as_slice()].concat())
        };
        let own = of(&revision.to_string());
        let all = of(ALL);
        if self.value(&own).is_none() && self.value(&all).is_some() {
            all
        } else {
            own
        }
    }

    /// The value at a path, if there is one.
    pub(crate) fn value(&self, path: &[String]) -> Option<&Node> {
        let (depth, node) = self.innermost(path);
        (depth == path.len()).then_some(node)
    }

    /// The innermost value on the way to a path, and how far that is.
    pub(crate) fn innermost(&self, path: &[String]) -> (usize, &Node) {
        let mut at = &self.root;
        for (depth, name) in path.iter().enumerate() {
            let next = match &at.content {
                Content::Object(_) => at.get(name).map(|member| &member.value),
                Content::Array(elements) => name.parse().ok().and_then(|index: usize| elements.get(index)),
                Content::Scalar(_) => None,
            };
            match next {
                Some(inner) => at = inner,
                None => return (depth, at),
            }
        }
        (path.len(), at)
    }
}

/// The place of what is expected of a revision at the end.
pub(crate) fn at_the_end(revision: RevisionName, names: &[impl AsRef<str>]) -> Vec<String> {
    let names = names.iter().map(|name| name.as_ref().to_owned());
    ["expect".to_owned(), revision.to_string()]
        .into_iter()
        .chain(names)
        .collect()
}

/// The place of something in a step (numbered from 1).
fn in_step(step: u32, names: &[&str]) -> Vec<String> {
    let index = step.saturating_sub(1).to_string();
    let names = names.iter().map(|&name| name.to_owned());
    ["steps".to_owned(), index].into_iter().chain(names).collect()
}

/// The names that lead to an aspect within the expectations of one revision.
pub(crate) fn names(aspect: &Aspect) -> Vec<String> {
    let names = |list: &str, name: String| vec![list.to_owned(), name];
    match aspect {
        Aspect::Counter(name) => names("counters", name.clone()),
        Aspect::Ledger(owner) => names("ledger", owner.clone()),
        Aspect::Root(key) => names("roots", key.to_string()),
        Aspect::Scalar(scalar) => scalar.name().split('.').map(str::to_owned).collect(),
        Aspect::Warning(place) => names("warnings", place.to_string()),
        Aspect::MissingViolation(place) => names("violations", place.to_string()),
        Aspect::Violation(_) => vec!["violations".to_owned()],
        Aspect::Deed(_) | Aspect::KernelLog | Aspect::KernelHealth | Aspect::Other(_) => Vec::new(),
    }
}

/// The field of a step that says what it does.
const fn actor(deed: Deed) -> &'static str {
    match deed {
        Deed::Firmware => "firmware",
        Deed::Gate => "gate",
        Deed::Quiesce => "time",
        Deed::Operation | Deed::WaitFor | Deed::Function | Deed::Step => "host",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
  "steps": [
    { "host": "load",
      "expect": { "all": { "returns": 0, "counters": { "self": 240 } },
                  "robust": { "returns": -12 } } },
    { "firmware": { "request_pages": {} } }
  ],
  "expect": {
    "merged": { "ledger": { "vf1": 8 }, "warnings": ["a", "b"],
                "violations": [ { "invariant": "counter_wrapped" } ] },
    "robust": {}
  }
}"#;

    #[track_caller]
    fn stands_at(revision: RevisionName, step: Option<u32>, what: &str, place: (usize, usize)) {
        let locations = Locations::of(TEXT).expect("it is JSON");
        let mismatch = Mismatch {
            step,
            what: Aspect::from(what),
            expected: String::new(),
            actual: String::new(),
        };
        let found = locations.place(&locations.span(&mismatch, revision));
        assert_eq!((found.line, found.column), place, "{what}");
    }

    #[test]
    fn an_expectation_is_found_by_its_name() {
        use RevisionName::{Merged, Robust};
        stands_at(Merged, Some(1), "returns", (4, 39));
        stands_at(Robust, Some(1), "returns", (5, 42));
        stands_at(Robust, Some(1), "counters.self", (4, 64));
        stands_at(Merged, Some(2), "firmware", (6, 19));
        stands_at(Merged, None, "ledger.vf1", (9, 36));
        stands_at(Merged, None, "warnings[1]", (9, 59));
        stands_at(Merged, None, "violations[0]", (10, 33));
    }

    #[test]
    fn what_is_not_written_is_found_where_it_would_stand() {
        use RevisionName::{Merged, Robust};
        stands_at(Merged, None, "warnings[2]", (9, 53));
        stands_at(Merged, Some(1), "violations.memory_safe", (10, 31));
        stands_at(Robust, None, "warnings[0]", (11, 15));
        stands_at(Merged, None, "the guest", (9, 15));
    }
}
