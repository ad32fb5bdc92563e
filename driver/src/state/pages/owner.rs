//! Who owns pages: the identity on the wire and the key pages are tracked by.

use crate::books::OwnerKey;
use prm::{PageMode, WireIdentity};

/// An owner of pages: where its pages are tracked and how firmware knows it. The two are told apart because a change of
/// mode that failed half-way leaves pages under one key that firmware knows by another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The key its pages are tracked by.
    pub key: OwnerKey,
    /// Its name on the wire.
    pub wire: WireIdentity,
}

impl Owner {
    /// An owner by its name on the wire.
    #[must_use]
    pub const fn named(wire: WireIdentity, mode: PageMode) -> Self {
        Self {
            key: OwnerKey::of(wire, mode),
            wire: wire.sent(mode),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_cpu_bit_is_part_of_the_key_only_with_function_ids() {
        let wire = WireIdentity { id: 3, ec: true };
        assert_eq!(OwnerKey::of(wire, PageMode::FuncId), OwnerKey(0x1_0003));
        assert_eq!(OwnerKey::of(wire, PageMode::VhcaId), OwnerKey(3));
        assert_eq!(OwnerKey(0x1_0003).wire(), wire);
        assert_eq!(
            Owner::named(wire, PageMode::VhcaId).wire,
            WireIdentity { id: 3, ec: false }
        );
    }
}
