//! Expected warnings: whether the driver could ever print them.

use super::Sense;
use crate::scenario::document::Path;
use crate::scenario::expectation::ExpectedWarning;
use crate::scenario::problem::{nearest, suggestion};
use driver::{MessageKind, MessageLevel};

impl Sense<'_> {
    pub(super) fn check_warnings(&mut self, warnings: &[ExpectedWarning], path: &Path) {
        for (index, warning) in warnings.iter().enumerate() {
            self.check_warning(warning, &path.element(index));
        }
    }

    fn check_warning(&mut self, warning: &ExpectedWarning, path: &Path) {
        let kind = warning.kind();
        let known = || {
            MessageKind::KINDS
                .iter()
                .filter(|(_, level, _)| *level != MessageLevel::Info)
        };
        let Some((_, _, fields)) = known().find(|(variant, ..)| snake_case(variant) == kind) else {
            let names: Vec<String> = known().map(|(variant, ..)| snake_case(variant)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let hint = nearest(kind, &names).map_or_else(
                || "`run -v` shows the warnings that a run prints".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.wrong(
                path,
                format!("the driver has no warning `{kind}`"),
                "never printed",
                hint,
            );
            return;
        };
        let data = warning.0.get(kind).and_then(|data| data.as_object());
        for name in data.into_iter().flat_map(|data| data.keys()) {
            if !fields.contains(&name.as_str()) {
                let at = path.member(kind).member(name);
                let hint = suggestion(name, fields.iter().copied());
                self.wrong_name(
                    &at,
                    format!("`{kind}` does not tell a `{name}`"),
                    "never printed",
                    hint,
                );
            }
        }
    }
}

/// A variant's name as it is written in files: `PageNotFound` is `page_not_found`.
fn snake_case(variant: &str) -> String {
    let mut name = String::new();
    for (place, letter) in variant.char_indices() {
        if letter.is_ascii_uppercase() && place > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_spelt_as_they_are_serialized() {
        assert_eq!(snake_case("PageNotFound"), "page_not_found");
        assert!(
            MessageKind::KINDS
                .iter()
                .any(|(variant, ..)| snake_case(variant) == "teardown_failed")
        );
        let serialized = serde_json::to_value(MessageKind::TeardownFailed).unwrap();
        assert_eq!(serialized, snake_case("TeardownFailed"));
    }
}
