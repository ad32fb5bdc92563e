//! The objects that firmware numbers, and those that have relations.

use crate::reply::Refusal;
use prm::Function;
use std::collections::{BTreeMap, BTreeSet};

/// Number of the first object.
const FIRST_OBJECT: u32 = 0x100;
/// Object numbers have 24 bits.
pub(crate) const OBJECT_MASK: u32 = 0xff_ffff;

/// Most objects with relations of all functions together, and most entries of flow tables: what drivers can make this keep is
/// bounded. Drivers were seen to make a few hundred.
const MOST_OBJECTS: usize = 1 << 18;
const MOST_ENTRIES: usize = 1 << 20;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Object {
    FlowTable,
    FlowGroup { table: u32 },
}

/// The objects that have relations, by number, and the numbers handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Objects {
    objects: BTreeMap<(Function, u32), Object>,
    /// The root flow table and the entries of each table.
    entries: BTreeMap<(Function, u32), BTreeSet<u32>>,
    /// How many entries there are in all.
    entered: usize,
    numbered: u32,
}

impl Objects {
    pub(crate) fn number(&mut self) -> u32 {
        let number = FIRST_OBJECT.wrapping_add(self.numbered) & OBJECT_MASK;
        self.numbered = self.numbered.wrapping_add(1);
        number
    }

    pub(crate) fn create(&mut self, endpoint: Function, object: Object) -> Result<u32, Refusal> {
        if self.objects.len() >= MOST_OBJECTS {
            return Err(Refusal::NoMoreObjects);
        }
        let number = self.number();
        self.objects.insert((endpoint, number), object);
        Ok(number)
    }

    /// Enters a flow in a table.
    pub(crate) fn enter(&mut self, endpoint: Function, table: u32, flow: u32) -> Result<(), Refusal> {
        let entries = self.entries.entry((endpoint, table)).or_default();
        if entries.contains(&flow) {
            return Ok(());
        }
        if self.entered >= MOST_ENTRIES {
            return Err(Refusal::NoMoreObjects);
        }
        entries.insert(flow);
        self.entered += 1;
        Ok(())
    }

    /// Removes a flow from a table; false if it was not there.
    pub(crate) fn leave(&mut self, endpoint: Function, table: u32, flow: u32) -> bool {
        let entries = self.entries.get_mut(&(endpoint, table));
        let was_there = entries.is_some_and(|entries| entries.remove(&flow));
        self.entered -= usize::from(was_there);
        was_there
    }

    pub(crate) fn get(&self, endpoint: Function, number: u32) -> Option<Object> {
        self.objects.get(&(endpoint, number)).copied()
    }

    pub(crate) fn remove(&mut self, endpoint: Function, number: u32) {
        self.objects.remove(&(endpoint, number));
        let entries = self.entries.remove(&(endpoint, number));
        self.entered -= entries.map_or(0, |entries| entries.len());
    }

    pub(crate) fn has_groups(&self, endpoint: Function, table: u32) -> bool {
        let mine = self.objects.iter().filter(|((owner, _), _)| *owner == endpoint);
        mine.into_iter()
            .any(|(_, object)| *object == Object::FlowGroup { table })
    }

    /// Drops what an endpoint created.
    pub(crate) fn forget(&mut self, endpoint: Function) {
        self.objects.retain(|(owner, _), _| *owner != endpoint);
        self.entries.retain(|(owner, _), _| *owner != endpoint);
        self.entered = self.entries.values().map(BTreeSet::len).sum();
    }
}
