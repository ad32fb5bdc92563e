//! The ledger: which page each function holds. It is the truth that the driver's counters are compared with.
//!
//! A row is named by supplier and owner. Suppliers do not share an address space, so that a page number only means
//! something together with its supplier, and no page is in two rows of one supplier. Giving and taking a page costs
//! the same whatever the number of functions, and little more for a million pages than for a thousand.

mod frames;
mod page;
mod row;

pub use page::{OwnedPage, PAGE_SHIFT};

use crate::config::ReturnOrder;
use crate::owner::Owner;
use frames::Frames;
use prm::Function;
use prm::saturated;
use rand_chacha::ChaCha8Rng;
use row::Row;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

/// A page that cannot be given because somebody holds it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GivenTwice {
    /// The page number.
    pub number: u64,
    /// Who holds it: another row, or the same request.
    pub holder: Owner,
}

/// The firmware's book of pages.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    rows: BTreeMap<(Function, Owner), Row>,
    suppliers: BTreeMap<Function, Supplies>,
    generations: u64,
}

/// What one supplier has given in all.
#[derive(Clone, Debug, Default)]
struct Supplies {
    frames: Frames,
    total: u64,
}

// What else there is follows from the rows.
impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows && self.generations == other.generations
    }
}

impl Eq for Ledger {}

impl Hash for Ledger {
    /// What else there is follows from the rows, and how many pages were ever accepted is no matter.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            rows,
            suppliers: _,
            generations: _,
        } = self;
        rows.hash(state);
    }
}

impl Ledger {
    /// How many pages of `supplier` this owner holds.
    #[must_use]
    pub fn pages(&self, supplier: Function, owner: Owner) -> u64 {
        self.rows
            .get(&(supplier, owner))
            .map_or(0, |row| row.len() as u64)
    }

    /// How many pages this supplier has given and not been returned.
    #[must_use]
    pub fn total(&self, supplier: Function) -> u64 {
        self.suppliers.get(&supplier).map_or(0, |supplies| supplies.total)
    }

    /// How many pages there are in the book.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.suppliers.values().map(|supplies| supplies.total).sum()
    }

    /// Every row: supplier, owner, number of pages. Owners that hold nothing have no row.
    pub fn rows(&self) -> impl Iterator<Item = (Function, Owner, u64)> + '_ {
        self.rows
            .iter()
            .map(|(&(supplier, owner), row)| (supplier, owner, row.len() as u64))
    }

    /// The rows of one supplier: owner, number of pages.
    pub fn owners(&self, supplier: Function) -> impl Iterator<Item = (Owner, u64)> + '_ {
        self.supplied(supplier)
            .map(|(owner, row)| (owner, row.len() as u64))
    }

    /// The pages of one owner; oldest first, unless pages of it went back in seeded order.
    pub fn pages_of(&self, supplier: Function, owner: Owner) -> impl Iterator<Item = OwnedPage> + '_ {
        self.rows.get(&(supplier, owner)).into_iter().flat_map(Row::iter)
    }

    /// Who holds this page of `supplier`. Looks through all rows: meant for reports, not for the page path.
    #[must_use]
    pub fn holder(&self, supplier: Function, number: u64) -> Option<Owner> {
        self.supplied(supplier)
            .find(|(_, row)| row.iter().any(|page| page.number == number))
            .map(|(owner, _)| owner)
    }

    fn supplied(&self, supplier: Function) -> impl Iterator<Item = (Owner, &Row)> + '_ {
        // The least owner there is: a supplier's rows begin with it.
        let first = (supplier, Owner::Function(Function::Pf));
        let rows = self
            .rows
            .range(first..)
            .take_while(move |((row, _), _)| *row == supplier);
        rows.map(|(&(_, owner), row)| (owner, row))
    }

    /// Books these page numbers; all of them or none. Returns the generation of the first, the others follow by one.
    ///
    /// # Errors
    /// [`GivenTwice`] names the first page that somebody holds already or that is listed twice.
    pub fn give(&mut self, supplier: Function, owner: Owner, numbers: &[u64]) -> Result<u64, GivenTwice> {
        let first = self.generations;
        if numbers.is_empty() {
            return Ok(first);
        }
        let supplies = self.suppliers.entry(supplier).or_default();
        let row = self.rows.entry((supplier, owner)).or_default();
        for (booked, &number) in numbers.iter().enumerate() {
            if !supplies.frames.insert(number) {
                numbers[..booked]
                    .iter()
                    .for_each(|&earlier| supplies.frames.remove(earlier));
                row.unpush(booked);
                if row.is_empty() {
                    self.rows.remove(&(supplier, owner));
                }
                let holder = self.holder(supplier, number).unwrap_or(owner);
                return Err(GivenTwice { number, holder });
            }
            row.push(OwnedPage {
                number,
                generation: first + booked as u64,
            });
        }
        supplies.total += numbers.len() as u64;
        self.generations = first + numbers.len() as u64;
        Ok(first)
    }

    /// Takes up to `count` pages out of the book, in the order in which they go back.
    pub fn take(
        &mut self,
        supplier: Function,
        owner: Owner,
        count: usize,
        order: ReturnOrder,
        rng: &mut ChaCha8Rng,
    ) -> Vec<OwnedPage> {
        self.remove(supplier, owner, |row| row.take(count, order, rng))
    }

    /// Takes the pages at these places of the return order out of the book. The answer lists one page per index that
    /// exists, repetitions included.
    pub(crate) fn take_at(
        &mut self,
        supplier: Function,
        owner: Owner,
        indices: &[u32],
        order: ReturnOrder,
    ) -> Vec<OwnedPage> {
        self.remove(supplier, owner, |row| row.take_at(indices, order))
    }

    /// Forgets every page of an owner; returns how many there were.
    pub fn forget(&mut self, supplier: Function, owner: Owner) -> u64 {
        let held = self.pages(supplier, owner);
        let count = saturated::<usize>(held);
        self.remove(supplier, owner, |row| {
            let pages = row.iter().take(count).collect();
            row.unpush(count);
            pages
        });
        held
    }

    /// Forgets everything a supplier gave; returns each owner and how many pages it had.
    pub(crate) fn forget_supplier(&mut self, supplier: Function) -> Vec<(Owner, u64)> {
        let forgotten: Vec<_> = self.owners(supplier).collect();
        self.rows.retain(|&(row, _), _| row != supplier);
        self.suppliers.remove(&supplier);
        forgotten
    }

    /// Moves one owner's pages to another owner; ages stay.
    pub(crate) fn rename(&mut self, supplier: Function, from: Owner, to: Owner) {
        if from == to {
            return;
        }
        if let Some(moved) = self.rows.remove(&(supplier, from)) {
            self.rows.entry((supplier, to)).or_default().append(moved);
        }
    }

    // INVARIANT: a frame is in `frames` exactly if one row of the supplier lists it, `total` is the sum over the rows,
    // and no row is empty.
    fn remove(
        &mut self,
        supplier: Function,
        owner: Owner,
        choose: impl FnOnce(&mut Row) -> Vec<OwnedPage>,
    ) -> Vec<OwnedPage> {
        let Some(row) = self.rows.get_mut(&(supplier, owner)) else {
            return Vec::new();
        };
        let before = row.len();
        let pages = choose(row);
        let gone = before - row.len();
        if row.is_empty() {
            self.rows.remove(&(supplier, owner));
        }
        if let Some(supplies) = self.suppliers.get_mut(&supplier) {
            supplies.total -= gone as u64;
            pages.iter().for_each(|page| supplies.frames.remove(page.number));
        }
        pages
    }
}

#[cfg(test)]
mod tests;
