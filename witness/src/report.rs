//! What tests have seen and what not.

use crate::error::WitnessError;
use crate::errors::{self, Kind};
use crate::invariants::{self, Invariant};
use crate::project;
use crate::reasons::{self, Reasons};
use crate::testimony;
use std::fmt;
use std::path::Path;

/// Something that no test has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Where it is written, with its line.
    pub place: String,
    /// Its name.
    pub name: String,
    /// Why, where a reason is written.
    pub because: Option<String>,
}

/// The report.
#[derive(Debug, Default)]
pub struct Report {
    /// Kinds of error that say something of their own.
    pub errors: usize,
    /// Kinds of error that hand on another's.
    pub wrapping: usize,
    /// The invariants, with who has seen them broken.
    pub invariants: Vec<Invariant>,
    /// What no test has seen.
    pub unseen: Vec<Unseen>,
    /// Reasons for something that is seen, or that is not there.
    pub idle_reasons: Vec<String>,
}

/// Where the table of invariants is.
const TABLE: &str = "harness/src/scenario/invariant.rs";

/// Reads the project whose root this is.
///
/// # Errors
/// [`WitnessError`] when a file cannot be read.
pub fn of(root: &Path) -> Result<Report, WitnessError> {
    let project = project::read(root)?;
    let testimony = testimony::hear(&project);
    let reasons = reasons::read(root)?;
    let (wrapping, kinds): (Vec<Kind>, Vec<Kind>) = errors::of(&project)?
        .into_iter()
        .partition(|kind| kind.message.is_none());
    let invariants = invariants::of(&project, &testimony)?;
    let mut report = Report {
        errors: kinds.len(),
        wrapping: wrapping.len(),
        ..Report::default()
    };
    for kind in errors::unseen(&kinds, &testimony) {
        report.unseen.push(Unseen {
            place: format!("{}:{}", kind.file, kind.line),
            name: kind.name(),
            because: reasons.of(&kind.file, &kind.name()).map(ToOwned::to_owned),
        });
    }
    for invariant in invariants.iter().filter(|invariant| !invariant.is_seen()) {
        report.unseen.push(Unseen {
            place: TABLE.to_owned(),
            name: invariant.variant.clone(),
            because: reasons.of(TABLE, &invariant.variant).map(ToOwned::to_owned),
        });
    }
    report.invariants = invariants;
    report.idle_reasons = idle(&reasons, &report.unseen);
    Ok(report)
}

fn idle(reasons: &Reasons, unseen: &[Unseen]) -> Vec<String> {
    let mut idle = Vec::new();
    for reason in &reasons.unseen {
        let is_needed = |name: &str| {
            let is_it = |it: &Unseen| it.name == name && it.place.split(':').next() == Some(&reason.file);
            unseen.iter().any(is_it)
        };
        let names = reason.names.iter().filter(|name| !is_needed(name));
        idle.extend(names.map(|name| format!("{}: {name}", reason.file)));
    }
    idle
}

impl Report {
    /// Whether everything is seen or explained, and nothing is explained that is seen.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.idle_reasons.is_empty() && self.unseen.iter().all(|it| it.because.is_some())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let invariants = self.invariants.len();
        let broken = self.invariants.iter().filter(|it| it.is_seen()).count();
        let unseen_errors = self.unseen.len() - (invariants - broken);
        let errors = self.errors;
        let explained = self.unseen.iter().filter(|it| it.because.is_some()).count();
        writeln!(f, "{:<28} in all   seen", "")?;
        writeln!(
            f,
            "{:<28} {errors:>6} {:>6}",
            "kinds of error",
            errors - unseen_errors
        )?;
        writeln!(f, "{:<28} {invariants:>6} {broken:>6}", "invariants, seen broken")?;
        writeln!(
            f,
            "{} kinds of error more hand on what another one says.\n",
            self.wrapping
        )?;
        writeln!(f, "{:<28} scenarios  tests of the judge", "broken in")?;
        for it in &self.invariants {
            let tests = if it.in_tests { "yes" } else { "" };
            writeln!(f, "{:<28} {:>9}  {tests}", it.variant, it.scenarios)?;
        }
        writeln!(f, "\n{explained} unseen and explained:")?;
        for it in &self.unseen {
            if let Some(because) = &it.because {
                writeln!(f, "  {}  {}\n      {because}", it.place, it.name)?;
            }
        }
        writeln!(f, "\n{} unseen without a reason:", self.unseen.len() - explained)?;
        for it in self.unseen.iter().filter(|it| it.because.is_none()) {
            writeln!(f, "  {}  {}", it.place, it.name)?;
        }
        if !self.idle_reasons.is_empty() {
            writeln!(f, "\nreasons for what is seen, or is not there:")?;
            self.idle_reasons
                .iter()
                .try_for_each(|it| writeln!(f, "  {it}"))?;
        }
        Ok(())
    }
}
