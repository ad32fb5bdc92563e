//! Actions of the host, the gate, the allocators, the race points and the clock.

use super::sense::Sense;
use crate::scenario::deed::{Fault, FunctionOperation, FunctionStep, GateStep, HostStep, RaceStep, TimeStep};
use crate::scenario::document::Path;
use crate::scenario::problem::suggestion;
use crate::scenario::step::{Action, Step};
use driver::HostOperation;
use prm::{EswitchMode, Function};
use std::collections::{BTreeMap, BTreeSet};

impl Sense<'_> {
    pub(super) fn check_action(
        &mut self,
        action: Action<'_>,
        step: &Step,
        path: &Path,
        names: &BTreeSet<&str>,
    ) {
        let joins = matches!(action, Action::Host(HostStep::WaitFor(_)));
        if step.background && (joins || !matches!(action, Action::Host(_))) {
            let hint = "only an operation of the host can run in the background; remove `background`";
            self.wrong_name(
                &path.member("background"),
                "this step cannot run in the background",
                "no effect",
                hint,
            );
        }
        if step.background
            && matches!(
                action,
                Action::Host(HostStep::Operation(HostOperation::Kexec | HostOperation::Reboot))
            )
        {
            let hint = "whoever would go on meanwhile is gone with the kernel; remove `background`";
            self.wrong_name(
                &path.member("background"),
                "the end of a kernel cannot run in the background",
                "no effect",
                hint,
            );
        }
        self.check_deed(action, step, &path.member(action.actor()), names);
        if step.background && matches!(action, Action::Host(_)) && !joins {
            match &step.name {
                Some(name) => {
                    self.story.background.insert(name.clone(), false);
                }
                None => {
                    let hint = "add a `name`, so that a later step can wait for it";
                    self.wrong_name(
                        &path.member("background"),
                        "a background step needs a name",
                        "no name",
                        hint,
                    );
                }
            }
        }
    }

    /// Checks what is done, which stands at `path`.
    pub(super) fn check_deed(
        &mut self,
        action: Action<'_>,
        step: &Step,
        path: &Path,
        names: &BTreeSet<&str>,
    ) {
        match action {
            Action::Host(host) => {
                self.follow_driver(host, step, path);
                self.check_host(host, step, path, names);
            }
            Action::Firmware(order) => {
                self.check_order_now(order, path);
                self.count_asked(order, 1);
            }
            Action::Gate(gate) => {
                self.check_gate(gate, path);
                self.count_posted(gate);
            }
            Action::Fault(fault) => self.check_fault(fault, path),
            Action::Race(race) => self.check_race(race, path),
            Action::Time(TimeStep::PassMs(0)) => {
                self.wrong(
                    &path.member("pass_ms"),
                    "no time passes",
                    "nothing happens",
                    "give it a number of milliseconds",
                );
            }
            Action::Time(_) => {}
            // Its actors are checked one by one.
            Action::Together(_) => {}
        }
    }

    fn check_host(&mut self, host: &HostStep, step: &Step, path: &Path, names: &BTreeSet<&str>) {
        match host {
            HostStep::Operation(operation) => self.check_operation(*operation, step, path),
            HostStep::Flr(function) => self.check_reset(*function, &path.member("flr")),
            HostStep::WaitFor(name) => self.check_wait_for(name, &path.member("wait_for"), names),
            HostStep::Function(step) => self.check_second_driver(step, &path.member("function")),
        }
    }

    /// The host has no scalable functions any more.
    fn forget_subfunctions(&mut self) {
        self.story.scalable_functions.clear();
        self.story.device_numbers = None;
    }

    /// Checks what an operation presupposes, and keeps what it sets up. Most have nothing of the kind.
    fn check_operation(&mut self, operation: HostOperation, step: &Step, path: &Path) {
        let at = path.member(operation.word());
        match operation {
            HostOperation::Unload => {
                self.goes(|function| function != Function::SecondPf, Some(false));
                self.forget_subfunctions();
            }
            HostOperation::Remove | HostOperation::Kexec | HostOperation::Reboot => {
                self.goes(|_| true, Some(false));
                self.forget_subfunctions();
            }
            HostOperation::Reload
            | HostOperation::ActivateFirmware
            | HostOperation::SuspendResume
            | HostOperation::SetEswitchMode(EswitchMode::Legacy) => {
                self.goes(is_scalable, Some(false));
                self.forget_subfunctions();
            }
            HostOperation::EnableVfs(number) => self.check_vfs(number, step, &at),
            HostOperation::DisableVfs => {
                self.goes(
                    |function| !is_scalable(function) && function != Function::SecondPf,
                    Some(false),
                );
                self.check_vfs(0, step, path);
            }
            // One too many, or a number that is taken: the driver refuses it, and the step says so.
            HostOperation::AddSf(_) if self.scenario.device.sfs.max > 0 && self.is_refused(step) => {}
            HostOperation::AddSf(number) => {
                self.number_on_device(number);
                if self.check_scalable(number, &at) && !self.story.scalable_functions.insert(number) {
                    let message = format!("`sf{number}` exists already");
                    self.wrong(&at, message, "added before", "remove it first, or add another");
                }
            }
            HostOperation::AddHostSf(number) => {
                let host = self.scenario.device.external_host.sfs.max;
                if host == 0 {
                    let hint = "set `device.external_host.sfs.max`";
                    self.wrong(&at, "the host has no SFs", "no SFs", hint);
                } else if self.check_scalable(number, &at) && !self.story.scalable_functions.insert(number) {
                    let message = format!("there is a port with the number {number} already");
                    self.wrong(
                        &at,
                        message,
                        "added before",
                        "own and host SFs share their numbers here",
                    );
                }
            }
            HostOperation::ActivateSf(number) => self.check_present(number, &at),
            HostOperation::DeactivateSf(number) => {
                self.check_present(number, &at);
                // Which function stands behind the number is the driver's choice.
                self.goes(is_scalable, None);
            }
            HostOperation::RemoveSf(number) => {
                self.check_present(number, &at);
                self.story.scalable_functions.remove(&number);
                // Its place is free now, or once its driver has let go.
                self.story.device_numbers = None;
                self.goes(is_scalable, None);
            }
            _ => {}
        }
    }

    /// Checks that there can be such a scalable function, and that it has been added.
    fn check_present(&mut self, number: u16, path: &Path) {
        if self.check_scalable(number, path) {
            self.check_added(number, path);
        }
    }

    fn check_scalable(&mut self, number: u16, path: &Path) -> bool {
        let device = &self.scenario.device;
        let max = device.sfs.max.max(device.external_host.sfs.max);
        let fits = (1..=max).contains(&number);
        if max == 0 {
            self.wrong(
                path,
                "the device has no SF support",
                "no SFs",
                "set `device.sfs.max`",
            );
        } else if !fits {
            let hint = format!("`device.sfs.max` is {max}, so there are `sf1` to `sf{max}`");
            self.wrong(path, format!("there is no `sf{number}`"), "no such SF", hint);
        }
        fits
    }

    /// Keeps which of the device's functions the driver takes for the one that is added: the lowest that is free.
    fn number_on_device(&mut self, number: u16) {
        if self.story.scalable_functions.is_empty() && self.story.added == 0 {
            self.story.device_numbers = Some(BTreeMap::new());
        }
        self.story.added += 1;
        let taken = self.story.added;
        if let Some(numbers) = &mut self.story.device_numbers {
            numbers.insert(number, taken);
        }
    }

    fn check_added(&mut self, number: u16, path: &Path) {
        if !self.story.scalable_functions.contains(&number) {
            let hint = format!("an earlier step has to say {{\"host\": {{\"add_sf\": {number}}}}}");
            self.wrong(
                path,
                format!("`sf{number}` has not been added"),
                "does not exist here",
                hint,
            );
        }
    }

    fn check_wait_for(&mut self, name: &str, path: &Path, names: &BTreeSet<&str>) {
        match self.story.background.get_mut(name) {
            Some(joined) if !*joined => *joined = true,
            Some(_) => {
                let hint = "an operation ends once; remove one of the two";
                self.wrong(
                    path,
                    format!("`{name}` has been waited for before"),
                    "again",
                    hint,
                );
            }
            None => {
                let hint = if self.story.step_names.contains_key(name) {
                    format!("step `{name}` does not run in the background; add \"background\": true to it")
                } else if names.contains(name) {
                    format!("step `{name}` comes later")
                } else {
                    suggestion(name, self.story.background.keys().map(String::as_str))
                };
                self.wrong(
                    path,
                    format!("`{name}` was never started in the background"),
                    "nothing to wait for",
                    hint,
                );
            }
        }
    }

    /// The host unbinds drivers of functions that go away with what they belong to.
    fn goes(&mut self, which: impl Fn(Function) -> bool, loaded: Option<bool>) {
        let loads = self.story.loads.iter_mut();
        let gone = loads.filter(|(function, was)| which(**function) && **was != Some(false));
        gone.for_each(|(_, was)| *was = loaded);
    }

    fn check_second_driver(&mut self, step: &FunctionStep, path: &Path) {
        let at = path.member("which");
        if !matches!(
            step.which,
            Function::Vf(_) | Function::EcVf(_) | Function::Sf(_) | Function::SecondPf
        ) {
            let hint = "a second driver instance runs on a `vf`, an `ec_vf`, an `sf` or `pf2`";
            self.wrong(
                &at,
                format!("no second driver can run on `{}`", step.which),
                "not here",
                hint,
            );
            return;
        }
        self.check_function(step.which, &at);
        self.check_interface(step.which, &at);
        let loads = step.operation == FunctionOperation::Load;
        let was_loaded = self
            .story
            .loads
            .insert(step.which, Some(loads))
            .unwrap_or(Some(false));
        if was_loaded == Some(loads) {
            let state = if loads {
                "is loaded already"
            } else {
                "is not loaded"
            };
            let message = format!("the driver on `{}` {state}", step.which);
            self.wrong(
                &path.member("do"),
                message,
                "cannot be",
                "look at the earlier steps on this function",
            );
        }
    }

    fn check_gate(&mut self, gate: &GateStep, path: &Path) {
        match gate {
            GateStep::Hold(hold) => {
                let path = path.member("hold");
                if self.story.holds.insert(hold.name.clone(), false).is_some() {
                    let hint = "names of holds are unique";
                    self.wrong(
                        &path.member("name"),
                        format!("there is a hold `{}` already", hold.name),
                        "again",
                        hint,
                    );
                }
                self.check_hold_name(hold, &path.member("name"));
                self.check_rule_count(self.story.holds.len().saturating_sub(1), &path);
                self.check_command(&hold.command, &path.member("command"));
                self.check_requests(&hold.posts, &path.member("posts"));
            }
            GateStep::Release { name } => {
                let at = path.member("release").member("name");
                self.check_hold(name, &at);
                if let Some(released) = self.story.holds.get_mut(name) {
                    *released = true;
                }
            }
            GateStep::WaitHeld { name } => {
                let at = path.member("wait_held");
                self.check_hold(name, &at.member("name"));
                self.check_commands_come(&at);
            }
        }
    }

    fn check_hold(&mut self, name: &str, path: &Path) {
        match self.story.holds.get(name) {
            Some(false) => {}
            Some(true) => {
                let hint = "a hold catches one command; make another hold";
                self.wrong(
                    path,
                    format!("the hold `{name}` has been released"),
                    "no longer there",
                    hint,
                );
            }
            None => {
                let known = suggestion(name, self.story.holds.keys().map(String::as_str));
                let hint = if self.story.holds.is_empty() {
                    "no hold has been made before this step".into()
                } else {
                    known
                };
                self.wrong(
                    path,
                    format!("no hold `{name}` has been made"),
                    "no such hold",
                    hint,
                );
            }
        }
    }

    fn check_fault(&mut self, fault: &Fault, path: &Path) {
        let (name, times) = match fault {
            Fault::Allocation(fault) => ("allocation", fault.times),
            Fault::PageAllocation(count) => ("page_allocation", count.times),
            Fault::Mapping(count) => ("mapping", count.times),
        };
        if times == 0 {
            let at = path.member(name).member("times");
            self.wrong(
                &at,
                "nothing fails",
                "zero",
                "say how many fail; 1 is the default",
            );
        }
    }

    fn check_race(&mut self, race: &RaceStep, path: &Path) {
        if !self.is_white_box() {
            let message = "only a white-box scenario can stop the driver between two of its steps";
            let hint = "set \"reachability\": \"white_box\", or hold a command at the gate instead";
            self.wrong_name(path, message, "not reachable from outside", hint);
        }
        match race {
            RaceStep::Pause { at } => {
                self.story.paused.insert(at.clone());
            }
            RaceStep::Resume { at } => {
                if !self.story.paused.remove(at) {
                    let at_path = path.member("resume").member("at");
                    let hint = format!(
                        "an earlier step has to say {{\"race\": {{\"pause\": {{\"at\": \"{at}\"}}}}}}"
                    );
                    self.wrong(
                        &at_path,
                        format!("nothing was paused at `{at}`"),
                        "not paused",
                        hint,
                    );
                }
            }
            RaceStep::FreePage { .. } => {}
        }
    }
}

const fn is_scalable(function: Function) -> bool {
    matches!(function, Function::Sf(_))
}
