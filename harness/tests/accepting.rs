//! `run --accept`: what was seen is written into files and snapshots, and nothing else is changed.

mod workbench;

use std::fs;
use workbench::{BOOT, Ran, Workbench, broken, ends};

fn bench(test: &str, text: &str) -> Workbench {
    let bench = Workbench::new(&format!("accept-{test}"));
    bench.write("scenarios/boot.json", text);
    bench
}

fn file(bench: &Workbench) -> String {
    fs::read_to_string(bench.path("scenarios/boot.json")).expect("the scenario is there")
}

/// Accepts everything, and then a second run has to pass and to change nothing.
#[track_caller]
fn is_accepted(bench: &Workbench, wanted: &str) -> Ran {
    let ran = bench.tool(&["run", "--accept"]);
    ends(&ran, 0);
    assert_eq!(file(bench), wanted);
    ends(&bench.tool(&["run"]), 0);
    let again = bench.tool(&["run", "--accept"]);
    ends(&again, 0);
    assert_eq!(file(bench), wanted);
    assert!(!again.stdout.contains("@@"), "{}", again.stdout);
    ran
}

#[test]
fn a_wrong_number_becomes_what_was_seen_and_every_other_byte_stays() {
    let text = broken(
        "\"fw_pages_total\": 240, \"self\": 240",
        "\"fw_pages_total\" :241,\"self\":  239",
    )
    .replacen("\"leaked_pages\": 0", "\"leaked_pages\": 3", 1);
    let wanted = text
        .replacen(":241", ":240", 1)
        .replacen("239", "240", 1)
        .replacen("\"leaked_pages\": 3", "\"leaked_pages\": 0", 1);
    let bench = bench("number", &text);
    let ran = is_accepted(&bench, &wanted);
    for line in [
        "--- scenarios/boot.json",
        "-      \"expect\": { \"all\": { \"returns\": 0, \"counters\": { \"fw_pages_total\" :241,\"self\":  239 }",
        "+      \"expect\": { \"all\": { \"returns\": 0, \"counters\": { \"fw_pages_total\" :240,\"self\":  240 }",
        "note  at the end: scenarios/boot.json says now what was seen",
    ] {
        assert!(ran.stdout.contains(line), "no `{line}` in\n{}", ran.stdout);
    }
    // The difference comes before the verdict.
    assert!(
        ran.stdout.find("@@") < ran.stdout.find("pass  boot"),
        "{}",
        ran.stdout
    );
}

/// Pages for a function whose vport does not exist yet: the driver cannot know what they are.
const UNTYPED: &str = r#"{ "name": "ask", "firmware": { "request_pages": { "function": "vf1", "pages": 8 } },
      "expect": { "all": { "counters": { "none": 0 }, "ledger": { "vf1": 0 } } } },
    { "firmware": { "request_pages": { "function": "vf1", "pages": -8 } } },
    { "host": "unload""#;

#[test]
fn violations_and_numbers_of_single_revisions_are_accepted() {
    let text = broken("{ \"host\": \"unload\"", UNTYPED)
        .replacen(
            "\"page_mode\": \"vhca_id\"",
            "\"page_mode\": \"vhca_id\", \"vfs\": { \"total\": 1, \"first_vhca_id\": 16 }",
            1,
        )
        .replacen(
            "\"merged\": {",
            "\"merged\": { \"violations\": [{ \"invariant\": \"lock_cycle\" }],",
            1,
        );
    let bench = bench("violations", &text);
    ends(&bench.tool(&["run"]), 100);
    ends(&bench.tool(&["run", "--accept"]), 0);
    let accepted = file(&bench);
    assert!(!accepted.contains("lock_cycle"), "{accepted}");
    assert!(accepted.contains("\"ledger\": { \"vf1\": 8 }"), "{accepted}");
    assert!(
        accepted.contains(
            "{ \"invariant\": \"counter_matches_ledger\", \"step\": \"ask\", \"counter\": \"fw_pages_vfs\""
        ),
        "{accepted}"
    );
    ends(&bench.tool(&["run"]), 0);
    ends(&bench.tool(&["check", "scenarios"]), 0);
}

#[test]
fn a_range_of_durations_moves_at_the_bound_that_did_not_hold() {
    let text = broken(
        "\"returns\": 0, \"counters\"",
        "\"returns\": 0, \"took_ms\": { \"at_least\": 1, \"at_most\": 5 }, \"counters\"",
    );
    let bench = bench("range", &text);
    let ran = bench.tool(&["run"]);
    ends(&ran, 100);
    assert!(ran.stdout.contains("not at most 5"), "{}", ran.stdout);
    ends(&bench.tool(&["run", "--accept"]), 0);
    let accepted: serde_json::Value = serde_json::from_str(&file(&bench)).expect("it is JSON");
    let range = &accepted["steps"][0]["expect"]["all"]["took_ms"];
    assert_eq!(range["at_least"], 1);
    assert!(range["at_most"].as_u64() > Some(5), "{accepted}");
    ends(&bench.tool(&["run"]), 0);
}

/// `text` with one part replaced, which has to be there.
fn replaced(text: &str, part: &str, by: &str) -> String {
    assert!(text.contains(part), "{part}");
    text.replacen(part, by, 1)
}

#[test]
fn what_revisions_disagree_about_is_accepted_for_each_of_them() {
    let name = "none-then-populate.json";
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/attribution/");
    let right = fs::read_to_string(format!("{folder}{name}")).expect("the scenario is there");
    // Nothing is said of single revisions any more, a shared number is wrong, a warning and a violation are missing.
    let mut text = replaced(
        &right,
        "\"fw_pages_total\": 752, \"self\"",
        "\"fw_pages_total\": 753, \"self\"",
    );
    for own in [
        r#""robust": { "counters": { "fw_pages_vfs": 512, "none": 0 } }"#,
        r#""reviewed": { "counters": { "fw_pages_vfs": -512, "none": 512 } }"#,
        r#""reviewed": { "counters": { "fw_pages_vfs": -512 }, "took_s": 120 }"#,
    ] {
        text = replaced(&text, &format!(",\n        {own}"), "");
    }
    text = replaced(
        &text,
        "        { \"page_wait_aborted\": { \"pending\": -512 } },\n",
        "",
    );
    let violation = "\n        { \"invariant\": \"counter_wrapped\", \"step\": \"take\", \"counter\": \
                     \"fw_pages_vfs\", \"driver\": -512 }";
    text = replaced(&text, &format!(",{violation}"), "");
    let bench = Workbench::new("accept-revisions");
    let file = bench.write(&format!("scenarios/{name}"), &text);
    ends(&bench.tool(&["run"]), 100);
    ends(&bench.tool(&["run", "--accept"]), 0);
    let accepted = fs::read_to_string(file).expect("the scenario is there");
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("it is JSON");
    assert_eq!(value(&accepted), value(&right), "{accepted}");
    ends(&bench.tool(&["run"]), 0);
}

#[test]
fn snapshots_are_accepted_beside_the_scenarios_and_where_they_are_named() {
    let bench = bench("snapshots", BOOT);
    fs::create_dir(bench.path("snapshots")).unwrap();
    ends(&bench.tool(&["run", "--accept"]), 0);
    let kept = bench.path("snapshots/boot@merged.snap");
    let text = fs::read_to_string(&kept).unwrap();
    assert!(
        text.starts_with("---\nsource: harness/tests/scenarios.rs\n---\n{\n"),
        "{text}"
    );
    fs::write(
        &kept,
        text.replace("\"fw_pages_total\": 0", "\"fw_pages_total\": 512"),
    )
    .unwrap();
    ends(&bench.tool(&["run", "--snapshots", "snapshots"]), 101);
    let ran = bench.tool(&["run", "--accept", "--snapshots", "snapshots"]);
    ends(&ran, 0);
    assert!(ran.stdout.contains("-512"), "{}", ran.stdout);
    assert_eq!(fs::read_to_string(&kept).unwrap(), text);
    ends(&bench.tool(&["run", "--snapshots", "snapshots"]), 0);
}

#[test]
fn what_is_no_result_is_not_accepted() {
    // An order that was not carried out. While the driver's first
    // command is held, it has no event queue.
    let early = r#""steps": [
    { "gate": { "hold": { "name": "boot", "command": { "command": "ENABLE_HCA" } } } },
    { "name": "up", "host": "load", "background": true },
    { "gate": { "wait_held": { "name": "boot" } } },
    { "firmware": { "request_pages": { "function": "pf", "pages": 8 } } },
    { "gate": { "release": { "name": "boot" } } },
    { "host": { "wait_for": "up" } },
    { "host": "unload" },"#;
    let text = broken("\"steps\": [", early);
    let bench = bench("refused", &text);
    let ran = bench.tool(&["run", "--accept"]);
    ends(&ran, 100);
    assert_eq!(file(&bench), text);
    let why = "it cannot be accepted: firmware did not carry out the order";
    assert!(ran.stdout.contains(why), "{}", ran.stdout);
    // A run without end.
    let hold = r#"{ "gate": { "hold": { "name": "never", "command": { "command": "ENABLE_HCA" } } } },
    { "gate": { "wait_held": { "name": "never" } } },
    { "host": "unload""#;
    bench.write("scenarios/boot.json", &broken("{ \"host\": \"unload\"", hold));
    let ran = bench.tool(&["run", "--accept"]);
    ends(&ran, 105);
    assert!(ran.stdout.contains("it cannot be accepted"), "{}", ran.stdout);
    // A file that is not valid, and Linux.
    bench.write("scenarios/boot.json", "{}");
    ends(&bench.tool(&["run", "--accept"]), 103);
    assert_eq!(file(&bench), "{}");
    ends(&bench.tool(&["run", "--accept", "--backend", "linux"]), 2);
}
