//! Which cases run and how much is told of them: words of a filter, what failed before, the first failure, quiet runs.

mod workbench;

use serde_json::Value;
use workbench::{BOOT, Ran, Workbench, broken, ends};

/// Three scenarios: `waits/boot` (row 2), `waits/second` (row 12f, under function ids), `locks/third` (row 12, on a DPU).
fn bench(test: &str) -> Workbench {
    let bench = Workbench::new(test);
    bench.write("scenarios/waits/boot.json", BOOT);
    bench.write("scenarios/waits/second.json", &second());
    let third = broken("\"boot\"", "\"third\"").replace("\"row\": \"2\"", "\"row\": \"12\"");
    let third = third.replace("compliant_firmware", "firmware_quirk");
    bench.write("scenarios/locks/third.json", &third);
    bench
}

fn second() -> String {
    let text = broken("\"boot\"", "\"second\"").replace("\"row\": \"2\"", "\"row\": \"12f\"");
    let text = text.replace("\"page_mode\": \"vhca_id\"", "\"page_mode\": \"func_id\"");
    text.replace("\"ledger\": { \"pf\": 240 }", "\"ledger\": {}")
}

/// The cases of a run as `name@revision`, in their order.
#[track_caller]
fn cases(ran: &Ran) -> Vec<String> {
    let lines = ran.stdout.lines();
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let name = |line: Value| {
        let text = |name: &str| line[name].as_str().expect("a text").to_owned();
        format!("{}@{}", text("scenario"), text("revision"))
    };
    lines.map(name).collect()
}

#[test]
fn words_of_a_filter_choose_and_leave_out() {
    let bench = bench("selecting-words");
    for (words, names) in [
        (&["waits"][..], &["boot", "second"][..]),
        (&["boot", "third"], &["third", "boot"]),
        (&["!boot"], &["third", "second"]),
        (&["waits", "!boot"], &["second"]),
        (&["row:12"], &["third", "second"]),
        (&["row:12f"], &["second"]),
        (&["!row:12"], &["boot"]),
        (&["tag:func_id"], &["second"]),
        (&["tag:locks", "row:2"], &["third", "boot"]),
        (&["!tag:firmware_quirk"], &["boot", "second"]),
    ] {
        let filters = words.iter().map(|word| format!("--filter={word}"));
        let filters: Vec<String> = filters.collect();
        let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
        let ran = bench.tool(&[&["run", "--format", "json", "--revision", "merged"], &*filters].concat());
        ends(&ran, 0);
        let names: Vec<String> = names.iter().map(|name| format!("{name}@merged")).collect();
        assert_eq!(cases(&ran), names, "{words:?}");
        // What is listed is what runs.
        let list = bench.tool(&[&["list"], &*filters].concat());
        ends(&list, 0);
        assert_eq!(list.stdout.lines().count(), names.len() + 1, "{}", list.stdout);
    }
}

#[test]
fn a_tag_that_nothing_has_is_told_with_those_that_there_are() {
    let bench = bench("selecting-tags");
    for verb in ["run", "list"] {
        let ran = bench.tool(&[verb, "--filter", "tag:wait"]);
        ends(&ran, 4);
        for part in ["tag:wait", "the tags are", "waits", "func_id", "firmware_quirk"] {
            assert!(ran.stderr.contains(part), "{verb}: no `{part}` in {}", ran.stderr);
        }
    }
    ends(&bench.tool(&["run", "--filter", "tag:"]), 2);
}

#[test]
fn the_runs_of_a_scenario_are_in_one_part() {
    let bench = bench("selecting-parts");
    let mut all = Vec::new();
    for part in ["hash:1/2", "hash:2/2"] {
        let ran = bench.tool(&["run", "--format", "json", "--partition", part]);
        let cases = cases(&ran);
        for case in &cases {
            let (name, _) = case.split_once('@').expect("a name and a revision");
            let runs = cases.iter().filter(|case| case.starts_with(&format!("{name}@")));
            assert_eq!(runs.count(), 2, "{cases:?}");
        }
        all.extend(cases);
    }
    assert_eq!(all.len(), 6);
}

/// Runs the tool with a home of its own.
fn at_home(bench: &Workbench, arguments: &[&str]) -> Ran {
    let mut command = bench.command();
    command.args(arguments).env("XDG_STATE_HOME", bench.path("state"));
    command.output().expect("the tool can be started").into()
}

#[test]
fn what_failed_runs_again_until_it_passes() {
    let bench = bench("selecting-failed");
    let json = |arguments: &[&str]| at_home(&bench, &[&["run", "--format", "json"], arguments].concat());
    ends(&json(&[]), 0);
    assert!(!bench.path("state").exists(), "nothing has failed");
    ends(&json(&["--failed"]), 4);

    let wrong = second().replace(
        "\"fw_pages_total\": 0 }, \"leaked_pages\": 0 },",
        "\"fw_pages_total\": 1 } },",
    );
    bench.write("scenarios/waits/second.json", &wrong);
    bench.write("scenarios/locks/third.json", "{ no scenario");
    ends(&json(&[]), 103);
    let ran = json(&["--failed"]);
    ends(&ran, 103);
    assert_eq!(cases(&ran), ["third@all", "second@merged"]);
    // A part of what failed; the rest is not forgotten.
    let ran = json(&["--failed", "waits"]);
    ends(&ran, 100);
    assert_eq!(cases(&ran), ["second@merged"]);

    bench.write("scenarios/waits/second.json", &second());
    ends(&json(&["waits"]), 0);
    let third = broken("\"boot\"", "\"third\"");
    bench.write("scenarios/locks/third.json", &third);
    // The file can be read again: all its runs are tried.
    let ran = json(&["--failed"]);
    ends(&ran, 0);
    assert_eq!(cases(&ran), ["third@merged", "third@robust"]);
    ends(&json(&["--failed"]), 4);
}

#[test]
fn that_failures_cannot_be_kept_is_said_and_spoils_nothing() {
    let bench = Workbench::new("selecting-no-home");
    bench.write("boot.json", &broken("\"self\": 240", "\"self\": 241"));
    bench.write("state", "a file where a folder should be");
    let ran = at_home(&bench, &["run", "boot.json"]);
    ends(&ran, 100);
    assert!(
        ran.stderr.contains("cannot be kept for --failed"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_first_failure_ends_a_run_where_that_is_asked_for() {
    let bench = bench("selecting-fail-fast");
    bench.write(
        "scenarios/locks/third.json",
        &broken("\"boot\"", "\"third\"").replace("\"self\": 240", "\"self\": 241"),
    );
    for jobs in ["1", "4"] {
        let ran = bench.tool(&["run", "--fail-fast", "--format", "json", "-j", jobs]);
        ends(&ran, 100);
        assert_eq!(cases(&ran), ["third@merged"]);
        assert!(
            ran.stderr.contains("1 failed, 0 skipped, 5 not run"),
            "{}",
            ran.stderr
        );
    }
    let ran = bench.tool(&["run", "--fail-fast", "--format", "ktap"]);
    ends(&ran, 100);
    assert!(
        ran.stdout.ends_with("Bail out! 5 cases were not run\n"),
        "{}",
        ran.stdout
    );
    let ran = bench.tool(&["run", "--fail-fast", "waits"]);
    ends(&ran, 0);
    assert!(!ran.stdout.contains("not run"), "{}", ran.stdout);
}

#[test]
fn a_quiet_run_tells_what_failed_and_one_line() {
    let bench = bench("selecting-quiet");
    let ran = bench.tool(&["run", "-q"]);
    ends(&ran, 0);
    assert_eq!(
        ran.stdout,
        "6 runs of 3 scenarios: 6 as expected, 0 failed, 0 skipped\n"
    );
    assert_eq!(ran.stderr, "");
    bench.write(
        "scenarios/locks/third.json",
        &broken("\"boot\"", "\"third\"").replace("\"self\": 240", "\"self\": 241"),
    );
    let ran = bench.tool(&["run", "--quiet", "--revision", "merged"]);
    ends(&ran, 100);
    let first = ran.stdout.lines().next().expect("a line");
    assert!(first.starts_with("FAIL  third"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("pass  "), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with("2 as expected, 1 failed, 0 skipped\n"),
        "{}",
        ran.stdout
    );
    ends(&bench.tool(&["run", "-q", "-v"]), 2);
}

#[test]
fn a_width_that_is_said_is_kept_to_by_every_verb() {
    let bench = bench("selecting-width");
    let width = |arguments: &[&str], columns: &str| {
        let output = bench.command().args(arguments).env("COLUMNS", columns).output();
        let output = output.expect("the tool can be started");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
    };
    for arguments in [
        &["list"][..],
        &["run"],
        &["explain", "boot"],
        &["--help"],
        &["run", "--help"],
        &["snapshots", "review", "--help"],
    ] {
        let narrow = width(arguments, "90");
        assert!((20..=90).contains(&narrow), "{arguments:?}: {narrow}");
    }
    assert!(width(&["run", "--help"], "200") > 90);
}

#[test]
fn colours_are_asked_for_and_forbidden_alike_by_every_verb() {
    let bench = bench("selecting-colours");
    let coloured = |arguments: &[&str], settings: &[(&str, &str)]| {
        let output = bench
            .command()
            .args(arguments)
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .envs(settings.iter().copied())
            .output()
            .expect("the tool can be started");
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    bench.write("scenarios/broken.json", "{");
    for verb in [
        &["run"][..],
        &["check", "broken"],
        &["--help"],
        &["list", "nowhere", "--help"],
    ] {
        assert!(!coloured(verb, &[]), "{verb:?}: nothing is a terminal here");
        assert!(coloured(verb, &[("CLICOLOR_FORCE", "1")]), "{verb:?}");
        assert!(
            coloured(&[verb, &["--color", "always"]].concat(), &[("NO_COLOR", "1")]),
            "{verb:?}"
        );
        assert!(
            !coloured(&[verb, &["--color=never"]].concat(), &[("CLICOLOR_FORCE", "1")]),
            "{verb:?}"
        );
        assert!(
            !coloured(verb, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]),
            "{verb:?}"
        );
    }
}
