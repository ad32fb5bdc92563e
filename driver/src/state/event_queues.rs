//! The event queues.
//!
//! * `role` - what a queue is for
//! * `buffer` - a queue's memory, its consumer index, arming

mod buffer;
mod role;

pub(crate) use buffer::EventQueue;
pub(crate) use role::Role;

use crate::device_bus::Bus;
use std::collections::BTreeSet;

/// The event queues' part of the driver's state.
#[derive(Clone, Debug, Default)]
pub struct EventQueues {
    pub(crate) queues: Vec<EventQueue>,
    /// Vectors whose handler runs.
    pub(crate) running: BTreeSet<u16>,
    /// Vectors that fired again while it did.
    pub(crate) again: BTreeSet<u16>,
}

impl EventQueues {
    pub(crate) fn position(&self, role: Role) -> Option<usize> {
        self.queues.iter().position(|queue| queue.role == role)
    }

    /// Whether a queue has its events told by this vector.
    pub(crate) fn share(&self, vector: u16) -> bool {
        self.queues.iter().any(|queue| queue.vector == vector)
    }

    /// A queue of this vector has gone: without another one it need not be told any more.
    pub(crate) fn leave(&self, vector: u16, bus: &mut Bus) {
        if !self.share(vector) {
            bus.disable_interrupt(vector);
        }
    }
}
