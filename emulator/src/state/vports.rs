//! What was written to vports.

use prm::Function;
use prm::vport::{EswVportContext, NicVportContext};
use std::collections::BTreeMap;

/// What was written to vports, by the function behind each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vports {
    pub(crate) contexts: BTreeMap<Function, NicVportContext>,
    /// The eswitch's side.
    pub(crate) eswitch: BTreeMap<Function, EswVportContext>,
    /// Admin state that was asked for.
    pub(crate) states: BTreeMap<Function, u8>,
}

impl Vports {
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
