//! The sources of the house, read once: whoever judges or draws asks this.

use crate::arrows::{self, Uses};
use crate::error::FloorsError;
use crate::modules::{self, Crate};
use crate::plan::House;
use std::path::Path;

/// One crate, read and with its arrows.
#[derive(Debug)]
pub struct Reading {
    /// Its files and modules.
    pub read: Crate,
    /// Who uses whom.
    pub uses: Uses,
}

/// Reads the crates of the house whose root this is, in its order.
///
/// # Errors
/// [`FloorsError`] when a source cannot be read.
pub fn read(root: &Path, house: &House) -> Result<Vec<Reading>, FloorsError> {
    let readings = house.crates.iter().map(|plan| {
        let read = modules::read(&root.join(&plan.sources))?;
        let uses = arrows::of(&read);
        Ok(Reading { read, uses })
    });
    readings.collect()
}
