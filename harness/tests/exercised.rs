//! Every word of the scenario language is used by a scenario: each knob and each of its values, each order, answer, invariant, deed.
//! A word that none uses is a promise that nothing keeps, unless it stands here with its reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod language;

use harness::scenario::scenario_files;
use language::{definitions, referred};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Words that no scenario uses, each with the reason and with what exercises it instead.
const ELSEWHERE: [(&str, &str, &str); 22] = [
    (
        "DemandProfile",
        "trace",
        "as `catalogue` with the counts of a recorded stream: tests/trace plays those streams themselves",
    ),
    (
        "End",
        "virtual_s",
        "snapshots hold the time of the end of every run; files expect times of operations (`took_s`)",
    ),
    (
        "FirmwareKnobs",
        "zero_mailbox_pointer",
        "neither our driver nor Linux writes such a pointer: emulator/src/tests/commands.rs does",
    ),
    (
        "InvariantName",
        "lock_outlives_task",
        "no revision loses a lock: judge/invariants/locks.rs shows it one that is lost",
    ),
    (
        "InvariantName",
        "total_matches_types",
        "no revision adds up wrongly: judge/invariants/counter_book.rs shows it one that does",
    ),
    (
        "Step",
        "only",
        "every shipped case has the same steps for all revisions; tests/checking.rs has such files",
    ),
    (
        "Timeouts",
        "firmware_reset_ms",
        "limits that the device names are scaled on Linux: stage/linux/scaling, and emulator/src/tests/registers.rs",
    ),
    ("Timeouts", "pcie_toggle_ms", "as firmware_reset_ms"),
    (
        "DeviceConfig",
        "model",
        "what a product shows of itself moves no page: emulator/server/tests/configuration_space.rs, docs/vm.md",
    ),
    ("Model", "bluefield", "as model"),
    ("Model", "bluefield-2", "as model"),
    ("Model", "bluefield-3", "as model"),
    ("Model", "bluefield-4", "as model"),
    ("Model", "connectx-4", "as model"),
    ("Model", "connectx-4-lx", "as model"),
    ("Model", "connectx-5", "as model"),
    ("Model", "connectx-5-ex", "as model"),
    ("Model", "connectx-6", "as model"),
    ("Model", "connectx-6-dx", "as model"),
    ("Model", "connectx-6-lx", "as model"),
    ("Model", "connectx-7", "as model"),
    ("Model", "connectx-8", "as model"),
];

/// Names and texts of all scenario files, and for each name the texts that stand behind it.
#[derive(Default)]
struct Used {
    words: BTreeSet<String>,
    values: BTreeMap<String, BTreeSet<String>>,
}

impl Used {
    fn read(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.words.insert(name.clone());
                    let values = self.values.entry(name.clone()).or_default();
                    values.extend(variants_of_value(member));
                    self.read(member);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.read(item)),
            Value::String(text) => {
                self.words.insert(text.clone());
            }
            _ => {}
        }
    }
}

/// The variant that a value of a choice is: a word, or the one name of an object.
fn variants_of_value(value: &Value) -> Vec<String> {
    match value {
        Value::String(word) => vec![word.clone()],
        Value::Object(members) => members.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

fn used() -> Used {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let mut used = Used::default();
    for file in scenario_files(&root).unwrap() {
        let scenario: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        used.read(&scenario);
    }
    used
}

/// The words that a definition brings: its fields, and its variants.
fn words_of(definition: &Value) -> Vec<String> {
    let listed = |value: &Value| -> Vec<String> {
        let words = value.as_array().into_iter().flatten();
        words.filter_map(|word| Some(word.as_str()?.to_owned())).collect()
    };
    let fields = |value: &Value| -> Vec<String> {
        let fields = value.as_object().into_iter().flatten();
        fields.map(|(name, _)| name.clone()).collect()
    };
    let mut words = [listed(&definition["enum"]), fields(&definition["properties"])].concat();
    for list in ["oneOf", "anyOf"] {
        for variant in definition[list].as_array().into_iter().flatten() {
            words.extend(variant["const"].as_str().map(ToOwned::to_owned));
            words.extend(listed(&variant["enum"]));
            words.extend(fields(&variant["properties"]));
        }
    }
    words
}

/// What a choice is where a file says nothing, of all fields that have it.
fn defaults() -> BTreeSet<(String, String)> {
    let fields = definitions()
        .values()
        .filter_map(|it| it["properties"].as_object());
    let fields = fields.flatten().map(|(_, field)| field);
    fields
        .flat_map(|field| {
            let choice = referred(field).unwrap_or_default().to_owned();
            // A group of fields has defaults of its own: it is no choice.
            let is_group = definitions()
                .get(&choice)
                .is_some_and(|it| it.get("properties").is_some());
            let words = variants_of_value(&field["default"]).into_iter();
            let words = words.filter(move |_| !is_group);
            words.map(move |word| (choice.clone(), word))
        })
        .collect()
}

#[test]
fn every_word_of_the_language_is_used_by_a_scenario_or_has_its_reason() {
    let (used, defaults) = (used(), defaults());
    let mut unused: BTreeSet<(String, String)> = BTreeSet::new();
    for (name, definition) in definitions() {
        let words = words_of(definition).into_iter();
        let words = words.filter(|word| !used.words.contains(word));
        unused.extend(words.map(|word| (name.clone(), word)));
    }
    unused.retain(|word| !defaults.contains(word));
    let explained: BTreeSet<(String, String)> = ELSEWHERE
        .iter()
        .map(|&(definition, word, _)| (definition.to_owned(), word.to_owned()))
        .collect();
    assert_eq!(
        unused, explained,
        "left: no scenario uses it; right: explained here"
    );
}

#[test]
fn every_value_of_every_knob_is_set_by_a_scenario() {
    let used = used();
    let knobs = definitions()["FirmwareKnobs"]["properties"].as_object().unwrap();
    let mut unset: Vec<String> = Vec::new();
    let explained = |knob: &String| ELSEWHERE.iter().any(|&(_, word, _)| word == knob);
    for (knob, field) in knobs.iter().filter(|(knob, _)| !explained(knob)) {
        let values = used.values.get(knob);
        if values.is_none() {
            unset.push(knob.clone());
        }
        let choice = referred(field).map_or(&Value::Null, |name| &definitions()[name]);
        let is_default = |word: &String| variants_of_value(&field["default"]).contains(word);
        let is_set = |word: &String| values.is_some_and(|values| values.contains(word));
        let words = words_of(choice).into_iter();
        let words = words.filter(|word| !is_default(word) && !is_set(word));
        unset.extend(words.map(|word| format!("{knob}: {word}")));
    }
    assert!(!knobs.is_empty());
    assert_eq!(unset, Vec::<String>::new(), "no scenario sets these");
}
