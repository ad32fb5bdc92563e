//! The page counters. All of them are 32 bits wide and wrap, as the kernel's do.

use crate::books::{Counters, FunctionType};

impl Counters {
    /// The counter of a type.
    #[must_use]
    pub const fn of(&self, function_type: FunctionType) -> u32 {
        match function_type {
            FunctionType::Own => self.own,
            FunctionType::Vf => self.fw_pages_vfs,
            FunctionType::Sf => self.fw_pages_sfs,
            FunctionType::HostPf => self.fw_pages_host_pf,
            FunctionType::Spf => self.fw_pages_spfs,
            FunctionType::EcVf => self.fw_pages_ec_vfs,
            FunctionType::None => self.none,
        }
    }

    fn of_mut(&mut self, function_type: FunctionType) -> &mut u32 {
        match function_type {
            FunctionType::Own => &mut self.own,
            FunctionType::Vf => &mut self.fw_pages_vfs,
            FunctionType::Sf => &mut self.fw_pages_sfs,
            FunctionType::HostPf => &mut self.fw_pages_host_pf,
            FunctionType::Spf => &mut self.fw_pages_spfs,
            FunctionType::EcVf => &mut self.fw_pages_ec_vfs,
            FunctionType::None => &mut self.none,
        }
    }

    /// Adds pages to the total and to a type.
    pub(crate) fn add(&mut self, function_type: FunctionType, pages: u32) {
        self.fw_pages_total = self.fw_pages_total.wrapping_add(pages);
        let counter = self.of_mut(function_type);
        *counter = counter.wrapping_add(pages);
    }

    /// Takes pages off the total and off a type.
    pub(crate) fn subtract(&mut self, function_type: FunctionType, pages: u32) {
        self.fw_pages_total = self.fw_pages_total.wrapping_sub(pages);
        let counter = self.of_mut(function_type);
        *counter = counter.wrapping_sub(pages);
    }

    /// Counts pages under another type than before. The total stays.
    pub(crate) fn reattribute(&mut self, from: FunctionType, to: FunctionType, pages: u32) {
        self.subtract(from, pages);
        self.add(to, pages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_taken_below_zero_wraps_and_comes_back() {
        let mut counters = Counters::default();
        counters.add(FunctionType::None, 512);
        counters.subtract(FunctionType::Vf, 512);
        assert_eq!(counters.fw_pages_vfs, 4_294_966_784);
        assert_eq!(counters.fw_pages_total, 0);
        counters.add(FunctionType::Vf, 512);
        assert_eq!(counters.fw_pages_vfs, 0);
    }

    #[test]
    fn a_change_of_type_leaves_the_total() {
        let mut counters = Counters::default();
        counters.add(FunctionType::None, 7);
        counters.reattribute(FunctionType::None, FunctionType::Spf, 7);
        assert_eq!(
            (counters.fw_pages_total, counters.fw_pages_spfs, counters.none),
            (7, 7, 0)
        );
    }
}
