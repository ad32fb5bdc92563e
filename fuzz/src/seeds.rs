//! What the targets begin with: files of the project, commands and orders that it has, and the words of its languages. All of it
//! is written anew each time, so that it is never older than the project.

use crate::layouts::LAYOUTS;
use driver::RevisionName;
use harness::cli::artifact::{Artifact, Explored};
use harness::explore::Detail;
use harness::play::{RunOptions, run_scenario};
use harness::scenario::{ScenarioFile, read_scenario, scenario_files};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The longest seed, in bytes: a longer one costs more time than it brings ways.
const LONGEST: usize = 3 << 10;
/// One of so many scenarios is recorded for `artifact`.
const RECORDED: usize = 12;

/// Where seeds and dictionaries go: the folder of this crate.
#[must_use]
pub fn home() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Writes the seeds of every target to `<home>/corpus/<target>/`, and dictionaries to `<home>/dictionaries/<target>.dict`. Returns
/// how many seeds there are.
///
/// # Errors
/// What the system says; a scenario that cannot be read.
pub fn write(home: &Path) -> io::Result<usize> {
    let project = home.join("..");
    layouts_are_all(&project.join("prm/src"))?;
    let files = scenario_files(&project.join("scenarios"))?;
    let mut written = 0;
    let mut orders = Vec::new();
    for (number, file) in files.iter().enumerate() {
        let text = fs::read_to_string(file)?;
        if text.len() > LONGEST {
            continue;
        }
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // One of two: each is played, and chance has to have its time, too.
        if number % 2 == 0 {
            written += seed(home, "scenario", &name, compact(&text)?.as_bytes())?;
        }
        let lines = lines(&text)?;
        if !lines.is_empty() {
            let first = u8::try_from(number % 6).unwrap_or(0);
            written += seed(home, "control", &name, &[&[first][..], lines.as_bytes()].concat())?;
            orders.push(lines);
        }
        if number % RECORDED == 0 {
            let scenario = read_scenario(file).map_err(io::Error::other)?;
            written += recorded(home, &name, &scenario)?;
        }
    }
    for (number, line) in SIMPLE.iter().enumerate() {
        written += seed(
            home,
            "control",
            &format!("simple-{number}"),
            format!("\0{line}\n{line}").as_bytes(),
        )?;
    }
    written += seed(home, "artifact", "account", account().as_bytes())?;
    for (number, program) in PROGRAMS.iter().enumerate() {
        written += seed(home, "firmware", &format!("program-{number}"), program)?;
    }
    for kind in 0..6 {
        // Each kind of device with each revision: it loads, enables VFs, is asked for pages, and unloads.
        for revision in 0..3 {
            let head = [revision, kind, 0, 0, 0, 0, 0, 0];
            let acts = [
                0,
                9 << 3 | 3,
                1,
                8,
                0,
                0,
                0,
                40,
                0,
                21 << 3,
                1,
                0,
                23 << 3,
                1,
                0,
                12 << 3,
                1,
                0,
                4 << 3,
                1,
            ];
            let program = [&head[..], &acts].concat();
            written += seed(home, "driver", &format!("life-{kind}-{revision}"), &program)?;
            let mut lies = program.clone();
            lies.resize(crate::driver::PROGRAM, 0);
            lies.extend((0..400).map(|at| {
                if at % 37 == usize::from(kind) {
                    0xe0 + revision * 9
                } else {
                    0
                }
            }));
            written += seed(home, "driver", &format!("lies-{kind}-{revision}"), &lies)?;
        }
        let acts: Vec<u8> = (0..60u8)
            .map(|at| at.wrapping_mul(37).wrapping_add(kind))
            .collect();
        written += seed(
            home,
            "socket",
            &format!("card-{kind}"),
            &[&[1, kind, 0, 0, 0, 2, 0][..], &acts].concat(),
        )?;
        written += seed(
            home,
            "socket",
            &format!("ports-{kind}"),
            &[&[0, 1, kind][..], &acts].concat(),
        )?;
    }
    for number in 0..LAYOUTS.len() {
        let wire: Vec<u8> = (0..64).map(|at| at ^ 0x5a).collect();
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        written += seed(
            home,
            "layouts",
            &format!("layout-{number}"),
            &[&[number, 1, 2][..], &wire].concat(),
        )?;
    }
    dictionaries(home, &project)?;
    Ok(written)
}

/// A layout that is declared in `prm` and not in the list of the target would never be attacked.
fn layouts_are_all(source: &Path) -> io::Result<()> {
    let mut declared = BTreeSet::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path)?;
            let mut lines = text.lines().peekable();
            while let Some(line) = lines.next() {
                if line != "layout! {" {
                    continue;
                }
                let names = lines
                    .by_ref()
                    .map(str::trim)
                    .find(|line| line.starts_with("pub "));
                let name = names.and_then(|line| line.split_once("struct ")?.1.split(':').next());
                declared.extend(name.map(str::to_owned));
            }
        }
    }
    let listed: BTreeSet<String> = LAYOUTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    if listed == declared {
        return Ok(());
    }
    let differ: Vec<_> = declared.symmetric_difference(&listed).collect();
    Err(io::Error::other(format!(
        "declared in prm or listed in src/layouts.rs, and not both: {differ:?}"
    )))
}

/// Programs of a driver's side: a device, and acts upon it by their numbers.
const PROGRAMS: [&[u8]; 6] = [
    // A PF loads, is given pages and asked for them.
    &[
        0, 0, 0, 0, 0, 0, 3, 0, 7, 0x40, 20, 0, 9, 0x40, 30, 21, 0, 0, 0, 40, 19, 1,
    ],
    // An ECPF, with rules, holds and time between.
    &[
        1, 0, 0, 0, 0, 1, 9, 0, 22, 2, 0, 7, 0, 0, 24, 0, 0, 0, 7, 0, 7, 0x41, 9, 0, 19, 24, 0, 1, 18, 9, 20,
        19,
    ],
    // Two hosts, resets in between.
    &[2, 0, 0, 0, 0, 1, 4, 0, 26, 1, 0, 25, 19, 26, 0, 21, 4, 19, 1, 0],
    &[3, 0x40, 0, 0, 0, 0, 2, 0, 27, 7, 0, 100, 0, 19, 9, 0, 200, 19],
    &[
        4, 0, 2, 0, 0, 0, 1, 0, 16, 1, 5, 1, 17, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 6, 19, 20, 0,
    ],
    &[
        5, 0xff, 0x3f, 1, 7, 1, 1, 0, 9, 0, 40, 0, 5, 0, 0, 0, 3, 11, 1, 2, 19,
    ],
];

/// Lines that need no more than themselves.
const SIMPLE: [&str; 14] = [
    r#"{"id":1,"subscribe":{}}"#,
    r#"{"id":2,"snapshot":{}}"#,
    r#"{"id":3,"commands":{}}"#,
    r#"{"id":4,"functions":{}}"#,
    r#"{"id":5,"device":{}}"#,
    r#"{"id":6,"counters":{}}"#,
    r#"{"id":7,"look":{"identities":[{"endpoint":"pf","mode":"vhca_id","id":5,"ec":false}]}}"#,
    r#"{"id":8,"time":{"advance_to_ns":1000000,"waits":true}}"#,
    r#"{"id":9,"gate":{"wait_held":{"name":"a","within_ms":1}}}"#,
    r#"{"id":10,"gate":{"release":{"name":"a"}}}"#,
    r#"{"id":11,"guest":{"counters":{}}}"#,
    r#"{"id":12,"replace":{"device":{"kind":"pf","vhca_id":5,"page_mode":"vhca_id"},"seed":0}}"#,
    r#"{"id":13,"shutdown":{}}"#,
    r#"{"id":14,"firmware":{"request_pages":{"function":"vf1","pagse":4}}}"#,
];

fn seed(home: &Path, target: &str, name: &str, bytes: &[u8]) -> io::Result<usize> {
    let folder = home.join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(format!("seed-{name}")), bytes)?;
    Ok(1)
}

/// JSON without what only people need.
fn compact(text: &str) -> io::Result<String> {
    let value: Value = serde_json::from_str(text)?;
    Ok(value.to_string())
}

/// The orders of a scenario's steps, as lines of the control socket.
fn lines(text: &str) -> io::Result<String> {
    let scenario: Value = serde_json::from_str(text)?;
    let mut lines = String::new();
    for step in scenario["steps"].as_array().into_iter().flatten() {
        for actor in ["firmware", "gate"] {
            if let Some(order) = step.get(actor) {
                let id = lines.len();
                lines.push_str(&format!("{}\n", json!({ "id": id, actor: order })));
            }
        }
    }
    Ok(lines)
}

/// A run of a scenario as `replay` reads it, and a way through its race, where it is one.
fn recorded(home: &Path, name: &str, scenario: &ScenarioFile) -> io::Result<usize> {
    let options = RunOptions {
        seed: Some(7),
        ..RunOptions::default()
    };
    let result = run_scenario(scenario, "input.json", RevisionName::Merged, &options);
    let mut artifact = Artifact::of(scenario, RevisionName::Merged, &result);
    artifact.choices.truncate(8);
    let mut written = seed(
        home,
        "artifact",
        name,
        serde_json::to_string(&artifact)?.as_bytes(),
    )?;
    artifact.explored = Some(Explored {
        detail: Detail::default(),
        early_timeouts: 0,
        preemptions: 0,
        flaw: "stall".to_owned(),
    });
    written += seed(
        home,
        "artifact",
        &format!("{name}-explored"),
        serde_json::to_string(&artifact)?.as_bytes(),
    )?;
    Ok(written)
}

/// Two accounts of a search, as `merge` reads them.
fn account() -> String {
    let part = |part: &str| {
        json!({ "race": "r", "file": "r.json", "revision": "merged", "outcome": "none", "exhausted": true, "bounds": "all",
            "part": part, "states": 2, "transitions": 3, "bytes": 4, "depth": 5, "walks": 0, "seconds": 0.5,
            "collision_bound": 0.0, "states_hash": "0", "fingerprints": ["1f", "2e"], "ends": [],
            "flaws": [{ "flaw": "stall", "detail": "d", "times": 1, "preemptions": 0, "choices": ["a: b"], "story": [] }] })
    };
    format!("{}\n{}\n", part("1/2"), part("2/2"))
}

/// The words of the two languages, from their schemas.
fn dictionaries(home: &Path, project: &Path) -> io::Result<()> {
    let folder = home.join("dictionaries");
    fs::create_dir_all(&folder)?;
    let schemas = [
        ("scenario", "scenarios/scenario.schema.json"),
        ("artifact", "scenarios/scenario.schema.json"),
        ("control", "docs/control.schema.json"),
    ];
    for (target, schema) in schemas {
        let schema: Value = serde_json::from_str(&fs::read_to_string(project.join(schema))?)?;
        let mut words = BTreeSet::new();
        collect(&schema, &mut words);
        let numbers = [
            "0",
            "1",
            "-1",
            "65535",
            "65536",
            "2147483647",
            "4294967295",
            "18446744073709551615",
            "null",
            "true",
        ];
        words.extend(numbers.map(str::to_owned));
        let entries: String = words
            .iter()
            .map(|word| format!("\"{}\"\n", word.replace('\\', "\\\\").replace('"', "\\\"")))
            .collect();
        fs::write(folder.join(format!("{target}.dict")), entries)?;
    }
    Ok(())
}

/// Names of members, and words that a value can be, each in its quotation marks.
fn collect(schema: &Value, words: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                words.extend(properties.keys().map(|name| format!("\"{name}\":")));
            }
            let named = members
                .get("enum")
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            let named = named.chain(members.get("const"));
            words.extend(
                named
                    .filter(|word| word.as_str().is_some_and(|word| word.len() < 60))
                    .map(Value::to_string),
            );
            members.values().for_each(|member| collect(member, words));
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, words)),
        _ => {}
    }
}
