//! Names of scenario files: what a list prints, a filter and a partition look at, and other files are named after.

use std::path::Path;

/// [`qualified_name`] as the beginning of files' names, `folder__name`.
#[must_use]
pub fn file_stem(file: &Path) -> String {
    qualified_name(file).replace('/', "__")
}

/// `folder/name` of a scenario file, with the folders below `scenarios` where the path has such a part.
#[must_use]
pub fn qualified_name(file: &Path) -> String {
    let parts: Vec<String> = file
        .with_extension("")
        .components()
        .filter_map(|part| match part {
            std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    match parts.iter().rposition(|part| part == "scenarios") {
        Some(root) if root + 1 < parts.len() => parts[root + 1..].join("/"),
        _ => parts.last().cloned().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_below_the_scenarios() {
        for (file, name) in [
            ("scenarios/locks/a.json", "locks/a"),
            ("/x/scenarios/a.json", "a"),
            ("./a.json", "a"),
            ("/tmp/other/a.json", "a"),
        ] {
            assert_eq!(qualified_name(Path::new(file)), name);
        }
    }
}
