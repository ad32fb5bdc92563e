//! A race: the host enables a VF, and may unload then; firmware asks for pages meanwhile.

use driver::runtime::{Access, Declaration, Kind, TaskName, TaskRole, Use};
use driver::{HostOperation, RevisionName};
use driver_host::{Name, Possible, Standing, Walk};
use embedding::{DeviceAct, InprocMachine, RunSetup};
use emulator::Footprint;
use emulator::order::FirmwareOrder;
use parts::CanonicalHasher;
use prm::Function;
use serde_json::json;
use std::collections::VecDeque;
use std::fmt;
use std::hash::{Hash, Hasher};

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// Something in the world.
    World(Possible<DeviceAct>),
    /// Firmware asks for pages.
    Request,
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
            Self::World(possible) => possible.fmt(f),
        }
    }
}

/// The race, somewhere on its way.
pub struct Race {
    walk: Walk<InprocMachine>,
    /// What the host does next, and what it is doing.
    operations: VecDeque<HostOperation>,
    requests_left: u32,
    /// What anybody but the host may ever touch here: with a step of the host's that none of them can meet nothing is lost if it is
    /// taken at once.
    others: [Declaration; 3],
    /// Every single step is a choice.
    is_raw: bool,
}

/// A race where it stands.
#[derive(Clone)]
pub struct RaceStanding {
    walk: Standing<InprocMachine>,
    operations: VecDeque<HostOperation>,
    requests_left: u32,
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
    pub fn begin(revision: RevisionName, operations: &[HostOperation]) -> Self {
        let device = json!({
            "kind": "pf", "vhca_id": 5, "page_mode": "vhca_id",
            "eswitch": { "manager": true, "vport_group_manager": true },
            "vfs": { "total": 1, "first_vhca_id": 16 },
            "demand": { "boot": 2, "init": 2 },
        });
        let device = serde_json::from_value(device).unwrap();
        let mut world = embedding::world(&RunSetup::of(device, revision)).unwrap();
        let load = world.start(0, HostOperation::Load);
        world.run_until(|world| world.ended_at(load).is_some()).unwrap();
        world.settle().unwrap();
        let _read = world.machine_mut().silicon.take_records();
        world.machine_mut().silicon.keep_footprints();
        let roles = [TaskRole::Interrupt, TaskRole::PageWorker, TaskRole::EswitchWorker];
        let others = roles.map(|role| world.driver().declaration(role));
        let mut race = Self {
            walk: Walk::begin(world).unwrap(),
            operations: operations.iter().copied().collect(),
            requests_left: 1,
            others,
            is_raw: false,
        };
        race.go_on();
        race
    }

    /// The same with every single step as a choice.
    pub fn raw(mut self) -> Self {
        self.is_raw = true;
        self
    }

    /// Where it stands.
    pub fn snapshot(&self) -> RaceStanding {
        RaceStanding {
            walk: self.walk.snapshot(),
            operations: self.operations.clone(),
            requests_left: self.requests_left,
        }
    }

    /// Back to where it stood.
    pub fn go_back(&mut self, standing: &RaceStanding) {
        self.walk.go_back(&standing.walk);
        self.operations.clone_from(&standing.operations);
        self.requests_left = standing.requests_left;
    }

    /// What can be chosen.
    pub fn choices(&self) -> Vec<Choice> {
        let mut choices: Vec<Choice> = self.walk.possible().into_iter().map(Choice::World).collect();
        if self.requests_left > 0 {
            let takes_time =
                |possible: &Possible<_>| matches!(possible, Possible::GivesUp(_) | Possible::Due);
            choices.retain(|choice| !matches!(choice, Choice::World(possible) if takes_time(possible)));
            choices.push(Choice::Request);
        }
        choices
    }

    /// Whether the order of two of them cannot matter, by what they announce.
    pub fn commute(&self, one: &Choice, other: &Choice) -> bool {
        match (one, other) {
            (Choice::World(one), Choice::World(other)) => self.walk.commute(one, other),
            _ => false,
        }
    }

    /// Lets it happen, and all that follows at once. Returns what that touched.
    pub fn take(&mut self, choice: &Choice) -> Seen {
        let mut seen = Seen::default();
        match choice {
            Choice::World(possible) => self.walk_on(possible, &mut seen),
            Choice::Request => {
                self.requests_left -= 1;
                let world = self.walk.world_mut();
                // A device whose driver takes no requests refuses.
                let _refused = world.machine_mut().order(&request());
                world.device_acted();
                self.walk.let_announce().unwrap();
            }
        }
        self.go_on();
        while !self.is_raw
            && let Some(inner) = self.inner()
        {
            self.walk_on(&inner, &mut seen);
            self.go_on();
        }
        let silicon = &mut self.walk.world().machine_mut().silicon;
        assert_eq!(silicon.surprise(), None);
        seen.footprints = silicon.take_footprints();
        let _past = silicon.take_records();
        seen
    }

    fn walk_on(&mut self, possible: &Possible<DeviceAct>, seen: &mut Seen) {
        if let Possible::Now(Name::Step { task, .. }) = possible {
            seen.accesses
                .extend(self.walk.announcement(*task).iter().copied());
        }
        assert!(self.walk.take(possible).unwrap(), "{possible} is not possible");
    }

    /// The host's next operation begins as soon as nothing of it runs.
    fn go_on(&mut self) {
        let world = self.walk.world_mut();
        let is_busy = |name: &TaskName| name.to_string().contains(" host.");
        if world.runtime().tasks().iter().any(|task| is_busy(&task.name)) {
            return;
        }
        if let Some(operation) = self.operations.pop_front() {
            world.start(0, operation);
            self.walk.let_announce().unwrap();
        }
    }

    /// What no race here is about happens at once.
    fn inner(&self) -> Option<Possible<DeviceAct>> {
        let mut possible = self.walk.possible().into_iter();
        possible.find(|possible| match possible {
            Possible::Now(Name::Step { task, .. }) => {
                let is_hosts = task.to_string().contains(" host.");
                let announcement = self.walk.announcement(*task);
                announcement.iter().all(|access| {
                    let kind = access.object.kind();
                    INNER.contains(&kind)
                        || matches!(kind, Kind::CommandMode | Kind::DeviceState) && access.usage == Use::Read
                        || kind == Kind::Waited
                        || is_hosts && !self.others.iter().any(|other| other.may_conflict_with(access))
                })
            }
            Possible::Now(Name::Interrupt { .. }) | Possible::PauseEnds(_) => true,
            Possible::Now(Name::Act(act)) => {
                let act = act.to_string();
                !act.contains("MANAGE_PAGES") && !act.contains("return of pages")
            }
            Possible::Look(_) | Possible::GivesUp(_) | Possible::Due => false,
        })
    }

    /// Goes on in order as if nobody announced anything of one kind of objects: what stops it, in words.
    pub fn stops_without(mut self, kind: Kind) -> Option<String> {
        self.walk.world().runtime().forget_announcements(Some(kind));
        while let Some(choice) = self.choices().into_iter().next_back() {
            match choice {
                Choice::Request => _ = self.take(&choice),
                Choice::World(possible) => match self.walk.take(&possible) {
                    Ok(_) => self.go_on(),
                    Err(halt) => return Some(halt.to_string()),
                },
            }
        }
        None
    }

    /// All by which this could go on otherwise than another race.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = CanonicalHasher::default();
        self.walk.world().hash_drivers_and_tasks(&mut hasher);
        (self.requests_left, self.operations.len()).hash(&mut hasher);
        self.walk.world().machine().hash_all(&mut hasher);
        hasher.finish()
    }

    /// Both books.
    pub fn books(&self) -> String {
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

fn request() -> FirmwareOrder {
    serde_json::from_value(json!({ "request_pages": { "function": "vf1", "pages": 1 } })).unwrap()
}
