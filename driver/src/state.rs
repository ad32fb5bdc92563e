//! Everything a driver knows, as plain data with small verbs: one file for each topic.
//!
//! Nothing here waits, sends a command or knows a task. `functions` has the questions that take more than one topic.

pub mod capabilities;
pub mod command;
pub mod eswitch;
pub mod event_queues;
pub(crate) mod firmware_reset;
pub(crate) mod flow_objects;
pub(crate) mod functions;
pub mod health;
pub mod interface;
pub mod netdev;
mod noting;
pub mod pages;
pub mod sriov;
pub mod subfunction;
pub mod timeouts;

use crate::device_bus::BusFailure;
use crate::errno::Errno;
use crate::message::{MessageKind, Messages};
use crate::runtime::{Object, TaskId};
use capabilities::Capabilities;
use command::CommandState;
use eswitch::EswitchState;
use event_queues::EventQueues;
use health::Health;
use interface::{DeviceState, Interface};
use netdev::NetdevState;
use noting::used;
use pages::PagesState;
use parts::{Part, Touch};
use prm::Cycles;
use sriov::SriovState;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use subfunction::SubfunctionState;
use timeouts::Timeouts;

/// Everything a driver knows: plain data. At quiescence it is all there is of a driver.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The function as a whole.
    pub interface: Interface,
    /// What the device can do.
    pub capabilities: Part<Capabilities>,
    /// Limits.
    pub timeouts: Part<Timeouts>,
    /// The command interface.
    pub command: CommandState,
    /// The event queues.
    pub event_queues: EventQueues,
    /// Pages for firmware.
    pub pages: PagesState,
    /// The embedded switch.
    pub eswitch: EswitchState,
    /// VFs.
    pub sriov: Part<SriovState>,
    /// Scalable functions.
    pub subfunction: SubfunctionState,
    /// The network device.
    pub netdev: Part<NetdevState>,
    /// The device's health.
    pub health: Part<Health>,
    /// Everything printed so far: a record, which decides about nothing.
    pub messages: Messages,
    /// Results of host operations that have ended: a record.
    pub outcomes: BTreeMap<TaskId, Result<(), Errno>>,
}

impl Hash for State {
    /// All by which a driver could go on otherwise than another one. What was printed and how operations ended decides about nothing.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self {
            interface,
            capabilities,
            timeouts,
            command,
            event_queues,
            pages,
            eswitch,
            sriov,
            subfunction,
            netdev,
            health,
            messages: _,
            outcomes: _,
        } = self;
        (interface, capabilities, timeouts, command, event_queues, pages).hash(state);
        (eswitch, sriov, subfunction, netdev, health).hash(state);
    }
}

impl State {
    /// Notes of use since they were last taken, by object.
    pub(crate) fn take_touches(&self, take: &mut dyn FnMut(Object, Touch)) {
        used(take, Object::LoadTime, self.capabilities.take_touch());
        used(take, Object::LoadTime, self.timeouts.take_touch());
        self.interface.take_touches(take);
        self.command.take_touches(take);
        self.event_queues.take_touches(take);
        self.pages.take_touches(take);
        self.eswitch.take_touches(take);
        used(take, Object::Sriov, self.sriov.take_touch());
        self.subfunction.take_touches(take);
        used(take, Object::Netdev, self.netdev.take_touch());
        used(take, Object::Health, self.health.take_touch());
    }

    /// Whether no command may reach the device (`mlx5_cmd_is_down`).
    #[must_use]
    pub fn is_down(&self) -> bool {
        !self.command.is_up() || self.interface.in_error() || self.interface.is_offline()
    }

    /// An access to the device has failed. The first one is told, and puts the device into its error state: from here on
    /// the driver answers its own commands. The next look at the device's health, which is due at once, ends what waits for
    /// it and tries to get it back. Returns whether the device was up until now.
    pub(crate) fn lose_device(&mut self, failure: BusFailure, now: Cycles) -> bool {
        if self.interface.in_error() {
            return false;
        }
        let BusFailure { access, at, error } = failure;
        self.messages
            .print(now, MessageKind::BusFailed { access, at, error });
        if *self.interface.device != DeviceState::Up {
            return false;
        }
        *self.interface.device = DeviceState::InternalError;
        self.health.note_bus_failure(now);
        true
    }
}
