//! `check`, `list`, `explain`, `schema`: what is said about files, right and wrong.

mod workbench;

use workbench::{BOOT, Workbench, broken};

/// Checks a broken copy: the exit code, the place, the problem and the hint.
#[track_caller]
fn refused(test: &str, text: &str, place: &str, message: &str, hint: &str) {
    Workbench::new(&format!("check-{test}")).refuses(text, place, message, hint);
}

#[test]
fn a_valid_file_is_accepted() {
    let bench = Workbench::new("check-valid");
    bench.write("boot.json", BOOT);
    let ran = bench.tool(&["check", "boot.json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "1 scenario valid\n"));
}

#[test]
fn syntax_errors_are_marked() {
    refused(
        "comma",
        &broken("\"row\": \"2\",", "\"row\": \"2\""),
        "3:13",
        "Expected comma",
        "no comma before",
    );
    refused("comment", &broken("{\n", "{ // a\n"), "1:3", "", "no comments");
    refused(
        "twice",
        &broken("\"row\"", "\"name\": \"boot\", \"row\""),
        "3:3",
        "`name` is given twice",
        "keep one",
    );
}

#[test]
fn unknown_words_get_a_suggestion() {
    refused(
        "field",
        &broken("\"concern\"", "\"conzern\""),
        "4:3",
        "unknown field `conzern`",
        "did you mean `concern`?",
    );
    refused(
        "variant",
        &broken("\"host\": \"load\"", "\"host\": \"laod\""),
        "9:15",
        "unknown value \"laod\" for `host`",
        "did you mean `load`?",
    );
    refused(
        "counter",
        &broken("\"self\"", "\"selv\""),
        "10:79",
        "unknown name `selv`",
        "did you mean `self`?",
    );
    let command = r#""firmware": {"answer": {"to": {"command": "QUERY_PAGE"}, "with": {"never": {}}}}"#;
    let text = broken("\"host\": \"unload\"", command).replace(
        "\"returns\": 0, \"ledger\": { \"pf\": 0 }",
        "\"ledger\": { \"pf\": 0 }",
    );
    refused(
        "command",
        &text,
        "11:49",
        "unknown value \"QUERY_PAGE\" for `command`",
        "did you mean `QUERY_PAGES`?",
    );
}

#[test]
fn wrong_types_say_what_is_right() {
    refused(
        "type",
        &broken("\"vhca_id\": 5", "\"vhca_id\": \"5\""),
        "7:40",
        "`vhca_id` is a string, not a whole number",
        "write a whole number",
    );
    refused(
        "range",
        &broken("\"vhca_id\": 5", "\"vhca_id\": 70000"),
        "7:40",
        "70000 is out of range for `vhca_id`",
        "allowed is 0 to 65535",
    );
    refused(
        "null",
        &broken("\"host\": \"load\"", "\"host\": \"load\", \"name\": null"),
        "9:31",
        "`name` is null",
        "leave the field out",
    );
    refused(
        "missing",
        &broken("  \"row\": \"2\",\n", ""),
        "1:1",
        "the scenario lacks the field `row`",
        "add `\"row\": ...`",
    );
    refused(
        "value",
        &broken("\"unload\"", "\"enable_vfs\""),
        "11:15",
        "`enable_vfs` needs a value",
        "write `{\"enable_vfs\": ...}`",
    );
}

/// A step in the place of the second one, with nothing expected of it.
fn step(step: &str) -> String {
    broken(
        "{ \"host\": \"unload\", \"expect\": { \"all\": { \"returns\": 0, \"ledger\": { \"pf\": 0 } } } }",
        step,
    )
}

#[test]
fn steps_that_cannot_be_are_refused() {
    refused(
        "actors",
        &step(r#"{ "host": "unload", "time": "quiesce" }"#),
        "11:25",
        "the step has 2 actors",
        "several steps",
    );
    refused(
        "no-actor",
        &step(r#"{ "note": "x" }"#),
        "11:5",
        "the step says not who acts",
        "give it one of `host`",
    );
    refused(
        "vfs",
        &step(r#"{ "host": {"enable_vfs": 2} }"#),
        "11:30",
        "2 VFs are enabled, but the device has 0",
        "`device.vfs.total`",
    );
    refused(
        "sf",
        &step(r#"{ "host": {"add_sf": 1} }"#),
        "11:26",
        "the device has no SF support",
        "set `device.sfs.max`",
    );
    refused(
        "wait",
        &step(r#"{ "host": {"wait_for": "x"} }"#),
        "11:28",
        "`x` was never started in the background",
        "",
    );
    refused(
        "release",
        &step(r#"{ "gate": {"release": {"name": "c1"}} }"#),
        "11:36",
        "no hold `c1` has been made",
        "no hold has been made",
    );
    let request = r#"{ "firmware": {"request_pages": {"function": "vf1", "pages": 1}} }"#;
    refused(
        "function",
        &step(request),
        "11:50",
        "the device has no `vf1`",
        "it has `pf`",
    );
    refused(
        "unnamed",
        &step(r#"{ "host": "unload", "background": true }"#),
        "11:25",
        "a background step needs a name",
        "add a `name`",
    );
    refused(
        "race",
        &step(r#"{ "race": {"free_page": {"key": 0}} }"#),
        "11:7",
        "only a white-box scenario",
        "\"reachability\": \"white_box\"",
    );
    refused(
        "background",
        &step(r#"{ "time": "quiesce", "background": true }"#),
        "11:26",
        "this step cannot run in the background",
        "",
    );
    refused(
        "merge",
        &step(r#"{ "firmware": {"interrupts": {"queue": "pages", "next": {"merge": {"events": 1}}}} }"#),
        "11:82",
        "one event has its interrupt anyway",
        "a number of 2 or more",
    );
    let twice = step(r#"{ "time": "quiesce", "name": "a" }, { "time": "quiesce", "name": "a" }"#);
    refused("names", &twice, "11:70", "step 2 is called `a` already", "unique");
}

#[test]
fn expectations_that_compare_nothing_are_refused() {
    let end = "\"merged\": { \"counters\": { \"fw_pages_total\": 0 }, \"leaked_pages\": 0 }";
    let judged = broken(end, "\"merged\": {}");
    let steps = &judged[judged.find("\"steps\"").unwrap()..judged.find("\"expect\": {\n").unwrap()];
    let unjudged = judged.replace(steps, "\"steps\": [{ \"host\": \"load\" }],\n  ");
    refused(
        "nothing",
        &unjudged,
        "10:15",
        "no number is expected of `merged`",
        "leave the revision out",
    );
    let foreign = broken(
        "\"all\": { \"returns\": 0, \"ledger\": { \"pf\": 0 } }",
        "\"reviewed\": { \"returns\": 0 }",
    );
    refused(
        "foreign",
        &foreign,
        "11:37",
        "`reviewed` is not run by this scenario",
        "add `reviewed`",
    );
    let time = step(r#"{ "time": "quiesce", "expect": { "all": { "returns": 0 } } }"#);
    refused(
        "returns",
        &time,
        "11:47",
        "`returns` is about an operation of the host",
        "",
    );
    refused(
        "ledger",
        &broken("\"ledger\": { \"pf\": 240 }", "\"ledger\": { \"pg\": 240 }"),
        "10:106",
        "`pg` is not a function",
        "id300",
    );
    let violation = "\"leaked_pages\": 0, \"violations\": [{ \"invariant\": \"lock_cycle\", \"step\": 7 }]";
    refused(
        "step",
        &broken("\"leaked_pages\": 0", violation),
        "14:125",
        "there is no step `7`",
        "from 1 to 2",
    );
    refused("revisions", &unjudged.replace("\"merged\": {},\n    \"robust\": { \"counters\": { \"fw_pages_total\": 0 }, \"leaked_pages\": 0 }", ""), "9:13", "`expect` names no revision", "at least one of");
}

#[test]
fn a_range_of_durations_has_a_bound_and_begins_before_it_ends() {
    refused(
        "no-bound",
        &step(r#"{ "host": "unload", "expect": { "all": { "took_ms": {} } } }"#),
        "11:57",
        "the range has no bound",
        "at_least",
    );
    refused(
        "reversed",
        &step(
            r#"{ "host": "unload", "expect": { "all": { "took_ms": { "at_least": 400, "at_most": 300 } } } }"#,
        ),
        "11:57",
        "the range ends before it begins",
        "the smaller one",
    );
}

#[test]
fn outcomes_on_linux_are_several_and_can_be_seen() {
    let with = |outcomes: &str| broken("\"row\"", &format!("\"linux_outcomes\": [{outcomes}], \"row\""));
    let good = r#"{"why": "w", "steps": {"2": {"ledger": {"pf": 0}}}}"#;
    let cases = [
        (
            "one",
            good.to_owned(),
            "one outcome is no choice",
            "put it into `expect`",
        ),
        (
            "step",
            format!(r#"{good}, {{"why": "w", "steps": {{"9": {{"ledger": {{"pf": 0}}}}}}}}"#),
            "there is no step `9`",
            "",
        ),
        (
            "unseen",
            format!(r#"{good}, {{"why": "w", "steps": {{"1": {{"counters": {{"quarantine": 0}}}}}}}}"#),
            "`quarantine` cannot be seen on Linux",
            "the counters of debugfs",
        ),
        (
            "nothing",
            format!(r#"{good}, {{"why": "w"}}"#),
            "nothing tells this outcome",
            "by step",
        ),
    ];
    for (name, outcomes, message, hint) in cases {
        let bench = Workbench::new(&format!("check-outcomes-{name}"));
        bench.write("boot.json", &with(&outcomes));
        let ran = bench.tool(&["check", "boot.json"]);
        assert_eq!(ran.code, 103, "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{name}: {}", ran.stderr);
        let joined = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(hint), "{name}: {}", ran.stderr);
    }
    let bench = Workbench::new("check-outcomes");
    let other = good.replace("\"pf\": 0", "\"pf\": 40");
    bench.write("boot.json", &with(&format!("{good}, {other}")));
    assert_eq!(bench.tool(&["check", "boot.json"]).code, 0);
    let words = bench.tool(&["explain", "boot.json"]);
    let said = format!("{}{}", words.stdout, words.stderr);
    assert!(
        said.contains("On Linux it may end in one of these ways"),
        "{said}"
    );
    assert!(said.contains("after step 2: firmware books pf 40"), "{said}");
}

#[test]
fn a_step_may_be_for_some_revisions_only() {
    let step = |only: &str, expect: &str| {
        let step = format!(r#"{{ "time": {{ "pass_ms": 5 }}, "only": [{only}], "expect": {expect} }},"#);
        broken(
            "{ \"host\": \"unload\"",
            &format!("{step}\n    {{ \"host\": \"unload\""),
        )
    };
    let fine = r#"{ "merged": { "counters": { "self": 240 } } }"#;
    let bench = Workbench::new("check-only");
    bench.write("boot.json", &step("\"merged\"", fine));
    assert_eq!(bench.tool(&["check", "boot.json"]).code, 0);
    let words = bench.tool(&["explain", "boot.json"]);
    assert!(
        words.stdout.contains("Only merged does this."),
        "{}",
        words.stdout
    );
    let ran = bench.tool(&["run", "boot.json", "--format", "json"]);
    let steps = |revision: &str| {
        let line = ran.stdout.lines().find(|line| line.contains(revision));
        line.is_some_and(|line| line.contains("\"steps\":3"))
    };
    assert!(steps("\"merged\"") && !steps("\"robust\""), "{}", ran.stdout);
    refused(
        "only-other",
        &step("\"robust\"", fine),
        "11:65",
        "`merged` does not do this step",
        "those that `only` names",
    );
    refused(
        "only-unrun",
        &step("\"reviewed\"", r#"{ "all": { "counters": { "self": 240 } } }"#),
        "11:41",
        "`reviewed` is not run by this scenario",
        "take it out here",
    );
}

#[test]
fn the_name_is_that_of_the_file() {
    refused(
        "stem",
        &broken("\"name\": \"boot\"", "\"name\": \"boots\""),
        "2:11",
        "the scenario is called `boots`, its file `boot`",
        "rename the file",
    );
}

#[test]
fn all_problems_of_a_file_are_reported_together() {
    let text = broken("\"row\": \"2\"", "\"row\": 2")
        .replace("\"host\": \"unload\"", "\"host\": {\"add_sf\": 1}")
        .replace("\"pf\": 240", "\"vf9\": 240");
    let bench = Workbench::new("check-all");
    bench.write("boot.json", &text);
    let ran = bench.tool(&["check", "boot.json"]);
    for place in [
        "boot.json:3:10: `row`",
        "boot.json:10:106: the device has no `vf9`",
        "boot.json:11:26: the device has no SF",
    ] {
        assert!(ran.stderr.contains(place), "no `{place}` in\n{}", ran.stderr);
    }
    assert!(
        ran.stderr.ends_with("3 problems in 1 of 1 scenario\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_does_not_exist_is_a_usage_error() {
    let bench = Workbench::new("check-nobody");
    assert_eq!(bench.tool(&["check", "none.json"]).code, 2);
    assert_eq!(bench.tool(&["explain", "none.json"]).code, 2);
    assert_eq!(bench.tool(&["check"]).code, 2);
    assert_eq!(bench.tool(&["check", "."]).code, 4);
}

#[test]
fn the_schema_is_checked_in() {
    let bench = Workbench::new("schema");
    let ran = bench.tool(&["schema"]);
    let checked_in = include_str!("../../scenarios/scenario.schema.json");
    assert!(
        ran.stdout == checked_in,
        "write `mlx5-cosim schema` to scenarios/scenario.schema.json"
    );
}

#[test]
fn a_scenario_is_listed_and_explained() {
    let bench = Workbench::new("explain");
    bench.write("scenarios/lifecycle/boot.json", BOOT);
    let list = bench.tool(&["list"]);
    let lines: Vec<&str> = list.stdout.lines().collect();
    assert!(lines[0].starts_with("scenario "), "{}", list.stdout);
    let cells: Vec<&str> = lines[1]
        .split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect();
    assert_eq!(
        cells,
        [
            "lifecycle/boot",
            "2",
            "merged robust",
            "pf",
            "vhca_id",
            "compliant_firmware",
            "yes",
        ]
    );
    let explained = bench.tool(&["explain", "scenarios/lifecycle/boot.json"]);
    for sentence in [
        "1. The host loads the driver.",
        "2. The host removes the driver.",
        "firmware books pf 240",
        "Why: 40 boot",
    ] {
        assert!(
            explained.stdout.contains(sentence),
            "no `{sentence}` in\n{}",
            explained.stdout
        );
    }
}
