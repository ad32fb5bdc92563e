//! Whether there is a driver for what a step does, and whether firmware has the pages that it gives back.

use super::sense::Sense;
use super::story::Driver;
use crate::scenario::deed::{GateStep, HostStep};
use crate::scenario::document::Path;
use crate::scenario::model::Reachability;
use crate::scenario::step::Step;
use driver::HostOperation;
use emulator::config::{DemandProfile, DeviceKind, FirmwareKnobs};
use emulator::order::{Answer, FirmwareOrder, PageRequest};
use prm::Function;

impl Sense<'_> {
    /// Keeps what the host does to its driver.
    pub(super) fn follow_driver(&mut self, host: &HostStep, step: &Step, path: &Path) {
        let HostStep::Operation(operation) = *host else {
            return;
        };
        if operation == HostOperation::Load {
            self.story.driver = Driver::Bound;
            self.count_demand();
            return;
        }
        let what = operation.word();
        // Who says what such a step returns knows what he does.
        let foreseen = [
            &step.expect.all,
            &step.expect.reviewed,
            &step.expect.merged,
            &step.expect.robust,
        ];
        let foreseen = foreseen
            .into_iter()
            .flatten()
            .any(|books| books.returns.is_some());
        let is_of_the_bus = matches!(
            operation,
            HostOperation::Remove | HostOperation::Rescan | HostOperation::PciError(_)
        );
        if !foreseen
            && !is_of_the_bus
            && let Some(message) = self.no_driver()
        {
            let hint = format!(
                "put {{\"host\": \"load\"}} before it, or expect by `returns` what `{what}` returns without a driver"
            );
            self.wrong(path, message, "no driver", hint);
        }
        let ends = matches!(
            operation,
            HostOperation::Unload | HostOperation::Remove | HostOperation::Kexec | HostOperation::Reboot
        );
        if ends && !step.background {
            self.story.driver = Driver::Removed;
        }
        if matches!(
            operation,
            HostOperation::Reload | HostOperation::SuspendResume | HostOperation::ActivateFirmware
        ) {
            self.count_demand();
        }
    }

    /// Why there is no driver here.
    fn no_driver(&self) -> Option<&'static str> {
        match self.story.driver {
            Driver::Never => Some("no driver has been loaded before this step"),
            Driver::Bound => None,
            Driver::Removed => Some("the driver has been removed before this step"),
        }
    }

    /// Checks that somebody hears an event of firmware.
    pub(super) fn check_heard(&mut self, path: &Path) {
        if let Some(message) = self.no_driver() {
            let hint = "firmware tells it by an event, which a loaded driver takes; put {\"host\": \"load\"} before it";
            self.wrong_name(path, message, "nobody hears it", hint);
        }
    }

    /// Checks that a command may come which a hold could catch.
    pub(super) fn check_commands_come(&mut self, path: &Path) {
        if self.story.driver == Driver::Never && self.story.loads.is_empty() {
            let hint = "a step before it has to let a driver send commands, as {\"host\": \"load\"} in the background";
            self.wrong(
                path,
                "no driver has been loaded before this step",
                "waits for ever",
                hint,
            );
        }
    }

    /// Counts what the function under test is given when its driver is loaded.
    fn count_demand(&mut self) {
        let device = &self.scenario.device;
        let own = match device.kind {
            DeviceKind::Pf => Function::Pf,
            DeviceKind::Ecpf => Function::Ecpf,
            DeviceKind::Vf => Function::Vf(1),
        };
        let demand = &device.demand;
        let pages = i64::from(demand.boot.max(0)) + i64::from(demand.init.max(0));
        *self.story.given.pages.entry(own).or_default() += pages;
        // Firmware with knobs may name or count its pages in ways of its own.
        self.story.given.countless |=
            demand.profile == DemandProfile::Modelled || device.firmware != FirmwareKnobs::default();
    }

    /// Counts what firmware asks for by an order, now or when something happens.
    pub(super) fn count_asked(&mut self, order: &FirmwareOrder, times: u32) {
        let given = &mut self.story.given;
        match order {
            FirmwareOrder::RequestPages(request) => given.asked(request, times),
            FirmwareOrder::Answer(rule) => match &rule.with {
                Answer::Needs { requests } => {
                    requests
                        .iter()
                        .for_each(|request| given.asked(request, rule.times));
                }
                // What firmware lists or counts wrongly is nobody's to foresee.
                Answer::ClaimExtra { .. }
                | Answer::UnknownPages { .. }
                | Answer::Returns { .. }
                | Answer::PageCount { .. } => {
                    given.countless = true;
                }
                _ => {}
            },
            FirmwareOrder::When(rule) => {
                for order in &rule.then {
                    self.count_asked(order, rule.times);
                }
            }
            FirmwareOrder::Reconfigure(_) => given.countless = true,
            _ => {}
        }
    }

    /// Counts what firmware asks for when a hold catches its command.
    pub(super) fn count_posted(&mut self, gate: &GateStep) {
        if let GateStep::Hold(hold) = gate {
            hold.posts
                .iter()
                .for_each(|request| self.story.given.asked(request, 1));
        }
    }

    /// Checks that firmware gives back no more pages than it can have.
    pub(super) fn check_given(&mut self, request: &PageRequest, path: &Path) {
        let Some(function) = request
            .function
            .filter(|_| request.pages < 0 && !request.release_all)
        else {
            return;
        };
        let has = self.story.given.pages.get(&function).copied().unwrap_or(0);
        let takes = i64::from(request.pages).abs();
        let quirk = self.scenario.reachability != Reachability::CompliantFirmware;
        if takes > has && !self.story.given.countless && !quirk {
            let message =
                format!("firmware gives back {takes} pages of `{function}` and was given at most {has}");
            let hint = "ask for them in an earlier step; firmware that is wrong about its pages is \"firmware_quirk\"";
            self.wrong(&path.member("pages"), message, "more than there are", hint);
        }
    }
}
