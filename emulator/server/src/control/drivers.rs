//! Which functions have a driver that is ready, as the records tell it.
//!
//! A driver is ready once its INIT_HCA has completed well. It is gone once its TEARDOWN_HCA or DISABLE_HCA has, once its
//! function was reset, and once another begins at its place: that begins with ENABLE_HCA.

use emulator::{CommandRecord, Record};
use prm::{Cycles, Function, Opcode};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeSet;

/// Whether a function's driver is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriverPresence {
    /// It has initialised the function.
    Ready,
    /// It has not, or is gone.
    Absent,
}

/// What has become of a driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DriverState {
    /// It has initialised the function.
    Ready,
    /// It was ready, and has torn the function down, or the function was taken from it.
    Gone,
}

/// A driver is ready, or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DriverChange {
    /// Whose driver.
    pub function: Function,
    /// What it is now.
    pub state: DriverState,
    /// When, in nanoseconds on the device's clock.
    pub ns: u64,
}

/// The functions whose driver is ready.
#[derive(Debug, Default)]
pub(super) struct Drivers {
    ready: BTreeSet<Function>,
}

impl Drivers {
    /// Whether the driver of a function is ready.
    pub(super) fn presence(&self, function: Function) -> DriverPresence {
        if self.ready.contains(&function) {
            DriverPresence::Ready
        } else {
            DriverPresence::Absent
        }
    }

    /// Takes note of what happened, and tells what has become of a driver by it.
    pub(super) fn note(&mut self, record: &Record) -> Option<DriverChange> {
        match record {
            Record::Command(command) => match change_by(command)? {
                DriverState::Ready => self.ready(command.endpoint, command.cycles),
                DriverState::Gone => self.gone(command.endpoint, command.cycles),
            },
            Record::FunctionReset { cycles, endpoint } => self.gone(*endpoint, *cycles),
            _ => None,
        }
    }

    /// The device is gone, and all drivers with it.
    pub(super) fn all_gone(&mut self, at: Cycles) -> Vec<DriverChange> {
        let gone = std::mem::take(&mut self.ready).into_iter();
        gone.map(|function| change(function, DriverState::Gone, at))
            .collect()
    }

    fn ready(&mut self, function: Function, at: Cycles) -> Option<DriverChange> {
        self.ready
            .insert(function)
            .then(|| change(function, DriverState::Ready, at))
    }

    fn gone(&mut self, function: Function, at: Cycles) -> Option<DriverChange> {
        self.ready
            .remove(&function)
            .then(|| change(function, DriverState::Gone, at))
    }
}

const fn change(function: Function, state: DriverState, at: Cycles) -> DriverChange {
    DriverChange {
        function,
        state,
        ns: at.0,
    }
}

/// What a command does to the driver that has sent it.
fn change_by(command: &CommandRecord) -> Option<DriverState> {
    if command.status != Some(0) || command.delivery.is_some() {
        return None;
    }
    match u16::try_from(command.opcode.0).map(Opcode::from_raw) {
        Ok(Opcode::InitHca) => Some(DriverState::Ready),
        Ok(Opcode::TeardownHca) => Some(DriverState::Gone),
        Ok(Opcode::EnableHca | Opcode::DisableHca) if is_about_itself(command) => Some(DriverState::Gone),
        _ => None,
    }
}

/// Whether ENABLE_HCA or DISABLE_HCA names the function that it comes from, as every driver names its own: by function id 0,
/// which is that of the external host's PF where an ECPF does not set its flag.
fn is_about_itself(command: &CommandRecord) -> bool {
    let is_set = |flag: Option<u8>| flag.is_some_and(|flag| flag != 0);
    let fields = &command.fields;
    fields.function_id == Some(0)
        && !is_set(fields.id_type)
        && (command.endpoint != Function::Ecpf || is_set(fields.ec))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::tests::ended;
    use emulator::record::CommandFields;

    fn command(opcode: Opcode, endpoint: Function, (id, ec): (u16, u8), status: u8) -> Record {
        Record::Command(Box::new(CommandRecord {
            status: Some(status),
            fields: CommandFields {
                function_id: Some(id),
                ec: Some(ec),
                ..CommandFields::default()
            },
            ..ended(opcode, endpoint, 7)
        }))
    }

    fn own(opcode: Opcode, endpoint: Function) -> Record {
        command(opcode, endpoint, (0, u8::from(endpoint == Function::Ecpf)), 0)
    }

    fn told(function: Function, state: DriverState) -> Option<DriverChange> {
        Some(change(function, state, Cycles(7)))
    }

    #[test]
    fn a_driver_is_ready_by_init_and_gone_by_whatever_ends_it_each_told_once() {
        let reset = |endpoint| Record::FunctionReset {
            cycles: Cycles(7),
            endpoint,
        };
        for function in [Function::Pf, Function::Ecpf, Function::Vf(2), Function::Sf(1)] {
            for end in [
                own(Opcode::TeardownHca, function),
                own(Opcode::DisableHca, function),
                own(Opcode::EnableHca, function),
                reset(function),
            ] {
                let mut drivers = Drivers::default();
                assert_eq!(drivers.note(&end), None);
                let init = own(Opcode::InitHca, function);
                assert_eq!(drivers.note(&init), told(function, DriverState::Ready));
                assert_eq!(drivers.note(&init), None);
                assert_eq!(drivers.presence(function), DriverPresence::Ready);
                assert_eq!(drivers.note(&end), told(function, DriverState::Gone), "{end:?}");
                assert_eq!(drivers.note(&end), None);
                assert_eq!(drivers.presence(function), DriverPresence::Absent);
            }
        }
    }

    #[test]
    fn what_is_refused_or_about_another_function_changes_nothing() {
        let mut drivers = Drivers::default();
        assert_eq!(
            drivers.note(&command(Opcode::InitHca, Function::Pf, (0, 0), 3)),
            None
        );
        for function in [Function::Pf, Function::Ecpf] {
            drivers.note(&own(Opcode::InitHca, function));
        }
        for other in [
            command(Opcode::TeardownHca, Function::Pf, (0, 0), 8),
            command(Opcode::DisableHca, Function::Pf, (1, 0), 0),
            command(Opcode::DisableHca, Function::Ecpf, (0, 0), 0),
            own(Opcode::InitHca, Function::Pf),
        ] {
            assert_eq!(drivers.note(&other), None, "{other:?}");
        }
        let gone =
            [Function::Pf, Function::Ecpf].map(|function| change(function, DriverState::Gone, Cycles(9)));
        assert_eq!(drivers.all_gone(Cycles(9)), gone);
        assert_eq!(drivers.all_gone(Cycles(9)), []);
    }
}
