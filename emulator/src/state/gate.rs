//! Rules and holds: how a scenario bends what firmware does.
//!
//! Answers, reactions and holds are three lists. In each, the first entry that matches a command wins, in the order in which
//! they were installed. An entry that lets commands pass first (`skip`) counts those that no earlier entry won.

use crate::order::{
    Answer, AnswerRule, CommandMatch, Hold, HoldPoint, LONGEST_NAME, MAX_ORDERS, MAX_RULES, OrderError,
    PageRequest, ReactionRule,
};
use crate::state::command::{Command, Subject};
use prm::{Cycles, Function, Opcode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The operation and the command interface that a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Whom {
    /// None: no command has the name.
    opcode: Option<Opcode>,
    /// Where the rule was installed.
    installed_at: Function,
    endpoint: Function,
}

impl Whom {
    fn of(to: &CommandMatch, installed_at: Function) -> Self {
        Self {
            opcode: Opcode::from_name(&to.command),
            installed_at,
            endpoint: to.endpoint.unwrap_or(installed_at),
        }
    }
}

/// A rule and how often it still applies.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Installed<T> {
    rule: T,
    whom: Whom,
    skip: u32,
    /// None: always.
    left: Option<u32>,
}

impl<T> Installed<T> {
    fn new(rule: T, whom: Whom, skip: u32, times: u32) -> Self {
        Self {
            rule,
            whom,
            skip,
            left: (times > 0).then_some(times),
        }
    }
}

/// A hold and what it has caught.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    hold: Hold,
    whom: Whom,
    skip: u32,
    /// The command that it will catch or has caught.
    command: Option<u64>,
}

/// The rules and holds in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gate {
    answers: Vec<Installed<AnswerRule>>,
    /// Shared with those that are pending: a rule may apply to any number of commands.
    reactions: Vec<Installed<Arc<ReactionRule>>>,
    holds: Vec<Held>,
}

/// A hold in the state it is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldState {
    /// Its name.
    pub name: String,
    /// The command it holds; none while it waits for one.
    pub caught: Option<Caught>,
}

/// A command that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Caught {
    /// Number of the command.
    pub n: u64,
    /// Whose command interface it came through.
    pub endpoint: Function,
    /// Its slot.
    pub slot: u8,
    /// Its operation.
    pub opcode: Opcode,
    /// Where it is held.
    pub at: HoldPoint,
    /// Since when.
    pub since: Cycles,
}

/// What a match is tried on.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    opcode: Opcode,
    op_mod: u16,
    subject: Subject,
    endpoint: Function,
}

impl Candidate {
    fn of(command: &Command) -> Self {
        let &Command {
            opcode,
            op_mod,
            subject,
            endpoint,
            ..
        } = command;
        Self {
            opcode,
            op_mod,
            subject,
            endpoint,
        }
    }

    fn fits(self, whom: Whom, to: &CommandMatch) -> bool {
        whom.opcode == Some(self.opcode)
            && whom.endpoint == self.endpoint
            && to.op_mod.is_none_or(|op_mod| op_mod == self.op_mod)
            && to.id.is_none_or(|id| self.subject.id == Some(id))
            && to
                .function
                .is_none_or(|function| self.subject.function == Some(function))
            && to.other.is_none_or(|other| other == self.subject.other)
    }
}

/// The first entry that matches, and where it was installed; it is removed once it has applied as often as it may.
fn first<T: Clone>(
    list: &mut Vec<Installed<T>>,
    matcher: impl Fn(&T) -> &CommandMatch,
    candidate: Candidate,
) -> Option<(T, Function)> {
    for index in 0..list.len() {
        let entry = &mut list[index];
        if !candidate.fits(entry.whom, matcher(&entry.rule)) {
            continue;
        }
        if entry.skip > 0 {
            entry.skip -= 1;
            continue;
        }
        let (rule, at) = (entry.rule.clone(), entry.whom.installed_at);
        if let Some(left) = &mut entry.left {
            *left -= 1;
            if *left == 0 {
                list.remove(index);
            }
        }
        return Some((rule, at));
    }
    None
}

fn install<T>(list: &mut Vec<T>, entry: T) -> Result<(), OrderError> {
    if list.len() >= MAX_RULES {
        return Err(OrderError::TooManyRules);
    }
    list.push(entry);
    Ok(())
}

impl Gate {
    pub(crate) fn install_answer(&mut self, at: Function, rule: AnswerRule) -> Result<(), OrderError> {
        let (skip, times) = (rule.to.skip, rule.times);
        let whom = Whom::of(&rule.to, at);
        install(&mut self.answers, Installed::new(rule, whom, skip, times))
    }

    pub(crate) fn install_reaction(&mut self, at: Function, rule: ReactionRule) -> Result<(), OrderError> {
        if rule.then.len() > MAX_ORDERS {
            return Err(OrderError::TooManyOrders);
        }
        let (skip, times) = (rule.command.skip, rule.times);
        let whom = Whom::of(&rule.command, at);
        install(
            &mut self.reactions,
            Installed::new(Arc::new(rule), whom, skip, times),
        )
    }

    pub(crate) fn install_hold(&mut self, at: Function, hold: Hold) -> Result<(), OrderError> {
        if hold.name.len() > LONGEST_NAME {
            return Err(OrderError::NameTooLong);
        }
        if self.holds.iter().any(|held| held.hold.name == hold.name) {
            return Err(OrderError::HoldExists(hold.name));
        }
        let skip = hold.command.skip;
        let whom = Whom::of(&hold.command, at);
        let held = Held {
            hold,
            whom,
            skip,
            command: None,
        };
        install(&mut self.holds, held)
    }

    pub(crate) fn answer(&mut self, command: &Command) -> Option<Answer> {
        let candidate = Candidate::of(command);
        first(&mut self.answers, |rule| &rule.to, candidate).map(|(rule, _)| rule.with)
    }

    /// What is to be done once this command has been executed, and where.
    pub(crate) fn reaction(&mut self, command: &Command) -> Option<(Arc<ReactionRule>, Function)> {
        let candidate = Candidate::of(command);
        first(&mut self.reactions, |rule| &rule.command, candidate)
    }

    /// The hold that is to catch this command, with its name and point.
    pub(crate) fn reserve(&mut self, command: &Command) -> Option<(String, HoldPoint)> {
        let candidate = Candidate::of(command);
        for held in self.holds.iter_mut().filter(|held| held.command.is_none()) {
            // A command that completes by polling has no event to be held before.
            let reachable = command.by_event || held.hold.at != HoldPoint::BeforeEvent;
            if !reachable || !candidate.fits(held.whom, &held.hold.command) {
                continue;
            }
            if held.skip > 0 {
                held.skip -= 1;
                continue;
            }
            held.command = Some(command.number);
            return Some((held.hold.name.clone(), held.hold.at));
        }
        None
    }

    /// What to post when this hold catches its command, and where.
    pub(crate) fn posts(&self, name: &str) -> Option<(Vec<PageRequest>, Function)> {
        let held = self.holds.iter().find(|held| held.hold.name == name)?;
        Some((held.hold.posts.clone(), held.whom.installed_at))
    }

    /// Removes a hold; tells which command it was for. None if there is no such hold.
    pub(crate) fn release(&mut self, name: &str) -> Option<Option<u64>> {
        let index = self.holds.iter().position(|held| held.hold.name == name)?;
        Some(self.holds.remove(index).command)
    }

    /// A command is gone: the hold that was for it has nothing more to do.
    pub(crate) fn forget(&mut self, number: u64) {
        self.holds.retain(|held| held.command != Some(number));
    }

    /// Each hold's name and command.
    pub(crate) fn holds(&self) -> impl Iterator<Item = (&str, Option<u64>)> + '_ {
        self.holds
            .iter()
            .map(|held| (held.hold.name.as_str(), held.command))
    }
}
