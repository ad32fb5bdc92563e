//! What firmware counts to tell things apart. Which number something has is no matter, only where else it stands.

use parts::{NameOf, hash_name};
use std::fmt;
use std::hash::{Hash, Hasher};

macro_rules! numbers {
    ($($(#[$meta:meta])* $name:ident of $kind:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub u64);

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                hash_name(state, NameOf::$kind, self.0);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// A command, by the order in which commands were fetched.
    CommandNumber of Command;
    /// A page request, by the order in which requests were posted.
    RequestNumber of Request;
    /// An acceptance of a page, by the order in which pages were accepted.
    Acceptance of Acceptance;
}
