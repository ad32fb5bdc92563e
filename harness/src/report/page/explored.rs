//! The page of an `explore`: what every revision can come to, and the way to each thing that goes wrong, turn by turn.

use super::details::{Details, Done, Table};
use super::matrix::{Cell, Sign, Verdict};
use super::sheet::{Sheet, Subject};
use super::turn::Turn;
use crate::explore::account::{Account, FlawAccount, Outcome};
use crate::explore::end::End;
use crate::record::RunResult;
use crate::record::result::Snapshot;
use crate::report::books::COMPARED;
use crate::report::case::Finished;
use crate::report::exploration::in_short;
use crate::scenario::{self, InvariantName, ScenarioFile};
use prm::saturated;
use std::io::{self, Write};

/// Where the driver of a race runs.
const STAGE: &str = "inproc";

/// What was found in a race under one revision.
#[derive(Clone, Debug)]
pub struct Explored {
    /// What there is to say.
    pub account: Account,
    /// Ways that holds and firmware's orders force, each as a scenario with its run.
    pub forced: Vec<(ScenarioFile, RunResult)>,
}

/// Writes the page of a race.
///
/// # Errors
/// Where it cannot be written.
pub fn explored(race: &ScenarioFile, found: &[Explored], out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::default();
    sheet.begin(out)?;
    for one in found {
        let account = &one.account;
        let case = sheet.case(&account.race, &account.file, Some(race), out)?;
        let details = survey(account, &mut sheet);
        sheet.run(case, &survey_cell(account), &details, out)?;
        for flaw in &account.flaws {
            let details = way(race, flaw, &mut sheet);
            sheet.run(case, &flaw_cell(account, flaw), &details, out)?;
        }
    }
    for (scenario, result) in found.iter().flat_map(|one| &one.forced) {
        let finished = Finished {
            scenario: Some(scenario),
            result,
        };
        let name = format!("{}, forced", result.scenario);
        let case = sheet.case(&name, &result.file, Some(scenario), out)?;
        let details = Details::of_run(finished, &mut sheet.words);
        sheet.run(case, &Cell::of(finished), &details, out)?;
    }
    let flaws: usize = found.iter().map(|one| one.account.flaws.len()).sum();
    let subject = Subject {
        title: "explore",
        about: Vec::new(),
        totals: match flaws {
            0 => format!("{}: nothing goes wrong", race.name),
            1 => format!("{}: 1 thing goes wrong", race.name),
            flaws => format!("{}: {flaws} things go wrong", race.name),
        },
        tables: Vec::new(),
    };
    sheet.end(&subject, out)
}

/// All that a race can come to.
fn survey(account: &Account, sheet: &mut Sheet) -> Details {
    let words = &mut sheet.words;
    let mut details = Details::of_steps(&Vec::<Done>::new(), None, words);
    details.fact("Bounds", Some(&account.bounds), words);
    let size = format!(
        "{} states, {} transitions, the longest way has {} choices",
        account.states, account.transitions, account.depth
    );
    details.fact("Size", Some(&size), words);
    let rows = account.ends.iter().map(|end| {
        [
            end.books.to_string(),
            end.states.to_string(),
            end.turns.join(", "),
        ]
    });
    let rows = rows.collect();
    let head = ["both books", "states", "by turns of"];
    details.table(Table::new("What it can come to", head, rows, words));
    details
}

fn survey_cell(account: &Account) -> Cell {
    let (verdict, words) = match account.outcome {
        Outcome::None => (Verdict::Pass, "nothing goes wrong".to_owned()),
        Outcome::Violated => (Verdict::Fail, format!("{} flaws", account.flaws.len())),
        Outcome::NotProved => (Verdict::Error, "nothing proved".to_owned()),
    };
    let line = format!(
        "{words}: {} states, {} ends, {}",
        account.states,
        account.ends.len(),
        match account.exhausted {
            true => "every way was gone",
            false => "not every way was gone",
        }
    );
    Cell {
        verdict,
        replay: format!(
            "mlx5-cosim explore {} --revision {}",
            account.file, account.revision
        ),
        ..cell(account, words, line)
    }
}

fn flaw_cell(account: &Account, flaw: &FlawAccount) -> Cell {
    let replay = flaw.artifact.as_ref();
    Cell {
        verdict: match flaw.expected {
            true => Verdict::Pass,
            false => Verdict::Fail,
        },
        signs: sign(&flaw.flaw).into_iter().collect(),
        replay: replay.map_or_else(String::new, |artifact| format!("mlx5-cosim replay {artifact}")),
        ..cell(account, flaw.flaw.clone(), flaw.detail.clone())
    }
}

fn cell(account: &Account, words: String, line: String) -> Cell {
    Cell {
        column: account.revision.to_string(),
        stage: STAGE.to_owned(),
        verdict: Verdict::Pass,
        signs: Vec::new(),
        words: vec![words],
        line,
        virtual_ns: 0,
        replay: String::new(),
    }
}

/// What a flaw is a sign of, by its name: that of an invariant, with whom it concerns behind.
fn sign(flaw: &str) -> Option<Sign> {
    let name = flaw.split(" (").next()?;
    let invariant = InvariantName::ALL
        .into_iter()
        .find(|invariant| invariant.name() == name)?;
    Some(match invariant.sign() {
        scenario::Sign::Drift => Sign::Drift,
        scenario::Sign::Underflow => Sign::Underflow,
        scenario::Sign::Corruption(_) => Sign::Corruption,
        scenario::Sign::Stall(_) => Sign::Stall,
        scenario::Sign::Leak => Sign::Leak,
        scenario::Sign::EarlyEnd => Sign::EarlyEnd,
    })
}

/// The way to a flaw.
fn way(race: &ScenarioFile, flaw: &FlawAccount, sheet: &mut Sheet) -> Details {
    let turns: Vec<Turn> = flaw
        .story
        .iter()
        .map(|turn| Turn {
            actor: turn.actor.clone(),
            does: turn.does.clone(),
            about: in_short(&turn.about),
            wrong: turn.wrong.clone(),
        })
        .collect();
    let books: Vec<Snapshot> = flaw.story.iter().map(|turn| snapshot(&turn.books)).collect();
    let words = &mut sheet.words;
    let mut details = Details::of_turns(&turns, &books, race.device.kind, words);
    // It is seen at the end, when nothing is under way any more.
    let about = flaw.flaw.strip_prefix(InvariantName::CounterMatchesLedger.name());
    let counter = about.and_then(|about| about.strip_prefix(" (")?.strip_suffix(')'));
    if let Some(counter) = counter {
        details.breaks(counter, saturated::<u32>(turns.len()), words);
    }
    details.fact("What goes wrong", Some(&flaw.detail), words);
    let size = format!("{} choices, {} preemptions", flaw.choices.len(), flaw.preemptions);
    details.fact("Way", Some(&size), words);
    details.fact("Seen", Some(&format!("{} times", flaw.times)), words);
    details
}

/// Both books. What is 0 is not there in what a race comes to.
fn snapshot(books: &End) -> Snapshot {
    let none = COMPARED.iter().map(|(name, _)| ((*name).to_owned(), Some(0)));
    let own = books.counters.iter();
    let own = own.map(|(name, value)| (name.clone(), Some(value.cast_unsigned())));
    Snapshot {
        counters: none.chain(own).collect(),
        ledger: books.ledger.clone(),
        ..Snapshot::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flaw_is_a_sign_by_the_name_of_its_invariant() {
        assert_eq!(sign("pages_match_ledger (vf1)"), Some(Sign::Drift));
        assert_eq!(sign("never_ends"), None);
    }

    #[test]
    fn what_is_not_there_is_0() {
        let books = End {
            counters: [("fw_pages_vfs".to_owned(), -512)].into(),
            ..End::default()
        };
        let snapshot = snapshot(&books);
        assert_eq!(snapshot.counters["fw_pages_vfs"], Some(4_294_966_784));
        assert_eq!(snapshot.counters["self"], Some(0));
    }
}
