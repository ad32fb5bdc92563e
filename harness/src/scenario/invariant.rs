//! The invariants: what is checked after every step without being asked.
//!
//! One row for each, in the order in which they are reported. The comment above a row is what the invariant says, in the
//! schema and in the docs. Then come: how long it is broken, `about` whom, what has happened when it is `broken`, and the
//! `sign` of it in the summary.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How long an invariant is broken, so that it is not told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// A condition: until it holds again. It is told where it begins.
    UntilMended,
    /// An event: told wherever it happens.
    AMoment,
    /// Damage that goes on from where it was done: told once for each subject, as every further sign is the same defect.
    ForGood,
}

impl fmt::Display for Lasts {
    /// When it is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UntilMended => "where it begins",
            Self::AMoment => "where it happens",
            Self::ForGood => "once for each subject",
        })
    }
}

/// Whom an invariant is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A counter of the driver.
    Counter,
    /// A function, or an identity that names none.
    Owner,
    /// A command.
    Command,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Names that only a run gives, described.
    Named(&'static str),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counter => f.write_str("counter"),
            Self::Owner => f.write_str("function or `id`"),
            Self::Command => f.write_str("command"),
            Self::OneOf(words) => write!(f, "`{}`", words.join("`, `")),
            Self::Named(described) => f.write_str(described),
        }
    }
}

/// Where the summary of a run shows that an invariant is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// As the difference between two books.
    Drift,
    /// As a counter below zero, which the counters show by themselves.
    Underflow,
    /// As a kind of corruption.
    Corruption(&'static str),
    /// As what stalls the driver.
    Stall(&'static str),
    /// As something left behind.
    Leak,
    /// As a wait that ended early.
    EarlyEnd,
}

macro_rules! invariants {
    ($(
        #[doc = $says:literal]
        $invariant:ident: $lasts:ident, about $subject:ident $(($names:expr))?, broken $broken:literal,
            sign $sign:ident $(($words:literal))?;
    )*) => {
        /// What is checked after every step without being asked.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum InvariantName {
            $(#[doc = $says] $invariant,)*
        }

        impl InvariantName {
            /// All of them, in the order in which they are reported.
            pub const ALL: [Self; [$(stringify!($invariant)),*].len()] = [$(Self::$invariant),*];

            /// The name in scenarios and results.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$invariant => pastey::paste!(stringify!([<$invariant:snake>])),)*
                }
            }

            /// What it says.
            #[must_use]
            pub fn says(self) -> &'static str {
                match self {
                    $(Self::$invariant => $says.trim(),)*
                }
            }

            /// How long it is broken.
            #[must_use]
            pub const fn lasts(self) -> Lasts {
                match self {
                    $(Self::$invariant => Lasts::$lasts,)*
                }
            }

            /// Whom it is about.
            #[must_use]
            pub const fn subject(self) -> Subject {
                match self {
                    $(Self::$invariant => Subject::$subject $(($names))?,)*
                }
            }

            /// What has happened when it is broken.
            #[must_use]
            pub const fn broken(self) -> &'static str {
                match self {
                    $(Self::$invariant => $broken,)*
                }
            }

            /// Where the summary shows it.
            #[must_use]
            pub const fn sign(self) -> Sign {
                match self {
                    $(Self::$invariant => Sign::$sign $(($words))?,)*
                }
            }
        }
    };
}

invariants! {
    /// A type counter equals the pages firmware books on functions of that type.
    CounterMatchesLedger: UntilMended, about Counter,
        broken "a type counter is not what firmware books on functions of that type", sign Drift;
    /// The driver's pages of an owner equal the ledger of that owner.
    PagesMatchLedger: UntilMended, about Owner,
        broken "the driver's pages of an owner are not those firmware books on it", sign Drift;
    /// The type counters, `self` and `none` included, add up to the total.
    TotalMatchesTypes: UntilMended, about Counter,
        broken "the type counters do not add up to the total", sign Drift;
    /// No page counter is below zero, read as a signed number.
    CounterWrapped: UntilMended, about Counter,
        broken "a counter went below zero", sign Underflow;
    /// No host page, mapping or shared buffer is left after unload.
    NothingLeaks: UntilMended, about OneOf(&["pages", "mappings", "buffers"]),
        broken "something was left after unload", sign Leak;
    /// No circle of locks, commands, page requests and the worker.
    LockCycle: UntilMended, about Named("lock, as `EswitchLock`"),
        broken "tasks wait for each other in a circle", sign Stall("a lock cycle");
    /// No lock is held by a task that has ended.
    LockOutlivesTask: UntilMended, about Named("lock, as `EswitchLock`"),
        broken "a task ended and nobody can unlock what it locked", sign Stall("a lock that nobody unlocks");
    /// A wait for pages ends well only when firmware owns none of the pages waited for.
    WaitEndedEarly: ForGood, about OneOf(&["self", "vf", "sf", "host_pf", "spf", "ec_vf", "none"]),
        broken "a wait for pages ended while firmware still owned some of them", sign EarlyEnd;
    /// No command runs into its limit.
    CommandTimeOut: AMoment, about Command,
        broken "a command ran into its limit", sign Stall("a command that timed out");
    /// No write outside a buffer, no double return, no broken mailbox pool, no access to memory that is not there.
    MemorySafe: ForGood, about Named(
            "`buffer`, `mailbox_pool`, `mailbox`, `address_zero`, `dma_read`, `dma_write`, `host_read`, `host_write`, \
             `free`, `unmap`, or the function that holds a page that is given twice"
        ),
        broken "memory was corrupted, or would have been", sign Corruption("memory unsafe");
    /// A page that firmware owns is allocated and mapped.
    OwnedPageMapped: UntilMended, about Owner,
        broken "a page that firmware owns was freed or unmapped", sign Corruption("freed under firmware");
    /// A page that firmware owns still carries the signature firmware wrote.
    PageIntact: ForGood, about Owner,
        broken "a page of firmware's no longer had firmware's signature", sign Corruption("page overwritten");
}

impl fmt::Display for InvariantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
