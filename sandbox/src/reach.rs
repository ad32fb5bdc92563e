//! Which files a thread can reach by their names, by Landlock.

use crate::piece::{Missing, Piece};
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, LandlockStatus, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use std::path::PathBuf;

/// The newest Landlock that is asked for. An older kernel does what it can.
const NEWEST: ABI = ABI::V6;

/// Lets the calling thread, and those that it starts from now on, do nothing with files by their names but remove some in
/// these folders; nor TCP, nor signals and abstract sockets of others.
///
/// # Errors
/// Where the kernel has no Landlock, or one before Linux 6.12, which does not know all of this: what it knows is in force.
pub(crate) fn confine(folders: &[PathBuf]) -> Result<(), Missing> {
    let missing = Missing::of(Piece::Files);
    let open = folders.iter().map(PathFd::new).collect::<Result<Vec<_>, _>>();
    let open = open.map_err(Missing::of(Piece::Files))?;
    let status = restrict(open).map_err(Missing::of(Piece::Files))?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::FullyEnforced, _) => Ok(()),
        (_, LandlockStatus::Available { effective_abi, .. }) => Err(missing(format!(
            "in part only: this kernel's Landlock is {effective_abi:?}, and {NEWEST:?} knows all"
        ))),
        (_, LandlockStatus::NotEnabled) => Err(missing("this kernel has it turned off".to_owned())),
        (_, LandlockStatus::NotImplemented) => Err(missing("this kernel has none".to_owned())),
    }
}

fn restrict(folders: Vec<PathFd>) -> Result<RestrictionStatus, RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?;
    for folder in folders {
        rules = rules.add_rule(PathBeneath::new(folder, AccessFs::RemoveFile))?;
    }
    rules.restrict_self()
}
