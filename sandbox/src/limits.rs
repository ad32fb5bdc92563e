//! Limits of the process. Hard ones, too: nobody raises them again.

use crate::piece::{Missing, Piece};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Sets both; what could not be set is returned.
///
/// Memory is limited by `RLIMIT_DATA`, which counts heap, stacks and private pages that can be written. `RLIMIT_AS`
/// would count the memory of clients, too, which is mapped and may be as large as their guests are.
pub(crate) fn set(open_files: u64, own_bytes: u64) -> Vec<Missing> {
    let set = [
        (Piece::OpenFiles, Resource::Nofile, open_files),
        (Piece::Memory, Resource::Data, own_bytes),
    ];
    let failed = set.into_iter().filter_map(|(piece, resource, most)| {
        let most = getrlimit(resource).maximum.map_or(most, |hard| hard.min(most));
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(Missing::of(piece)).err()
    });
    failed.collect()
}
