//! Who is killed, and how often.

use std::fmt;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    /// `run` with reports, records and command streams.
    Run,
    /// `run` that writes snapshots.
    RunUpdate,
    /// `run --backend socket`: two processes.
    RunSocket,
    /// `serve`.
    Serve,
    /// The server of `run --backend socket`, which has to end by itself, and well.
    ServerOfRun,
    /// `setup` where the kit is there.
    SetupAgain,
    /// `setup` while it fetches. It costs a download at the end.
    Setup,
    /// `vm`: a guest.
    Vm,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Run => "run",
            Self::RunUpdate => "run --update",
            Self::RunSocket => "run --backend socket",
            Self::Serve => "serve",
            Self::ServerOfRun => "the server of a run",
            Self::SetupAgain => "setup, complete",
            Self::Setup => "setup, fetching",
            Self::Vm => "vm",
        })
    }
}

/// How often each is killed, of so many kills in all, more than a `few` or not. A fetch and a guest take long.
pub(crate) fn shares(kills: usize, few: usize, has_kit: bool) -> Vec<(Victim, usize)> {
    let part = |of_100: usize| (kills * of_100 / 100).max(1);
    let mut shares = vec![
        (Victim::RunUpdate, part(15)),
        (Victim::RunSocket, part(20)),
        (Victim::Serve, part(20)),
        (Victim::ServerOfRun, part(10)),
    ];
    if has_kit {
        shares.push((Victim::SetupAgain, part(10)));
        if kills > few {
            shares.extend([(Victim::Vm, part(5)), (Victim::Setup, part(5))]);
        }
    }
    let others: usize = shares.iter().map(|(_, count)| count).sum();
    shares.insert(0, (Victim::Run, kills.saturating_sub(others)));
    shares
}
