//! Expected warnings: whether the driver could ever print them.

use super::sense::Sense;
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
            MessageKind::ROWS
                .iter()
                .filter(|row| row.level != MessageLevel::Info)
        };
        let Some(row) = known().find(|row| row.kind == kind) else {
            let names: Vec<&str> = known().map(|row| row.kind).collect();
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
        let fields = || row.fields.iter().map(|(field, _)| *field);
        for name in data.into_iter().flat_map(|data| data.keys()) {
            if !fields().any(|field| field == name) {
                let at = path.member(kind).member(name);
                let hint = suggestion(name, fields());
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

#[cfg(test)]
mod tests {
    use driver::MessageKind;

    #[test]
    fn kinds_are_spelt_as_they_are_serialized() {
        for (message, row) in MessageKind::examples(0).iter().zip(MessageKind::ROWS) {
            let serialized = serde_json::to_value(message).unwrap();
            let kind = serialized
                .as_object()
                .and_then(|object| object.keys().next())
                .map_or_else(|| serialized.as_str(), |kind| Some(kind));
            assert_eq!(kind, Some(row.kind));
        }
    }
}
