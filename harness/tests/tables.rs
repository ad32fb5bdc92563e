//! Tables in the docs that are made from the types: of knobs, of answers, of fates of interrupts and of invariants; one from the
//! scenarios, of those that need another build of the Linux driver than a distribution's; one of the products that can be played;
//! and one that has to be complete, of what Linux does.
//!
//! `WRITE_TABLES=1 cargo test -p mlx5-cosim --test tables` writes them.

mod language;

use emulator::config::Model;
use harness::cli::naming::qualified_name;
use harness::scenario::{InvariantName, read_scenario, scenario_files};
use harness::stage::linux::build::Configuration;
use language::{definitions, referred};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const LINUX_PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/linux.md");
const SCENARIOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scenarios.md");
const VM_PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/vm.md");
const OPERATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md");

fn definition(name: &str) -> &'static Value {
    &definitions()[name]
}

fn words(schema: &Value) -> &str {
    schema["description"].as_str().expect("everything is described")
}

/// The values that a field can have, its default first, each with what it means.
fn values(field: &Value) -> String {
    let default = &field["default"];
    let Some(name) = referred(field) else {
        return format!("Default: `{default}`.");
    };
    let alternatives = definition(name)["oneOf"].as_array().expect("a choice");
    let mut values: Vec<(String, bool, &str)> = Vec::new();
    for alternative in alternatives {
        let (value, is_default) = match alternative["const"].as_str() {
            Some(word) => (word.to_owned(), default == word),
            None => {
                let name = alternative["required"][0].as_str().expect("one member");
                (name.to_owned(), default.get(name).is_some())
            }
        };
        values.push((value, is_default, words(alternative)));
    }
    values.sort_by_key(|(_, is_default, _)| !is_default);
    let told = values
        .iter()
        .map(|(value, _, meaning)| format!("`{value}`: {}", meaning.trim_end_matches('.')));
    format!("{}.", told.collect::<Vec<_>>().join("; "))
}

fn knobs() -> String {
    let mut table = String::from("| knob | decides | values |\n|---|---|---|\n");
    let properties = definition("FirmwareKnobs")["properties"]
        .as_object()
        .expect("fields");
    for (name, field) in properties {
        writeln!(table, "| `{name}` | {} | {} |", words(field), values(field)).expect("a string");
    }
    table
}

fn answers() -> String {
    choice("Answer", "| answer | the command is | fields |")
}

fn fates() -> String {
    choice("InterruptFate", "| fate | the interrupt | fields |")
}

/// A row for each alternative, with what it means and its fields.
fn choice(name: &str, head: &str) -> String {
    let mut table = format!("{head}\n|---|---|---|\n");
    let alternatives = definition(name)["oneOf"].as_array().expect("a choice");
    for alternative in alternatives {
        let name = alternative["required"][0].as_str().expect("one member");
        let fields = alternative["properties"][name]["properties"].as_object();
        let fields = fields.into_iter().flatten().map(|(field, what)| {
            let what = words(what).trim_end_matches('.');
            format!("`{field}`: {what}")
        });
        let fields = fields.collect::<Vec<_>>().join("; ");
        writeln!(table, "| `{name}` | {} | {fields} |", words(alternative)).expect("a string");
    }
    table
}

fn invariants() -> String {
    let mut table = String::from(
        "| invariant | says | about (`function` or `counter`) | reported |\n|---|---|---|---|\n",
    );
    for invariant in InvariantName::ALL {
        let (says, subject, lasts) = (invariant.says(), invariant.subject(), invariant.lasts());
        writeln!(table, "| `{invariant}` | {says} | {subject} | {lasts} |").expect("a string");
    }
    table
}

/// Which scenarios need which build of the driver.
fn builds() -> String {
    let folder = Path::new(SCENARIOS);
    let mut needing: BTreeMap<Configuration, Vec<String>> = BTreeMap::new();
    for file in scenario_files(folder).expect("scenarios are there") {
        let scenario = read_scenario(&file).expect("a scenario");
        let build = Configuration::needed_by(&scenario);
        needing.entry(build).or_default().push(qualified_name(&file));
    }
    let mut table = String::from("| build | scenarios that need it |\n|---|---|\n");
    for (build, option) in [
        (Configuration::Subfunctions, "--subfunctions"),
        (Configuration::WithoutEswitch, "--no-eswitch"),
    ] {
        let names = needing.remove(&build).unwrap_or_default();
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        writeln!(table, "| `setup {option}` | {} |", names.join(", ")).expect("a string");
    }
    table
}

/// The page with the table of this name made anew.
fn with_table(page: &str, name: &str, source: &str, table: &str) -> String {
    let begin = format!("<!-- {name}, from the {source} -->\n");
    let (before, rest) = page.split_once(&begin).expect("the page has the table");
    let (_, after) = rest.split_once("<!-- end -->").expect("the table ends");
    format!("{before}{begin}{table}<!-- end -->{after}")
}

#[test]
fn the_tables_are_those_of_the_types() {
    let page = std::fs::read_to_string(Path::new(PAGE)).expect("the page is there");
    let tables = [
        ("knobs", knobs()),
        ("answers", answers()),
        ("fates", fates()),
        ("invariants", invariants()),
    ];
    let wanted = tables.iter().fold(page.clone(), |page, (name, table)| {
        with_table(&page, name, "types", table)
    });
    write_or_compare(PAGE, &page, &wanted);
}

#[test]
fn the_table_of_builds_is_that_of_the_scenarios() {
    let page = std::fs::read_to_string(Path::new(LINUX_PAGE)).expect("the page is there");
    let wanted = with_table(&page, "builds", "scenarios", &builds());
    write_or_compare(LINUX_PAGE, &page, &wanted);
}

/// What can be played.
fn models() -> String {
    let mut table = String::from("| `model` | PF | VF | firmware |\n|---|---|---|---|\n");
    for model in Model::ALL {
        let word = serde_json::to_value(model).expect("a word");
        let identity = model.identity();
        let (word, family) = (word.as_str().expect("a word"), identity.firmware_family);
        let (pf, vf) = (identity.physical, identity.virtual_function);
        writeln!(
            table,
            "| `{word}` | 15b3:{pf:04x} | 15b3:{vf:04x} | {family}.43.2566 |"
        )
        .expect("a string");
    }
    table
}

#[test]
fn the_table_of_models_is_that_of_the_types() {
    let page = std::fs::read_to_string(Path::new(VM_PAGE)).expect("the page is there");
    let wanted = with_table(&page, "models", "types", &models());
    write_or_compare(VM_PAGE, &page, &wanted);
}

#[track_caller]
fn write_or_compare(path: &str, page: &str, wanted: &str) {
    if std::env::var_os("WRITE_TABLES").is_some() {
        std::fs::write(path, wanted).expect("it can be written");
    } else {
        assert!(
            page == wanted,
            "write them: WRITE_TABLES=1 cargo test -p mlx5-cosim --test tables"
        );
    }
}

/// The words of a choice, whether they stand alone or have something below them.
fn alternatives(name: &str) -> Vec<&'static str> {
    let alternatives = definition(name)["oneOf"].as_array().expect("a choice");
    let word = |alternative: &'static Value| {
        let alone = alternative["const"].as_str();
        alone.or_else(|| alternative["required"][0].as_str())
    };
    let words: Vec<&str> = alternatives.iter().filter_map(word).collect();
    assert_eq!(words.len(), alternatives.len(), "each has a word");
    words
}

#[test]
fn every_step_and_order_stands_in_the_comparison_with_linux() {
    let page = std::fs::read_to_string(Path::new(OPERATIONS)).expect("the page is there");
    let steps = alternatives("HostStep")
        .into_iter()
        .chain(alternatives("FirmwareOrder"));
    let is_missing = |word: &&str| {
        ![format!("`{word}`"), format!("\"{word}\"")]
            .iter()
            .any(|said| page.contains(said))
    };
    let missing: Vec<&str> = steps.filter(is_missing).collect();
    assert!(missing.is_empty(), "no row has {missing:?}");
}
