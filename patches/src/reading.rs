//! From files and folders to a series in its order.

use crate::diff::{self, FileDiff};
use crate::error::PatchError;
use crate::mail::{Letter, letters};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// No patch is larger, and nobody waits for one that is.
const LARGEST: u64 = 64 << 20;

/// Lines of a text that are shown around what is wrong with it.
const AROUND: usize = 2;

/// One patch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// What it is called: its subject without the brackets, or its file's name.
    pub title: String,
    /// Place in its series and how long that is, where the subject says it.
    pub number: Option<(u32, u32)>,
    /// The version of the series; 1 where nothing is said.
    pub version: u32,
    /// The file that it was read from.
    pub origin: PathBuf,
    /// What it does.
    pub files: Vec<FileDiff>,
}

/// Patches in the order in which they are applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// The patches.
    pub patches: Vec<Patch>,
    /// What may surprise: versions and places that are left out or missing. Sentences.
    pub notes: Vec<String>,
}

/// Reads patches from files, and from all `*.patch`, `*.diff`, `*.mbx`, `*.mbox` and `*.eml` files of folders.
///
/// # Errors
/// [`PatchError`] where something cannot be read, is not whole, or has no patch in it.
pub fn read(paths: &[PathBuf]) -> Result<Series, PatchError> {
    let mut series = Series::default();
    let mut loose = Vec::new();
    for path in paths {
        let mut found = Vec::new();
        let files = files(path)?;
        let is_folder = path.is_dir();
        for file in &files {
            found.extend(patches_of(file)?);
        }
        if found.is_empty() {
            return Err(PatchError::Empty { path: path.clone() });
        }
        // Files that are named one by one are a series, too; an mbox or a folder is one by itself.
        if found.len() == 1 && !is_folder {
            loose.append(&mut found);
        } else {
            series.take(std::mem::take(&mut loose));
            series.take(found);
        }
    }
    series.take(loose);
    Ok(series)
}

impl Series {
    /// Adds patches that belong together, in their order.
    fn take(&mut self, mut patches: Vec<Patch>) {
        let newest = patches.iter().map(|patch| patch.version).max().unwrap_or(1);
        let numbered = |patch: &Patch| patch.number.is_some();
        let older = patches
            .iter()
            .filter(|patch| numbered(patch) && patch.version < newest)
            .count();
        if older > 0
            && patches
                .iter()
                .any(|patch| numbered(patch) && patch.version == newest)
        {
            patches.retain(|patch| !numbered(patch) || patch.version == newest);
            let note = format!("{older} patches of versions before v{newest} are left out");
            self.notes.push(note);
        }
        if patches.iter().all(numbered) {
            patches.sort_by_key(|patch| patch.number);
            let all = patches
                .first()
                .and_then(|patch| patch.number)
                .map_or(0, |(_, all)| all);
            let there = |place: u32| patches.iter().any(|patch| patch.number == Some((place, all)));
            // A series that says it has a million patches is not counted through.
            let missing: Vec<String> = (1..=all.min(999))
                .filter(|place| !there(*place))
                .map(|place| format!("{place}/{all}"))
                .collect();
            if !missing.is_empty() && patches.len() > 1 {
                self.notes
                    .push(format!("the series is not whole: without {}", missing.join(", ")));
            }
        }
        self.patches.append(&mut patches);
    }
}

/// The files that a path stands for.
fn files(path: &Path) -> Result<Vec<PathBuf>, PatchError> {
    let unreadable = |cause| PatchError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let extension = file.extension().and_then(|extension| extension.to_str());
        let is_patch = matches!(extension, Some("patch" | "diff" | "mbx" | "mbox" | "eml"));
        if is_patch && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// The patches of one file. Cover letters, answers and whatever else has no diff are left out.
fn patches_of(file: &Path) -> Result<Vec<Patch>, PatchError> {
    let bytes = bytes_of(file)?;
    let mut patches = Vec::new();
    for letter in letters(&bytes) {
        let about = |about: fn(&crate::subject::Subject) -> bool| letter.subject.as_ref().is_some_and(about);
        if about(crate::subject::Subject::is_cover) || about(|subject| subject.is_reply) {
            continue;
        }
        let files = diffs(&letter, file)?;
        if files.is_empty() {
            continue;
        }
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let subject = letter.subject;
        patches.push(Patch {
            title: subject.as_ref().map_or(name, |subject| subject.title.clone()),
            number: subject.as_ref().and_then(|subject| subject.number),
            version: subject.as_ref().map_or(1, |subject| subject.version),
            origin: file.to_owned(),
            files,
        });
    }
    Ok(patches)
}

fn diffs(letter: &Letter, file: &Path) -> Result<Vec<FileDiff>, PatchError> {
    let mut files = Vec::new();
    for (text, before) in &letter.texts {
        let found = diff::parse(text).map_err(|broken| PatchError::Broken {
            path: file.to_owned(),
            line: before.map(|before| before + broken.line),
            subject: letter.subject.as_ref().map(|subject| subject.title.clone()),
            what: broken.what,
            excerpt: excerpt(text, broken.line),
        })?;
        files.extend(found);
    }
    Ok(files)
}

/// The lines around the line `number`.
fn excerpt(text: &str, number: usize) -> String {
    let first = number.saturating_sub(AROUND + 1);
    let lines: Vec<&str> = text.lines().skip(first).take(2 * AROUND + 1).collect();
    lines.join("\n")
}

fn bytes_of(file: &Path) -> Result<Vec<u8>, PatchError> {
    let unreadable = |cause| PatchError::Unreadable {
        path: file.to_owned(),
        cause,
    };
    let mut bytes = Vec::new();
    let open = File::open(file).map_err(unreadable)?;
    open.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(PatchError::TooLarge {
            path: file.to_owned(),
            limit: LARGEST,
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(subject: &str, path: &str) -> String {
        let diff = format!("--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n");
        format!(
            "From 0123 Mon Sep 17 00:00:00 2001\nFrom: A <a@b>\nSubject: {subject}\n\nwhy\n---\n{diff}-- \n2.43\n\n"
        )
    }

    fn titles(series: &Series) -> Vec<&str> {
        series.patches.iter().map(|patch| patch.title.as_str()).collect()
    }

    #[test]
    fn a_file_that_is_larger_than_any_patch_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.patch");
        // A hole takes no room.
        File::create(&path).unwrap().set_len(LARGEST + 2).unwrap();
        let error = bytes_of(&path).unwrap_err();
        assert!(matches!(error, PatchError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn a_series_comes_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let cover =
            "From 0123 Mon Sep 17 00:00:00 2001\nFrom: a@b\nSubject: [PATCH 0/2] both\n\n x/a.c | 2 +-\n\n";
        let answer = mail("Re: [PATCH 1/2] one", "x/other.c");
        let mbox = [
            cover,
            &mail("[PATCH 2/2] two", "x/b.c"),
            &mail("[PATCH 1/2] one", "x/a.c"),
            &answer,
        ]
        .concat();
        let series = read(&[write("all.mbx", &mbox)]).unwrap();
        assert_eq!(titles(&series), ["one", "two"]);
        assert!(series.notes.is_empty());

        let (second, first) = (
            write("0002.patch", &mail("[PATCH 2/2] two", "x/b.c")),
            write("0001.patch", &mail("[PATCH 1/2] one", "x/a.c")),
        );
        assert_eq!(titles(&read(&[second.clone(), first]).unwrap()), ["one", "two"]);
        fs::remove_file(folder.path().join("all.mbx")).unwrap();
        assert_eq!(
            titles(&read(&[folder.path().to_owned()]).unwrap()),
            ["one", "two"]
        );
        assert_eq!(titles(&read(&[second]).unwrap()), ["two"]);

        let both = [
            mail("[PATCH v2 1/1] new", "x/a.c"),
            mail("[PATCH 1/1] old", "x/a.c"),
        ]
        .concat();
        let series = read(&[write("versions.mbx", &both)]).unwrap();
        assert_eq!(titles(&series), ["new"]);
        assert_eq!(series.notes, ["1 patches of versions before v2 are left out"]);
    }

    #[test]
    fn what_is_no_patch_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.mbx");
        for text in [
            "",
            "From 0123 Mon Sep 17 00:00:00 2001\nSubject: hello\nFrom: a@b\n\nno diff\n",
        ] {
            fs::write(&path, text).unwrap();
            let error = read(std::slice::from_ref(&path)).unwrap_err();
            assert!(matches!(error, PatchError::Empty { .. }), "{error}");
        }
        fs::write(&path, mail("[PATCH] x", "x/a.c").replace("+b\n", "?b\n")).unwrap();
        let PatchError::Broken { line, excerpt, .. } = read(std::slice::from_ref(&path)).unwrap_err() else {
            panic!("it is broken")
        };
        assert_eq!(line, Some(11));
        assert!(excerpt.contains("?b"));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().nth(10), Some("?b"));
        assert!(matches!(
            read(&[folder.path().join("none")]),
            Err(PatchError::Unreadable { .. })
        ));
    }
}
