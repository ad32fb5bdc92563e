//! Rules and holds: how a scenario bends what firmware does.
//!
//! Answers, reactions and holds are three lists, in the order in which they were installed. A command has one answer and is held
//! once: the first entry that matches it wins, and one that lets commands pass first (`skip`) counts those that no earlier entry
//! won. But several things may follow from a command: each reaction that matches it acts, and counts for itself.

use crate::order::{
    Answer, AnswerRule, CommandMatch, Hold, HoldPoint, LONGEST_NAME, MAX_ORDERS, MAX_RULES, OrderError,
    PageRequest, ReactionRule,
};
use crate::state::command::{Command, Subject};
use crate::state::numbers::CommandNumber;
use parts::Part;
use prm::{Cycles, Function, Opcode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The operation and the command interface that a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Whom {
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Installed<T> {
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Held {
    hold: Hold,
    whom: Whom,
    skip: u32,
    /// The command that it will catch or has caught.
    command: Option<CommandNumber>,
}

/// The rules and holds in force. A list that no entry of matches is only looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Gate {
    pub(crate) answers: Part<Vec<Installed<AnswerRule>>>,
    /// Shared with those that are pending: a rule may apply to any number of commands.
    pub(crate) reactions: Part<Vec<Installed<Arc<ReactionRule>>>>,
    pub(crate) holds: Part<Vec<Held>>,
}

/// A hold in the state it is in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct HoldState {
    /// Its name.
    pub name: String,
    /// The command it holds; none while it waits for one.
    pub caught: Option<Caught>,
}

/// A command that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, Debug, Hash)]
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

impl<T> Installed<T> {
    /// Whether it applies to a command that it matches: not to those that it lets pass first.
    fn applies(&mut self) -> bool {
        let passes = self.skip > 0;
        self.skip = self.skip.saturating_sub(1);
        if !passes && let Some(left) = &mut self.left {
            *left -= 1;
        }
        !passes
    }

    /// Whether it has applied as often as it may.
    fn is_used_up(&self) -> bool {
        self.left == Some(0)
    }
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
        let mut rules = self.answers.iter();
        if !rules.any(|entry| candidate.fits(entry.whom, &entry.rule.to)) {
            return None;
        }
        let mut all = self.answers.iter_mut();
        let entry = all.find_map(|entry| {
            let applies = candidate.fits(entry.whom, &entry.rule.to) && entry.applies();
            applies.then_some(entry)
        })?;
        let answer = entry.rule.with.clone();
        self.answers.retain(|entry| !entry.is_used_up());
        Some(answer)
    }

    /// All that is to be done once this command has been executed, and where, in the order in which it was installed.
    pub(crate) fn reactions(&mut self, command: &Command) -> Vec<(Arc<ReactionRule>, Function)> {
        let candidate = Candidate::of(command);
        let mut acting = Vec::new();
        let mut rules = self.reactions.iter();
        if !rules.any(|entry| candidate.fits(entry.whom, &entry.rule.command)) {
            return acting;
        }
        for entry in self.reactions.iter_mut() {
            if candidate.fits(entry.whom, &entry.rule.command) && entry.applies() {
                acting.push((Arc::clone(&entry.rule), entry.whom.installed_at));
            }
        }
        self.reactions.retain(|entry| !entry.is_used_up());
        acting
    }

    /// The hold that is to catch this command, with its name and point.
    pub(crate) fn reserve(&mut self, command: &Command) -> Option<(String, HoldPoint)> {
        let candidate = Candidate::of(command);
        let fits = |held: &Held| {
            // A command that completes by polling has no event to be held before.
            let reachable = command.by_event || held.hold.at != HoldPoint::BeforeEvent;
            held.command.is_none() && reachable && candidate.fits(held.whom, &held.hold.command)
        };
        if !self.holds.iter().any(fits) {
            return None;
        }
        for held in self.holds.iter_mut().filter(|held| fits(held)) {
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
    pub(crate) fn release(&mut self, name: &str) -> Option<Option<CommandNumber>> {
        let index = self.holds.iter().position(|held| held.hold.name == name)?;
        Some(self.holds.remove(index).command)
    }

    /// A command is gone: the hold that was for it has nothing more to do.
    pub(crate) fn forget(&mut self, number: CommandNumber) {
        if self.holds.iter().any(|held| held.command == Some(number)) {
            self.holds.retain(|held| held.command != Some(number));
        }
    }

    /// Each hold's name and command.
    pub(crate) fn holds(&self) -> impl Iterator<Item = (&str, Option<CommandNumber>)> + '_ {
        self.holds
            .peek()
            .iter()
            .map(|held| (held.hold.name.as_str(), held.command))
    }
}
