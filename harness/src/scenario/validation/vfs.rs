//! What the host does to functions on its bus: numbers of VFs, also one that it refuses, by whoever expects the refusal;
//! resets.

use super::sense::Sense;
use crate::scenario::document::Path;
use crate::scenario::step::Step;
use emulator::config::DeviceKind;
use prm::Function;

/// How VFs of the external host come to be, which `enable_vfs` is not about.
const HOST_VFS: &str = "; the host's own VFs (`external_host.vfs`) are enabled by {\"firmware\": {\"functions_changed\": {\"host_vfs\": 1}}}";

impl Sense<'_> {
    /// A number of VFs that is written to `sriov_numvfs`. What the host refuses is a mistake unless the step says what it
    /// returns.
    pub(super) fn check_vfs(&mut self, number: i32, step: &Step, path: &Path) {
        let device = &self.scenario.device;
        let (total, field) = match device.kind {
            DeviceKind::Pf => (device.vfs.total, "device.vfs.total"),
            DeviceKind::Ecpf => (device.ec_vfs.total, "device.ec_vfs.total"),
            DeviceKind::Vf => (0, "device.kind"),
        };
        if self.expects_refusal(step) {
            return;
        }
        let returned = if total == 0 {
            -2
        } else if u16::try_from(number).is_err() {
            -22
        } else {
            -34
        };
        let host = match device.kind {
            DeviceKind::Ecpf => HOST_VFS,
            DeviceKind::Pf | DeviceKind::Vf => "",
        };
        let hint = match device.kind {
            DeviceKind::Vf => "a `vf` has no VFs of its own".to_owned(),
            DeviceKind::Pf | DeviceKind::Ecpf => format!("`{field}` says how many there are{host}"),
        };
        let hint = format!("{hint}; if the refusal is what is tried, expect `\"returns\": {returned}`");
        if number < 0 {
            self.wrong(path, format!("{number} is no number of VFs"), "below zero", hint);
        } else if number == 0 && total == 0 {
            self.wrong(path, "the device has no VFs to disable", "no VFs", hint);
        } else if number > i32::from(total) {
            let message = format!("{number} VFs are enabled, but the device has {total}");
            self.wrong(path, message, "more than there are", hint);
        }
    }

    /// Whether the step expects a result other than success, or is joined by a later one, which may.
    fn expects_refusal(&self, step: &Step) -> bool {
        step.background || self.is_refused(step)
    }

    /// Whether the step expects a result other than success.
    pub(super) fn is_refused(&self, step: &Step) -> bool {
        let refused = |revision| {
            let returns = step.expect.resolved(revision).returns;
            returns.is_some_and(|returned| returned != 0)
        };
        self.scenario.revisions().into_iter().any(refused)
    }

    /// A function-level reset: of a function that the host sees on its PCI bus.
    pub(super) fn check_reset(&mut self, function: Function, path: &Path) {
        let device = &self.scenario.device;
        let exists = match (device.kind, function) {
            (DeviceKind::Pf, Function::Pf) | (DeviceKind::Ecpf, Function::Ecpf) => true,
            (_, Function::SecondPf) => device.second_pf.is_some(),
            (DeviceKind::Pf, Function::Vf(number)) => number <= device.vfs.total,
            (DeviceKind::Vf, Function::Vf(number)) => number == 1,
            (DeviceKind::Ecpf, Function::EcVf(number)) => number <= device.ec_vfs.total,
            _ => false,
        };
        if !exists {
            self.wrong(
                path,
                format!("the host has no PCI function `{function}` to reset"),
                "not on its bus",
                "reset the function under test or one of its VFs",
            );
        }
    }
}
