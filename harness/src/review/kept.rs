//! Runs that were done before, by a hash of all that decides what they show. A second review of a patch runs only what is new.

use crate::review::shown::Shown;
use std::fs;
use std::path::PathBuf;
use twox_hash::XxHash3_128;

/// Runs that are kept; those that were written longest ago go first.
const MOST: usize = 4_000;

/// See the module's head.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Without one nothing is kept.
    folder: Option<PathBuf>,
    /// All that decides what a run shows, but for the scenario.
    setting: String,
}

impl Kept {
    /// Runs in `folder` of the driver, kernel and tool that `setting` tells apart from all others.
    #[must_use]
    pub fn new(folder: Option<PathBuf>, setting: &str) -> Self {
        Self {
            folder,
            setting: setting.to_owned(),
        }
    }

    fn place(&self, scenario: &str) -> Option<PathBuf> {
        let mut hash = XxHash3_128::new();
        hash.write(self.setting.as_bytes());
        hash.write(&[0]);
        hash.write(scenario.as_bytes());
        let folder = self.folder.as_ref()?;
        Some(folder.join(format!("{:032x}.json", hash.finish_128())))
    }

    /// What a run of the scenario with this text has shown, if there was one.
    #[must_use]
    pub fn get(&self, scenario: &str) -> Option<Shown> {
        let text = fs::read(self.place(scenario)?).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps what a run has shown. Where that cannot be, it is done again next time.
    pub fn put(&self, scenario: &str, shown: &Shown) {
        if let Some(place) = self.place(scenario)
            && let Ok(text) = serde_json::to_string(shown)
        {
            let _ = files::write(&place, text);
        }
    }

    /// Removes what is more than is kept.
    pub fn tidy(&self) {
        let Some(entries) = self.folder.as_ref().and_then(|folder| fs::read_dir(folder).ok()) else {
            return;
        };
        let mut found: Vec<_> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
            })
            .collect();
        found.sort();
        let superfluous = found.len().saturating_sub(MOST);
        for (_, path) in found.into_iter().take(superfluous) {
            let _ = fs::remove_file(path);
        }
    }
}

/// A hash of a file's bytes, for a setting.
///
/// # Errors
/// Where it cannot be read.
pub fn hash_of(bytes: &[u8]) -> String {
    format!("{:032x}", XxHash3_128::oneshot(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_by_its_setting_and_scenario() {
        let folder = tempfile::tempdir().unwrap();
        let place = Some(folder.path().to_owned());
        let kept = Kept::new(place.clone(), "module 1");
        let shown = Shown {
            as_the_file_says: true,
            ..Shown::default()
        };
        assert_eq!(kept.get("text"), None);
        kept.put("text", &shown);
        assert_eq!(kept.get("text"), Some(shown.clone()));
        assert_eq!(kept.get("other text"), None);
        assert_eq!(Kept::new(place, "module 2").get("text"), None);
        let none = Kept::new(None, "module 1");
        none.put("text", &shown);
        assert_eq!(none.get("text"), None);
        kept.tidy();
        assert!(kept.get("text").is_some());
    }
}
