//! Orders to firmware, and the commands they are about.

use super::sense::Sense;
use crate::scenario::document::Path;
use crate::scenario::problem::suggestion;
use emulator::config::{DeviceKind, SyncReset};
use emulator::order::{
    Answer, AnswerRule, CommandMatch, FirmwareOrder, FunctionsChanged, InterruptFate, InterruptRule, OrderAt,
    PageRequest, ReactionRule, Reconfigure, StrayEvent,
};
use prm::{Function, Opcode, PagesOp};

impl Sense<'_> {
    /// An order that is carried out in this step.
    pub(super) fn check_order_now(&mut self, order: &FirmwareOrder, path: &Path) {
        if let FirmwareOrder::At(at) = order {
            self.check_order_at(at, &path.member("at"), true);
            return;
        }
        let event = match order {
            FirmwareOrder::RequestPages(request) => {
                let at = path.member("request_pages");
                self.check_given(request, &at);
                if let Some(function) = request.function {
                    self.check_on_device(function, &at.member("function"));
                }
                Some(at)
            }
            FirmwareOrder::VportChange { .. } => Some(path.member("vport_change")),
            FirmwareOrder::FunctionsChanged(_) => Some(path.member("functions_changed")),
            FirmwareOrder::VhcaState(order) => {
                let at = path.member("vhca_state");
                self.check_on_device(order.function, &at.member("function"));
                Some(at)
            }
            FirmwareOrder::StrayEvent(_) => Some(path.member("stray_event")),
            FirmwareOrder::SyncReset(_) => Some(path.member("sync_reset")),
            FirmwareOrder::Interrupts(_) => Some(path.member("interrupts")),
            FirmwareOrder::SpuriousInterrupt(_) => Some(path.member("spurious_interrupt")),
            FirmwareOrder::Answer(_) => {
                self.check_rule_count(self.story.rules[0], path);
                self.story.rules[0] += 1;
                None
            }
            FirmwareOrder::When(_) => {
                self.check_rule_count(self.story.rules[1], path);
                self.story.rules[1] += 1;
                None
            }
            FirmwareOrder::Reset {}
            | FirmwareOrder::DeviceError(_)
            | FirmwareOrder::Link(_)
            | FirmwareOrder::Reconfigure(_)
            | FirmwareOrder::At(_) => None,
        };
        if let Some(at) = event {
            self.check_heard(&at);
        }
        self.check_order(order, path);
    }

    /// Checks that a scalable function is one that has been added: the host's numbers are not the device's.
    pub(super) fn check_on_device(&mut self, function: Function, path: &Path) {
        let (Function::Sf(number), Some(numbers)) = (function, &self.story.device_numbers) else {
            return;
        };
        if let Some(actual) = numbers.get(&number)
            && !numbers.values().any(|taken| *taken == number)
        {
            let message = format!(
                "`add_sf: {number}` has made the device's `sf{actual}`: nobody is behind `{function}`"
            );
            let hint = format!(
                "write `sf{actual}`: the driver takes the lowest function that is free, whatever its number is on the host"
            );
            self.wrong(path, message, "nobody", hint);
        }
    }

    fn check_order(&mut self, order: &FirmwareOrder, path: &Path) {
        match order {
            FirmwareOrder::RequestPages(request) => {
                self.check_request(request, &path.member("request_pages"))
            }
            FirmwareOrder::Answer(rule) => self.check_answer(rule, &path.member("answer")),
            FirmwareOrder::When(rule) => self.check_reaction(rule, &path.member("when")),
            FirmwareOrder::Reset {} => {}
            FirmwareOrder::DeviceError(error) => {
                if error.syndrome == 0 {
                    let at = path.member("device_error").member("syndrome");
                    self.wrong(
                        &at,
                        "syndrome 0 means that nothing is wrong",
                        "no error",
                        "give it another number",
                    );
                }
            }
            FirmwareOrder::StrayEvent(event) => self.check_stray(event, &path.member("stray_event")),
            FirmwareOrder::Interrupts(rule) => self.check_interrupts(rule, &path.member("interrupts")),
            FirmwareOrder::Link(_)
            | FirmwareOrder::VportChange { .. }
            | FirmwareOrder::SpuriousInterrupt(_) => {}
            FirmwareOrder::FunctionsChanged(changes) => {
                self.check_functions_changed(changes, &path.member("functions_changed"));
            }
            FirmwareOrder::SyncReset(_) => {
                if self.scenario.device.sync_reset == SyncReset::None {
                    self.wrong(
                        &path.member("sync_reset"),
                        "the device has no reset that hosts agree on",
                        "no such reset",
                        "set `device.sync_reset`",
                    );
                }
            }
            FirmwareOrder::VhcaState(order) => {
                let at = path.member("vhca_state").member("function");
                self.check_function(order.function, &at);
            }
            FirmwareOrder::At(at) => self.check_order_at(at, &path.member("at"), false),
            FirmwareOrder::Reconfigure(change) => self.check_reconfigure(change, &path.member("reconfigure")),
        }
    }

    /// An order at another interface: a driver may be bound there, and where it is carried out `now` one is.
    fn check_order_at(&mut self, at: &OrderAt, path: &Path, now: bool) {
        let function = path.member("function");
        self.check_function(at.function, &function);
        self.check_interface(at.function, &function);
        let posts = matches!(
            *at.order,
            FirmwareOrder::RequestPages(_)
                | FirmwareOrder::VportChange { .. }
                | FirmwareOrder::FunctionsChanged(_)
                | FirmwareOrder::VhcaState(_)
        );
        let loaded = self.story.loads.get(&at.function).copied().unwrap_or(Some(false));
        if now && posts && loaded == Some(false) && self.missing(at.function).is_none() {
            let message = format!("no driver is loaded on `{}`", at.function);
            let hint =
                "firmware tells it by an event, which a loaded driver takes; load one by a step before it";
            self.wrong(&function, message, "nobody hears it", hint);
        }
        self.check_order(&at.order, &path.member("order"));
    }

    fn check_functions_changed(&mut self, changes: &FunctionsChanged, at: &Path) {
        let total = self.scenario.device.external_host.vfs.total;
        if self.scenario.device.kind != DeviceKind::Ecpf {
            self.wrong_name(
                at,
                "only an `ecpf` has an external host",
                "no host",
                "set `device.kind`",
            );
        } else if changes.host_vfs.is_some_and(|vfs| vfs > total) {
            let hint = format!("`device.external_host.vfs.total` is {total}");
            self.wrong(
                &at.member("host_vfs"),
                "more VFs than the host has",
                "too many",
                hint,
            );
        }
        let listed = changes.satellite_pfs.iter().flatten();
        let is_it = |function| matches!(function, Function::SatellitePf(_));
        self.check_listed(listed, is_it, "satellite PF", &at.member("satellite_pfs"));
    }

    /// Whether all of a list are on the device, and of the kind that the list is of.
    fn check_listed<'l>(
        &mut self,
        listed: impl Iterator<Item = &'l Function>,
        is_it: impl Fn(Function) -> bool,
        kind: &str,
        path: &Path,
    ) {
        for (index, &function) in listed.enumerate() {
            let at = path.element(index);
            if !is_it(function) {
                let message = format!("`{function}` is no {kind}");
                self.wrong(
                    &at,
                    message,
                    "another kind",
                    format!("list each {kind} that is there"),
                );
            } else {
                self.check_function(function, &at);
            }
        }
    }

    pub(super) fn check_requests(&mut self, requests: &[PageRequest], path: &Path) {
        for (index, request) in requests.iter().enumerate() {
            self.check_request(request, &path.element(index));
        }
    }

    fn check_request(&mut self, request: &PageRequest, path: &Path) {
        match (request.function, request.identity) {
            (Some(function), None) => self.check_function(function, &path.member("function")),
            (None, Some(_)) => {}
            (Some(_), Some(_)) => {
                let hint = "`function` is a name, `identity` the raw id on the wire; give one of them";
                self.wrong_name(
                    &path.member("identity"),
                    "the owner is named twice",
                    "again",
                    hint,
                );
            }
            (None, None) => {
                let hint = format!("add \"function\" ({}), or \"identity\"", self.roster());
                self.wrong(
                    path,
                    "the request says not whom the pages are for",
                    "no owner",
                    hint,
                );
            }
        }
        if request.pages == 0 && !request.release_all {
            let hint = "give `pages` a number: positive asks for pages, negative gives them back";
            self.wrong(path, "the request asks for nothing", "no pages", hint);
        }
    }

    pub(super) fn check_command(&mut self, command: &CommandMatch, path: &Path) {
        if Opcode::from_name(&command.command).is_none() {
            let hint = suggestion(&command.command, Opcode::ALL.iter().map(|opcode| opcode.name()));
            let message = format!("`{}` is no command", command.command);
            self.wrong(&path.member("command"), message, "unknown", hint);
        }
        for (field, function) in [("function", command.function), ("endpoint", command.endpoint)] {
            if let Some(function) = function {
                self.check_function(function, &path.member(field));
            }
        }
        if let Some(endpoint) = command.endpoint {
            self.check_interface(endpoint, &path.member("endpoint"));
        }
        if command.command == "MANAGE_PAGES"
            && let Some(op_mod) = command.op_mod
            && op_mod > 2
        {
            let hint = "MANAGE_PAGES has 0 (cannot give), 1 (give) and 2 (take)";
            self.wrong(
                &path.member("op_mod"),
                format!("there is no op_mod {op_mod}"),
                "unknown",
                hint,
            );
        }
    }

    fn check_answer(&mut self, rule: &AnswerRule, path: &Path) {
        self.check_command(&rule.to, &path.member("to"));
        let with = path.member("with");
        match &rule.with {
            Answer::Refuse { status: 0, .. } => {
                let at = with.member("refuse").member("status");
                let hint = "give it another number, as 3 or 5";
                self.wrong(&at, "status 0 means success", "no refusal", hint);
            }
            Answer::Needs { requests } => {
                let at = with.member("needs").member("requests");
                if requests.is_empty() {
                    let hint = "name at least one request";
                    self.wrong(&at, "the command needs nothing", "empty", hint);
                }
                self.check_requests(requests, &at);
            }
            _ => {}
        }
        let Some((opcode, op)) = rule.with.only_for() else {
            return;
        };
        let op_mod = op.map(PagesOp::raw);
        if rule.to.command == opcode.name() && (op_mod.is_none() || rule.to.op_mod == op_mod) {
            return;
        }
        let wanted = op_mod.map_or_else(String::new, |op_mod| format!(", \"op_mod\": {op_mod}"));
        let hint = format!("set \"to\" to {{\"command\": \"{}\"{wanted}}}", opcode.name());
        // INVARIANT: an answer is written as an object with one member, its name.
        let written = serde_json::to_value(&rule.with).unwrap_or_default();
        let name = written
            .as_object()
            .and_then(|answer| answer.keys().next().cloned());
        let name = name.unwrap_or_default();
        let message = format!("`{name}` is no answer to these commands");
        self.wrong_name(&with.member(&name), message, "no effect", hint);
    }

    fn check_reaction(&mut self, rule: &ReactionRule, path: &Path) {
        self.check_command(&rule.command, &path.member("command"));
        let then = path.member("then");
        if rule.then.is_empty() {
            self.wrong(&then, "nothing happens then", "empty", "name at least one order");
        }
        self.check_reaction_length(rule, &then);
        for (index, order) in rule.then.iter().enumerate() {
            self.check_order(order, &then.element(index));
        }
    }

    fn check_stray(&mut self, event: &StrayEvent, path: &Path) {
        let device = &self.scenario.device;
        match event {
            StrayEvent::HostVfs { .. } if device.kind != DeviceKind::Ecpf => {
                let at = path.member("host_vfs");
                let hint = "set `device.kind`";
                self.wrong_name(&at, "only an `ecpf` has an external host", "no host", hint);
            }
            StrayEvent::HostVfs { count } if *count <= device.external_host.vfs.total => {
                let at = path.member("host_vfs").member("count");
                let hint = "write {\"functions_changed\": {\"host_vfs\": ...}} for VFs that the host has";
                self.wrong(&at, "the host has as many VFs", "nothing stray", hint);
            }
            StrayEvent::VhcaState(_) if device.sfs.max == 0 => {
                let hint = "set `device.sfs.max`: without SFs no driver takes the event";
                let message = "the device tells nobody of states";
                self.wrong_name(&path.member("vhca_state"), message, "nobody hears it", hint);
            }
            _ => {}
        }
    }

    fn check_interrupts(&mut self, rule: &InterruptRule, path: &Path) {
        let next = path.member("next");
        match rule.next {
            InterruptFate::Merge { events: 0 | 1 } => {
                let hint = "give `events` a number of 2 or more: the interrupt comes once so many wait";
                let at = next.member("merge").member("events");
                self.wrong(&at, "one event has its interrupt anyway", "no effect", hint);
            }
            InterruptFate::Late { after_ms: 0 } => {
                let hint = "say how many milliseconds later the interrupt comes";
                let at = next.member("late").member("after_ms");
                self.wrong(&at, "the interrupt is not late", "no delay", hint);
            }
            _ => {}
        }
    }

    fn check_reconfigure(&mut self, change: &Reconfigure, path: &Path) {
        if *change == Reconfigure::default() {
            self.wrong(path, "nothing is changed", "empty", "name at least one field");
        }
        let listed = change.adjacent_vfs.iter().flatten();
        let is_it = |function| matches!(function, Function::AdjacentVf(_));
        self.check_listed(listed, is_it, "delegated VF", &path.member("adjacent_vfs"));
        for function in change.vhca_ids.keys().copied().collect::<Vec<Function>>() {
            if let Some(message) = self.missing(function) {
                let at = path.member("vhca_ids").member(&function.to_string());
                let roster = self.roster();
                self.wrong_name(&at, message, "no such function", roster);
            }
        }
    }
}
