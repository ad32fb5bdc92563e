//! `merge` of runs: parts of a selection, run by themselves, come to the verdict of the whole.

mod workbench;

use std::fs;
use workbench::{BOOT, Workbench, broken, ends};

fn bench(test: &str) -> Workbench {
    let bench = Workbench::new(test);
    bench.write("scenarios/boot.json", BOOT);
    for name in ["one", "two", "three", "four"] {
        let text = broken("\"boot\"", &format!("\"{name}\""));
        bench.write(&format!("scenarios/{name}.json"), &text);
    }
    bench
}

/// Runs both halves; `--json` and `--junit` of each are written.
fn halves(bench: &Workbench) {
    for part in ["1", "2"] {
        let partition = format!("hash:{part}/2");
        let (json, junit) = (format!("part-{part}.json"), format!("part-{part}.xml"));
        bench.tool(&[
            "run",
            "-q",
            "--partition",
            &partition,
            "--json",
            &json,
            "--junit",
            &junit,
        ]);
    }
}

#[test]
fn halves_of_a_selection_are_joined_to_the_whole() {
    let bench = bench("shards-good");
    halves(&bench);
    let ran = bench.tool(&["merge", "part-1.json", "part-2.json", "--output", "all.json"]);
    ends(&ran, 0);
    assert_eq!(
        ran.stdout,
        "10 runs of 5 scenarios: 10 as expected, 0 failed, 0 skipped\n"
    );
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let whole = bench.tool(&["run", "--format", "json"]).stdout;
    let joined = fs::read_to_string(bench.path("all.json")).expect("it is there");
    assert_eq!(sorted(&joined), sorted(&whole));
    let ran = bench.tool(&["merge", "part-1.xml", "part-2.xml", "-o", "all.xml"]);
    ends(&ran, 0);
    assert_eq!(ran.stdout, "10 tests: 0 failed, 0 errors\n");
    let joined = fs::read_to_string(bench.path("all.xml")).expect("it is there");
    assert_eq!(joined.matches("<testsuite ").count(), 2, "{joined}");
    assert_eq!(joined.matches("<testcase ").count(), 10, "{joined}");
    // What was joined can be joined again.
    ends(&bench.tool(&["merge", "all.xml"]), 0);
}

#[test]
fn the_worst_of_all_parts_is_the_verdict() {
    let bench = bench("shards-bad");
    bench.write(
        "scenarios/two.json",
        &broken("\"boot\"", "\"two\"").replace("\"self\": 240", "\"self\": 241"),
    );
    halves(&bench);
    let ran = bench.tool(&["merge", "part-1.json", "part-2.json"]);
    ends(&ran, 100);
    for part in [
        "FAIL  two@merged",
        "FAIL  two@robust",
        "repeat  ",
        "8 as expected, 2 failed",
    ] {
        assert!(ran.stdout.contains(part), "no `{part}` in {}", ran.stdout);
    }
    ends(&bench.tool(&["merge", "part-1.xml", "part-2.xml"]), 100);
    bench.write("scenarios/three.json", "{");
    halves(&bench);
    ends(&bench.tool(&["merge", "part-1.json", "part-2.json"]), 103);
    let ran = bench.tool(&["merge", "part-1.xml", "part-2.xml"]);
    ends(&ran, 103);
    assert!(
        ran.stdout.starts_with("9 tests: 2 failed, 1 errors"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_cannot_be_joined_is_told() {
    let bench = bench("shards-refused");
    halves(&bench);
    bench.write("other.json", "{\"a\": 1}\n");
    bench.write("other.xml", "<html></html>");
    bench.write("none.json", "");
    for (code, arguments, words) in [
        (
            2,
            &["merge", "part-1.json", "part-1.json"][..],
            "is in part-1.json, too",
        ),
        (2, &["merge", "part-1.json", "part-2.xml"], "it has another form"),
        (
            2,
            &["merge", "other.json"],
            "neither a run as `run --json` writes it",
        ),
        (2, &["merge", "other.xml"], "no JUnit as `run --junit` writes it"),
        (2, &["merge", "nowhere.json"], "nowhere.json"),
        (
            2,
            &["merge", "part-1.json", "--against", "part-2.json"],
            "--against is for parts of a search",
        ),
        (1, &["merge", "part-1.json", "-o", "."], "."),
        (1, &["merge", "part-1.xml", "-o", "."], "."),
    ] {
        let ran = bench.tool(arguments);
        ends(&ran, code);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
}
