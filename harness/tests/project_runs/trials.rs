//! A test for each run, and all of them in an order that is drawn.

use super::order::drawn;
use super::pool::{Player, Pool};
use super::run::ProjectRun;
use libtest_mimic::{Failed, Trial};
use std::sync::Arc;

/// A test for each of these runs, in their order.
pub fn one_by_one<P: Player>(runs: &[ProjectRun], pool: &Arc<Pool<P>>) -> Vec<Trial> {
    let exist = !runs.is_empty();
    let mut trials = vec![Trial::test("scenarios::exist", move || {
        exist.then_some(()).ok_or_else(|| "there is none".into())
    })];
    trials.extend(runs.iter().map(|run| {
        let (run, pool) = (run.clone(), Arc::clone(pool));
        Trial::test(run.name(), move || {
            let result = pool.with(|player| player.play(&run))?;
            run.is_as_known(&result)
        })
    }));
    trials
}

/// All of these runs one after another on one player, in an order that is drawn: none finds anything of those before it.
pub fn in_an_order<P: Player>(runs: Vec<ProjectRun>, seed: u64, pool: &Arc<Pool<P>>) -> Trial {
    let pool = Arc::clone(pool);
    Trial::test(format!("orders::drawn_from_{seed}"), move || {
        pool.with(|player| {
            for run in drawn(runs, seed) {
                let result = player.play(&run)?;
                let compared = run.is_as_in_process(&result);
                compared.map_err(|difference| Failed::from(format!("{}: {difference}", run.name())))?;
            }
            Ok(())
        })
    })
}
