//! Where in memory space the BARs of the functions lie.

use crate::bar::Bar;
use crate::functions::PciFunctions;
use crate::header::BAR0_SIZE;
use crate::role::Role;
use std::ops::Range;

/// A BAR that its host has placed, and that answers there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The place of its function.
    pub place: usize,
    /// Which of its BARs.
    pub bar: Bar,
    /// The bus addresses that it answers at.
    pub addresses: Range<u64>,
}

impl PciFunctions {
    /// The BARs that answer in memory space as their host has programmed it, in the order of places. Those of VFs lie one
    /// behind the other where the SR-IOV capability of their PF says (Base Specification, "VF BARs").
    #[must_use]
    pub fn windows(&self) -> Vec<Window> {
        let mut windows = Vec::new();
        for place in 0..self.count() {
            let Some(function) = self.get(place).filter(|_| self.is_enabled(place)) else {
                continue;
            };
            let mut add = |bar, at: u64, length: u64| {
                windows.push(Window {
                    place,
                    bar,
                    addresses: at..at.saturating_add(length),
                });
            };
            if function.role() == Role::Virtual {
                let behind = (place as u64 - 1).saturating_mul(BAR0_SIZE);
                if let Some(base) = self.get(0).and_then(|physical| physical.vf_memory()) {
                    add(Bar::Own, base.saturating_add(behind), BAR0_SIZE);
                }
            } else if function.memory_space() {
                add(Bar::Own, function.bar_address(Bar::Own), BAR0_SIZE);
                if let Some(length) = function.bar2() {
                    add(Bar::Scalable, function.bar_address(Bar::Scalable), length);
                }
            }
        }
        windows
    }
}
