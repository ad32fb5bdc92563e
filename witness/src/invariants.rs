//! Invariants: every row of the table, and who has seen it broken.

use crate::error::WitnessError;
use crate::project::Project;
use crate::testimony::Testimony;
use proc_macro2::{TokenStream, TokenTree};
use serde_json::Value;
use std::collections::BTreeSet;

/// One invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// The variant's name.
    pub variant: String,
    /// Scenarios that expect it broken.
    pub scenarios: usize,
    /// Whether a test of the judge names it.
    pub in_tests: bool,
}

impl Invariant {
    /// Whether anybody has seen it broken.
    #[must_use]
    pub const fn is_seen(&self) -> bool {
        self.scenarios > 0 || self.in_tests
    }
}

/// All invariants, in the table's order.
///
/// # Errors
/// [`WitnessError::Scenario`] when a scenario is not JSON.
pub fn of(project: &Project, testimony: &Testimony) -> Result<Vec<Invariant>, WitnessError> {
    let mut broken = Vec::new();
    for (path, text) in &project.scenarios {
        let scenario: Value = serde_json::from_str(text).map_err(|cause| WitnessError::Scenario {
            path: path.clone(),
            cause,
        })?;
        let mut names = BTreeSet::new();
        expected_broken(&scenario, &mut names);
        broken.push(names);
    }
    let rows = project.sources.iter().filter(|source| !source.is_test);
    let rows = rows.flat_map(|source| rows_of(&source.tokens));
    let invariants = rows.map(|variant| {
        let name = snake_case(&variant);
        Invariant {
            scenarios: broken.iter().filter(|names| names.contains(&name)).count(),
            in_tests: testimony
                .paths
                .contains(&("InvariantName".to_owned(), variant.clone())),
            variant,
        }
    });
    Ok(invariants.collect())
}

/// The names in every list of violations.
fn expected_broken(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let violations = members.get("violations").and_then(Value::as_array);
            let violations = violations.into_iter().flatten();
            names.extend(violations.filter_map(|it| Some(it["invariant"].as_str()?.to_owned())));
            members.values().for_each(|member| expected_broken(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| expected_broken(item, names)),
        _ => {}
    }
}

/// The rows of `invariants! { ... }` in a file: the name behind each row's comment.
fn rows_of(tokens: &TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let table = tokens.windows(3).find_map(|three| match three {
        [
            TokenTree::Ident(name),
            TokenTree::Punct(_),
            TokenTree::Group(rows),
        ] if name == "invariants" => Some(rows.stream()),
        _ => None,
    });
    let rows: Vec<TokenTree> = table.into_iter().flatten().collect();
    let names = rows.windows(3).filter_map(|three| match three {
        [
            TokenTree::Group(_),
            TokenTree::Ident(name),
            TokenTree::Punct(colon),
        ] if colon.as_char() == ':' => Some(name.to_string()),
        _ => None,
    });
    names.collect()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
