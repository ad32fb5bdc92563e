//! `list`, `schema` and `explain`: what is there.

use crate::cli::diagnostic;
use crate::cli::exit::Exit;
use crate::cli::filter::Filter;
use crate::cli::library;
use crate::cli::selection::{Reading, Refused, read};
use crate::cli::streams;
use crate::report::columns::Columns;
use crate::scenario::ScenarioFile;
use crate::scenario::explanation;
use crate::scenario::roster::ranges;
use crate::scenario::schema::{control_schema_text, schema_text};
use crate::stage::abilities::Abilities;
use crate::stage::linux::abilities::with_helper;
use crate::stage::linux::build::Configuration;
use driver::RevisionName;
use std::path::{Path, PathBuf};

pub(super) fn schema(of_control: bool) -> Exit {
    product(&if of_control {
        control_schema_text()
    } else {
        schema_text()
    })
}

pub(super) fn explain(file: &Path) -> Exit {
    let file = match library::look_up(file).as_deref() {
        Ok([file]) => file.clone(),
        Ok(files) => {
            let number = files.len();
            let name = file.display();
            streams::error(format_args!("{name}: these are {number} scenarios; name one"));
            return Exit::Usage;
        }
        Err(error) => {
            streams::error(error);
            return Exit::Usage;
        }
    };
    match library::read(&file) {
        Ok(scenario) => product(&explanation::explain(&scenario, streams::out_width())),
        Err(error) => {
            diagnostic::print(&error);
            diagnostic::exit(&error)
        }
    }
}

/// Whether the backend for Linux runs it.
fn on_linux(scenario: &ScenarioFile) -> &'static str {
    let needed = Configuration::needed_by(scenario);
    let abilities = needed.abilities(true);
    let runs = |abilities: Abilities| abilities.obstacle(scenario, RevisionName::Merged).is_none();
    match needed {
        Configuration::Distribution if runs(abilities) => "yes",
        Configuration::Distribution if runs(with_helper(abilities)) => "with the helper module",
        Configuration::Subfunctions if runs(with_helper(abilities)) => "with a module that has SFs",
        Configuration::WithoutEswitch if runs(with_helper(abilities)) => "with a module without eswitch",
        _ => "no",
    }
}

pub(super) fn list(paths: &[PathBuf], filter: &Filter) -> Exit {
    let reading = match read(paths, filter) {
        Ok(reading) => reading,
        Err(error) => {
            streams::error(&error);
            return Exit::Usage;
        }
    };
    reading.errors.iter().for_each(Refused::print);
    if reading.scenarios.is_empty() && reading.errors.is_empty() {
        streams::note(nothing_selected("no scenario is selected", filter, &reading));
        return Exit::NothingSelected;
    }
    let mut columns = Columns::new([
        "scenario",
        "row",
        "revisions",
        "functions",
        "page mode",
        "reachability",
        "on linux",
    ])
    .within(streams::out_room());
    for loaded in &reading.scenarios {
        let scenario = &loaded.scenario;
        let revisions: Vec<String> = scenario.revisions().iter().map(ToString::to_string).collect();
        columns.row([
            loaded.qualified_name(),
            scenario.row.clone(),
            revisions.join(" "),
            functions(scenario),
            scenario.device.page_mode.name().to_owned(),
            scenario.reachability.name().to_owned(),
            on_linux(scenario).to_owned(),
        ]);
    }
    let exit = product(&columns.to_string());
    if reading.errors.is_empty() {
        exit
    } else {
        Exit::InvalidScenario
    }
}

/// Why nothing is selected, and which tags there are where one was meant that there is not.
pub(super) fn nothing_selected(what: &str, filter: &Filter, reading: &Reading) -> String {
    let unknown = filter.unknown_tags(&reading.tags);
    if unknown.is_empty() {
        return what.to_owned();
    }
    let (unknown, known) = (
        unknown.join(" and "),
        Vec::from_iter(reading.tags.clone()).join(", "),
    );
    format!("{what}: nothing has {unknown}\n  hint: the tags are {known}")
}

/// The functions of the scenario's device, as `ecpf host_pf host_vf1-2 sf1`.
fn functions(scenario: &ScenarioFile) -> String {
    let names = ranges(&scenario.device).into_iter().map(|(first, last)| {
        let last_number = last.to_string();
        let last_number = last_number.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last_number}")
        }
    });
    names.collect::<Vec<_>>().join(" ")
}

/// Prints what a verb is for.
pub(super) fn product(text: &str) -> Exit {
    streams::out(text);
    Exit::AsExpected
}
