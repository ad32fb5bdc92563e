//! What `--filter` says: which scenarios are meant, and which are left out.

use crate::cli::job::Loaded;
use crate::scenario::ScenarioFile;
use crate::scenario::roster::ranges;
use clap::Args;
use emulator::config::DeviceKind;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A selection by words.
///
/// A scenario is meant if one of the words means it, or if no word means any; words with a `!` in front leave out what
/// they mean.
#[derive(Clone, Debug, Default, Args)]
pub struct Filter {
    /// Only scenarios whose path or name contains this; `row:12f` means those of a row, `tag:sf` those that have a tag; with `!`
    /// in front they are left out. Of several, any; docs/scenarios.md has the tags.
    #[arg(long = "filter", value_name = "WORD")]
    words: Vec<Word>,
}

/// One word of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    leaves_out: bool,
    meant: Meant,
}

/// What a word means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meant {
    /// Paths with this in them.
    Path(String),
    /// A row of the findings, with or without its letters.
    Row(String),
    /// Scenarios that have a tag.
    Tag(String),
}

/// The text is no word of a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a part of a name, row:N or tag:NAME, with ! in front to leave it out")]
pub struct NoWord;

impl FromStr for Word {
    type Err = NoWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (leaves_out, word) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let meant = match word.split_once(':') {
            Some(("row", row)) => Meant::Row(row.to_owned()),
            Some(("tag", tag)) => Meant::Tag(tag.to_owned()),
            _ => Meant::Path(word.to_owned()),
        };
        let (Meant::Path(said) | Meant::Row(said) | Meant::Tag(said)) = &meant;
        if said.is_empty() {
            return Err(NoWord);
        }
        Ok(Self { leaves_out, meant })
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.leaves_out { "!" } else { "" };
        match &self.meant {
            Meant::Path(word) => write!(f, "{sign}{word}"),
            Meant::Row(row) => write!(f, "{sign}row:{row}"),
            Meant::Tag(tag) => write!(f, "{sign}tag:{tag}"),
        }
    }
}

impl Filter {
    /// Whether everything is meant.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a scenario is meant.
    #[must_use]
    pub fn means(&self, loaded: &Loaded) -> bool {
        self.decides(|meant| match meant {
            Meant::Path(part) => contains(&loaded.file, part),
            Meant::Row(row) => is_row(&loaded.scenario.row, row),
            Meant::Tag(tag) => tags(loaded).contains(tag),
        })
    }

    /// Whether a file is meant that yields no scenario: only its path is known.
    #[must_use]
    pub fn means_file(&self, file: &Path) -> bool {
        self.decides(|meant| matches!(meant, Meant::Path(part) if contains(file, part)))
    }

    /// Whether a word asks for a tag.
    #[must_use]
    pub fn asks_for_tags(&self) -> bool {
        self.words.iter().any(|word| matches!(word.meant, Meant::Tag(_)))
    }

    /// The words that ask for a tag that is none of these.
    #[must_use]
    pub fn unknown_tags(&self, known: &BTreeSet<String>) -> Vec<String> {
        let words = self.words.iter();
        let unknown = words.filter(|word| matches!(&word.meant, Meant::Tag(tag) if !known.contains(tag)));
        unknown.map(ToString::to_string).collect()
    }

    fn decides(&self, mut is_meant: impl FnMut(&Meant) -> bool) -> bool {
        let mut asks = false;
        let mut meant = false;
        for word in &self.words {
            let hit = is_meant(&word.meant);
            if word.leaves_out {
                if hit {
                    return false;
                }
            } else {
                asks = true;
                meant |= hit;
            }
        }
        meant || !asks
    }
}

fn contains(file: &Path, part: &str) -> bool {
    file.to_string_lossy().contains(part)
}

/// Whether a scenario of `row` is meant by `word`: by the row itself, or by its number without the letters behind it.
fn is_row(row: &str, word: &str) -> bool {
    let letters = |rest: &str| rest.chars().all(|letter| letter.is_ascii_alphabetic());
    row == word || row.strip_prefix(word).is_some_and(letters) && word.ends_with(|c: char| c.is_ascii_digit())
}

/// The tags of a scenario: the folders that it lies in, what it takes to get there, the mode in which pages are asked for, the kinds
/// of functions that its device has, and whether it has a race in it.
#[must_use]
pub fn tags(loaded: &Loaded) -> BTreeSet<String> {
    let scenario = &loaded.scenario;
    let name = loaded.qualified_name();
    let folders = name.split('/').rev().skip(1);
    let mut tags: BTreeSet<String> = folders.map(ToOwned::to_owned).collect();
    tags.extend(of_content(scenario).map(ToOwned::to_owned));
    let kinds = ranges(&scenario.device).into_iter().map(|(first, _)| {
        let name = first.to_string();
        name.trim_end_matches(|letter: char| letter.is_ascii_digit())
            .to_owned()
    });
    tags.extend(kinds);
    tags
}

fn of_content(scenario: &ScenarioFile) -> impl Iterator<Item = &'static str> {
    let side = match scenario.device.kind {
        DeviceKind::Ecpf => "dpu",
        DeviceKind::Pf | DeviceKind::Vf => "nic",
    };
    let has_race = scenario.steps.iter().any(|step| step.together.is_some());
    [
        scenario.device.page_mode.name(),
        side,
        scenario.reachability.name(),
    ]
    .into_iter()
    .chain(has_race.then_some("race"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::library;
    use std::path::PathBuf;

    fn filter(words: &[&str]) -> Filter {
        let words = words.iter().map(|word| word.parse().expect("a word"));
        Filter {
            words: words.collect(),
        }
    }

    fn loaded(name: &str) -> Loaded {
        let file = PathBuf::from(format!("../scenarios/{name}.json"));
        let scenario = library::read(&file).expect("a scenario");
        Loaded { file, scenario }
    }

    #[test]
    fn any_of_the_words_means_a_scenario_and_one_with_a_sign_leaves_it_out() {
        let case = loaded("attribution/none-then-populate");
        for (words, is_meant) in [
            (&[][..], true),
            (&["none-then"][..], true),
            (&["attribution/"][..], true),
            (&["gate"][..], false),
            (&["gate", "none"][..], true),
            (&["!gate"][..], true),
            (&["!none"][..], false),
            (&["attribution", "!none"][..], false),
            (&["row:11", "!tag:attribution"][..], false),
        ] {
            assert_eq!(filter(words).means(&case), is_meant, "{words:?}");
        }
    }

    #[test]
    fn a_row_is_meant_with_its_letters_and_without() {
        for (row, word, is_meant) in [
            ("12f", "12f", true),
            ("12f", "12", true),
            ("12", "12f", false),
            ("120", "12", false),
            ("N24c", "N24", true),
            ("refused", "ref", false),
            ("refused", "refused", true),
        ] {
            assert_eq!(is_row(row, word), is_meant, "{row} {word}");
        }
    }

    #[test]
    fn tags_are_read_off_a_scenario() {
        let tags = |name| tags(&loaded(name)).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(
            tags("attribution/none-then-populate"),
            "attribution compliant_firmware dpu ec_vf ecpf host_pf host_vf vhca_id"
        );
        assert!(tags("races/late-give").contains("race"));
    }

    #[test]
    fn a_file_without_a_scenario_is_meant_by_its_path_alone() {
        let file = Path::new("scenarios/broken.json");
        for (words, is_meant) in [
            (&[][..], true),
            (&["broken"][..], true),
            (&["!broken"][..], false),
            (&["row:1"][..], false),
            (&["!tag:sf"][..], true),
        ] {
            assert_eq!(filter(words).means_file(file), is_meant, "{words:?}");
        }
    }

    #[test]
    fn words_without_anything_in_them_are_refused() {
        for text in ["", "!", "row:", "!tag:"] {
            assert_eq!(text.parse::<Word>(), Err(NoWord), "{text}");
        }
        for text in ["a", "!row:12f", "tag:sf", "!a:b"] {
            assert_eq!(text.parse::<Word>().expect("a word").to_string(), text);
        }
    }

    #[test]
    fn a_tag_that_nobody_has_is_told() {
        let known = ["sf".to_owned()].into();
        let unknown = filter(&["tag:sf", "!tag:sg", "row:1"]).unknown_tags(&known);
        assert_eq!(unknown, ["!tag:sg"]);
    }
}
