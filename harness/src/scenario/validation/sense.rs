//! The check in progress: what is checked, what was found wrong.

use super::story::Story;
use crate::scenario::document::{Node, Path};
use crate::scenario::model::{Reachability, ScenarioFile};
use crate::scenario::problem::{Collected, Problem};
use prm::Function;

/// The check in progress.
pub(super) struct Sense<'a> {
    pub(super) scenario: &'a ScenarioFile,
    pub(super) root: &'a Node,
    pub(super) problems: Collected,
    pub(super) story: Story,
    /// The functions that a driver can be bound to, where the device can be made.
    pub(super) interfaces: Option<Vec<Function>>,
}

impl Sense<'_> {
    /// A problem with the value at `path`.
    pub(super) fn wrong(
        &mut self,
        path: &Path,
        message: impl Into<String>,
        label: &str,
        hint: impl Into<String>,
    ) {
        let span = self.root.find(path).span.clone();
        self.problems.push(Problem {
            message: message.into(),
            label: label.to_owned(),
            hint: Some(hint.into()),
            span,
            path: path.clone(),
        });
    }

    /// A problem with the name of the member at `path`.
    pub(super) fn wrong_name(
        &mut self,
        path: &Path,
        message: impl Into<String>,
        label: &str,
        hint: impl Into<String>,
    ) {
        self.wrong(path, message, label, hint);
        if let Some(problem) = self.problems.last_mut() {
            problem.span = self.root.name_span(path);
        }
    }

    /// Whether the scenario says of itself that it stops the driver between two of its steps.
    pub(super) fn is_white_box(&self) -> bool {
        self.scenario.reachability == Reachability::WhiteBox
    }
}
