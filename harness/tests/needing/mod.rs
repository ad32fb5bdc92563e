//! Tests that need what a machine may not have. Without it they are ignored, and say so; where a variable demands it they fail instead.

use libtest_mimic::Trial;

/// The tests as they are with what is there, or is `missing` for this reason. `required` is the variable.
pub fn needing(missing: Result<(), String>, required: &str, trials: Vec<Trial>) -> Vec<Trial> {
    let Err(missing) = missing else {
        return trials;
    };
    eprintln!("skipped, all of them: {missing}");
    let without = |trial: Trial| {
        if std::env::var_os(required).is_none() {
            return trial.with_ignored_flag(true);
        }
        let reason = missing.clone();
        Trial::test(trial.name().to_owned(), move || Err(reason.into()))
    };
    trials.into_iter().map(without).collect()
}
