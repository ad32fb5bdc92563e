//! What became of the mutants, group by group.

use crate::outcome::{Outcome, Verdict};
use crate::plan::Plan;
use std::fmt;

/// See the module's head.
#[derive(Debug)]
pub struct Table<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// All outcomes.
    pub outcomes: &'a [Outcome],
}

/// One group's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Row {
    tried: usize,
    caught: usize,
    timed_out: usize,
    missed: usize,
    unviable: usize,
    alone: usize,
}

impl Row {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Unviable => self.unviable += 1,
            Verdict::Caught => self.caught += 1,
            Verdict::TimedOut => self.timed_out += 1,
            Verdict::Missed => self.missed += 1,
            Verdict::Alone => self.alone += 1,
        }
        self.tried += 1;
    }

    /// Of a thousand that compile and could be tried, how many a test noticed.
    fn per_mille(self) -> usize {
        let noticed = self.caught + self.timed_out;
        (noticed * 1000)
            .checked_div(noticed + self.missed)
            .unwrap_or(1000)
    }
}

impl Table<'_> {
    fn row(&self, group: &str) -> Row {
        let mut row = Row::default();
        let of_group = self.outcomes.iter().filter(|outcome| outcome.group == group);
        of_group.for_each(|outcome| row.add(outcome.verdict));
        row
    }

    /// Whether every group has as many caught as its plan wants.
    #[must_use]
    pub fn is_as_wanted(&self) -> bool {
        let groups = self.plan.groups.iter();
        groups
            .map(|group| (self.row(&group.name), group.wanted))
            .all(|(row, wanted)| row.per_mille() >= wanted as usize * 10)
    }
}

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<18} {:>8} {:>9} {:>7} {:>10} {:>7} {:>6} {:>7} {:>7}",
            "group", "mutants", "unviable", "caught", "timed out", "missed", "alone", "caught", "wanted"
        )?;
        for group in &self.plan.groups {
            let row = self.row(&group.name);
            let sample = if group.sample.is_some() { " (sample)" } else { "" };
            let name = format!("{}{sample}", group.name);
            let per_mille = row.per_mille();
            writeln!(
                f,
                "{name:<18} {:>8} {:>9} {:>7} {:>10} {:>7} {:>6} {:>5}.{} % {:>4} %",
                row.tried,
                row.unviable,
                row.caught,
                row.timed_out,
                row.missed,
                row.alone,
                per_mille / 10,
                per_mille % 10,
                group.wanted
            )?;
        }
        for (verdict, heading) in [
            (Verdict::Missed, "missed"),
            (Verdict::Alone, "cannot be switched: `cargo mutants` tries them"),
        ] {
            let mut listed = self.outcomes.iter().filter(|it| it.verdict == verdict).peekable();
            if listed.peek().is_some() {
                writeln!(f, "\n{heading}:")?;
            }
            listed.try_for_each(|it| writeln!(f, "  {}", it.mutant))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Group;

    #[test]
    fn a_time_out_is_noticed_and_what_does_not_compile_does_not_count() {
        let group = |wanted| Group {
            name: "books".into(),
            files: Vec::new(),
            sample: None,
            wanted,
        };
        let verdicts = [
            Verdict::Caught,
            Verdict::TimedOut,
            Verdict::Missed,
            Verdict::Unviable,
            Verdict::Unviable,
        ];
        let outcomes = verdicts.map(|verdict| Outcome {
            group: "books".into(),
            mutant: String::new(),
            verdict,
            by: None,
        });
        for (wanted, is_as_wanted) in [(66, true), (67, false)] {
            let plan = Plan {
                seed: 1,
                alone: Vec::new(),
                groups: vec![group(wanted)],
            };
            let table = Table {
                plan: &plan,
                outcomes: &outcomes,
            };
            assert_eq!(table.is_as_wanted(), is_as_wanted);
            assert!(table.to_string().contains(" 66.6 %"), "{table}");
        }
    }
}
