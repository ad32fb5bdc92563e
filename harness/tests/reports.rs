//! What is wrong with a case is wrong in every report: the terminal, JSON lines, JUnit and KTAP, and the exit code.

mod workbench;

use serde_json::Value;
use std::fs;
use workbench::{BOOT, Workbench, broken, ends};

/// A folder with `boot` in it.
fn bench(test: &str) -> Workbench {
    let bench = Workbench::new(&format!("reports-{test}"));
    bench.write("scenarios/boot.json", BOOT);
    bench
}

/// How a case has to be told.
struct Told<'a> {
    /// The scenario.
    scenario: &'a str,
    /// The JSON field `failure`.
    failure: &'a str,
    /// Whether nobody could judge it.
    is_error: bool,
    /// How many cases are wrong in this way.
    cases: usize,
    /// The exit code.
    code: i32,
}

/// Runs with every format and looks for the case in each.
#[track_caller]
fn is_told(bench: &Workbench, arguments: &[&str], told: &Told<'_>) {
    let run = |format: &str| {
        let ran = bench.tool(&[arguments, &["--format", format]].concat());
        ends(&ran, told.code);
        ran.stdout
    };
    let (scenario, cases) = (told.scenario, told.cases);

    let human = run("human");
    let word = if told.is_error { "ERROR " } else { "FAIL  " };
    let line = format!("{word}{scenario}");
    assert_eq!(human.matches(&line).count(), cases, "no `{line}` in\n{human}");
    let totals = if told.is_error {
        format!("{cases} error")
    } else {
        format!("{cases} failed")
    };
    let last = human.lines().last().unwrap_or_default();
    assert!(last.contains(&totals), "no `{totals}` in\n{human}");

    let json = run("json");
    let lines = json
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let wrong: Vec<Value> = lines.filter(|line| line["failure"] == told.failure).collect();
    assert_eq!(wrong.len(), cases, "{json}");
    for line in wrong {
        assert_eq!(
            (&line["outcome"], &line["scenario"]),
            (&"fail".into(), &scenario.into())
        );
        assert!(line["reason"].is_string(), "{line}");
    }

    let junit = run("junit");
    let (failures, errors) = if told.is_error { (0, cases) } else { (cases, 0) };
    let head = junit.lines().nth(1).unwrap_or_default();
    let counts = format!("failures=\"{failures}\" errors=\"{errors}\"");
    assert!(head.contains(&counts), "no `{counts}` in\n{junit}");
    let element = if told.is_error { "<error" } else { "<failure" };
    assert_eq!(junit.matches(element).count(), cases, "{junit}");

    let ktap = run("ktap");
    let subtests = ktap.lines().filter(|line| line.starts_with("    not ok"));
    assert_eq!(subtests.count(), cases, "{ktap}");
    let whole = ktap
        .lines()
        .filter(|line| line.starts_with("not ok") && line.ends_with(scenario));
    assert!(whole.count() > 0, "{ktap}");
}

#[test]
fn a_wrong_number_is_a_failure() {
    let bench = bench("number");
    bench.write(
        "scenarios/boot.json",
        &broken("\"fw_pages_total\": 240", "\"fw_pages_total\": 241"),
    );
    let told = Told {
        scenario: "boot",
        failure: "expectation",
        is_error: false,
        cases: 2,
        code: 100,
    };
    is_told(&bench, &["run"], &told);
}

#[test]
fn a_snapshot_that_is_missing_or_differs_is_a_failure() {
    let bench = bench("snapshot");
    let run = ["run", "--snapshots", "kept"];
    let mut told = Told {
        scenario: "boot",
        failure: "snapshot",
        is_error: false,
        cases: 2,
        code: 101,
    };
    is_told(&bench, &run, &told);
    ends(&bench.tool(&["run", "--snapshots", "kept", "--update"]), 0);
    ends(&bench.tool(&run), 0);
    let file = bench.path("kept/boot@merged.snap");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        text.replace("\"fw_pages_total\": 0", "\"fw_pages_total\": 512"),
    )
    .unwrap();
    told.cases = 1;
    is_told(&bench, &run, &told);
    let human = bench.tool(&run).stdout;
    assert!(
        human.contains("counters.fw_pages_total  512    0       -512"),
        "{human}"
    );
    ends(&bench.tool(&["run", "--snapshots", "kept", "--update"]), 0);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_snapshot_that_belongs_to_no_run_is_a_failure() {
    let bench = bench("stale");
    ends(&bench.tool(&["run", "--snapshots", "kept", "--update"]), 0);
    bench.write("kept/gone@merged.snap", "{}");
    let told = Told {
        scenario: "gone",
        failure: "snapshot",
        is_error: false,
        cases: 1,
        code: 101,
    };
    is_told(&bench, &["run", "--snapshots", "kept"], &told);
    // A part of the runs knows nothing of the rest.
    let part = ["run", "--snapshots", "kept", "--revision", "merged"];
    ends(&bench.tool(&part), 0);
    ends(&bench.tool(&["run", "--snapshots", "kept", "--update"]), 0);
    assert!(!bench.path("kept/gone@merged.snap").exists());
}

#[test]
fn a_file_that_is_not_valid_is_an_error_and_the_others_run() {
    let bench = bench("invalid");
    bench.write("scenarios/bad.json", "{}");
    let told = Told {
        scenario: "bad",
        failure: "invalid",
        is_error: true,
        cases: 1,
        code: 103,
    };
    is_told(&bench, &["run"], &told);
    let ran = bench.tool(&["run", "--format", "json"]);
    assert_eq!(
        ran.stdout.matches("\"outcome\":\"pass\"").count(),
        2,
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.contains("bad.json:1:1"), "{}", ran.stderr);
    // Alone, it is the whole report.
    is_told(&bench, &["run", "scenarios/bad.json"], &told);
    // Its snapshots may still be right.
    ends(&bench.tool(&["run", "--snapshots", "kept", "--update"]), 103);
    bench.write("kept/bad@merged.snap", "{}");
    ends(&bench.tool(&["run", "--snapshots", "kept", "--update"]), 103);
    assert!(bench.path("kept/bad@merged.snap").exists());
}

#[test]
fn files_that_cannot_be_told_apart_are_errors_and_overwrite_nothing() {
    let bench = bench("names");
    bench.write("names/a/boot.json", BOOT);
    bench.write("names/b/boot.json", &broken("\"vhca_id\": 5", "\"vhca_id\": 6"));
    let told = Told {
        scenario: "boot",
        failure: "invalid",
        is_error: true,
        cases: 2,
        code: 103,
    };
    is_told(&bench, &["run", "names/a", "names/b"], &told);
    let writing = [
        "run",
        "names/a",
        "names/b",
        "--snapshots",
        "kept",
        "--update",
        "--record",
        "runs",
    ];
    ends(&bench.tool(&writing), 103);
    assert!(!bench.path("kept").exists() && !bench.path("runs").exists());
    // Two ways to one file are one file.
    ends(&bench.tool(&["run", "names/a", "./names/a/../a/boot.json"]), 0);
}

#[test]
fn without_a_backend_every_case_is_an_error() {
    let bench = bench("backend");
    let told = Told {
        scenario: "boot",
        failure: "backend",
        is_error: true,
        cases: 1,
        code: 104,
    };
    let run = ["run", "--backend", "linux", "--kernel", "no-such-kernel"];
    is_told(&bench, &run, &told);
}

#[test]
fn what_cannot_be_written_is_an_error_of_its_case() {
    let bench = bench("unwritable");
    bench.write("taken", "a file where a folder should be");
    let told = Told {
        scenario: "boot",
        failure: "internal",
        is_error: true,
        cases: 2,
        code: 1,
    };
    is_told(&bench, &["run", "--snapshots", "taken", "--update"], &told);
    is_told(&bench, &["run", "--record", "taken"], &told);
    let human = bench.tool(&["run", "--record", "taken"]).stdout;
    assert!(human.contains("reason  taken: "), "{human}");
}

#[test]
fn a_run_without_end_is_an_error_that_says_what_it_waits_for() {
    let bench = bench("budget");
    let hold = r#"{ "gate": { "hold": { "name": "never", "command": { "command": "ENABLE_HCA" } } } },
    { "gate": { "wait_held": { "name": "never" } } },
    { "host": "unload""#;
    bench.write("scenarios/boot.json", &broken("{ \"host\": \"unload\"", hold));
    let told = Told {
        scenario: "boot",
        failure: "budget",
        is_error: true,
        cases: 2,
        code: 105,
    };
    is_told(&bench, &["run"], &told);
    let human = bench.tool(&["run"]).stdout;
    for part in [
        "budget exceeded: step 3 (gate wait_held name never) has not ended after 1800 virtual seconds",
        "the hold `never` (command ENABLE_HCA) has caught no command",
        "since the step began no command has completed",
    ] {
        assert!(human.contains(part), "no `{part}` in\n{human}");
    }
    // A pause is as long as the file says.
    let pause = "{ \"time\": { \"pass_ms\": 7200000 } },\n    { \"host\": \"unload\"";
    bench.write("scenarios/boot.json", &broken("{ \"host\": \"unload\"", pause));
    ends(&bench.tool(&["run"]), 0);
}

#[test]
fn a_hold_that_caught_nothing_and_an_order_not_carried_out_are_sentences() {
    let bench = bench("sentences");
    let steps = r#"{ "gate": { "hold": { "name": "idle", "command": { "command": "ENABLE_HCA" } } } },
    { "gate": { "release": { "name": "idle" } } },
    { "gate": { "hold": { "name": "left", "command": { "command": "ENABLE_HCA" } } } },
    { "host": "unload""#;
    bench.write("scenarios/boot.json", &broken("{ \"host\": \"unload\"", steps));
    let notes = [
        "step 3: the hold `idle` (command ENABLE_HCA) has caught no command when it was released",
        "at the end: the hold `left` (command ENABLE_HCA) has caught no command",
    ];
    for format in ["human", "junit", "ktap"] {
        let ran = bench.tool(&["run", "--format", format]);
        ends(&ran, 0);
        for note in notes {
            assert!(ran.stdout.contains(note), "no `{note}` in\n{}", ran.stdout);
        }
    }
    let json = bench
        .tool(&["run", "--format", "json", "--revision", "merged"])
        .stdout;
    let line: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(line["notes"][0]["step"], 3, "{line}");
    assert_eq!(line["notes"][1]["step"], Value::Null, "{line}");

    // While the driver's first command is held, it has no event queue.
    let early = r#""steps": [
    { "gate": { "hold": { "name": "boot", "command": { "command": "ENABLE_HCA" } } } },
    { "name": "up", "host": "load", "background": true },
    { "gate": { "wait_held": { "name": "boot" } } },
    { "firmware": { "request_pages": { "function": "pf", "pages": 8 } } },
    { "gate": { "release": { "name": "boot" } } },
    { "host": { "wait_for": "up" } },
    { "host": "unload" },"#;
    bench.write("scenarios/boot.json", &broken("\"steps\": [", early));
    let ran = bench.tool(&["run"]);
    ends(&ran, 100);
    let sentence = "step 4: firmware did not carry out the order: no event queue takes this event";
    assert!(ran.stdout.contains(sentence), "{}", ran.stdout);
}

#[test]
fn what_did_not_hold_points_at_its_place_in_the_file() {
    let bench = bench("place");
    let text = broken("\"fw_pages_total\": 240", "\"fw_pages_total\": 241").replacen(
        "\"merged\": { \"counters\": { \"fw_pages_total\": 0 },",
        "\"merged\": { \"counters\": { \"fw_pages_total\": 7 },\n      \"warnings\": [\"page_not_found\"],\n      \
         \"violations\": [{ \"invariant\": \"lock_cycle\" }],",
        1,
    );
    bench.write("scenarios/boot.json", &text);
    let ran = bench.tool(&["run", "--revision", "merged", "--format", "json"]);
    ends(&ran, 100);
    let line: Value = serde_json::from_str(&ran.stdout).unwrap();
    let places: Vec<(Value, Value, Value, Value)> = line["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| {
            assert_eq!(failure["file"], "scenarios/boot.json");
            let of = |field: &str| failure[field].clone();
            (of("what"), of("step"), of("line"), of("column"))
        })
        .collect();
    let place = |what: &str, needle: &str, step: Value| {
        let at = text.find(needle).expect("the text has it");
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = at - before.rfind('\n').map_or(0, |at| at + 1) + 1;
        (what.into(), step, line.into(), column.into())
    };
    let wanted: Vec<(Value, Value, Value, Value)> = vec![
        place("counters.fw_pages_total", "241", 1.into()),
        place("counters.fw_pages_total", "7 },", Value::Null),
        place("warnings[0]", "\"page_not_found\"", Value::Null),
        place("violations[0]", "{ \"invariant\"", Value::Null),
    ];
    assert_eq!(places, wanted);
    for (format, mark) in [
        ("human", "scenarios/boot.json:10:"),
        ("ktap", "# scenarios/boot.json:10:"),
        ("junit", "file=\"scenarios/boot.json\" line=\"10\""),
    ] {
        let ran = bench.tool(&["run", "--revision", "merged", "--format", format]);
        assert!(ran.stdout.contains(mark), "no `{mark}` in\n{}", ran.stdout);
    }
}

#[test]
fn the_worst_that_happened_is_the_exit_code() {
    let bench = bench("worst");
    bench.write(
        "scenarios/boot.json",
        &broken("\"fw_pages_total\": 240", "\"fw_pages_total\": 241"),
    );
    // A failed expectation is worse than a snapshot that is missing, and an invalid file worse than both.
    ends(&bench.tool(&["run", "--snapshots", "kept"]), 100);
    bench.write("scenarios/bad.json", "{}");
    ends(&bench.tool(&["run", "--snapshots", "kept"]), 103);
}
