//! Scenarios by name, and what the program carries with it: every verb works in an empty folder.

mod workbench;

use serde_json::Value;
use workbench::{BOOT, Workbench, broken, ends};

const NAME: &str = "attribution/none-then-populate";

#[test]
fn every_verb_works_in_an_empty_folder() {
    let bench = Workbench::new("library-empty");
    let list = bench.tool(&["list"]);
    ends(&list, 0);
    let listed = list.stdout.lines().find(|line| line.starts_with(NAME));
    assert!(listed.is_some(), "{}", list.stdout);
    let explained = bench.tool(&["explain", NAME]);
    ends(&explained, 0);
    assert!(
        explained.stdout.contains("none-then-populate"),
        "{}",
        explained.stdout
    );
    ends(&bench.tool(&["check", NAME, "page-waits", "scenarios"]), 0);
    ends(&bench.tool(&["schema"]), 0);
    let ran = bench.tool(&["run", NAME, "--format", "json"]);
    ends(&ran, 0);
    for line in ran.stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["file"], "scenarios/attribution/none-then-populate.json");
        // The line that repeats it works where it was printed.
        let replay = line["replay"].as_str().unwrap();
        let (_, arguments) = replay.split_once("-- run ").unwrap();
        let arguments: Vec<&str> = std::iter::once("run").chain(arguments.split(' ')).collect();
        ends(&bench.tool(&arguments), 0);
    }
    assert_eq!(ran.stdout.lines().count(), 3);
    ends(&bench.tool(&["run", "--filter", "page-waits/count-order"]), 0);
    ends(
        &bench.tool(&["run", "--accept", "--filter", "page-waits/count-order"]),
        0,
    );
    assert!(!bench.path("scenarios").exists());
}

#[test]
fn a_name_stands_for_a_scenario_a_folder_or_the_last_part_of_a_name() {
    let bench = Workbench::new("library-names");
    bench.write("scenarios/waits/boot.json", BOOT);
    for name in [
        "waits/boot",
        "waits",
        "boot",
        "scenarios/waits/boot",
        "./scenarios/waits/boot.json",
        "scenarios",
    ] {
        let ran = bench.tool(&["run", name, "--format", "json"]);
        ends(&ran, 0);
        assert_eq!(ran.stdout.lines().count(), 2, "{name}");
        ends(&bench.tool(&["list", name]), 0);
        ends(&bench.tool(&["check", name]), 0);
        ends(&bench.tool(&["explain", name]), 0);
    }
    // A folder with the name of a scenario is a folder.
    bench.write("boot/boot.json", &broken("\"vhca_id\": 5", "\"vhca_id\": 6"));
    let ran = bench.tool(&["run", "boot", "--format", "json"]);
    ends(&ran, 0);
    assert!(
        ran.stdout.contains("\"file\":\"boot/boot.json\""),
        "{}",
        ran.stdout
    );
    // Where there is a folder, what the program carries is not in the way.
    ends(&bench.tool(&["run", NAME]), 2);
}

#[test]
fn a_name_that_is_not_known_gets_the_nearest_ones() {
    let bench = Workbench::new("library-unknown");
    for verb in ["run", "list", "check", "explain"] {
        let ran = bench.tool(&[verb, "attribution/none-than-populate"]);
        ends(&ran, 2);
        let hint = format!("hint: did you mean `{NAME}`");
        assert!(ran.stderr.contains(&hint), "no `{hint}` in\n{}", ran.stderr);
    }
    let ran = bench.tool(&["run", "zzzzzz"]);
    ends(&ran, 2);
    assert!(
        ran.stderr.contains("`mlx5-cosim list` prints the names"),
        "{}",
        ran.stderr
    );
}

#[test]
fn snapshots_of_what_is_carried_are_kept_and_compared() {
    let bench = Workbench::new("library-snapshots");
    let all = ["run", "page-waits", "--snapshots", "kept"];
    ends(&bench.tool(&[all.as_slice(), &["--update"]].concat()), 0);
    ends(&bench.tool(&all), 0);
}
