//! What a guest with an unmodified kernel can do and what it shows.

use super::forcing::POINTS;
use crate::stage::abilities::{Abilities, Insight};

/// What waits longer than this on the wall clock is run only when asked for, in seconds.
const LONGEST_S: u64 = 80;

/// The abilities of a kernel whose driver has scalable functions (CONFIG_MLX5_SF) or not, and the embedded switch
/// (CONFIG_MLX5_ESWITCH) or not; `full` says that what waits long on a wall clock is run, too.
#[must_use]
pub const fn abilities(subfunctions: bool, eswitch: bool, full: bool) -> Abilities {
    Abilities {
        race_points: &[],
        frees_any_time: false,
        faults: false,
        subfunctions,
        page_sizes: false,
        eswitch,
        without_eswitch: !eswitch,
        modelled_objects: false,
        without_expectations: false,
        longest_s: if full { None } else { Some(LONGEST_S) },
        insight: Insight::Counters,
    }
}

/// The same with the helper module in the guest, by which things can be forced on the driver.
#[must_use]
pub const fn with_helper(abilities: Abilities) -> Abilities {
    Abilities {
        race_points: POINTS,
        faults: true,
        ..abilities
    }
}
