//! Who owns pages: the identity on the wire and the key pages are tracked by.

use crate::books::{OwnerKey, PageMode};
use prm::VhcaId;

/// An owner as page requests and page commands name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WireIdentity {
    /// Function id, or VHCA id.
    pub id: u16,
    /// The embedded-CPU bit. Not sent and not looked at where `id` is a VHCA id.
    pub ec: bool,
}

impl WireIdentity {
    /// A function by its VHCA id.
    #[must_use]
    pub const fn vhca(id: VhcaId) -> Self {
        Self { id: id.0, ec: false }
    }

    /// The identity that stands in a key (`mlx5_reclaim_root_pages`).
    #[must_use]
    pub const fn of_key(key: OwnerKey) -> Self {
        let [_, ec, high, low] = key.0.to_be_bytes();
        Self {
            id: u16::from_be_bytes([high, low]),
            ec: ec != 0,
        }
    }

    /// The key that pages of this owner are tracked by (`get_function_key`).
    #[must_use]
    pub const fn key(self, mode: PageMode) -> OwnerKey {
        match mode {
            PageMode::FuncId => OwnerKey(self.id as u32 | (self.ec as u32) << 16),
            PageMode::VhcaId => OwnerKey(self.id as u32),
        }
    }

    /// The identity as it is put on the wire in this mode.
    #[must_use]
    pub const fn sent(self, mode: PageMode) -> Self {
        match mode {
            PageMode::FuncId => self,
            PageMode::VhcaId => Self {
                id: self.id,
                ec: false,
            },
        }
    }
}

/// An owner of pages: where its pages are tracked and how firmware knows it. The two are told apart because a change of
/// mode that failed half-way leaves pages under one key that firmware knows by another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            key: wire.key(mode),
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
        assert_eq!(wire.key(PageMode::FuncId), OwnerKey(0x1_0003));
        assert_eq!(wire.key(PageMode::VhcaId), OwnerKey(3));
        assert_eq!(WireIdentity::of_key(OwnerKey(0x1_0003)), wire);
        assert_eq!(
            Owner::named(wire, PageMode::VhcaId).wire,
            WireIdentity { id: 3, ec: false }
        );
    }
}
