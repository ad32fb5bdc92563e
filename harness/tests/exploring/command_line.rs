//! `explore`, `replay` and `merge` as people use them.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn tool(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn what_goes_wrong_is_told_in_lines_that_fit_a_mail_and_can_be_replayed() {
    let folder = folder();
    let explored = tool(
        folder.path(),
        &["explore", "races/drift", "--revision", "reviewed"],
    );
    let told = text(&explored.stdout);
    assert_eq!(
        explored.status.code(),
        Some(100),
        "{told}{}",
        text(&explored.stderr)
    );
    assert!(told.contains("counter_wrapped (fw_pages_vfs)"), "{told}");
    assert!(told.contains("pages_work_handler"), "{told}");
    assert!(told.contains("ends; states, books"), "{told}");
    let command_lines = |line: &&str| line.trim_start().starts_with("mlx5-cosim replay");
    let long: Vec<&str> = told
        .lines()
        .filter(|line| !command_lines(line) && line.chars().count() > 72)
        .collect();
    assert_eq!(long, Vec::<&str>::new());
    let replayed = told
        .lines()
        .find_map(|line| line.trim().strip_prefix("mlx5-cosim replay "))
        .unwrap();
    let again = tool(folder.path(), &["replay", replayed]);
    assert_eq!(
        again.status.code(),
        Some(0),
        "{}{}",
        text(&again.stdout),
        text(&again.stderr)
    );
    assert!(
        text(&again.stdout).contains("the same way, byte for byte"),
        "{}",
        text(&again.stdout)
    );
}

#[test]
fn what_does_not_happen_is_proved_within_bounds() {
    let folder = folder();
    let explored = tool(folder.path(), &["explore", "races/drift", "--revision", "robust"]);
    let told = text(&explored.stdout);
    assert_eq!(explored.status.code(), Some(0), "{told}");
    assert!(told.contains("none in"), "{told}");
    assert!(told.contains("assumptions"), "{told}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "there is nothing to replay"
    );
}

#[test]
fn a_budget_that_is_used_up_is_told_with_how_far_it_came() {
    let folder = folder();
    let arguments = [
        "explore",
        "races/drift",
        "--revision",
        "robust",
        "--max-states",
        "20",
    ];
    let explored = tool(folder.path(), &arguments);
    assert_eq!(explored.status.code(), Some(105), "{}", text(&explored.stdout));
    assert!(
        text(&explored.stdout).contains("budget used up"),
        "{}",
        text(&explored.stdout)
    );
}

#[test]
fn ways_that_are_drawn_find_what_is_easily_found_and_prove_nothing() {
    let folder = folder();
    for (strategy, revision, code, words) in [
        ("random", "reviewed", 100, "wrong"),
        ("pct", "reviewed", 100, "wrong"),
        ("random", "robust", 0, "nothing proved"),
    ] {
        let arguments = [
            "explore",
            "races/drift",
            "--revision",
            revision,
            "--strategy",
            strategy,
            "--seeds",
            "0..60",
        ];
        let explored = tool(folder.path(), &arguments);
        assert_eq!(
            explored.status.code(),
            Some(code),
            "{strategy}: {}",
            text(&explored.stdout)
        );
        assert!(
            text(&explored.stdout).contains(words),
            "{strategy}: {}",
            text(&explored.stdout)
        );
    }
}

fn json(output: &Output) -> Value {
    let mut account: Value = serde_json::from_slice(&output.stdout).unwrap();
    // Wall time, and how much several had to do until none of them was surprised, are not compared.
    for volatile in [
        "seconds",
        "states",
        "states_hash",
        "collision_bound",
        "transitions",
        "bytes",
        "depth",
    ] {
        account[volatile] = Value::Null;
    }
    for end in account["ends"].as_array_mut().unwrap() {
        for way in ["states", "choices", "turns"] {
            end[way] = Value::Null;
        }
    }
    account
}

#[test]
fn several_come_to_what_one_comes_to() {
    let folder = folder();
    let arguments = [
        "explore",
        "races/drift",
        "--revision",
        "merged",
        "--format",
        "json",
    ];
    let alone = tool(folder.path(), &[&arguments[..], &["-j1"]].concat());
    let together = tool(folder.path(), &[&arguments[..], &["-j3"]].concat());
    assert_eq!(alone.status.code(), Some(0), "{}", text(&alone.stderr));
    assert_eq!(json(&alone), json(&together));
}

#[test]
fn parts_of_a_search_together_are_the_whole() {
    let folder = folder();
    let search = [
        "explore",
        "races/drift",
        "--revision",
        "merged",
        "--vfs",
        "1",
        "--requests",
        "1",
        "--states",
    ];
    let files = ["part-1.json", "part-2.json", "part-3.json"];
    for (place, file) in files.iter().enumerate() {
        let part = format!("hash:{}/3", place + 1);
        let explored = tool(
            folder.path(),
            &[&search[..], &[file, "--partition", &part]].concat(),
        );
        assert_eq!(explored.status.code(), Some(0), "{}", text(&explored.stderr));
    }
    let whole = tool(
        folder.path(),
        &[&search[..], &["whole.json", "--without", "persistent"]].concat(),
    );
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole.stderr));
    let merged = tool(
        folder.path(),
        &[&["merge"], &files[..], &["--against", "whole.json"]].concat(),
    );
    assert_eq!(
        merged.status.code(),
        Some(0),
        "{}{}",
        text(&merged.stdout),
        text(&merged.stderr)
    );
    assert!(
        text(&merged.stdout).contains("the parts together are the whole"),
        "{}",
        text(&merged.stdout)
    );
    let fewer = tool(
        folder.path(),
        &[&["merge"], &files[..2], &["--against", "whole.json"]].concat(),
    );
    assert_eq!(fewer.status.code(), Some(105), "{}", text(&fewer.stdout));
    assert!(
        text(&fewer.stderr).contains("parts are missing: 3/3"),
        "{}",
        text(&fewer.stderr)
    );
}

#[test]
fn what_is_no_race_is_refused() {
    let folder = folder();
    let explored = tool(folder.path(), &["explore", "attribution/none-then-populate"]);
    assert_eq!(explored.status.code(), Some(2), "{}", text(&explored.stdout));
    assert!(
        text(&explored.stderr).contains("at the same time"),
        "{}",
        text(&explored.stderr)
    );
}
