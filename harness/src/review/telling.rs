//! A review for people.

use crate::report::books::readable;
use crate::review::comparing::{Comparison, StepChange, Verdict};
use crate::review::mark::Mark;
use std::collections::BTreeMap;
use std::fmt;

/// Steps of a case whose numbers are told without being asked for all.
const MOST_STEPS: usize = 3;

/// A case that was reviewed.
#[derive(Clone, Debug)]
pub struct Case {
    /// `folder/name`.
    pub name: String,
    /// The scenario's file.
    pub file: String,
    /// What became of it, or why nobody can say.
    pub compared: Result<Comparison, String>,
    /// Why it cannot run, where it cannot.
    pub skipped: Option<String>,
    /// Whether each run was as the file says of Linux 7.2: before, after.
    pub as_the_file_says: (bool, bool),
    /// The line that repeats it.
    pub replay: Vec<String>,
}

impl Case {
    /// What became of it; none where nobody can say.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.compared.as_ref().ok().map(|compared| compared.verdict)
    }
}

impl Verdict {
    /// The word in reports.
    #[must_use]
    pub const fn called(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Same => "same",
            Self::Mended => "mended",
            Self::Changed => "changed",
            Self::Unstable => "unstable",
            Self::Broken => "broken",
        }
    }
}

/// How many cases came to what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    by_verdict: BTreeMap<Verdict, usize>,
    errors: usize,
}

impl Totals {
    /// Counts a case.
    pub fn add(&mut self, case: &Case) {
        match case.verdict() {
            Some(verdict) => *self.by_verdict.entry(verdict).or_default() += 1,
            None => self.errors += 1,
        }
    }

    /// Cases with this verdict.
    #[must_use]
    pub fn of(&self, verdict: Verdict) -> usize {
        self.by_verdict.get(&verdict).copied().unwrap_or(0)
    }

    /// Cases of which nobody can say.
    #[must_use]
    pub const fn errors(&self) -> usize {
        self.errors
    }

    /// Cases that were judged.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.by_verdict.values().sum::<usize>() - self.of(Verdict::Skipped)
    }
}

/// `94 cases: 1 mended, 0 broken, 0 changed, 93 same`, with what else there is.
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [mended, broken, changed, same] =
            [Verdict::Mended, Verdict::Broken, Verdict::Changed, Verdict::Same]
                .map(|verdict| self.of(verdict));
        let cases = match self.judged() {
            1 => "1 case".to_owned(),
            cases => format!("{cases} cases"),
        };
        write!(
            f,
            "{cases}: {mended} mended, {broken} broken, {changed} changed, {same} same"
        )?;
        let unstable = self.of(Verdict::Unstable);
        if unstable > 0 {
            write!(f, ", {unstable} unstable")?;
        }
        if self.errors > 0 {
            write!(f, ", {} without a verdict", self.errors)?;
        }
        let skipped = self.of(Verdict::Skipped);
        if skipped > 0 {
            write!(f, "; {skipped} more cannot run on Linux here")?;
        }
        Ok(())
    }
}

/// A case as lines: the verdict and the name, then what is other. `whole` says that every step is told.
#[must_use]
pub fn case(case: &Case, whole: bool) -> Vec<String> {
    let compared = match &case.compared {
        Ok(compared) => compared,
        Err(why) => return vec![format!("{:<8}  {}", "error", case.name), format!("    {why}")],
    };
    let head = format!("{:<8}  {}", compared.verdict.called(), case.name);
    let mut lines = vec![head];
    if let Some(why) = &case.skipped {
        lines.push(format!("    {why}"));
    }
    lines.extend(
        differences(compared, whole)
            .into_iter()
            .map(|line| format!("    {line}")),
    );
    lines
}

/// What is other in a case, the worst first.
#[must_use]
pub fn differences(compared: &Comparison, whole: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mark = |word: &str, mark: &Mark| format!("{word}  {mark}");
    lines.extend(compared.came.iter().map(|came| mark("new ", came)));
    lines.extend(compared.went.iter().map(|went| mark("gone", went)));
    let prints = |word: &'static str, marks: &[Mark], printed: &[String]| -> Vec<String> {
        // A `WARN` is told as a mark.
        let is_told = |line: &&String| !marks.iter().any(|mark| mark.words.ends_with(line.as_str()));
        let told = printed.iter().filter(is_told);
        told.map(|line| format!("{word}  prints {line}")).collect()
    };
    lines.extend(prints("new ", &compared.came, &compared.new_warnings));
    lines.extend(prints("gone", &compared.went, &compared.gone_warnings));
    lines.extend(compared.undone.iter().map(|line| format!("other {line}")));
    let most = if whole { usize::MAX } else { MOST_STEPS };
    lines.extend(compared.steps.iter().take(most).map(step));
    let more = compared.steps.len().saturating_sub(most);
    if more > 0 {
        lines.push(format!("and {more} more steps (-v tells them)"));
    }
    lines
}

/// The numbers of a step that are other.
fn step(change: &StepChange) -> String {
    let value = |value: Option<i64>| value.map_or_else(|| "-".to_owned(), readable);
    let rows = change.rows.iter().map(|row| {
        let name = row.name.strip_prefix("fw_pages_").unwrap_or(&row.name);
        format!("{name} {} -> {}", value(row.before), value(row.after))
    });
    let rows: Vec<String> = rows.collect();
    format!("step {} ({}): {}", change.step, change.what, rows.join(", "))
}
