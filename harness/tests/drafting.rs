//! `init`: a scenario of one's own, begun as another one.

mod workbench;

use std::fs;
use workbench::{BOOT, Workbench, ends};

#[test]
fn a_draft_is_valid_passes_and_says_what_each_step_does() {
    let bench = Workbench::new("drafting-empty");
    let ran = bench.tool(&["init", "mine", "--like", "none-then-populate"]);
    ends(&ran, 0);
    assert!(ran.stdout.starts_with("mine.json: as "), "{}", ran.stdout);
    let text = fs::read_to_string(bench.path("mine.json")).expect("it is there");
    assert!(text.contains("Firmware asks for 512 pages"), "{text}");
    ends(&bench.tool(&["check", "mine.json"]), 0);
    ends(&bench.tool(&["run", "mine.json"]), 0);
    // Nothing that is there is overwritten.
    let again = bench.tool(&["init", "mine", "--like", "gate-take"]);
    ends(&again, 2);
    assert!(again.stderr.contains("it is there already"), "{}", again.stderr);
    assert_eq!(
        fs::read_to_string(bench.path("mine.json")).expect("it is there"),
        text
    );
}

#[test]
fn a_draft_lies_among_the_scenarios_and_is_accepted_when_it_has_changed() {
    let bench = Workbench::new("drafting-folder");
    bench.write("scenarios/waits/boot.json", BOOT);
    ends(&bench.tool(&["init", "locks/mine", "--like", "boot"]), 0);
    let file = bench.path("scenarios/locks/mine.json");
    let text = fs::read_to_string(&file).expect("it is there");
    fs::write(
        &file,
        text.replace("\"vhca_id\": 5", "\"vhca_id\": 6")
            .replace("240", "239"),
    )
    .expect("written");
    ends(&bench.tool(&["run", "locks/mine"]), 100);
    ends(&bench.tool(&["run", "locks/mine", "--accept"]), 0);
    ends(&bench.tool(&["run", "locks/mine"]), 0);
}

#[test]
fn what_cannot_be_begun_is_told() {
    let bench = Workbench::new("drafting-refused");
    bench.write("scenarios/waits/boot.json", BOOT);
    bench.write(
        "scenarios/waits/other.json",
        &BOOT.replace("\"boot\"", "\"other\""),
    );
    bench.write("scenarios/broken.json", "{");
    bench.write("file", "");
    for (code, arguments, words) in [
        (
            2,
            ["init", "mine", "--like", "nothing"],
            "no file, folder or scenario has this name",
        ),
        (
            2,
            ["init", "mine", "--like", "waits"],
            "one of them is to be begun anew",
        ),
        (103, ["init", "mine", "--like", "broken"], "not JSON"),
        (1, ["init", "file/mine.json", "--like", "boot"], "file"),
        (2, ["init", "..", "--like", "boot"], "no name of a file"),
    ] {
        let ran = bench.tool(&arguments);
        ends(&ran, code);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
    }
}
