//! What happens together: each actor's steps make sense, and there is a race.

use super::sense::Sense;
use crate::scenario::deed::{HostStep, RaceStep};
use crate::scenario::document::Path;
use crate::scenario::step::{Action, Step};
use crate::scenario::together::{Actor, FirmwareLine, Repeat, Together};
use emulator::order::FirmwareOrder;
use std::collections::BTreeSet;

impl Sense<'_> {
    pub(super) fn check_together(&mut self, together: &Together, path: &Path, names: &BTreeSet<&str>) {
        if together.lines().len() < 2 {
            let hint = "name at least two of `host`, `firmware`, `gates`, `race` and `besides`, each with something to do";
            self.wrong(
                path,
                "nobody acts at the same time as somebody else",
                "no race",
                hint,
            );
        }
        for actor in together.own_actors() {
            self.check_actor(&actor, path, names);
        }
        for (index, actor) in together.besides.iter().enumerate() {
            self.check_actor(actor, &path.member("besides").element(index), names);
        }
    }

    fn check_actor(&mut self, actor: &Actor, path: &Path, names: &BTreeSet<&str>) {
        let path = path.member(actor.word());
        // Whether what was done before has ended is open in a race.
        let step = Step {
            background: true,
            ..Step::default()
        };
        match actor {
            Actor::Host(steps) => {
                for (index, host) in steps.iter().enumerate() {
                    self.check_racing_host(host, &step, &path.element(index), names);
                }
            }
            Actor::Race(steps) => {
                for (index, race) in steps.iter().enumerate() {
                    self.check_racing_stop(race, &step, &path.element(index), names);
                }
            }
            Actor::Gates(steps) => {
                for (index, gate) in steps.iter().enumerate() {
                    self.check_deed(Action::Gate(gate), &step, &path.element(index), names);
                }
            }
            Actor::Firmware(lines) => {
                for (index, line) in lines.iter().enumerate() {
                    let at = path.element(index);
                    match line {
                        FirmwareLine::Order(order) => {
                            self.check_deed(Action::Firmware(order), &step, &at, names);
                        }
                        FirmwareLine::Repeat(repeat) => {
                            self.check_repeat(repeat, &step, &at.member("repeat"), names);
                        }
                    }
                }
            }
        }
    }

    fn check_racing_host(&mut self, host: &HostStep, step: &Step, path: &Path, names: &BTreeSet<&str>) {
        if matches!(host, HostStep::WaitFor(_)) {
            let message = "nothing is waited for in the middle of a race";
            let hint = "an actor's steps follow each other anyway; wait for it before or after";
            self.wrong(path, message, "not here", hint);
            return;
        }
        self.check_deed(Action::Host(host), step, path, names);
    }

    fn check_racing_stop(&mut self, race: &RaceStep, step: &Step, path: &Path, names: &BTreeSet<&str>) {
        if !matches!(race, RaceStep::FreePage { .. }) {
            let hint = "where a task stops is open in a race: leave it to `explore`";
            self.wrong(
                path,
                "nobody is stopped in the middle of a race",
                "not here",
                hint,
            );
            return;
        }
        self.check_deed(Action::Race(race), step, path, names);
    }

    fn check_repeat(&mut self, repeat: &Repeat, step: &Step, path: &Path, names: &BTreeSet<&str>) {
        if repeat.times == 0 || repeat.orders.is_empty() {
            let hint = "give it orders, and say how often";
            self.wrong(path, "nothing is repeated", "nothing happens", hint);
        }
        let orders = path.member("orders");
        for (index, order) in repeat.orders.iter().enumerate() {
            self.check_deed(Action::Firmware(order), step, &orders.element(index), names);
        }
        // Whom the later rounds are for is a matter of the numbers: each of them has to be there.
        let expanded = FirmwareLine::Repeat(repeat.clone()).orders();
        for order in expanded.iter().skip(repeat.orders.len()) {
            self.count_asked(order, 1);
            if let FirmwareOrder::RequestPages(request) = order
                && let Some(function) = request.function
                && self.missing(function).is_some()
            {
                self.check_function(function, path);
            }
        }
    }
}
