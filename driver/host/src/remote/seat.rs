//! Where the registers of a function lie on a bus on which every function of a device is an ordinary one.

use prm::{Function, saturated};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The BAR that registers are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// BAR 0: the function's own.
    Own,
    /// BAR 2: the windows of its SFs, in the order of their numbers.
    Scalable,
}

/// See the module's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// The place on the bus: 0 for the device's main function, k for its k-th VF, the one behind the last VF for a second host's PF.
    pub place: u16,
    /// The BAR.
    pub bar: Bar,
    /// Where in the BAR they begin, in bytes.
    pub offset: u64,
}

impl Seat {
    /// The seats of the functions of a device, of which `main` is the main one, with `sf_window` bytes for the registers of each SF.
    /// Functions that have no registers of their own have none.
    #[must_use]
    pub fn all(functions: &[Function], main: Function, sf_window: u64) -> BTreeMap<Function, Seat> {
        let is_vf = |function: &&Function| {
            **function != main && matches!(function, Function::Vf(_) | Function::EcVf(_))
        };
        let vfs = saturated::<u16>(functions.iter().filter(is_vf).count());
        let seat = |&function| Some((function, Self::of(function, main, vfs, sf_window)?));
        functions.iter().filter_map(seat).collect()
    }

    fn of(endpoint: Function, main: Function, vfs: u16, sf_window: u64) -> Option<Self> {
        let own = |place| Self {
            place,
            bar: Bar::Own,
            offset: 0,
        };
        if endpoint == main {
            return Some(own(0));
        }
        match endpoint {
            Function::Vf(number) | Function::EcVf(number) => Some(own(number)),
            Function::SecondPf => Some(own(vfs.saturating_add(1))),
            Function::Sf(number) => Some(Self {
                place: 0,
                bar: Bar::Scalable,
                offset: u64::from(number).checked_sub(1)? * sf_window,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vfs_have_places_of_their_own_and_sfs_windows_at_the_main_function() {
        let seat = |endpoint| Seat::of(endpoint, Function::Pf, 3, 1 << 20);
        let own = |place| {
            Some(Seat {
                place,
                bar: Bar::Own,
                offset: 0,
            })
        };
        assert_eq!([seat(Function::Pf), seat(Function::Vf(3))], [own(0), own(3)]);
        let third = Seat {
            place: 0,
            bar: Bar::Scalable,
            offset: 2 << 20,
        };
        assert_eq!(seat(Function::Sf(3)), Some(third));
        assert_eq!(seat(Function::HostVf(1)), None);
        let lone = Seat::of(Function::Vf(1), Function::Vf(1), 0, 1 << 20);
        assert_eq!(lone, own(0), "a VF without its PF is the main function");
        let functions = [
            Function::Pf,
            Function::Vf(1),
            Function::Vf(2),
            Function::Sf(1),
            Function::SecondPf,
        ];
        let seats = Seat::all(&functions, Function::Pf, 1 << 20);
        assert_eq!(seats.get(&Function::SecondPf).copied(), own(3));
    }
}
