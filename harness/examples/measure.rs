//! Throw-away.
use harness::explore::survey::{Limits, survey};
use harness::explore::*;
use harness::scenario::*;
use search::{Method, Shard};
use std::num::NonZeroUsize;
#[allow(clippy::disallowed_types)]
use std::time::Instant;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let scenario = read_scenario(std::path::Path::new(&args[1]))
        .map_err(|e| e.to_string())
        .unwrap();
    let n = |i: usize| args.get(i).and_then(|a| a.parse::<u32>().ok());
    let scenario = scenario.sized(Sizes {
        vfs: n(2).map(|v| v as u16),
        requests: n(3),
    });
    let secs: f64 = std::env::var("SECS")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(20.0);
    let jobs = std::env::var("J").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let bits: u32 = std::env::var("M").ok().and_then(|s| s.parse().ok()).unwrap_or(7);
    let method = Method {
        visited: bits & 1 != 0,
        persistent: bits & 2 != 0,
        sleep: bits & 4 != 0,
        remember: bits & 8 == 0,
        ..Method::PLAIN
    };
    let detail = match std::env::var("D").as_deref() {
        Ok("all") => Detail::All,
        Ok("i") => Detail::Interrupts,
        _ => Detail::Commands,
    };
    let only = std::env::var("REV").ok();
    for revision in scenario.revisions() {
        if only.as_ref().is_some_and(|only| *only != revision.to_string()) {
            continue;
        }
        let t = Instant::now();
        let budget = |_: &search::Spent| t.elapsed().as_secs_f64() < secs;
        let limits = Limits {
            budget: &budget,
            first_flaw: std::env::var("FIRST").is_ok(),
        };
        let strategy = Strategy::Exhaustive {
            method,
            shard: Shard::ALL,
            jobs: NonZeroUsize::new(jobs).unwrap(),
        };
        let options = RaceOptions {
            detail,
            early_timeouts: 0,
        };
        match survey(&scenario, revision.choices(), options, &strategy, &limits) {
            Err(halt) => println!("{revision}: {halt}"),
            Ok(s) => {
                println!(
                    "{revision}: {:?} {:?} in {:.3} s, {} ends, {} flaws",
                    s.found.verdict,
                    s.found.spent,
                    t.elapsed().as_secs_f64(),
                    s.found.ends.len(),
                    s.found.flaws.len()
                );
                for (flaw, seen) in &s.found.flaws {
                    println!(
                        "   {flaw}: {} times, {} preemptions {} steps",
                        seen.times,
                        seen.witness.preemptions,
                        seen.witness.choices.len()
                    );
                }
                if std::env::var("ENDS").is_ok() {
                    for (end, seen) in &s.found.ends {
                        println!("   {}: {end}", seen.states);
                    }
                }
                if std::env::var("STORY").is_ok() {
                    for (flaw, seen) in &s.found.flaws {
                        println!("{flaw}");
                        for c in &seen.witness.choices {
                            println!("     {c}");
                        }
                    }
                }
            }
        }
    }
}
