//! The file of `--trace` keeps to the rules of its format, over all scenarios, and says what the snapshots say.

mod rules;
#[path = "../workbench/mod.rs"]
mod workbench;

use driver::RevisionName;
use emulator::config::DeviceKind;
use harness::cli::naming::qualified_name;
use harness::play::{RunOptions, run_scenario};
use harness::record::RunResult;
use harness::record::timeline::Keep;
use harness::report::case::Finished;
use harness::report::stream::{Plan, Report};
use harness::report::summary::Summary;
use harness::report::trace::TraceReport;
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use rules::check;
use serde_json::{Value, json};
use std::path::Path;
use workbench::{BOOT, Workbench};

/// A run, with the name that counters of the function under test begin with.
pub struct Run {
    endpoint: &'static str,
    result: RunResult,
}

fn run(scenario: &ScenarioFile, revision: RevisionName) -> Run {
    let options = RunOptions {
        keep: Keep::Everything,
        ..RunOptions::default()
    };
    let endpoint = match scenario.device.kind {
        DeviceKind::Pf => "pf",
        DeviceKind::Ecpf => "ecpf",
        DeviceKind::Vf => "vf1",
    };
    let result = run_scenario(scenario, &scenario.name, revision, &options);
    Run { endpoint, result }
}

/// The trace of these runs.
fn trace(runs: &[Run]) -> String {
    let (mut report, mut out) = (TraceReport::default(), Vec::new());
    report
        .begin(&Plan::default(), &mut out)
        .expect("memory can be written");
    for run in runs {
        let case = Finished {
            scenario: None,
            result: &run.result,
        };
        report.finished(case, &mut out).expect("memory can be written");
    }
    report
        .end(&Summary::default(), &mut out)
        .expect("memory can be written");
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn scenarios(folder: &str) -> Vec<ScenarioFile> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios")).join(folder);
    let files = scenario_files(&root).expect("the scenarios are there");
    let read = |file: &std::path::PathBuf| {
        read_scenario(file).unwrap_or_else(|error| panic!("{}: {error}", qualified_name(file)))
    };
    files.iter().map(read).collect()
}

/// The runs of one scenario under every revision that it names.
fn runs(scenario: &ScenarioFile) -> Vec<Run> {
    let revisions = scenario.revisions().into_iter();
    revisions.map(|revision| run(scenario, revision)).collect()
}

/// A scenario in which everything happens that a trace can show.
fn rich() -> ScenarioFile {
    let mut scenarios = scenarios("page-waits").into_iter();
    let rich = scenarios.find(|scenario| scenario.name == "count-order");
    rich.expect("it is there")
}

#[test]
fn the_trace_of_every_scenario_keeps_to_the_rules_and_agrees_with_the_snapshots() {
    let (mut arrows, mut holds, mut locks, mut tasks) = (0, 0, 0, 0);
    for scenario in scenarios("") {
        // One revision of each: they differ in what they do, not in what can be seen of it.
        let revisions = scenario.revisions();
        let merged = revisions
            .iter()
            .find(|revision| **revision == RevisionName::Merged);
        let revision = merged.or(revisions.first()).expect("a file names a revision");
        let runs = [run(&scenario, *revision)];
        let reading =
            check(&trace(&runs), &runs).unwrap_or_else(|error| panic!("{}: {error}", scenario.name));
        arrows += reading.arrows.len();
        let tracks = |part: &str| reading.tracks.values().filter(|name| name.contains(part)).count();
        holds += tracks("hold ");
        locks += tracks(" lock ");
        tasks += tracks(" page_worker");
    }
    // There is something to be seen of everything.
    assert!(arrows > 130, "{arrows}");
    assert!(holds > 15 && locks > 130 && tasks > 30, "{holds} {locks} {tasks}");
}

#[test]
fn the_same_runs_have_the_same_trace_byte_for_byte() {
    assert!(trace(&runs(&rich())) == trace(&runs(&rich())));
}

#[test]
fn a_run_that_nobody_traces_keeps_nothing() {
    let scenario = scenarios("lifecycle").remove(0);
    let revision = scenario.revisions()[0];
    let plain = run_scenario(&scenario, "", revision, &RunOptions::default());
    assert!(plain.timeline.is_none());
    // And one that is traced is the same run.
    assert_eq!(run(&scenario, revision).result.trace_hash, plain.trace_hash);
}

/// A trace with everything in it, as events.
fn sample() -> (Vec<Run>, Vec<Value>) {
    let runs = runs(&rich());
    let text = trace(&runs);
    check(&text, &runs).expect("it keeps to the rules");
    let mut trace: Value = serde_json::from_str(&text).expect("it is JSON");
    let Value::Array(events) = trace["traceEvents"].take() else {
        panic!("no events");
    };
    (runs, events)
}

#[track_caller]
fn breaks(change: impl FnOnce(&mut Vec<Value>), words: &str) {
    let (runs, mut events) = sample();
    change(&mut events);
    let text = json!({ "traceEvents": events }).to_string();
    match check(&text, &runs) {
        Ok(_) => panic!("it is not seen: {words}"),
        Err(error) => assert!(error.contains(words), "{error}"),
    }
}

fn find(events: &[Value], is_meant: impl Fn(&Value) -> bool) -> usize {
    events.iter().position(is_meant).expect("there is one")
}

fn phase(events: &[Value], phase: &str) -> usize {
    find(events, |event| event["ph"] == phase)
}

#[test]
fn what_breaks_a_rule_is_seen() {
    let text = trace(&[]);
    assert!(check(&text[..text.len() - 3], &[]).is_err(), "no JSON");
    let one_end = "goes s";
    breaks(|events| drop(events.remove(phase(events, "f"))), one_end);
    breaks(|events| drop(events.remove(phase(events, "s"))), "arrow");
    let name = |events: &[Value], name: &str| find(events, |event| event["name"] == name);
    breaks(
        |events| drop(events.remove(name(events, "thread_name"))),
        "on a track without name",
    );
    breaks(
        |events| drop(events.remove(name(events, "process_name"))),
        "has no name",
    );
    breaks(
        |events| {
            let last = events.len() - 1;
            events[last]["ts"] = json!(0.5);
        },
        "goes back in time",
    );
    breaks(
        |events| {
            // A wait that outlasts its task.
            let wait = find(events, |event| {
                let name = event["name"].as_str().unwrap_or_default();
                name.starts_with("waits: CommandSlot") && event["dur"].as_f64() > Some(1.0)
            });
            events[wait]["dur"] = json!(9e12);
        },
        "does not nest",
    );
    breaks(
        |events| {
            let from = phase(events, "s");
            // The steps' track, long after the last of them.
            let mut event = events.remove(from);
            let pid = event["pid"].clone();
            let last = events.iter().rposition(|other| other["pid"] == pid);
            let goal = find(events, |other| other["ph"] == "f" && other["id"] == event["id"]);
            events[goal]["ph"] = json!("s");
            let moved = json!({ "ph": "f", "bp": "e", "tid": 1, "ts": 9e12 });
            for (member, value) in moved.as_object().expect("it is one") {
                event[member] = value.clone();
            }
            events.insert(last.expect("there is one") + 1, event);
            let id = events[goal]["id"].clone();
            events.retain(|other| other["id"] != id || other["ph"] != "t");
        },
        "in no slice",
    );
    breaks(
        |events| {
            let counter = find(events, |event| {
                event["ph"] == "C" && event["args"]["pages"] == 240
            });
            let name = events[counter]["name"].clone();
            let of_it = |event: &Value| event["ph"] == "C" && event["pid"] == 1 && event["name"] == name;
            let last = events.iter().rposition(of_it).expect("there is one");
            events[last]["args"]["pages"] = json!(7);
        },
        "the snapshot says",
    );
}

#[test]
fn the_trace_of_the_command_line_is_the_same_whatever_the_number_of_workers_and_in_a_replay() {
    let bench = Workbench::new("trace-workers");
    for number in 0..6 {
        let text = BOOT.replacen("\"name\": \"boot\"", &format!("\"name\": \"boot-{number}\""), 1);
        bench.write(&format!("scenarios/boot-{number}.json"), &text);
    }
    let read = |name: &str| std::fs::read_to_string(bench.path(name)).expect("the trace is there");
    for workers in ["1", "2", "7"] {
        let file = format!("t{workers}.json");
        let ran = bench.tool(&["run", "-j", workers, "--trace", &file, "--record", "kept"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(read(&file) == read("t1.json"), "{workers} workers");
    }
    let one = ["run", "boot-3", "--revision", "merged", "--trace", "one.json"];
    assert_eq!(bench.tool(&one).code, 0);
    let ran = bench.tool(&["replay", "kept/boot-3@merged.run.json", "--trace", "again.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(read("one.json"), read("again.json"));
}
