//! What an expectation is about, by the name it has in results: `counters.fw_pages_vfs`, `warnings[0]`.

use crate::scenario::InvariantName;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What was compared. Its text is its name in results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Aspect {
    /// A counter of the driver's.
    Counter(String),
    /// What firmware books on an owner.
    Ledger(String),
    /// Pages under an owner key.
    Root(u32),
    /// A number with a name of its own.
    Scalar(Scalar),
    /// The warning at this place, from 0.
    Warning(usize),
    /// The expected violation at this place of the list (from 0) did not happen.
    MissingViolation(usize),
    /// An invariant broke that nobody expected to.
    Violation(InvariantName),
    /// The step itself was not done.
    Deed(Deed),
    /// A line of the kernel's that nobody has translated, or that nothing explains.
    KernelLog,
    /// What the kernel complains about of itself.
    KernelHealth,
    /// Something that only another backend compares.
    Other(String),
}

/// Names of the two that only a kernel has.
const KERNEL_LOG: &str = "the kernel's log";
const KERNEL_HEALTH: &str = "the kernel's health";

/// Numbers that a step or the end has once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Result of the step's host operation.
    Returns,
    /// Whole seconds that it took.
    TookS,
    /// The least whole milliseconds that it may take.
    TookMsAtLeast,
    /// The most whole milliseconds that it may take.
    TookMsAtMost,
    /// The eswitch's count of vports.
    EnabledVports,
    /// Whether an operation still runs.
    Pending,
    /// Pages left after unload.
    LeakedPages,
    /// Mappings left after unload.
    LeakedMappings,
    /// Whole seconds of the run.
    VirtualS,
}

impl Scalar {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Returns,
        Self::TookS,
        Self::TookMsAtLeast,
        Self::TookMsAtMost,
        Self::EnabledVports,
        Self::Pending,
        Self::LeakedPages,
        Self::LeakedMappings,
        Self::VirtualS,
    ];

    /// The name in scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Returns => "returns",
            Self::TookS => "took_s",
            Self::TookMsAtLeast => "took_ms.at_least",
            Self::TookMsAtMost => "took_ms.at_most",
            Self::EnabledVports => "enabled_vports",
            Self::Pending => "pending",
            Self::LeakedPages => "leaked_pages",
            Self::LeakedMappings => "leaked_mappings",
            Self::VirtualS => "virtual_s",
        }
    }
}

/// What a step may fail to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Firmware's order.
    Firmware,
    /// An order to the gate, or a wait for a hold.
    Gate,
    /// A host operation that should end.
    Operation,
    /// A wait for an operation.
    WaitFor,
    /// An operation of a function that has no interface.
    Function,
    /// A wait for rest.
    Quiesce,
    /// Any other step.
    Step,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Firmware,
        Self::Gate,
        Self::Operation,
        Self::WaitFor,
        Self::Function,
        Self::Quiesce,
        Self::Step,
    ];

    /// The name in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Firmware => "firmware",
            Self::Gate => "gate",
            Self::Operation => "operation",
            Self::WaitFor => "wait_for",
            Self::Function => "function",
            Self::Quiesce => "quiesce",
            Self::Step => "step",
        }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counter(name) => write!(f, "counters.{name}"),
            Self::Ledger(owner) => write!(f, "ledger.{owner}"),
            Self::Root(key) => write!(f, "roots.{key}"),
            Self::Scalar(scalar) => f.write_str(scalar.name()),
            Self::Warning(place) => write!(f, "warnings[{place}]"),
            Self::MissingViolation(place) => write!(f, "violations[{place}]"),
            Self::Violation(invariant) => write!(f, "violations.{invariant}"),
            Self::Deed(deed) => f.write_str(deed.name()),
            Self::KernelLog => f.write_str(KERNEL_LOG),
            Self::KernelHealth => f.write_str(KERNEL_HEALTH),
            Self::Other(what) => f.write_str(what),
        }
    }
}

impl From<Aspect> for String {
    fn from(aspect: Aspect) -> Self {
        aspect.to_string()
    }
}

impl From<String> for Aspect {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl From<&str> for Aspect {
    fn from(name: &str) -> Self {
        let place = |list: &str| name.strip_prefix(list)?.strip_suffix(']')?.parse().ok();
        if let Some(counter) = name.strip_prefix("counters.") {
            Self::Counter(counter.to_owned())
        } else if let Some(owner) = name.strip_prefix("ledger.") {
            Self::Ledger(owner.to_owned())
        } else if let Some(key) = name.strip_prefix("roots.").and_then(|key| key.parse().ok()) {
            Self::Root(key)
        } else if let Some(place) = place("warnings[") {
            Self::Warning(place)
        } else if let Some(place) = place("violations[") {
            Self::MissingViolation(place)
        } else if let Some(invariant) = name.strip_prefix("violations.").and_then(invariant) {
            Self::Violation(invariant)
        } else if let Some(scalar) = Scalar::ALL.into_iter().find(|scalar| scalar.name() == name) {
            Self::Scalar(scalar)
        } else if let Some(deed) = Deed::ALL.into_iter().find(|deed| deed.name() == name) {
            Self::Deed(deed)
        } else if name == KERNEL_LOG {
            Self::KernelLog
        } else if name == KERNEL_HEALTH {
            Self::KernelHealth
        } else {
            Self::Other(name.to_owned())
        }
    }
}

fn invariant(name: &str) -> Option<InvariantName> {
    InvariantName::ALL.into_iter().find(|known| known.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_what_it_names() {
        let mut aspects = vec![
            Aspect::Counter("fw_pages_vfs".to_owned()),
            Aspect::Ledger("vf1".to_owned()),
            Aspect::Root(65_536),
            Aspect::Warning(3),
            Aspect::MissingViolation(0),
            Aspect::KernelLog,
            Aspect::KernelHealth,
            Aspect::Other("the guest".to_owned()),
        ];
        aspects.extend(Scalar::ALL.map(Aspect::Scalar));
        aspects.extend(Deed::ALL.map(Aspect::Deed));
        aspects.extend(InvariantName::ALL.map(Aspect::Violation));
        for aspect in aspects {
            assert_eq!(Aspect::from(aspect.to_string().as_str()), aspect);
        }
    }
}
