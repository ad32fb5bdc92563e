//! Pages set aside because nobody knows whether firmware uses them. They stay mapped.

use super::owner::Owner;
use super::root::Root;
use crate::books::OwnerKey;
use crate::state::command::Ticket;
use prm::link::HostPage;
use prm::saturated;
use prm::{Iova, WireIdentity};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

/// A page command without a known outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unsettled {
    /// Pages were on their way to firmware.
    Give {
        /// Their owner.
        owner: Owner,
        /// The pages.
        pages: Vec<Iova>,
    },
    /// Pages were asked back.
    Take {
        /// Their owner.
        owner: Owner,
        /// How many were asked for.
        asked: u32,
    },
}

/// What is set aside.
#[derive(Clone, Debug, Default)]
pub struct Quarantine {
    unsettled: BTreeMap<Ticket, Unsettled>,
    held: BTreeSet<Iova>,
    roots: BTreeMap<OwnerKey, Vec<Root>>,
}

impl Quarantine {
    /// Hashes it, on a host with so many 4 KiB pages in one of its own.
    pub(super) fn hash_with<H: Hasher>(&self, sub_pages: u32, state: &mut H) {
        let Self {
            unsettled,
            held,
            roots,
        } = self;
        (unsettled, held).hash(state);
        for (key, roots) in roots {
            (key, roots.len()).hash(state);
            roots.iter().for_each(|root| root.hash_with(sub_pages, state));
        }
    }

    /// Notes a command whose outcome is unknown.
    pub fn note(&mut self, ticket: Ticket, command: Unsettled) {
        self.unsettled.insert(ticket, command);
    }

    /// The command behind a completion that came late after all.
    pub fn settle(&mut self, ticket: Ticket) -> Option<Unsettled> {
        self.unsettled.remove(&ticket)
    }

    /// Forgets all commands: their completions will not come. What they were about.
    pub fn settle_all(&mut self) -> Vec<Unsettled> {
        std::mem::take(&mut self.unsettled).into_values().collect()
    }

    /// Whether no single page is held.
    #[must_use]
    pub fn holds_nothing(&self) -> bool {
        self.held.is_empty()
    }

    /// Single pages held.
    #[must_use]
    pub fn held_pages(&self) -> u32 {
        saturated::<u32>(self.held.len())
    }

    pub(super) fn hold(&mut self, address: Iova) -> bool {
        self.held.insert(address)
    }

    pub(super) fn unhold(&mut self, address: Iova) -> bool {
        !self.held.is_empty() && self.held.remove(&address)
    }

    pub(super) fn add_root(&mut self, key: OwnerKey, root: Root) {
        self.roots.entry(key).or_default().push(root);
    }

    /// The roots that were set aside: key, name on the wire, 4 KiB pages.
    pub(crate) fn roots(&self) -> impl Iterator<Item = (OwnerKey, WireIdentity, u64)> + '_ {
        let roots = self.roots.iter();
        roots.flat_map(|(&key, roots)| roots.iter().map(move |root| (key, root.wire, root.used)))
    }

    pub(super) fn drain_roots(&mut self) -> Vec<Root> {
        std::mem::take(&mut self.roots).into_values().flatten().collect()
    }

    /// A page of a root that was set aside comes back: `None` if it is not from there, `Some(Some(..))` with the host
    /// page if that was its last.
    pub(super) fn put(
        &mut self,
        key: OwnerKey,
        number: u64,
        sub_page: u32,
        sub_pages: u32,
    ) -> Option<Option<HostPage>> {
        let roots = self.roots.get_mut(&key)?;
        let index = roots
            .iter()
            .position(|root| root.table.get(number).is_some_and(|page| !page.is_free(sub_page)))?;
        let root = &mut roots[index];
        let page = root.table.get_mut(number)?;
        let all_free = page.put(sub_page, sub_pages) == super::host_page::PutBack::AllFree;
        root.note_returned(1);
        let freed = if all_free {
            root.table.remove(number).map(|page| page.page)
        } else {
            None
        };
        if root.table.is_empty() {
            roots.remove(index);
        }
        if roots.is_empty() {
            self.roots.remove(&key);
        }
        Some(freed)
    }
}
