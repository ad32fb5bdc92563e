//! What the silicon itself refuses: devices that cannot be made, functions without an interface, rules beyond its limits.

use super::sense::Sense;
use crate::scenario::document::Path;
use emulator::config::DeviceKind;
use emulator::order::{Hold, LONGEST_NAME, MAX_ORDERS, MAX_RULES, ReactionRule};
use emulator::{ConfigError, Silicon};
use prm::Function;

impl Sense<'_> {
    /// Makes the device, as a run would. Where it cannot be made, says which field stands against it.
    pub(super) fn check_silicon(&mut self) {
        match Silicon::new(self.scenario.device.clone(), 0) {
            Ok(silicon) => self.interfaces = Some(silicon.endpoints()),
            // What is wrong with the device's fields has been told in better words.
            Err(_) if !self.problems.is_empty() => {}
            Err(error) => self.report_config(&error),
        }
    }

    fn report_config(&mut self, error: &ConfigError) {
        let device = Path::default().member("device");
        let field = |dotted: &str| {
            dotted
                .split('.')
                .fold(device.clone(), |path, name| path.member(name))
        };
        let message = error.to_string();
        match error {
            ConfigError::DuplicateVhcaId { second, .. } => {
                let at = self.vhca_id_path(*second);
                let hint = "every function needs a vhca_id of its own; where two of them are the point, say so in `vhca_ids`";
                let message = message.split(';').next().unwrap_or_default().to_owned();
                self.wrong(&at, message, "taken", hint);
            }
            ConfigError::DuplicateNumber { second, .. } => {
                let at = self.vhca_id_path(*second).parent();
                let hint = "function ids follow from the counts and from `sfs.base_id`";
                self.wrong(&at, message, "taken", hint);
            }
            ConfigError::WrongKind { field: name } => {
                let hint = "remove it, or set `kind` to a device that has it";
                self.wrong_name(&field(name), message, "not on this device", hint);
            }
            ConfigError::OutOfRange { field: name, .. } => {
                let message = format!("the device cannot be made: {message}");
                self.wrong(
                    &field(name),
                    message,
                    "not possible",
                    "change it, or the numbers that it depends on",
                );
            }
        }
    }

    /// The field that a function's vhca_id comes from.
    fn vhca_id_path(&self, function: Function) -> Path {
        let device = Path::default().member("device");
        let group = |name: &str| device.member(name).member("first_vhca_id");
        let listed = |name: &str, number: u16| {
            let index = usize::from(number).saturating_sub(1);
            device.member(name).element(index).member("vhca_id")
        };
        match function {
            Function::Vf(_) if self.scenario.device.kind == DeviceKind::Pf => group("vfs"),
            Function::Ecpf if self.scenario.device.kind == DeviceKind::Pf => {
                device.member("eswitch").member("ecpf_vhca_id")
            }
            Function::SecondPf => device.member("second_pf").member("vhca_id"),
            Function::HostPf => device.member("external_host").member("pf_vhca_id"),
            Function::HostVf(_) => device
                .member("external_host")
                .member("vfs")
                .member("first_vhca_id"),
            Function::HostSf(_) => device
                .member("external_host")
                .member("sfs")
                .member("first_vhca_id"),
            Function::EcVf(_) => group("ec_vfs"),
            Function::Sf(_) => group("sfs"),
            Function::SatellitePf(number) => listed("satellite_pfs", number),
            Function::AdjacentVf(number) => listed("adjacent_vfs", number),
            _ => device.member("vhca_id"),
        }
    }

    /// Checks that a driver could be bound to `function`.
    pub(super) fn check_interface(&mut self, function: Function, path: &Path) {
        let Some(interfaces) = &self.interfaces else {
            return;
        };
        if self.missing(function).is_none() && !interfaces.contains(&function) {
            let known: Vec<String> = interfaces
                .iter()
                .take(8)
                .map(|function| format!("`{function}`"))
                .collect();
            let message = format!("no driver can be bound to `{function}` here");
            let hint = format!(
                "functions with an interface of their own are {}",
                known.join(", ")
            );
            self.wrong(path, message, "no interface", hint);
        }
    }

    /// Counts a rule of a kind that the silicon takes only so many of.
    pub(super) fn check_rule_count(&mut self, already: usize, path: &Path) {
        if already == MAX_RULES {
            let hint = format!(
                "firmware keeps {MAX_RULES} rules of a kind; `times` lets one serve for many commands"
            );
            self.wrong(path, "one rule too many", "refused", hint);
        }
    }

    pub(super) fn check_reaction_length(&mut self, rule: &ReactionRule, path: &Path) {
        if rule.then.len() > MAX_ORDERS {
            let message = format!("a reaction of {} orders", rule.then.len());
            self.wrong(
                path,
                message,
                "too many",
                format!("a reaction has at most {MAX_ORDERS} orders"),
            );
        }
    }

    pub(super) fn check_hold_name(&mut self, hold: &Hold, path: &Path) {
        if hold.name.len() > LONGEST_NAME {
            let hint = format!("the name of a hold has at most {LONGEST_NAME} bytes");
            self.wrong(path, "the name of the hold is too long", "too long", hint);
        }
    }
}
