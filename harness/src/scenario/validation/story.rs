//! What the steps of a scenario set up, one after the other.

use emulator::order::PageRequest;
use prm::Function;
use std::collections::{BTreeMap, BTreeSet};

/// What the steps so far have set up.
#[derive(Default)]
pub(super) struct Story {
    pub(super) step_names: BTreeMap<String, usize>,
    /// Background operations, and whether they have been joined.
    pub(super) background: BTreeMap<String, bool>,
    /// Holds, and whether they have been released.
    pub(super) holds: BTreeMap<String, bool>,
    pub(super) scalable_functions: BTreeSet<u16>,
    /// The device's own numbers of the functions that were added, by the numbers of `add_sf`; `None` once that
    /// depends on what has been let go.
    pub(super) device_numbers: Option<BTreeMap<u16, u16>>,
    /// How many have been added.
    pub(super) added: u16,
    pub(super) driver: Driver,
    pub(super) given: Given,
    /// How many rules of each kind there are: answers, reactions.
    pub(super) rules: [usize; 2],
    pub(super) paused: BTreeSet<String>,
    /// Drivers on other functions: whether they are loaded, where that can be told.
    pub(super) loads: BTreeMap<Function, Option<bool>>,
}

/// Whether a driver is bound to the function under test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Driver {
    /// No step has bound one.
    #[default]
    Never,
    /// A step has, or has begun to.
    Bound,
    /// A step has removed it.
    Removed,
}

/// The most pages that firmware can have asked for, by function.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) pages: BTreeMap<Function, i64>,
    /// Something asks for pages that nobody can count beforehand.
    pub(super) countless: bool,
}

impl Given {
    /// Firmware asks for pages of which a run may see `times` (0: any number).
    pub(super) fn asked(&mut self, request: &PageRequest, times: u32) {
        let Some(function) = request.function.filter(|_| times > 0) else {
            self.countless |= request.pages > 0;
            return;
        };
        let pages = i64::from(request.pages.max(0)) * i64::from(times);
        *self.pages.entry(function).or_default() += pages;
    }
}
