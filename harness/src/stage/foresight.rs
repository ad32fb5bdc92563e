//! What another run of a step tells of the step before this stage does it.

use prm::Cycles;

/// What our driver's run of a step was like. A stage that judges by itself foresees nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// The step's number in the file, from 1; 0 where nothing is foreseen.
    pub step: u32,
    /// The operation that it started or joined ended in it.
    pub ends: bool,
    /// An operation still ran after it.
    pub pending: bool,
    /// How long it took.
    pub takes: Cycles,
    /// Our driver wrote where it must not: a kernel dies of that.
    pub dies: bool,
}

impl Default for Foreseen {
    fn default() -> Self {
        Self {
            step: 0,
            ends: true,
            pending: false,
            takes: Cycles::ZERO,
            dies: false,
        }
    }
}
