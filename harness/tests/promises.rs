//! SECURITY.md promises what tests show: each test that it names is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Rows of the table of promises: what is promised, and the tests. A row in bold is a heading.
fn promises(text: &str) -> Vec<(&str, Vec<&str>)> {
    let (_, promised) = text.split_once("\n## What is promised\n").expect("the section");
    let (promised, _) = promised.split_once("\n## ").expect("the next section");
    let rows = promised.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split('|').map(str::trim);
        Some((cells.next()?, cells.next()?))
    });
    let rows = rows.filter(|(promise, _)| *promise != "promise" && !promise.starts_with("**"));
    rows.map(|(promise, shown)| (promise, shown.split('`').skip(1).step_by(2).collect()))
        .collect()
}

/// Names of the functions that are marked as tests in a file.
fn tests_in(file: &Path, found: &mut BTreeSet<String>) {
    let text = fs::read_to_string(file).expect("a source file");
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with("#[test]") {
            is_test = true;
        } else if let Some(rest) = line.strip_prefix("fn ") {
            if is_test && let Some((name, _)) = rest.split_once('(') {
                found.insert(name.to_owned());
            }
            is_test = false;
        }
    }
}

/// All tests of the project.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![PathBuf::from(ROOT)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if name.ends_with(".rs") {
                tests_in(&path, &mut found);
            }
        }
    }
    found
}

#[test]
fn every_promise_is_shown_by_tests_that_are_there() {
    let text = fs::read_to_string(Path::new(ROOT).join("SECURITY.md")).expect("the threat model");
    let (promises, tests) = (promises(&text), tests());
    assert!(promises.len() > 20, "{} promises", promises.len());
    for (promise, shown) in promises {
        assert!(!shown.is_empty(), "nothing shows: {promise}");
        for test in shown {
            assert!(
                tests.contains(test),
                "`{test}`, which shows `{promise}`, is not there"
            );
        }
    }
}

#[test]
fn the_table_is_read_as_it_is_written() {
    let text = "\n## What is promised\n\n| promise | shown by |\n|---|---|\n| **Who** | |\n| A | `a`, `b` |\n| B | |\n\n## More\n| C | `c` |\n";
    assert_eq!(promises(text), [("A", vec!["a", "b"]), ("B", Vec::new())]);
    assert!(tests().contains("the_table_is_read_as_it_is_written"));
    assert!(!tests().contains("promises"), "no test");
}
