//! The recipes of docs/ci: what they say works.

mod workbench;

use std::fs;
use std::path::Path;
use std::process::Command;
use workbench::{BOOT, Ran, Workbench, broken, ends};

fn parts(bench: &Workbench, settings: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ci/parts.sh");
    let output = Command::new("sh")
        .arg(script)
        .args(arguments)
        .current_dir(bench.path("."))
        .env("TOOL", env!("CARGO_BIN_EXE_mlx5-cosim"))
        .env("XDG_STATE_HOME", bench.path("state"))
        .env("XDG_CACHE_HOME", bench.path("cache"))
        .envs(settings.iter().copied())
        .output()
        .expect("a shell can be started");
    output.into()
}

fn bench(test: &str) -> Workbench {
    let bench = Workbench::new(test);
    for name in ["boot", "one", "two", "three", "four"] {
        let text = broken("\"boot\"", &format!("\"{name}\""));
        bench.write(&format!("scenarios/{name}.json"), &text);
    }
    bench
}

#[test]
fn parts_run_by_themselves_and_come_to_one_verdict() {
    let bench = bench("recipes-parts");
    for count in ["1", "2", "20"] {
        let ran = parts(&bench, &[("PARTS", count)], &[]);
        ends(&ran, 0);
        let last = ran.stdout.lines().last();
        assert_eq!(
            last,
            Some("10 runs of 5 scenarios: 10 as expected, 0 failed, 0 skipped"),
            "{count}: {}",
            ran.stderr
        );
        let all = fs::read_to_string(bench.path("mlx5-cosim-parts/all.jsonl")).expect("it is there");
        assert_eq!(all.lines().count(), 10);
        let junit = fs::read_to_string(bench.path("mlx5-cosim-parts/all.xml")).expect("it is there");
        assert_eq!(junit.matches("<testcase ").count(), 10);
    }
    let wrong = BOOT
        .replace("\"boot\"", "\"two\"")
        .replace("\"self\": 240", "\"self\": 241");
    bench.write("scenarios/two.json", &wrong);
    let ran = parts(&bench, &[], &["--revision", "merged"]);
    ends(&ran, 100);
    assert!(ran.stdout.contains("FAIL  two@merged"), "{}", ran.stdout);
    // One of the jobs of a CI joins nothing, and says how its own part went.
    let codes = ["1", "2"].map(|part| parts(&bench, &[("PART", part), ("OUT", "jobs")], &[]).code);
    assert!(
        codes == [0, 100] || codes == [100, 0] || codes == [4, 100] || codes == [100, 4],
        "{codes:?}"
    );
    assert!(!bench.path("jobs/all.jsonl").exists());
}

#[test]
fn what_could_not_run_at_all_ends_the_recipe() {
    let bench = bench("recipes-usage");
    let ran = parts(&bench, &[], &["--no-such-option"]);
    ends(&ran, 2);
    assert!(ran.stderr.contains("--no-such-option"), "{}", ran.stderr);
}

#[test]
fn the_key_of_the_kit_is_the_hash_of_its_manifest() {
    let bench = bench("recipes-key");
    bench.write("cache/mlx5-cosim/kit.json", "{}\n");
    let ran = parts(&bench, &[], &["--key"]);
    ends(&ran, 0);
    assert_eq!(ran.stdout, "ca3d163bab055381\n");
    bench.write("cache/mlx5-cosim/kit.json", "{ }\n");
    assert_ne!(parts(&bench, &[], &["--key"]).stdout, "ca3d163bab055381\n");
}
