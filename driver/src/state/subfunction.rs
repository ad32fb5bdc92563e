//! The scalable functions.

use crate::runtime::{Object, WorkQueue};
use crate::state::noting::used;
use parts::{Part, Touch};
use prm::subfunction::VhcaState;
use std::collections::{BTreeMap, BTreeSet};

/// The scalable functions' part of the driver's state.
#[derive(Clone, Debug, Default, Hash)]
pub struct SubfunctionState {
    /// Function ids, if there may be scalable functions.
    pub(crate) table: Part<Option<HardwareTable>>,
    /// Function ids of the external host's, if it may have scalable functions.
    pub(crate) host_table: Part<Option<HardwareTable>>,
    /// Ports by the number a person gave them.
    pub(crate) ports: Part<BTreeMap<u16, Port>>,
    /// Function ids for which the host has a device.
    pub(crate) devices: Part<BTreeSet<u16>>,
    /// Whether devices are made for active functions.
    pub(crate) makes_devices: Part<bool>,
    /// Whether state changes are listened to.
    pub(crate) listening: Part<bool>,
    /// State changes that wait for the worker.
    pub queue: Part<WorkQueue<VhcaStateWork>>,
}

impl SubfunctionState {
    /// Whether there are ports of scalable functions (`mlx5_sf_table_empty`).
    pub(crate) fn has_ports(&self) -> bool {
        !self.ports.is_empty()
    }

    /// The function ids that are taken, the manager's own first.
    pub(crate) fn taken(&self) -> impl Iterator<Item = (u16, Taken)> + '_ {
        let tables = self.table.iter().chain(self.host_table.iter());
        tables.flat_map(|table| table.taken.iter().map(|(&id, &taken)| (id, taken)))
    }

    /// Changes the table that a function id is in, if there is one.
    pub(crate) fn with_table_of(&mut self, id: u16, change: impl FnOnce(&mut HardwareTable)) {
        let tables = [self.table.as_mut(), self.host_table.as_mut()];
        if let Some(table) = tables
            .into_iter()
            .flatten()
            .find(|table| table.ids().contains(&id))
        {
            change(table);
        }
    }

    /// Function ids of the scalable functions for which the host has a device, so that a driver can bind to them.
    #[must_use]
    pub fn devices(&self) -> &BTreeSet<u16> {
        self.devices.peek()
    }

    /// Notes of use, by object.
    pub(super) fn take_touches(&self, take: &mut dyn FnMut(Object, Touch)) {
        let functions = [
            self.table.take_touch(),
            self.host_table.take_touch(),
            self.ports.take_touch(),
            self.devices.take_touch(),
            self.makes_devices.take_touch(),
        ];
        for touch in functions {
            used(take, Object::Subfunctions, touch);
        }
        used(take, Object::SubfunctionQueue, self.listening.take_touch());
        used(take, Object::SubfunctionQueue, self.queue.take_touch());
    }
}

/// Whose scalable function it is (`controller` of `devlink port add`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Controller {
    /// The eswitch manager's own.
    Local,
    /// The external host's.
    Host,
}

/// A range of function ids (`struct mlx5_sf_hwc_table`).
#[derive(Clone, Debug, Default, Hash)]
pub(crate) struct HardwareTable {
    /// The first.
    pub(crate) base: u16,
    /// How many.
    pub(crate) count: u16,
    pub(crate) taken: BTreeMap<u16, Taken>,
}

/// A function id that is taken.
#[derive(Clone, Copy, Debug, Default, Hash)]
pub(crate) struct Taken {
    /// The number a person gave the function.
    pub(crate) number: u16,
    /// It is freed as soon as its driver lets go.
    pub(crate) delete_pending: bool,
}

impl HardwareTable {
    /// All function ids.
    pub(crate) fn ids(&self) -> std::ops::Range<u16> {
        self.base..self.base.saturating_add(self.count)
    }
}

/// A scalable function as a person sees it (`struct mlx5_sf`).
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) struct Port {
    /// Its function id, which is its vport's number too.
    pub(crate) id: u16,
    /// Whose it is.
    pub(crate) controller: Controller,
    /// Its state as far as the driver has been told.
    pub(crate) state: VhcaState,
}

/// What the worker does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VhcaStateWork {
    /// A function changed its state.
    Changed {
        /// Function id.
        id: u16,
    },
    /// Looks at all functions there may be.
    LookAtAll,
}
