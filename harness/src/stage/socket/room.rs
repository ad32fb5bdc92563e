//! How many sockets and register windows a scenario's drivers need.

use crate::scenario::{Action, HostStep, ScenarioFile, Step};
use prm::Function;

/// Room for the functions of a device on a bus on which every function is an ordinary one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Virtual functions with a socket.
    pub virtual_functions: u16,
    /// SFs with a register window.
    pub sf_windows: u16,
}

impl Room {
    /// As much as nearly every scenario needs.
    pub const USUAL: Self = Self {
        virtual_functions: 8,
        sf_windows: 8,
    };

    /// What the drivers of a scenario need: those of the functions that its steps name.
    #[must_use]
    pub fn of(scenario: &ScenarioFile) -> Self {
        let mut room = Self {
            virtual_functions: 0,
            sf_windows: 0,
        };
        let steps: Vec<Step> = scenario.in_file_order().collect();
        for action in steps.iter().filter_map(Step::action) {
            let function = match action {
                Action::Host(HostStep::Function(function)) => function.which,
                Action::Host(HostStep::Flr(function)) => *function,
                _ => continue,
            };
            match function {
                Function::Vf(number) | Function::EcVf(number) => {
                    room.virtual_functions = room.virtual_functions.max(number);
                }
                Function::SecondPf => {
                    let device = &scenario.device;
                    let behind = device.vfs.total.max(device.ec_vfs.total).saturating_add(1);
                    room.virtual_functions = room.virtual_functions.max(behind);
                }
                Function::Sf(number) => room.sf_windows = room.sf_windows.max(number),
                _ => {}
            }
        }
        room
    }

    /// Whether there is room for what is needed.
    #[must_use]
    pub const fn holds(self, needs: Self) -> bool {
        self.virtual_functions >= needs.virtual_functions && self.sf_windows >= needs.sf_windows
    }

    /// Room for what both need.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            virtual_functions: self.virtual_functions.max(other.virtual_functions),
            sf_windows: self.sf_windows.max(other.sf_windows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_that_steps_name_need_room() {
        let scenario = serde_json::json!({
            "name": "n", "row": "1", "concern": "c", "why": "w", "reachability": "compliant_firmware", "expect": {},
            "device": { "kind": "pf", "vhca_id": 5, "page_mode": "func_id",
                "vfs": { "total": 200, "first_vhca_id": 16 },
                "sfs": { "max": 4, "base_id": 256, "first_vhca_id": 128 } },
            "steps": [
                { "host": { "function": { "which": "vf3", "do": "load" } } },
                { "host": { "flr": "vf12" } },
                { "host": { "function": { "which": "sf2", "do": "load" } } }
            ],
        });
        let scenario = serde_json::from_value(scenario).unwrap();
        let room = Room::of(&scenario);
        assert_eq!((room.virtual_functions, room.sf_windows), (12, 2));
        assert_eq!(room.and(Room::USUAL).sf_windows, 8);
        assert!(
            !Room::USUAL.holds(room),
            "12 functions are more than the usual ones"
        );
        assert!(room.and(Room::USUAL).holds(room));
    }
}
