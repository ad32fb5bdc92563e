//! A race of two actors: the host enables a VF, firmware asks for a page for it.

use driver::runtime::{Access, Kind, Use};
use driver::{HostOperation, RevisionName};
use driver_host::{Checkpoint, Limits, Possible, Schedule, Steppable as _, Walk};
use emulator::Footprint;
use emulator::order::FirmwareOrder;
use harness::stage::inproc::{self, InprocMachine, InprocWorld};
use harness::stage::ours::RunSetup;
use prm::Function;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// What can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Something happens in the world.
    World(Possible),
    /// Firmware asks for pages.
    Request,
}

impl Choice {
    /// Whether the order of two single steps cannot matter, by what they announce.
    pub fn commutes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::World(one), Self::World(other)) => one.commutes_with(other),
            _ => false,
        }
    }
}

/// What a choice, with all that followed from it at once, has announced and was seen to touch in the device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    accesses: Vec<Access>,
    footprints: Vec<Footprint>,
}

impl Seen {
    /// Whether the order of the two cannot matter.
    pub fn commutes_with(&self, other: &Self) -> bool {
        let drivers = |one: &Self, other: &Self| {
            let meets = |access: &Access| other.accesses.iter().any(|theirs| access.conflicts_with(theirs));
            one.accesses.iter().any(meets)
        };
        let devices = |one: &Self, other: &Self| {
            let meets =
                |print: &Footprint| other.footprints.iter().any(|theirs| print.conflicts_with(theirs));
            one.footprints.iter().any(meets)
        };
        // What both sides share: entries of queues, registers, interrupts.
        let both = |one: &Self, other: &Self| {
            let shared = |access: &Access| SHARED.contains(&access.object.kind());
            one.accesses.iter().any(shared) && !other.footprints.is_empty()
        };
        !(drivers(self, other) || devices(self, other) || both(self, other) || both(other, self))
    }

    fn note(&mut self, possible: &Possible) {
        if let Possible::Step { announcement, .. } = possible {
            self.accesses.extend(announcement.iter().copied());
        }
    }
}

/// Kinds of objects that a driver shares with its device.
const SHARED: [Kind; 4] = [
    Kind::CommandSlot,
    Kind::EventQueue,
    Kind::Interrupt,
    Kind::Registers,
];

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request => f.write_str("firmware asks for pages"),
            Self::World(Possible::Step { task, announcement }) => write!(f, "{task}: {announcement}"),
            Self::World(Possible::PauseEnds { task }) => write!(f, "{task} goes on after a pause"),
            Self::World(Possible::Look { task }) => write!(f, "{task} looks again"),
            Self::World(Possible::Interrupt { function, vector }) => {
                write!(f, "interrupt {vector} of {function}")
            }
            Self::World(Possible::Device { act }) => write!(f, "device: {act}"),
            Self::World(Possible::Limit) => f.write_str("a limit is reached"),
        }
    }
}

/// The race, somewhere on its way.
pub struct Race {
    walk: Walk<InprocMachine>,
    loaded: Checkpoint<InprocMachine>,
    requests_left: u32,
    /// Every single step is a choice.
    is_raw: bool,
}

/// What belongs to the way of a command and to nothing that races here: it goes on at once.
const INNER: [Kind; 6] = [
    Kind::CommandSlot,
    Kind::CommandSlots,
    Kind::Mailboxes,
    Kind::EventQueue,
    Kind::Interrupt,
    Kind::LoadTime,
];

impl Race {
    /// A driver that is loaded, and the race about to begin.
    pub fn begin(revision: RevisionName) -> Self {
        let mut world = world(revision);
        let load = world.start(0, HostOperation::Load);
        world.run_until(|world| world.ended_at(load).is_some()).unwrap();
        world.settle().unwrap();
        let _read = world.machine_mut().silicon.take_records();
        world.machine_mut().silicon.keep_footprints();
        let loaded = world.checkpoint().unwrap();
        let mut race = Self {
            walk: Walk::begin(world).unwrap(),
            loaded,
            requests_left: 0,
            is_raw: false,
        };
        race.restart();
        race
    }

    /// The same with every single step as a choice.
    pub fn raw(mut self) -> Self {
        self.is_raw = true;
        self.restart();
        self
    }

    /// Back to where the driver is loaded.
    pub fn restart(&mut self) {
        let world = self.walk.world();
        world.runtime().abandon();
        assert!(world.restore(&self.loaded));
        world.start(0, HostOperation::EnableVfs(1));
        self.requests_left = 1;
        self.walk.let_announce().unwrap();
        self.collapse(&mut Seen::default());
        let _read = self.walk.world().machine_mut().silicon.take_footprints();
    }

    /// What can be chosen.
    pub fn choices(&self) -> Vec<Choice> {
        let mut choices: Vec<Choice> = self.walk.possible().into_iter().map(Choice::World).collect();
        if self.requests_left > 0 {
            choices.retain(|choice| *choice != Choice::World(Possible::Limit));
            choices.push(Choice::Request);
        }
        choices
    }

    /// Lets it happen, and all that follows at once. Returns what that touched.
    pub fn take(&mut self, choice: &Choice) -> Seen {
        let mut seen = Seen::default();
        match choice {
            Choice::World(possible) => {
                seen.note(possible);
                assert!(self.walk.take(possible).unwrap(), "{choice} is not possible");
            }
            Choice::Request => {
                self.requests_left -= 1;
                // A device whose driver takes no requests refuses.
                let _refused = self.walk.world().machine_mut().order(&request());
                self.walk.world().device_acted();
                self.walk.let_announce().unwrap();
            }
        }
        self.collapse(&mut seen);
        let machine = &self.walk.world().shared_machine();
        let silicon = &mut machine.borrow_mut().silicon;
        assert_eq!(silicon.surprise(), None);
        seen.footprints = silicon.take_footprints();
        seen
    }

    /// What no race here is about happens at once.
    fn collapse(&mut self, seen: &mut Seen) {
        if self.is_raw {
            return;
        }
        while let Some(inner) = self.walk.possible().into_iter().find(is_inner) {
            seen.note(&inner);
            assert!(self.walk.take(&inner).unwrap());
        }
    }

    /// All by which this could go on otherwise than another race.
    pub fn fingerprint(&mut self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.walk.drivers_and_tasks_hash().hash(&mut hasher);
        self.requests_left.hash(&mut hasher);
        let machine = self.walk.world().machine();
        machine.silicon.hash(&mut hasher);
        let raised: BTreeSet<(Function, u16)> = machine.raised().into_iter().collect();
        raised.hash(&mut hasher);
        hasher.finish()
    }

    /// Both books.
    pub fn books(&mut self) -> String {
        let world = self.walk.world();
        let counters = world.driver().books().counters;
        let ledger = |function| world.machine().silicon.ledger().total(function);
        format!(
            "total {}, vfs {}, self {}, none {}; pf {}, vf1 {}",
            counters.fw_pages_total.cast_signed(),
            counters.fw_pages_vfs.cast_signed(),
            counters.own.cast_signed(),
            counters.none.cast_signed(),
            ledger(Function::Pf),
            ledger(Function::Vf(1)),
        )
    }
}

fn is_inner(possible: &Possible) -> bool {
    match possible {
        Possible::Step { announcement, .. } => announcement.iter().all(|access| {
            let kind = access.object.kind();
            INNER.contains(&kind)
                || matches!(kind, Kind::CommandMode | Kind::DeviceState) && access.usage == Use::Read
                || kind == Kind::Waited
        }),
        Possible::Interrupt { .. } => true,
        Possible::Device { act } => !act.contains("MANAGE_PAGES") && !act.contains("return of pages"),
        Possible::PauseEnds { .. } => true,
        Possible::Look { .. } | Possible::Limit => false,
    }
}

fn request() -> FirmwareOrder {
    serde_json::from_value(json!({ "request_pages": { "function": "vf1", "pages": 1 } })).unwrap()
}

fn world(revision: RevisionName) -> InprocWorld {
    let device = json!({
        "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
        "eswitch": { "manager": true, "vport_group_manager": true },
        "vfs": { "total": 1, "first_vhca_id": 16 },
        "demand": { "boot": 2, "init": 2 },
    });
    inproc::world(&RunSetup {
        device: serde_json::from_value(device).unwrap(),
        seed: 0,
        page_bytes: 4096,
        revision,
        eswitch_support: true,
        schedule: Schedule::InOrder,
        limits: Limits::default(),
        keep_timeline: false,
    })
    .unwrap()
}
