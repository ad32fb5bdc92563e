//! Everything a driver knows.

use crate::capabilities::Capabilities;
use crate::command::CommandState;
use crate::errno::Errno;
use crate::eswitch::EswitchState;
use crate::event_queue::EventQueues;
use crate::health::Health;
use crate::interface::Interface;
use crate::message::Messages;
use crate::netdev::NetdevState;
use crate::pages::PagesState;
use crate::runtime::TaskId;
use crate::sriov::SriovState;
use crate::subfunction::SubfunctionState;
use crate::timeouts::Timeouts;
use std::collections::BTreeMap;

/// Everything a driver knows: plain data. At quiescence it is all there is of a driver.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The function as a whole.
    pub interface: Interface,
    /// What the device can do.
    pub capabilities: Capabilities,
    /// Limits.
    pub timeouts: Timeouts,
    /// The command interface.
    pub command: CommandState,
    /// The event queues.
    pub event_queues: EventQueues,
    /// Pages for firmware.
    pub pages: PagesState,
    /// The embedded switch.
    pub eswitch: EswitchState,
    /// VFs.
    pub sriov: SriovState,
    /// Scalable functions.
    pub subfunction: SubfunctionState,
    /// The network device.
    pub netdev: NetdevState,
    /// The device's health.
    pub health: Health,
    /// Everything printed so far.
    pub messages: Messages,
    /// Results of host operations that have ended.
    pub outcomes: BTreeMap<TaskId, Result<(), Errno>>,
}

impl State {
    /// Whether no command may reach the device (`mlx5_cmd_is_down`).
    #[must_use]
    pub fn is_down(&self) -> bool {
        !self.command.is_up() || self.interface.in_error()
    }
}
