//! The files and hunks of a diff, in the unified form that git and diff write.

use crate::error::Broken;
use crate::function;
use crate::hunk::{Hunk, hunk};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// What a diff does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its text changes.
    Modified,
    /// It was not there before.
    Added,
    /// It is not there any more.
    Deleted,
    /// It has another name, and perhaps other text.
    Renamed,
    /// There is another one with its text, or nearly so.
    Copied,
    /// It is no text, so that nobody can see what changes.
    Binary,
    /// Its text stays as it is.
    ModeOnly,
}

/// What a patch does to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// The file before, as its place in the tree; of an added file that of the new one.
    pub old: PathBuf,
    /// The file after; of a deleted one that of the old one.
    pub new: PathBuf,
    /// What happens to it.
    pub kind: Kind,
    /// What changes in it.
    pub hunks: Vec<Hunk>,
}

impl FileDiff {
    /// Functions that it is about. Where hunks do not say it, `before` does, the file's text without them.
    #[must_use]
    pub fn functions(&self, before: &str) -> BTreeSet<String> {
        let hunks = self.hunks.iter();
        hunks
            .flat_map(|hunk| {
                let told = Some(hunk.section()).filter(|section| !section.is_empty());
                let section = told.or_else(|| function::above(before, hunk.first_line()));
                function::names(section.unwrap_or_default(), &hunk.lines)
            })
            .collect()
    }

    /// The diff as a program reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("--- a/{}\n+++ b/{}\n", self.old.display(), self.new.display());
        for hunk in &self.hunks {
            text.push_str(&hunk.text());
        }
        text
    }

    /// The text of an added file, which is all in its hunks.
    #[must_use]
    pub fn added_text(&self) -> String {
        let mut text = String::new();
        for line in self.hunks.iter().flat_map(|hunk| &hunk.lines) {
            if let Some(added) = line.strip_prefix('+') {
                text.push_str(added);
                text.push('\n');
            } else if line.starts_with('\\') {
                text.pop();
            }
        }
        text
    }
}

/// Every file that a text with a diff in it is about.
pub(crate) fn parse(text: &str) -> Result<Vec<FileDiff>, Broken> {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    let mut files: Vec<FileDiff> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at].starts_with("diff --git ") {
            let (file, next) = git_section(&lines, at)?;
            files.extend(file);
            at = next;
        } else if is_header(&lines, at) {
            let (file, next) = plain_section(&lines, at, None)?;
            files.extend(file);
            at = next;
        } else {
            at += 1;
        }
    }
    Ok(files)
}

fn is_header(lines: &[&str], at: usize) -> bool {
    let starts = |at: usize, with: &str| lines.get(at).is_some_and(|line| line.starts_with(with));
    starts(at, "--- ") && starts(at + 1, "+++ ") && starts(at + 2, "@@ ")
}

/// What git says of a file before its hunks.
#[derive(Default)]
struct Extended {
    added: bool,
    deleted: bool,
    binary: bool,
    from: Option<PathBuf>,
    to: Option<PathBuf>,
    copied: bool,
    link: bool,
}

/// A section that begins with `diff --git`, and the line after it.
fn git_section(lines: &[&str], start: usize) -> Result<(Option<FileDiff>, usize), Broken> {
    let mut extended = Extended::default();
    let mut at = start + 1;
    while let Some(line) = lines.get(at) {
        if line.starts_with("diff --git ") || is_header(lines, at) {
            break;
        }
        let mut known = true;
        if let Some(mode) = line.strip_prefix("new file mode ") {
            extended.added = true;
            extended.link = mode.starts_with("12") || mode.starts_with("16");
        } else if line.starts_with("deleted file mode ") {
            extended.deleted = true;
        } else if let Some(path) = line.strip_prefix("rename from ") {
            extended.from = Some(path_of(path, start)?);
        } else if let Some(path) = line.strip_prefix("rename to ") {
            extended.to = Some(path_of(path, start)?);
        } else if let Some(path) = line.strip_prefix("copy from ") {
            extended.from = Some(path_of(path, start)?);
            extended.copied = true;
        } else if let Some(path) = line.strip_prefix("copy to ") {
            extended.to = Some(path_of(path, start)?);
        } else if line.starts_with("GIT binary patch") || line.starts_with("Binary files ") {
            extended.binary = true;
        } else {
            let others = [
                "index ",
                "old mode ",
                "new mode ",
                "similarity ",
                "dissimilarity ",
            ];
            known = others.iter().any(|other| line.starts_with(other));
        }
        if !known {
            break;
        }
        at += 1;
    }
    if extended.link {
        return Err(Broken {
            line: start + 1,
            what: "it makes a link or a module of git, not a file".to_owned(),
        });
    }
    if is_header(lines, at) {
        return plain_section(lines, at, Some(&extended));
    }
    let (old, new) = match (&extended.from, &extended.to) {
        (Some(from), Some(to)) => (from.clone(), to.clone()),
        _ => names_of(lines[start], start)?,
    };
    let kind = if extended.binary {
        Kind::Binary
    } else if extended.added {
        Kind::Added
    } else if extended.deleted {
        Kind::Deleted
    } else if extended.copied {
        Kind::Copied
    } else if extended.from.is_some() {
        Kind::Renamed
    } else {
        Kind::ModeOnly
    };
    let hunks = Vec::new();
    Ok((
        Some(FileDiff {
            old,
            new,
            kind,
            hunks,
        }),
        at,
    ))
}

/// Both paths of `diff --git a/x b/x`, which has no marks between them.
fn names_of(line: &str, start: usize) -> Result<(PathBuf, PathBuf), Broken> {
    let rest = line.strip_prefix("diff --git ").unwrap_or(line);
    let middle = rest.len() / 2;
    let halves = rest.get(..middle).zip(rest.get(middle + 1..));
    let (old, new) = halves
        .filter(|(old, new)| old.strip_prefix("a/") == new.strip_prefix("b/"))
        .or_else(|| rest.split_once(' '))
        .unwrap_or((rest, rest));
    Ok((
        path_of(&without_prefix(old), start)?,
        path_of(&without_prefix(new), start)?,
    ))
}

/// A section with `---`, `+++` and hunks, and the line after it.
fn plain_section(
    lines: &[&str],
    start: usize,
    extended: Option<&Extended>,
) -> Result<(Option<FileDiff>, usize), Broken> {
    let old = header_path(lines[start], "--- ", start)?;
    let new = header_path(lines[start + 1], "+++ ", start + 1)?;
    let mut hunks = Vec::new();
    let mut at = start + 2;
    while lines.get(at).is_some_and(|line| line.starts_with("@@ ")) {
        let (hunk, next) = hunk(lines, at)?;
        hunks.push(hunk);
        at = next;
    }
    let renamed = extended.and_then(|extended| extended.from.clone().zip(extended.to.clone()));
    let file = match (renamed, old, new) {
        (Some((old, new)), _, _) => {
            let copied = extended.is_some_and(|extended| extended.copied);
            let kind = if copied { Kind::Copied } else { Kind::Renamed };
            FileDiff {
                old,
                new,
                kind,
                hunks,
            }
        }
        (None, Some(old), Some(new)) => FileDiff {
            kind: Kind::Modified,
            // Without git a diff may be between two folders, `a.orig/x` and `a/x`: the new name counts.
            old: if extended.is_some() { old } else { new.clone() },
            new,
            hunks,
        },
        (None, None, Some(new)) => FileDiff {
            old: new.clone(),
            new,
            kind: Kind::Added,
            hunks,
        },
        (None, Some(old), None) => FileDiff {
            new: old.clone(),
            old,
            kind: Kind::Deleted,
            hunks,
        },
        (None, None, None) => return Ok((None, at)),
    };
    Ok((Some(file), at))
}

/// The path after `---` or `+++`, without the folder before the tree; `None` for `/dev/null`.
fn header_path(line: &str, sign: &str, at: usize) -> Result<Option<PathBuf>, Broken> {
    let path = line.strip_prefix(sign).unwrap_or(line);
    // A time may follow, after a tab.
    let path = path.split('\t').next().unwrap_or(path).trim_end();
    if path == "/dev/null" {
        return Ok(None);
    }
    path_of(&without_prefix(path), at).map(Some)
}

/// A path without its first folder: `a/`, `b/`, or that of the tree.
fn without_prefix(path: &str) -> String {
    let path = path.trim_matches('"');
    let roots = [
        "drivers/",
        "include/",
        "net/",
        "Documentation/",
        "kernel/",
        "lib/",
        "mm/",
        "arch/",
    ];
    if roots.iter().any(|root| path.starts_with(root)) {
        return path.to_owned();
    }
    path.split_once('/').map_or(path, |(_, rest)| rest).to_owned()
}

/// A path that stays inside the tree.
fn path_of(path: &str, at: usize) -> Result<PathBuf, Broken> {
    let path = Path::new(path.trim_matches('"'));
    let stays = path.components().all(|part| matches!(part, Component::Normal(_)));
    if stays && path.components().next().is_some() {
        return Ok(path.components().collect());
    }
    Err(Broken {
        line: at + 1,
        what: format!(
            "`{}` is no path in a tree",
            path.display().to_string().escape_debug()
        ),
    })
}

#[cfg(test)]
mod tests;
