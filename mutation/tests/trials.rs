//! What is made of a test that passes, fails, or is not there, and of a plan that is none.

use mutation::error::MutationError;
use mutation::outcome::Verdict;
use mutation::plan;
use mutation::trial::{self, Test};
use std::path::Path;

fn tests(programs: &[&str]) -> Vec<Test> {
    let test = |program: &&str| Test {
        package: "any".to_owned(),
        name: (*program).to_owned(),
        program: Path::new("/bin").join(program),
    };
    programs.iter().map(test).collect()
}

fn verdict(programs: &[&str]) -> (Verdict, Option<String>) {
    let tests = tests(programs);
    let tests: Vec<&Test> = tests.iter().collect();
    let tried = trial::try_mutant(&tests, 1, Path::new("/"), &[]).expect("there is a shell");
    (tried.verdict, tried.by)
}

#[test]
fn the_first_test_that_fails_has_caught_the_mutant() {
    assert_eq!(verdict(&["true", "true"]), (Verdict::Missed, None));
    assert_eq!(
        verdict(&["true", "false", "true"]),
        (Verdict::Caught, Some("false".to_owned()))
    );
}

#[test]
fn a_test_that_fails_without_a_mutant_ends_the_campaign() {
    assert!(trial::baseline(&tests(&["true"]), Path::new("/")).is_ok());
    let error = trial::baseline(&tests(&["true", "false"]), Path::new("/")).expect_err("it fails");
    assert!(
        matches!(&error, MutationError::Baseline { program, .. } if program == "false"),
        "{error}"
    );
}

#[test]
fn a_plan_is_read_and_one_that_is_none_is_refused_with_its_line() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    assert!(
        !plan::read(&root)
            .expect("the project has a plan")
            .groups
            .is_empty()
    );
    let folder = tempfile::tempdir().expect("a folder");
    let absent = plan::read(folder.path()).expect_err("there is none");
    assert!(matches!(absent, MutationError::File { .. }), "{absent}");
    std::fs::write(folder.path().join("mutation.toml"), "seed = 1\ngroup = 2\n").expect("a file");
    let error = plan::read(folder.path()).expect_err("a group is a table");
    assert!(matches!(error, MutationError::Plan { .. }), "{error}");
    assert!(error.to_string().contains("line 2"), "{error}");
}
