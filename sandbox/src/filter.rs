//! The system calls of a process, by seccomp.

use crate::calls::{self, Call, Only};
use crate::piece::{Missing, Piece};
use rustix::io::Errno;
use seccompiler::{
    BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads,
};
use std::collections::BTreeMap;

/// Leaves all threads of the process only the calls of [`calls::ALLOWED`], for good. No thread can be started any more.
///
/// # Errors
/// Where the kernel has no seccomp, or refuses.
pub fn confine_calls() -> Result<(), Missing> {
    confine().map_err(Missing::of(Piece::Calls))
}

fn confine() -> Result<(), Error> {
    // Of several filters the kernel takes the harshest answer. The list of what is allowed comes last: nothing that is
    // not on it is made any more, `seccomp` itself among them.
    let fatal = program(calls::FATAL, SeccompAction::KillProcess, SeccompAction::Allow)?;
    apply_filter_all_threads(&fatal)?;
    let refused = SeccompAction::Errno(Errno::PERM.raw_os_error().unsigned_abs());
    let allowed = program(calls::ALLOWED, SeccompAction::Allow, refused)?;
    apply_filter_all_threads(&allowed)
}

/// A program that answers with `listed` to these calls, and with `other` to all others.
fn program(calls: &[Call], listed: SeccompAction, other: SeccompAction) -> Result<BpfProgram, Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for call in calls {
        let conditions = conditions(&call.only)?;
        let several = rules.entry(call.number).or_default();
        for condition in conditions {
            several.push(SeccompRule::new(condition)?);
        }
    }
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    Ok(SeccompFilter::new(rules, other, listed, arch)?.try_into()?)
}

/// Conditions of which one has to hold; none for a call whose arguments do not matter.
fn conditions(only: &Only) -> Result<Vec<Vec<SeccompCondition>>, Error> {
    let condition = |argument, operator, value| {
        // Flags and commands are `int`: what stands above them is nobody's.
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
            .map(|condition| vec![condition])
    };
    let conditions: Result<Vec<_>, _> = match only {
        Only::Any => return Ok(Vec::new()),
        Only::Without { argument, bits } => vec![condition(*argument, SeccompCmpOp::MaskedEq(*bits), 0)]
            .into_iter()
            .collect(),
        Only::OneOf { argument, values } => values
            .iter()
            .map(|value| condition(*argument, SeccompCmpOp::Eq, *value))
            .collect(),
        Only::OnItself => {
            let own = u64::try_from(rustix::process::getpid().as_raw_nonzero().get()).unwrap_or_default();
            vec![condition(0, SeccompCmpOp::Eq, own)].into_iter().collect()
        }
    };
    Ok(conditions?)
}
