//! What was written to vports.

use parts::Parts;
use prm::Function;
use prm::vport::{EswVportContext, NicVportContext};

/// What was written to vports, by the function behind each.
#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub(crate) struct Vports {
    pub(crate) contexts: Parts<Function, NicVportContext>,
    /// The eswitch's side.
    pub(crate) eswitch: Parts<Function, EswVportContext>,
    /// Admin state that was asked for.
    pub(crate) states: Parts<Function, u8>,
    /// Satellite PFs and delegated VFs whose vport was created.
    pub(crate) created: Parts<Function, ()>,
}

impl Vports {
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
