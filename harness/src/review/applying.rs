//! Patches onto the driver's source, by GNU patch: file by file, so that no path of a patch is ever opened.

use crate::text::printable::one_line;
use files::Scratch;
use guest::kit::{Belonging, SourceChange, Workshop};
use patches::{FileDiff, Kind, Patch, Series};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lines of context that may differ, as `patch` takes it by itself.
const FUZZ: u32 = 2;

/// What came of patches that apply.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    /// The source with them.
    pub change: SourceChange,
    /// Files of the module that they touch, with the functions that their hunks are about.
    pub touched: BTreeMap<PathBuf, BTreeSet<String>>,
    /// Files that they touch and that are no part of the module.
    pub foreign: BTreeSet<PathBuf>,
    /// Where the source was not quite as the patch says: sentences.
    pub remarks: Vec<String>,
}

/// A hunk that fits nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedHunk {
    /// The file, as its place in the kernel's tree.
    pub path: PathBuf,
    /// Why, in a few words.
    pub why: String,
    /// The hunk; empty where it is about the file as a whole.
    pub text: String,
}

/// Why patches are not on the source.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Hunks fit nowhere.
    #[error("{patch} does not apply to {source_name}: {} of its hunks {} nowhere", hunks.len(), if hunks.len() == 1 { "fits" } else { "fit" })]
    DoesNotApply {
        /// The patch, by its subject and file.
        patch: String,
        /// What it should apply to.
        source_name: String,
        /// The hunks, in order.
        hunks: Vec<FailedHunk>,
    },
    /// The source has it already.
    #[error("{patch} is in {source_name} already")]
    AlreadyThere {
        /// The patch, by its subject and file.
        patch: String,
        /// What has it.
        source_name: String,
    },
    /// Nothing of it is about the module.
    #[error("no file of mlx5_core is touched: {}", shown(files))]
    NotTheModule {
        /// What is touched.
        files: BTreeSet<PathBuf>,
    },
    /// The diff of a file of the module is no text.
    #[error("{patch} has no text for {}", path.display())]
    Binary {
        /// The patch, by its subject and file.
        patch: String,
        /// The file.
        path: PathBuf,
    },
    /// A file or the program `patch` failed.
    #[error("patches cannot be applied: {0}")]
    Io(#[from] io::Error),
}

/// A patch by its subject and the file it is from.
fn named(patch: &Patch) -> String {
    let file = patch.origin.file_name().unwrap_or_default().to_string_lossy();
    let place = patch
        .number
        .map_or_else(String::new, |(place, all)| format!("{place}/{all} "));
    match patch.title == file {
        true => format!("`{file}`"),
        false => format!("{place}`{}` ({file})", patch.title),
    }
}

fn shown(files: &BTreeSet<PathBuf>) -> String {
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}

/// Applies a series, patch by patch, to the distribution's source with `base` already changed in it. `source_name` says to
/// people what that is.
///
/// # Errors
/// [`ApplyError`].
pub fn apply(
    workshop: &Workshop,
    base: SourceChange,
    source_name: &str,
    series: &Series,
) -> Result<Applied, ApplyError> {
    let mut tree = Tree {
        workshop,
        scratch: Scratch::new()?,
        applied: Applied {
            change: base,
            ..Applied::default()
        },
    };
    for patch in &series.patches {
        tree.apply(patch, source_name)?;
    }
    if tree.applied.touched.is_empty() {
        let files = tree.applied.foreign;
        return Err(ApplyError::NotTheModule { files });
    }
    Ok(tree.applied)
}

/// The source, while patches are applied.
struct Tree<'a> {
    workshop: &'a Workshop,
    /// Where the program `patch` works.
    scratch: Scratch,
    applied: Applied,
}

/// What `patch` says of one file.
enum Fitted {
    /// The new text, and where it was not quite as the hunks say.
    Whole(Vec<u8>, Vec<String>),
    /// The numbers of the hunks that fit nowhere, from 1.
    Not(Vec<usize>),
}

/// Which way a diff is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Forward,
    Backward,
}

impl Tree<'_> {
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        match self.applied.change.of(path) {
            Some(content) => content.map(<[u8]>::to_vec),
            None => self.workshop.read(path),
        }
    }

    fn apply(&mut self, patch: &Patch, source_name: &str) -> Result<(), ApplyError> {
        let mut changes: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::new();
        let (mut failed, mut remarks) = (Vec::new(), Vec::new());
        let mut touched = Vec::new();
        for file in &patch.files {
            if Belonging::of(&file.new) == Belonging::Other && Belonging::of(&file.old) == Belonging::Other {
                self.applied.foreign.insert(file.new.clone());
                continue;
            }
            if file.kind == Kind::Binary {
                return Err(ApplyError::Binary {
                    patch: named(patch),
                    path: file.new.clone(),
                });
            }
            touched.push(file);
            // A file may come twice in a patch.
            let earlier = changes.iter().rev().find(|(path, _)| *path == file.old);
            let text = match earlier {
                Some((_, content)) => content.clone(),
                None => self.read(&file.old),
            };
            match self.change_file(file, text.as_deref())? {
                Ok((content, said)) => {
                    remarks.extend(said);
                    if file.kind == Kind::Renamed {
                        changes.push((file.old.clone(), None));
                    }
                    changes.push((file.new.clone(), content));
                }
                Err(hunks) => failed.extend(hunks),
            }
        }
        if !failed.is_empty() {
            if self.is_there_already(&touched)? {
                return Err(ApplyError::AlreadyThere {
                    patch: named(patch),
                    source_name: source_name.to_owned(),
                });
            }
            return Err(ApplyError::DoesNotApply {
                patch: named(patch),
                source_name: source_name.to_owned(),
                hunks: failed,
            });
        }
        for file in touched {
            let before = self.read(&file.old).unwrap_or_default();
            let functions = file.functions(&String::from_utf8_lossy(&before));
            let known = self.applied.touched.entry(file.new.clone()).or_default();
            known.extend(functions);
        }
        for (path, content) in changes {
            self.applied.change.set(&path, content);
        }
        self.applied.remarks.extend(remarks);
        Ok(())
    }

    /// The text of a file after a diff, or the hunks that fit nowhere.
    #[expect(clippy::type_complexity, reason = "three ways to end, each used once")]
    fn change_file(
        &self,
        file: &FileDiff,
        text: Option<&[u8]>,
    ) -> io::Result<Result<(Option<Vec<u8>>, Vec<String>), Vec<FailedHunk>>> {
        let refuse = |why: &str| {
            Ok(Err(vec![FailedHunk {
                path: file.new.clone(),
                why: why.to_owned(),
                text: file.hunks.first().map(patches::Hunk::text).unwrap_or_default(),
            }]))
        };
        let text = match (file.kind, text) {
            (Kind::Added, None) => return Ok(Ok((Some(file.added_text().into_bytes()), Vec::new()))),
            (Kind::Added, Some(_)) => return refuse("the file is to be new, and is there"),
            (_, None) => return refuse("there is no such file"),
            (_, Some(text)) => text,
        };
        if file.hunks.is_empty() {
            let content = (file.kind != Kind::Deleted).then(|| text.to_vec());
            return Ok(Ok((content, Vec::new())));
        }
        Ok(match self.run_patch(file, text, Direction::Forward)? {
            Fitted::Whole(content, remarks) => {
                let is_gone = file.kind == Kind::Deleted && content.is_empty();
                Ok(((!is_gone).then_some(content), remarks))
            }
            Fitted::Not(numbers) => Err(numbers
                .into_iter()
                .map(|number| FailedHunk {
                    path: file.new.clone(),
                    why: unfit(file, number),
                    text: file
                        .hunks
                        .get(number.saturating_sub(1))
                        .map(patches::Hunk::text)
                        .unwrap_or_default(),
                })
                .collect()),
        })
    }

    /// Whether all of it can be taken back from the source as it is.
    fn is_there_already(&self, files: &[&FileDiff]) -> io::Result<bool> {
        for file in files {
            let there = match (file.kind, self.read(&file.new)) {
                (Kind::Deleted, text) => text.is_none(),
                (_, None) => false,
                (Kind::Added, Some(text)) => text == file.added_text().into_bytes(),
                (_, Some(_)) if file.hunks.is_empty() => true,
                (_, Some(text)) => {
                    matches!(
                        self.run_patch(file, &text, Direction::Backward)?,
                        Fitted::Whole(..)
                    )
                }
            };
            if !there {
                return Ok(false);
            }
        }
        Ok(!files.is_empty())
    }

    fn run_patch(&self, file: &FileDiff, text: &[u8], direction: Direction) -> io::Result<Fitted> {
        let folder = self.scratch.path();
        let place = |name: &str| folder.join(name);
        fs::write(place("before"), text)?;
        fs::write(place("diff"), file.text())?;
        let _ = fs::remove_file(place("after"));
        let mut command: Command = self.workshop.patch();
        command.current_dir(folder);
        // Only the unified form is read: that of ed could start programs.
        command.args([
            "--unified",
            "--forward",
            "--no-backup-if-mismatch",
            "--reject-file=rejected",
        ]);
        if direction == Direction::Backward {
            command.arg("--reverse");
        }
        command.arg(format!("--fuzz={FUZZ}"));
        command.args(["--output=after", "before", "diff"]);
        let output = command.output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        match output.status.code() {
            Some(0) => {
                let content = fs::read(place("after")).unwrap_or_default();
                Ok(Fitted::Whole(content, remarks(&file.new, &said)))
            }
            Some(1) => {
                let mut failed = failed_hunks(&said);
                if failed.is_empty() {
                    failed.extend(1..=file.hunks.len());
                }
                Ok(Fitted::Not(failed))
            }
            _ => {
                let errors = String::from_utf8_lossy(&output.stderr).into_owned();
                let line = one_line(errors.lines().next().unwrap_or("it does not say why")).into_owned();
                Err(io::Error::other(format!("{}: patch: {line}", file.new.display())))
            }
        }
    }
}

/// Why a hunk is refused: `hunk 2 of 5, for line 931, fits nowhere`.
fn unfit(file: &FileDiff, number: usize) -> String {
    let hunk = file.hunks.get(number.saturating_sub(1));
    format!(
        "hunk {number} of {}, for line {}, fits nowhere",
        file.hunks.len(),
        hunk.map_or(0, patches::Hunk::first_line)
    )
}

/// Numbers of hunks that `patch` could not place.
fn failed_hunks(said: &str) -> Vec<usize> {
    let numbers = said.lines().filter_map(|line| {
        let (number, rest) = line.strip_prefix("Hunk #")?.split_once(' ')?;
        (rest.starts_with("FAILED") || rest.starts_with("ignored")).then(|| number.parse().ok())?
    });
    numbers.collect()
}

/// What `patch` says of hunks that it had to look for.
fn remarks(path: &Path, said: &str) -> Vec<String> {
    let Ok(pattern) = Regex::new(
        r"^Hunk #(?<number>\d+) succeeded at (?<line>\d+)(?: with fuzz (?<fuzz>\d+))?(?: \(offset (?<offset>-?\d+) lines?\))?",
    ) else {
        return Vec::new();
    };
    let remarks = said.lines().filter_map(|line| {
        let found = pattern.captures(line)?;
        let mut how = Vec::new();
        if let Some(fuzz) = found.name("fuzz") {
            how.push(format!("with fuzz {}", fuzz.as_str()));
        }
        if let Some(offset) = found.name("offset") {
            how.push(format!("at an offset of {} lines", offset.as_str()));
        }
        Some(format!(
            "{}: hunk {} applies at line {} {}",
            path.display(),
            &found["number"],
            &found["line"],
            how.join(" and ")
        ))
    });
    remarks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_patch_says_is_understood() {
        let said = "patching file after (read from before)\nHunk #1 succeeded at 12 with fuzz 1 (offset -3 lines).\n\
                    Hunk #2 FAILED at 40.\nHunk #3 ignored at 50.\nHunk #4 succeeded at 60 (offset 1 line).\n";
        assert_eq!(failed_hunks(said), [2, 3]);
        assert_eq!(
            remarks(Path::new("a.c"), said),
            [
                "a.c: hunk 1 applies at line 12 with fuzz 1 and at an offset of -3 lines",
                "a.c: hunk 4 applies at line 60 at an offset of 1 lines",
            ]
        );
    }
}
