//! A review to look at: each case before and after, with what is other.

use crate::record::RunResult;
use crate::record::result::Snapshot;
use crate::report::case::Finished;
use crate::report::page::details::{Details, Done};
use crate::report::page::matrix::{Cell, Sign, Verdict};
use crate::report::page::{Sheet, Subject};
use crate::review::lines::About;
use crate::review::mark::{Mark, MarkKind};
use crate::review::shown::{Shown, ShownStep};
use crate::review::telling::{Case, Totals, differences};
use crate::scenario::ScenarioFile;
use prm::saturated;
use std::io::{self, Write};

/// A case with what both of its sides have shown.
#[derive(Clone, Debug)]
pub struct PagedCase {
    /// The scenario.
    pub scenario: ScenarioFile,
    /// Before, after.
    pub sides: [PagedSide; 2],
}

/// What one side has shown.
#[derive(Clone, Debug)]
pub struct PagedSide {
    /// What is compared, or why there is none.
    pub shown: Result<Shown, String>,
    /// The run, where it was not done in an earlier review.
    pub result: Option<Box<RunResult>>,
}

/// The names of the sides.
const SIDES: [&str; 2] = ["before", "after"];

/// Where the driver runs.
const STAGE: &str = "linux";

/// Writes the page of a review: `cases` and what is told of them, in one order.
///
/// # Errors
/// Where it cannot be written.
pub fn page(about: &About, told: &[Case], cases: &[PagedCase], out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::default();
    sheet.begin(out)?;
    let mut totals = Totals::default();
    for (told, case) in told.iter().zip(cases) {
        totals.add(told);
        let scenario = Some(&case.scenario);
        let number = sheet.case(&case.scenario.name, &told.file, scenario, out)?;
        for (name, side) in SIDES.iter().zip(&case.sides) {
            let cell = cell(name, side, &told.replay.join(" "));
            let details = details(&case.scenario, side, &mut sheet);
            sheet.run(number, &cell, &details, out)?;
        }
        let (became, remarks) = match &told.compared {
            Ok(compared) => (compared.verdict.called(), differences(compared, true)),
            Err(why) => ("error", vec![why.clone()]),
        };
        sheet.became(number, became, &remarks);
    }
    let mut lines = vec![
        ("Before".to_owned(), about.before.clone()),
        ("After".to_owned(), about.after.clone()),
        ("Kit".to_owned(), about.kit.clone()),
    ];
    let patches = about.patches.iter();
    lines.splice(0..0, patches.map(|patch| ("Patch".to_owned(), patch.clone())));
    lines.extend(about.notes.iter().map(|note| ("Note".to_owned(), note.clone())));
    let subject = Subject {
        title: "review",
        about: lines,
        totals: totals.to_string(),
        tables: Vec::new(),
    };
    sheet.end(&subject, out)
}

fn cell(side: &str, paged: &PagedSide, replay: &str) -> Cell {
    let (verdict, marks): (_, &[Mark]) = match &paged.shown {
        Err(_) => (Verdict::Error, &[]),
        Ok(shown) if shown.skipped.is_some() => (Verdict::Skip, &[]),
        Ok(shown) if shown.marks.is_empty() => (Verdict::Pass, &[]),
        Ok(shown) => (Verdict::Fail, &shown.marks),
    };
    let words: Vec<String> = match verdict {
        Verdict::Error => vec!["no verdict".to_owned()],
        Verdict::Skip => vec!["skipped".to_owned()],
        Verdict::Pass => vec!["clean".to_owned()],
        Verdict::Fail => marks.iter().map(ToString::to_string).collect(),
    };
    let line = match &paged.shown {
        Err(why) => why.clone(),
        Ok(shown) => shown.skipped.clone().unwrap_or_else(|| words.join("; ")),
    };
    let mut signs: Vec<Sign> = marks.iter().filter_map(|mark| sign(mark.kind)).collect();
    signs.dedup();
    Cell {
        column: side.to_owned(),
        stage: STAGE.to_owned(),
        verdict,
        signs,
        words,
        line,
        virtual_ns: paged.result.as_ref().map_or(0, |result| result.virtual_ns),
        replay: replay.to_owned(),
    }
}

const fn sign(kind: MarkKind) -> Option<Sign> {
    match kind {
        MarkKind::Drift => Some(Sign::Drift),
        MarkKind::BelowZero => Some(Sign::Underflow),
        MarkKind::LeftBehind => Some(Sign::Leak),
        MarkKind::Hangs | MarkKind::Stalls => Some(Sign::Stall),
        MarkKind::Died
        | MarkKind::Complaint
        | MarkKind::Warn
        | MarkKind::Invariant
        | MarkKind::NotShown
        | MarkKind::Fails => None,
    }
}

fn details(scenario: &ScenarioFile, side: &PagedSide, sheet: &mut Sheet) -> Details {
    let words = &mut sheet.words;
    if let Some(result) = &side.result {
        let scenario = Some(scenario);
        return Details::of_run(Finished { scenario, result }, words);
    }
    let Ok(shown) = &side.shown else {
        return Details::default();
    };
    let steps: Vec<Done> = shown.steps.iter().map(done).collect();
    let mut details = Details::of_steps(&steps, Some(scenario.device.kind), words);
    let known = "in an earlier review: books and messages are known, and no times";
    details.fact("Run", Some(known), words);
    for printed in &shown.printed {
        details.warning(printed, words);
    }
    for undone in &shown.undone {
        details.note(None, undone, words);
    }
    for mark in &shown.marks {
        details.note(mark.step, &mark.to_string(), words);
    }
    details
}

/// A step with its books: names as `fw_pages_vfs`, and those of the ledger behind `ledger.`.
fn done(step: &ShownStep) -> Done {
    let mut after = Snapshot::default();
    for (name, value) in &step.books {
        match name.strip_prefix("ledger.") {
            Some(owner) => {
                after.ledger.insert(owner.to_owned(), saturated::<u64>(*value));
            }
            None => {
                let value = i32::try_from(*value).ok().map(i32::cast_unsigned);
                after.counters.insert(name.clone(), value);
            }
        }
    }
    after.virtual_ns = u64::from(step.number);
    Done {
        number: step.number,
        what: step.what.clone(),
        returns: step.returns,
        took_ns: step.took_ms.map(|took| took.saturating_mul(1_000_000)),
        after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::{RunOptions, run_scenario};
    use crate::review::comparing::Comparison;
    use crate::scenario::read_scenario;
    use driver::RevisionName;
    use serde_json::Value;
    use std::path::Path;

    #[test]
    fn what_is_kept_of_a_step_becomes_both_books_again() {
        let step = ShownStep {
            number: 2,
            books: [("fw_pages_vfs".to_owned(), -512), ("ledger.vf1".to_owned(), 8)].into(),
            ..ShownStep::default()
        };
        let after = done(&step).after;
        assert_eq!(after.counters["fw_pages_vfs"], Some(4_294_966_784));
        assert_eq!(after.ledger["vf1"], 8);
    }

    fn data(page: &str, id: &str) -> Value {
        let begin = format!("<script type=\"application/json\" id=\"{id}\">");
        let rest = page.split_once(&begin).unwrap().1;
        serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
    }

    #[test]
    fn the_page_of_a_review_says_what_became_of_each_case() {
        let file = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../scenarios/attribution/none-then-populate.json"
        );
        let scenario = read_scenario(Path::new(file)).unwrap();
        let side = |revision| {
            let result = run_scenario(&scenario, file, revision, &RunOptions::default());
            PagedSide {
                shown: Ok(Shown::of(&scenario, &result)),
                result: Some(Box::new(result)),
            }
        };
        let mut sides = [RevisionName::Reviewed, RevisionName::Merged].map(side);
        // The run before is known from an earlier review.
        sides[0].result = None;
        let compared = Comparison::of(sides[0].shown.as_ref().unwrap(), sides[1].shown.as_ref().unwrap());
        let told = Case {
            name: "attribution/none-then-populate".to_owned(),
            file: file.to_owned(),
            compared: Ok(compared),
            skipped: None,
            as_the_file_says: (true, true),
            replay: vec!["mlx5-cosim".to_owned(), "review".to_owned()],
        };
        let became = told.verdict().unwrap().called();
        let mut out = Vec::new();
        let about = About::default();
        page(&about, &[told], &[PagedCase { scenario, sides }], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let index = data(&text, "index");
        let matrix = &index["matrix"];
        let word = |place: &Value| index["words"][usize::try_from(place.as_u64().unwrap()).unwrap()].clone();
        assert_eq!(word(&matrix["cases"]["became"][0]), became);
        assert_eq!(
            matrix["columns"],
            serde_json::json!([["before", "linux"], ["after", "linux"]])
        );
        // Both sides have their books, the one that is only known as well.
        for run in ["run-0", "run-1"] {
            let books = &data(&text, run)["books"];
            let vfs = books.as_array().unwrap().iter();
            let mut vfs = vfs.filter(|curve| word(&curve["counter"]) == "fw_pages_vfs");
            assert!(vfs.any(|curve| curve["firmware"].as_array().unwrap().contains(&512.into())));
        }
    }
}
