//! What is known to break a rule of the catalogue in one revision or another, and how to see that a scenario does none of it.
//!
//! * Pages for a function that the driver does not know yet, or while something is under way that may change what it knows.
//! * The driver goes or comes while anything is held, late or still running.
//! * Refusals, and allocations that fail.
//! * For the patch as first posted: pages of other functions. When the driver goes it forgets what they are before their pages are back,
//!   and firmware may keep the pages of a function that is disabled until then.

use crate::scenario::{Action, GateStep, HostStep, ScenarioFile, Step};
use crate::swarm::book::Book;
use crate::swarm::frame::{is_life, main_function};
use crate::swarm::lateness::Lateness;
use driver::RevisionName;
use emulator::order::{Answer, FirmwareOrder, PageRequest};
use prm::Function;

/// Whether a scenario does nothing of what is known to break a rule under a revision.
#[must_use]
pub fn is_clean(file: &ScenarioFile, revision: RevisionName) -> bool {
    let main = main_function(&file.device);
    let mut book = Book::new(&file.device);
    let mut lateness = Lateness::default();
    file.steps.iter().all(|step| {
        if lateness.is_over(step) {
            book.give_at_once();
        }
        let clean = step_is_clean(step, &book, main);
        let forgets = revision == RevisionName::Reviewed && leaves_others(step, &book, main);
        clean && !forgets && book.take(step)
    })
}

fn step_is_clean(step: &Step, book: &Book, main: Function) -> bool {
    let of_main = |request: &PageRequest| request.pages <= 0 || request.function == Some(main);
    match step.action() {
        Some(Action::Host(HostStep::Operation(operation))) => {
            !is_life(*operation) || (!step.background && book.rests())
        }
        Some(Action::Firmware(FirmwareOrder::RequestPages(request))) => {
            let known = request
                .function
                .is_some_and(|function| book.functions(false).contains(&function));
            of_main(request) || (known && book.rests())
        }
        Some(Action::Firmware(FirmwareOrder::Answer(rule))) => match &rule.with {
            Answer::Needs { requests } => requests.iter().all(of_main),
            answer => matches!(answer, Answer::Late { .. } | Answer::CompletedLate { .. }),
        },
        Some(Action::Firmware(FirmwareOrder::When(rule))) => rule.then.iter().all(|order| match order {
            FirmwareOrder::RequestPages(request) => of_main(request),
            _ => false,
        }),
        Some(Action::Firmware(FirmwareOrder::FunctionsChanged(_))) => book.tells_of_vfs(),
        Some(Action::Gate(GateStep::Hold(hold))) => hold.posts.iter().all(of_main),
        Some(Action::Fault(_)) => false,
        _ => true,
    }
}

/// Another function gets pages, or works when the driver goes.
fn leaves_others(step: &Step, book: &Book, main: Function) -> bool {
    match step.action() {
        Some(Action::Host(HostStep::Operation(operation))) => {
            is_life(*operation) && book.functions(false).len() > 1
        }
        Some(Action::Firmware(FirmwareOrder::RequestPages(request))) => request.function != Some(main),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Reachability;
    use crate::swarm::compliance::is_compliant;
    use crate::swarm::drawing::draw_all;
    use crate::swarm::frame::Reach;

    #[test]
    fn what_is_drawn_with_restraint_is_clean_and_the_rest_is_not_always() {
        let draw = |reach, seed| draw_all(Reachability::CompliantFirmware, reach, seed);
        for seed in 0..400 {
            let file = draw(Reach::Clean, seed);
            assert!(is_clean(&file, RevisionName::Robust), "seed {seed}: {file:#?}");
            assert!(is_compliant(&file), "seed {seed}: {file:#?}");
        }
        let count = |reach, revision| {
            let clean = |seed: &u64| is_clean(&draw(reach, *seed), revision);
            (0..400).filter(clean).count()
        };
        assert!(count(Reach::Everything, RevisionName::Robust) < 200);
        let reviewed = count(Reach::Clean, RevisionName::Reviewed);
        assert!((50..400).contains(&reviewed), "{reviewed}");
    }
}
