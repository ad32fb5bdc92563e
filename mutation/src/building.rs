//! A build of the copy, without the mutants that do not compile.

use crate::copying;
use crate::error::MutationError;
use crate::functions;
use crate::listing::Mutant;
use crate::trial::Test;
use crate::weaving::{Number, SWITCH, Woven, weave};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The tests that are asked, as cargo is told to build them: those of the crates themselves, the runs of all scenarios, and those
/// about announcements and digests of states, which no run shows.
const TARGETS: [&[&str]; 3] = [
    &[
        "--lib",
        "-p",
        "mlx5-driver",
        "-p",
        "mlx5-emulator",
        "-p",
        "mlx5-prm",
    ],
    &["--test", "snapshots", "-p", "suite"],
    &["--test", "announcements", "--test", "digest", "-p", "mlx5-cosim"],
];

/// Packages in the order in which their tests are asked: what says soonest that something is wrong comes first. The runs of all
/// scenarios end at the first that differs.
const ORDER: [&str; 5] = ["mlx5-driver", "mlx5-prm", "suite", "mlx5-emulator", "mlx5-cosim"];

/// What cargo has built.
#[derive(Debug, Default)]
pub struct Built {
    /// Tests, ready to run, in the order in which they are asked.
    pub tests: Vec<Test>,
    /// Mutants that do not compile.
    pub unviable: BTreeSet<Number>,
    /// Mutants that cannot be switched.
    pub alone: BTreeSet<Number>,
}

/// The copy of the project, and what belongs into it.
#[derive(Debug)]
pub struct Site<'a> {
    /// The project.
    pub root: &'a Path,
    /// Its copy.
    pub copy: &'a Path,
    /// The mutants by number.
    pub mutants: &'a BTreeMap<Number, Mutant>,
}

/// One line of `cargo --message-format json`.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    executable: Option<PathBuf>,
    #[serde(default)]
    package_id: Option<String>,
    #[serde(default)]
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    test: bool,
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Message {
    level: String,
    #[serde(default)]
    rendered: Option<String>,
    spans: Vec<MessageSpan>,
}

#[derive(Deserialize)]
struct MessageSpan {
    file_name: String,
    line_start: usize,
    #[serde(default)]
    is_primary: bool,
}

impl Site<'_> {
    /// Writes all mutants into the copy and builds its tests, without one more after each complaint of the compiler. What is `known`
    /// of mutants is not tried again.
    ///
    /// # Errors
    /// [`MutationError`] when nothing helps.
    pub fn build(&self, known: Built) -> Result<Built, MutationError> {
        let mut built = known;
        let woven = self.weave(&mut built)?;
        copying::copy(self.root, self.copy, &woven.into_keys().collect())?;
        for targets in TARGETS {
            loop {
                let woven = self.weave(&mut built)?;
                let complaints = self.cargo(targets, &mut built)?;
                if complaints.is_empty() {
                    break;
                }
                let known = built.unviable.len() + built.alone.len();
                for message in &complaints {
                    let constant = needed_constant(message, &woven);
                    if constant.is_empty() {
                        built.unviable.extend(blame(message, &woven));
                    }
                    built.alone.extend(constant);
                }
                if built.unviable.len() + built.alone.len() == known {
                    let said = complaints.into_iter().filter_map(|message| message.rendered);
                    let said = said.collect::<Vec<_>>().join("\n");
                    return Err(MutationError::Build { said });
                }
            }
        }
        let place = |test: &Test| ORDER.iter().position(|package| *package == test.package);
        built.tests.sort_by_key(place);
        Ok(built)
    }

    /// Writes the mutants that are left into the copy.
    fn weave(&self, built: &mut Built) -> Result<BTreeMap<String, Woven>, MutationError> {
        let mut files: BTreeMap<&str, Vec<(Number, &Mutant)>> = BTreeMap::new();
        for (number, mutant) in self.mutants {
            let of_file = files.entry(&mutant.file).or_default();
            if !built.unviable.contains(number) && !built.alone.contains(number) {
                of_file.push((*number, mutant));
            }
        }
        let mut woven = BTreeMap::new();
        let mut crates: BTreeMap<PathBuf, bool> = BTreeMap::new();
        for (file, mutants) in files {
            let path = self.root.join(file);
            let text = std::fs::read_to_string(&path).map_err(MutationError::file(&path))?;
            let functions = functions::of(&text).map_err(|cause| MutationError::Source { path, cause })?;
            let with_mutants = weave(&text, &functions, &mutants);
            built.alone.extend(&with_mutants.alone);
            if let Some((sources, _)) = file.split_once("/src/") {
                let library = Path::new(sources).join("src/lib.rs");
                *crates.entry(library).or_default() |= !with_mutants.arms.is_empty();
            }
            woven.insert(file.to_owned(), with_mutants);
        }
        for library in crates.into_keys() {
            let name = library.to_string_lossy().into_owned();
            let path = self.root.join(&library);
            let text = match woven.get(&name) {
                Some(with_mutants) => with_mutants.text.clone(),
                None => std::fs::read_to_string(&path).map_err(MutationError::file(&path))?,
            };
            woven.entry(name).or_default().text = text + SWITCH;
        }
        for (file, with_mutants) in &woven {
            copying::write(&self.copy.join(file), with_mutants.text.as_bytes())?;
        }
        Ok(woven)
    }

    /// Builds some tests. What the compiler complains of.
    fn cargo(&self, targets: &[&str], built: &mut Built) -> Result<Vec<Message>, MutationError> {
        let program = "cargo test --no-run";
        let mut command = Command::new("cargo");
        command.current_dir(self.copy);
        command.args(["test", "--no-run", "--locked"]);
        command.args(["--message-format", "json", "--quiet"]);
        command.args(targets);
        let failed = |said: String| MutationError::Program {
            program: program.to_owned(),
            said,
        };
        let output = command.output().map_err(|error| failed(error.to_string()))?;
        let mut complaints = Vec::new();
        for line in output
            .stdout
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let line: Line = serde_json::from_slice(line).map_err(|cause| MutationError::Answer {
                program: program.to_owned(),
                cause,
            })?;
            match line {
                Line {
                    message: Some(message),
                    ..
                } if message.level.starts_with("error") => complaints.push(message),
                Line {
                    executable: Some(program),
                    package_id: Some(package),
                    target: Some(target),
                    ..
                } if target.test && target.kind != ["bin"] => {
                    let package = package_name(&package).to_owned();
                    let name = target.name;
                    built
                        .tests
                        .retain(|known| (&known.package, &known.name) != (&package, &name));
                    built.tests.push(Test {
                        package,
                        name,
                        program,
                    });
                }
                _ => {}
            }
        }
        // The last word of the compiler, `aborting due to ...`, has no place.
        complaints.retain(|message| !message.spans.is_empty());
        if complaints.is_empty() && !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(complaints)
    }
}

/// The mutants in whose arms a complaint points.
fn blame(message: &Message, woven: &BTreeMap<String, Woven>) -> BTreeSet<Number> {
    let arms = |span: &MessageSpan| {
        let arms = woven.get(&span.file_name).map(|file| &file.arms);
        let arms = arms.into_iter().flatten();
        let line = span.line_start;
        let arms = arms.filter(move |(lines, _)| lines.contains(&line));
        arms.map(|(_, number)| *number).collect::<Vec<_>>()
    };
    let primary = message.spans.iter().filter(|span| span.is_primary);
    let blamed: BTreeSet<Number> = primary.flat_map(arms).collect();
    if blamed.is_empty() {
        return message.spans.iter().flat_map(arms).collect();
    }
    blamed
}

/// The mutants of a function that was constant, and is called where only such can be.
fn needed_constant(message: &Message, woven: &BTreeMap<String, Woven>) -> Vec<Number> {
    let text = message.rendered.as_deref().unwrap_or_default();
    let called = text
        .split_once("cannot call non-const")
        .and_then(|(_, rest)| rest.split('`').nth(1));
    let Some(name) = called.and_then(|path| path.rsplit("::").next()) else {
        return Vec::new();
    };
    let constants = woven.values().flat_map(|file| &file.was_constant);
    let constants = constants.filter(|(function, _)| function == name);
    constants.map(|(_, number)| *number).collect()
}

/// The name in `path+file:///folder/name#0.1.0` or `path+file:///folder#name@0.1.0`.
fn package_name(id: &str) -> &str {
    let (before, after) = id.split_once('#').unwrap_or((id, ""));
    match after.split_once('@') {
        Some((name, _)) => name,
        None => before.rsplit('/').next().unwrap_or(before),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_named_in_both_forms() {
        assert_eq!(package_name("path+file:///a/driver#0.1.0"), "driver");
        assert_eq!(package_name("path+file:///a/b#driver@0.1.0"), "driver");
    }
}
