//! Page requests.

use prm::{Function, WireIdentity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A page request event (type 0x0b).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// Whom the pages are for, by name; the identity on the wire follows from the page mode in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// Whom the pages are for, by the raw identity on the wire. Exactly one of `function` and `identity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<WireIdentity>,
    /// Signed count in 4 KiB pages: positive asks for pages, negative gives them back.
    #[serde(default)]
    pub pages: i32,
    /// The release-all flag (0x4000). Firmware forgets the function's pages with it.
    #[serde(default)]
    pub release_all: bool,
}
