//! The event queues.
//!
//! * `role` - what a queue is for
//! * `buffer` - a queue's memory, its consumer index, arming

mod buffer;
mod role;

pub(crate) use buffer::EventQueue;
pub(crate) use role::Role;

use crate::device_bus::Bus;
use crate::runtime::Object;
use parts::{Parts, Touch};

/// The event queues' part of the driver's state.
#[derive(Clone, Debug, Default, Hash)]
pub struct EventQueues {
    pub(crate) queues: Parts<Role, EventQueue>,
    /// Vectors whose handler runs.
    pub(crate) handlers: Parts<u16, Handler>,
}

/// A handler that runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Handler {
    /// Its vector fired again while it did.
    pub(crate) again: bool,
}

impl EventQueues {
    /// Whether a queue has its events told by this vector.
    pub(crate) fn share(&self, vector: u16) -> bool {
        self.queues.values().any(|queue| queue.vector == vector)
    }

    /// A queue of this vector has gone: without another one it need not be told any more.
    pub(crate) fn leave(&self, vector: u16, bus: &mut Bus) {
        if !self.share(vector) {
            bus.disable_interrupt(vector);
        }
    }

    /// Notes of use, by object.
    pub(super) fn take_touches(&self, take: &mut dyn FnMut(Object, Touch)) {
        self.queues.take_touches(|role, touch| {
            take(
                role.map_or(Object::EventQueues, |role| Object::EventQueue(role as u8)),
                touch,
            );
        });
        self.handlers.take_touches(|vector, touch| {
            take(vector.map_or(Object::Interrupts, Object::Interrupt), touch);
        });
    }
}
