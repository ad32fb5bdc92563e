//! What a task is about to touch: the vocabulary of scheduling points.
//!
//! Every scheduling point announces one object and how it is used, and what follows happens atomically. Two steps
//! that touch different objects, or only read the same one, can be swapped without changing anything; an exploration of
//! interleavings lives from that. Objects are therefore as small as the procedures allow: a vport, a slot, a map entry.

use parts::{NameOf, hash_name};
use prm::VhcaId;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};

/// Which driver instance an object belongs to: the place of its function in the run, 0 for the function under test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriverId(pub u16);

/// The named places where a run may be paused.
pub const RACE_POINTS: [&str; 3] = [
    "migrate.erased_old_key",
    "migrate.inserted_new_key",
    "migrate.retagged",
];

/// Where a page worker stays that has crashed: a place as the others, but nobody resumes it.
pub const WORKER_CRASHED: &str = "page_worker.crashed";

/// One of them. By this name serde does not take it for a text that could be borrowed from what is read.
type RacePointName = &'static str;

/// Something tasks share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// What is settled while the driver loads and does not change after: capabilities, limits, where the command queue lies, the
    /// doorbells. Every step may look at it without saying so; whoever changes it is in the way of all.
    LoadTime,
    /// The command in a regular slot or in the page slot, by index.
    CommandSlot(u8),
    /// All of them.
    AllCommandSlots,
    /// Who may have a regular slot: the free ones (the kernel's semaphore), and who is being handled.
    CommandSlots,
    /// Who may have the slot of MANAGE_PAGES (the kernel's `pages_sem`).
    PageSlot,
    /// Mailboxes, tokens and tickets, which both lanes take from.
    Mailboxes,
    /// Polling or event mode, the opcode gate, and whether the command interface is up.
    CommandMode,
    /// One event queue.
    EventQueue(u8),
    /// All of them.
    EventQueues,
    /// The handler of a vector: whether it runs, and is to look again.
    Interrupt(u16),
    /// All of them.
    Interrupts,
    /// The queue of page requests and its single worker (`pg_wq`).
    PageQueue,
    /// The eswitch's own queue of vport and function changes.
    EswitchQueue,
    /// Page roots, free list and page counters.
    PageBook,
    /// How owners of pages are named, and how they were at boot.
    PageMode,
    /// One entry of the maps from vhca_id to vport and function type.
    TypeMap(VhcaId),
    /// All of them.
    TypeMaps,
    /// One vport.
    Vport(u16),
    /// All of them.
    Vports,
    /// The eswitch `state_lock`.
    EswitchLock,
    /// Mode and existence of the eswitch, and its tables.
    Eswitch,
    /// The lock under which the host binds, unbinds, reloads and changes the number of VFs (`device_lock`). It is taken before
    /// [`DevlinkLock`](Self::DevlinkLock).
    DeviceLock,
    /// The lock of host operations (the devlink lock). It is taken before [`InterfaceLock`](Self::InterfaceLock).
    DevlinkLock,
    /// The lock of load and unload (`intf_state_mutex`).
    InterfaceLock,
    /// The interface's state: probed, loaded.
    Interface,
    /// The device's state as the driver sees it: up, or in its error state.
    DeviceState,
    /// The number of VFs and what is done to them.
    Sriov,
    /// The scalable functions.
    Subfunctions,
    /// The queue of what is told of them.
    SubfunctionQueue,
    /// The network device.
    Netdev,
    /// Device health: error state, poll.
    Health,
    /// Registers outside the command queue.
    Registers,
    /// The device as a whole: a busy wait for whatever it does next.
    Device,
    /// A clock tick.
    Timer,
    /// The end of a pause that ends by itself.
    Pause,
    /// A named place where a run may be paused.
    RacePoint(#[serde(deserialize_with = "race_point")] RacePointName),
    /// The end of a task.
    Task(TaskId),
}

impl Object {
    /// Whether this is all objects of a kind, one of which is `other`.
    #[must_use]
    pub const fn holds(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::AllCommandSlots, Self::CommandSlot(_))
                | (Self::EventQueues, Self::EventQueue(_))
                | (Self::Interrupts, Self::Interrupt(_))
                | (Self::TypeMaps, Self::TypeMap(_))
                | (Self::Vports, Self::Vport(_))
        )
    }
}

/// A race point by its name.
fn race_point<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    let name = String::deserialize(deserializer)?;
    let mut places = RACE_POINTS.into_iter().chain([WORKER_CRASHED]);
    let known = places.find(|place| *place == name);
    known.ok_or_else(|| D::Error::custom(format_args!("the driver has no race point `{name}`")))
}

/// A task, in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub u64);

impl Hash for TaskId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_name(state, NameOf::Task, self.0);
    }
}

/// How an object is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// Looked at.
    Read,
    /// Changed.
    Write,
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "reads",
            Self::Write => "writes",
        })
    }
}

/// One announced use of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    /// Whose object.
    pub driver: DriverId,
    /// Which.
    pub object: Object,
    /// How.
    pub usage: Use,
}

impl Access {
    /// Whether the order of two steps can matter.
    #[must_use]
    pub fn conflicts_with(&self, other: &Self) -> bool {
        let is_shared = self.object == other.object
            || self.object.holds(other.object)
            || other.object.holds(self.object)
            || self.object == Object::LoadTime
            || other.object == Object::LoadTime;
        self.driver == other.driver && is_shared && (self.usage == Use::Write || other.usage == Use::Write)
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} of driver {}", self.usage, self.object, self.driver.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_read_back_and_race_points_are_those_there_are() {
        let objects = [
            Object::CommandSlot(3),
            Object::TypeMap(VhcaId(7)),
            Object::EswitchLock,
            Object::RacePoint(RACE_POINTS[1]),
            Object::RacePoint(WORKER_CRASHED),
            Object::Task(TaskId(9)),
        ];
        for object in objects {
            let text = serde_json::to_string(&object).unwrap();
            assert_eq!(serde_json::from_str::<Object>(&text).unwrap(), object, "{text}");
        }
        assert!(serde_json::from_str::<Object>(r#"{"race_point":"nowhere"}"#).is_err());
    }
}
