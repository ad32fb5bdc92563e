//! What other hosts have now, as QUERY_ESW_FUNCTIONS and QUERY_DELEGATED_VHCA tell it.

use crate::order::HostPfState;
use prm::Function;
use std::collections::BTreeSet;

/// Functions of other hosts that come and go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Hosts {
    /// host_num_of_vfs of the external host.
    pub(crate) vfs: u16,
    /// What the external host's PF is.
    pub(crate) pf: HostPfState,
    /// Satellite PFs that there are no more, and VFs that are delegated no more.
    pub(crate) gone: BTreeSet<Function>,
}

impl Hosts {
    /// Of the functions of one kind, those listed are there from now on. Returns those that went by it.
    pub(crate) fn keep(
        &mut self,
        all: impl Iterator<Item = Function>,
        there: &BTreeSet<Function>,
    ) -> Vec<Function> {
        let mut went = Vec::new();
        for function in all {
            if there.contains(&function) {
                self.gone.remove(&function);
            } else if self.gone.insert(function) {
                went.push(function);
            }
        }
        went
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_is_told_once_and_may_come_again() {
        let all = || (1..=3).map(Function::SatellitePf);
        let mut hosts = Hosts::default();
        let there = BTreeSet::from([Function::SatellitePf(2)]);
        let went = [Function::SatellitePf(1), Function::SatellitePf(3)];
        assert_eq!(hosts.keep(all(), &there), went);
        assert_eq!(hosts.keep(all(), &there), []);
        assert_eq!(hosts.keep(all(), &all().collect()), []);
        assert!(hosts.gone.is_empty());
    }
}
