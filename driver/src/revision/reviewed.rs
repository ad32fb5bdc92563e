//! The page code as it was first posted for review.

use super::choices::{Accounting, MigrationOrder, TeardownCheck, TypeLookup, UnmarkedVport};
use super::name::RevisionName;
use super::questions::Revision;

/// The change as first posted: types are looked up among the vports under the eswitch's state lock once firmware has
/// answered, and counters move by the sums of whole exchanges.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed;

impl Revision for Reviewed {
    fn name(&self) -> RevisionName {
        RevisionName::Reviewed
    }

    fn accounting(&self) -> Accounting {
        Accounting::Exchanges
    }

    fn type_lookup(&self) -> TypeLookup {
        TypeLookup::VportWalk
    }

    fn unmarked_vport(&self) -> UnmarkedVport {
        UnmarkedVport::EcVf
    }

    fn migration_order(&self) -> MigrationOrder {
        MigrationOrder::EraseThenRetag
    }

    fn teardown_check(&self) -> TeardownCheck {
        TeardownCheck::TypesWithEswitch
    }
}
