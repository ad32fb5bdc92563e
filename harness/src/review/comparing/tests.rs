//! Verdicts of pairs of runs.

use super::*;

fn mark(kind: MarkKind, weight: u64) -> Mark {
    Mark {
        kind,
        subject: "fw_pages_vfs".to_owned(),
        step: Some(2),
        weight,
        words: "words".to_owned(),
    }
}

fn shown(marks: Vec<Mark>, vfs: i64, took_ms: u64) -> Shown {
    Shown {
        steps: vec![ShownStep {
            number: 2,
            what: "host unload".to_owned(),
            returns: Some(0),
            took_ms: Some(took_ms),
            runs_on: false,
            books: [("fw_pages_vfs".to_owned(), vfs)].into(),
        }],
        marks,
        ..Shown::default()
    }
}

fn verdict_of(before: &Shown, after: &Shown) -> Verdict {
    Comparison::of(before, after).verdict
}

#[test]
fn marks_decide_what_became_of_a_case() {
    let (clean, warned) = (shown(vec![], 0, 10), shown(vec![mark(MarkKind::Warn, 1)], 0, 10));
    assert_eq!(verdict_of(&clean, &clean), Verdict::Same);
    assert_eq!(verdict_of(&warned, &warned), Verdict::Same);
    assert_eq!(verdict_of(&warned, &clean), Verdict::Mended);
    assert_eq!(verdict_of(&clean, &warned), Verdict::Broken);
    let drifting = shown(vec![mark(MarkKind::Drift, 40)], 0, 10);
    assert_eq!(verdict_of(&warned, &drifting), Verdict::Broken);
    let failing = shown(vec![mark(MarkKind::Fails, 1)], 0, 10);
    assert_eq!(verdict_of(&warned, &failing), Verdict::Changed);
    assert_eq!(verdict_of(&clean, &failing), Verdict::Broken);
}

#[test]
fn a_worse_drift_is_new_and_a_lesser_one_is_not_gone() {
    let drift = |weight| shown(vec![mark(MarkKind::Drift, weight)], 0, 10);
    assert_eq!(verdict_of(&drift(1), &drift(41)), Verdict::Broken);
    assert_eq!(verdict_of(&drift(41), &drift(81)), Verdict::Broken);
    assert_eq!(verdict_of(&drift(41), &drift(1)), Verdict::Mended);
    assert_eq!(verdict_of(&drift(81), &drift(41)), Verdict::Same);
}

#[test]
fn times_count_only_when_they_are_no_chance() {
    let after = |took| shown(vec![], 0, took);
    assert_eq!(verdict_of(&after(300), &after(1_200)), Verdict::Same);
    assert_eq!(verdict_of(&after(5_000), &after(6_900)), Verdict::Same);
    assert_eq!(verdict_of(&after(22_000), &after(12_000)), Verdict::Mended);
    assert_eq!(verdict_of(&after(300), &after(5_000)), Verdict::Broken);
    let mut waiting = after(300);
    waiting.steps[0].runs_on = true;
    assert_eq!(verdict_of(&waiting, &after(300)), Verdict::Mended);
    let compared = Comparison::of(&after(5_000), &after(300));
    assert_eq!(compared.verdict, Verdict::Mended);
    assert_eq!(compared.went[0].words, "host unload takes 5.0 s, not 0.3 s");
}

#[test]
fn numbers_are_told_by_step() {
    let compared = Comparison::of(&shown(vec![], 0, 10), &shown(vec![], -5, 10));
    assert_eq!(compared.verdict, Verdict::Changed);
    let row = Row {
        name: "fw_pages_vfs".to_owned(),
        before: Some(0),
        after: Some(-5),
    };
    assert_eq!((compared.steps[0].step, &compared.steps[0].rows), (2, &vec![row]));
    let mut hidden = shown(vec![], 0, 10);
    hidden.steps[0].books.clear();
    assert_eq!(verdict_of(&shown(vec![], 0, 10), &hidden), Verdict::Broken);
}

#[test]
fn what_is_printed_is_told_and_breaks_nothing() {
    let (silent, mut loud) = (shown(vec![], 0, 10), shown(vec![], 0, 10));
    loud.printed = vec!["page_wait_aborted pending=300".to_owned(); 2];
    let compared = Comparison::of(&silent, &loud);
    assert_eq!(compared.verdict, Verdict::Changed);
    assert_eq!(compared.new_warnings, ["page_wait_aborted pending=300 (2 times)"]);
    assert_eq!(Comparison::of(&loud, &silent).gone_warnings.len(), 1);
}

#[test]
fn a_repetition_confirms_or_does_not() {
    let (clean, warned) = (shown(vec![], 0, 10), shown(vec![mark(MarkKind::Warn, 1)], 0, 10));
    let (broken, same) = (Comparison::of(&clean, &warned), Comparison::of(&clean, &clean));
    assert_eq!(broken.clone().confirmed_by(&broken).verdict, Verdict::Broken);
    assert_eq!(broken.clone().confirmed_by(&same).verdict, Verdict::Unstable);
    // That it took longer once was chance, whatever else is other.
    let slow = Comparison::of(&clean, &shown(vec![], 0, 3_000));
    assert_eq!(slow.verdict, Verdict::Broken);
    assert_eq!(slow.clone().confirmed_by(&slow).verdict, Verdict::Broken);
    assert_eq!(slow.confirmed_by(&same).verdict, Verdict::Same);
    let both = Comparison::of(&shown(vec![], 0, 3_000), &warned);
    assert_eq!(both.confirmed_by(&broken).verdict, Verdict::Broken);
    let counted = Comparison::of(&clean, &shown(vec![], -5, 10));
    assert_eq!(counted.confirmed_by(&same).verdict, Verdict::Unstable);
}
