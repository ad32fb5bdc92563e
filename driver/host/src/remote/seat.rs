//! Where the registers of a function lie on a bus on which every function of a device is an ordinary one.

use prm::Function;
use serde::{Deserialize, Serialize};

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
    /// The place on the bus: 0 for the device's main function, k for its k-th VF.
    pub place: u16,
    /// The BAR.
    pub bar: Bar,
    /// Where in the BAR they begin, in bytes.
    pub offset: u64,
}

impl Seat {
    /// The seat of `endpoint` on a device with this main function and `sf_window` bytes for the registers of each SF; `None`
    /// for a function that has no registers of its own.
    #[must_use]
    pub fn of(endpoint: Function, main: Function, sf_window: u64) -> Option<Self> {
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
        let seat = |endpoint| Seat::of(endpoint, Function::Pf, 1 << 20);
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
        let lone = Seat::of(Function::Vf(1), Function::Vf(1), 1 << 20);
        assert_eq!(lone, own(0), "a VF without its PF is the main function");
    }
}
