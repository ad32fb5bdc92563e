//! Programs that are killed at points that are drawn: nothing of them runs on, no file under its own name is half of one, the
//! next start works and removes what was left.
//!
//! The long form, which also kills guests, and `setup` while it fetches:
//!
//! ```text
//! MLX5_COSIM_KILLS=200 cargo test -p mlx5-cosim --test kills -- --nocapture
//! ```
//!
//! `MLX5_COSIM_KILLS_SEED` draws other points. What needs the guest kit says so where there is none.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "programs are killed by the wall clock"
)]

mod bench;
mod victim;

use bench::{Bench, signal_child};
use guest::kit::{Kit, KitOptions};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rustix::process::Signal;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};
use victim::{Victim, shares};

/// How many kills there are, and from which seed they are drawn.
const KILLS: &str = "MLX5_COSIM_KILLS";
const SEED: &str = "MLX5_COSIM_KILLS_SEED";

/// Kills of the short form.
const FEW: usize = 20;

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {value}")),
    )
}

#[test]
fn whoever_is_killed_leaves_nothing_that_runs_nothing_half_written_and_nothing_in_the_way() {
    let kills = from_environment(KILLS).map_or(FEW, |kills| usize::try_from(kills).expect("a small number"));
    let seed = from_environment(SEED).unwrap_or(1);
    let has_kit = Kit::locate(&KitOptions::default()).is_ok();
    if !has_kit {
        eprintln!("neither `setup` nor `vm` is killed: there is no kit");
    }
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut wrong = Vec::new();
    eprintln!(
        "seed {seed}\n{:24}{:>7}{:>9}{:>8}{:>12}",
        "killed", "kills", "in time", "wrong", "undisturbed"
    );
    for (victim, count) in shares(kills, FEW, has_kit) {
        let mut bench = Bench::new();
        let mut in_time = 0;
        let before = wrong.len();
        if victim == Victim::Setup {
            // Nobody wants to wait for a whole one before.
            bench.takes = Duration::from_secs(20);
        } else if let Err(error) = bench.starts_again(victim) {
            wrong.push(format!("{victim}, undisturbed: {error}"));
            continue;
        }
        for number in 0..count {
            let most = u64::try_from(bench.takes.as_micros()).expect("no hour");
            // A server is killed while it serves, too.
            let after = Duration::from_micros(dice.next_u64() % most.max(100_000));
            let killed = bench.kill(victim, after);
            in_time += usize::from(killed == Ok(true));
            // A fetch is finished once, at the end.
            let is_last = number + 1 == count;
            let again = if victim == Victim::Setup && !is_last {
                Ok(())
            } else {
                bench.starts_again(victim)
            };
            for error in [killed.err(), again.err()].into_iter().flatten() {
                wrong.push(format!("{victim} after {after:?}: {error}"));
            }
        }
        let (wrong, takes) = (wrong.len() - before, bench.takes);
        eprintln!(
            "{victim:24}{count:>7}{in_time:>9}{wrong:>8}{:>10.2} s",
            takes.as_secs_f64()
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two programs of one command line, started together: how each has ended.
fn two_at_once(bench: &Bench, victim: Victim) -> Vec<Option<i32>> {
    let children: Vec<Child> = (0..2)
        .map(|_| bench.command(victim).spawn().expect("it can be started"))
        .collect();
    let ended = children
        .into_iter()
        .map(|mut child| child.wait().expect("a child").code());
    ended.collect()
}

#[test]
fn two_runs_that_write_the_same_files_leave_them_whole() {
    let mut bench = Bench::new();
    bench.starts_again(Victim::Run).expect("an undisturbed run");
    for _ in 0..3 {
        assert_eq!(two_at_once(&bench, Victim::Run), [Some(0), Some(0)]);
        assert!(bench.files() == bench.whole, "{}", bench.said());
        assert_eq!(bench.leftovers(), Vec::<PathBuf>::new());
    }
}

#[test]
fn of_two_servers_that_start_together_one_serves_and_the_other_says_why_it_does_not() {
    let bench = Bench::new();
    for _ in 0..5 {
        let mut children: Vec<Child> = (0..2)
            .map(|_| bench.command(Victim::Serve).spawn().expect("it can be started"))
            .collect();
        let began = Instant::now();
        let loser = loop {
            let ended = children
                .iter_mut()
                .position(|child| child.try_wait().expect("a child").is_some());
            if let Some(loser) = ended {
                break children.remove(loser);
            }
            assert!(began.elapsed() < Duration::from_secs(30), "both serve");
            sleep(Duration::from_millis(5));
        };
        let mut winner = children.remove(0);
        assert_eq!({ loser }.wait().expect("a child").code(), Some(104));
        assert!(winner.try_wait().expect("a child").is_none(), "neither serves");
        assert!(until_connects(&bench.path("sockets/pf.sock")));
        signal_child(&winner, Signal::TERM);
        assert_eq!(winner.wait().expect("a child").code(), Some(0));
        assert_eq!(fs::read_dir(bench.path("sockets")).expect("it stays").count(), 0);
    }
}

fn until_connects(socket: &Path) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if std::os::unix::net::UnixStream::connect(socket).is_ok() {
            return true;
        }
        sleep(Duration::from_millis(5));
    }
    false
}
