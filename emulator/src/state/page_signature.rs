//! How firmware uses the pages it owns.
//!
//! Firmware keeps its contexts in the pages; here it writes 32 bytes at the start of each and expects to find them
//! when the page goes back. A page that was freed, unmapped or given twice meanwhile is thereby found out as what it would be
//! on hardware: corruption.

use crate::owner::Owner;
use crate::state::ledger::OwnedPage;
use prm::Function;

/// Bytes of a signature, at offset 0 of the page.
pub const SIGNATURE_LENGTH: usize = 32;

const MAGIC: [u8; 4] = *b"ICM\x01";

/// The signature of a page: magic number (4 bytes), owner (4), page number (8), generation (8), and the exclusive or of the
/// three words before as a check (8); numbers big-endian.
pub(crate) fn of(owner: Owner, page: OwnedPage) -> [u8; SIGNATURE_LENGTH] {
    let mut head = [0; 8];
    head[..4].copy_from_slice(&MAGIC);
    head[4..].copy_from_slice(&owner_code(owner).to_be_bytes());
    let head = u64::from_be_bytes(head);
    let words = [
        head,
        page.number,
        page.generation,
        head ^ page.number ^ page.generation,
    ];
    let mut signature = [0; SIGNATURE_LENGTH];
    for (place, word) in signature.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    signature
}

/// A number for each owner: its kind in the upper half, its number in the lower.
fn owner_code(owner: Owner) -> u32 {
    let (kind, number) = match owner {
        Owner::Function(Function::Pf) => (1, 0),
        Owner::Function(Function::Ecpf) => (2, 0),
        Owner::Function(Function::HostPf) => (3, 0),
        Owner::Function(Function::SatellitePf(n)) => (4, n),
        Owner::Function(Function::Vf(n)) => (5, n),
        Owner::Function(Function::HostVf(n)) => (6, n),
        Owner::Function(Function::EcVf(n)) => (7, n),
        Owner::Function(Function::Sf(n)) => (8, n),
        Owner::Function(Function::AdjacentVf(n)) => (9, n),
        Owner::Function(Function::HostSf(n)) => (13, n),
        Owner::Function(Function::SecondPf) => (12, 0),
        Owner::Unnamed { id, ec: false } => (10, id),
        Owner::Unnamed { id, ec: true } => (11, id),
    };
    kind << 16 | u32::from(number)
}
