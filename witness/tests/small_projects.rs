//! Small projects, each with one thing that is seen or not.

use std::path::Path;
use witness::error::WitnessError;
use witness::report::{self, Report};

const ERRORS: &str = r#"
    use thiserror::Error;
    #[derive(Debug, Error)]
    pub enum Failure {
        #[error("the file {0} has gone away")]
        Gone(u8),
        #[error("{name} is full of {things}")]
        Full { name: u8, things: u8 },
        #[error(transparent)]
        Other(#[from] std::io::Error),
    }
"#;

fn report(files: &[(&str, &str)]) -> Result<Report, WitnessError> {
    let root = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    report::of(root.path())
}

/// What is unseen where a test says this.
fn unseen(test: &str) -> Vec<String> {
    let report = report(&[("a/src/lib.rs", ERRORS), ("a/tests/t.rs", test)]).expect("it is readable");
    assert_eq!((report.errors, report.wrapping), (2, 1));
    report.unseen.into_iter().map(|it| it.name).collect()
}

#[test]
fn what_no_test_names_or_says_is_unseen() {
    assert_eq!(unseen(""), ["Failure::Gone", "Failure::Full"]);
    assert_eq!(
        unseen("fn f() { g(Failure, Gone, \"has\") }"),
        ["Failure::Gone", "Failure::Full"]
    );
}

#[test]
fn a_kind_is_seen_where_a_test_names_it_or_says_its_message_or_a_part_that_no_other_has() {
    assert_eq!(unseen("fn f() { g(Failure::Gone(1)) }"), ["Failure::Full"]);
    assert_eq!(
        unseen("const T: &str = \"x: the file 7 has gone away\";"),
        ["Failure::Full"]
    );
    assert_eq!(unseen("const T: &str = \"has gone away\";"), ["Failure::Full"]);
    assert_eq!(
        unseen("const T: &str = \"disk is full of cats\";"),
        ["Failure::Gone"]
    );
}

#[test]
fn what_is_only_for_tests_speaks_as_a_test_does_and_makes_no_errors() {
    let inner = "#[cfg(test)] mod checks { fn f() { super::Failure::Gone(1) } }";
    let elsewhere = "#[cfg(test)]\nmod checks;";
    let file = "#[derive(Error)] #[error(\"only in tests\")] struct Fake; fn f() { Failure::Gone(1) }";
    for files in [
        &[("a/src/lib.rs", ERRORS), ("a/src/b.rs", inner)][..],
        &[
            ("a/src/lib.rs", ERRORS),
            ("a/src/b.rs", elsewhere),
            ("a/src/b/checks.rs", file),
        ],
    ] {
        let report = report(files).expect("it is readable");
        let unseen: Vec<String> = report.unseen.into_iter().map(|it| it.name).collect();
        assert_eq!(unseen, ["Failure::Full"]);
    }
}

#[test]
fn a_reason_explains_and_one_for_what_is_seen_is_idle() {
    let reasons = "[[unseen]]\nfile = \"a/src/lib.rs\"\nnames = [\"Failure::Gone\", \"Failure::Full\"]\nbecause = \"no disk\"\n";
    let test = "fn f() { Failure::Full }";
    let report = report(&[
        ("a/src/lib.rs", ERRORS),
        ("a/tests/t.rs", test),
        ("witness.toml", reasons),
    ])
    .expect("it is readable");
    assert_eq!(report.unseen[0].because.as_deref(), Some("no disk"));
    assert_eq!(report.idle_reasons, ["a/src/lib.rs: Failure::Full"]);
    assert!(!report.is_clean());
}

#[test]
fn an_invariant_is_seen_where_a_scenario_expects_it_broken_and_not_where_it_is_only_mentioned() {
    let table = "invariants! {\n    /// Numbers agree.\n    NumbersAgree: UntilMended, about Counter,\n        \
                 broken \"they do not\", sign Drift;\n    /// Nothing is left.\n    NothingIsLeft: ForGood, about \
                 OneOf(&[\"pages\"]),\n        broken \"something is\", sign Leak;\n}";
    let scenario = r#"{ "why": "nothing_is_left",
        "expect": { "merged": { "violations": [{ "invariant": "numbers_agree" }] } } }"#;
    let report = report(&[("a/src/lib.rs", table), ("scenarios/x/y.json", scenario)]).expect("readable");
    let seen: Vec<(&str, usize)> = report
        .invariants
        .iter()
        .map(|it| (it.variant.as_str(), it.scenarios))
        .collect();
    assert_eq!(seen, [("NumbersAgree", 1), ("NothingIsLeft", 0)]);
    let unseen: Vec<&str> = report.unseen.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(unseen, ["NothingIsLeft"]);
}

#[test]
fn what_cannot_be_read_is_named_with_its_place() {
    let source = report(&[("a/src/lib.rs", "\nfn f( {}")]).expect_err("no Rust");
    assert!(matches!(&source, WitnessError::Source { path, .. } if path == "a/src/lib.rs"));
    let parsed = report(&[("a/src/lib.rs", "fn f() {}\nfn fn")]).expect_err("no Rust");
    assert!(matches!(parsed, WitnessError::Source { line: 2, .. }), "{parsed}");
    let scenario = report(&[("scenarios/x.json", "{")]).expect_err("no JSON");
    assert!(matches!(scenario, WitnessError::Scenario { .. }), "{scenario}");
    let reasons = report(&[("witness.toml", "[[unseen]]\nfile = 1\n")]).expect_err("no reasons");
    assert!(matches!(reasons, WitnessError::Reasons { .. }), "{reasons}");
    let absent = report::of(Path::new("/nowhere at all")).expect_err("no folder");
    assert!(matches!(absent, WitnessError::File { .. }), "{absent}");
}
