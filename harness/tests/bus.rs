//! A bus that fails, in one process: each access of a driver's life fails once, or from then on. Whatever it is, the driver
//! survives: every operation ends, a message names the access, and nothing is left after the driver is unbound.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod small_world;

use driver::device_bus::BusAccess;
use driver::{Errno, HostOperation, MessageKind, RevisionName};
use driver_host::fault::{FaultPlan, FaultSite};
use driver_host::{Ending, HostView, Limits};
use embedding::InprocWorld;
use prm::Cycles;
use small_world::{order, request_pages, world};

/// One life of a driver, and what is to be seen of it.
struct Life {
    world: InprocWorld,
    what: String,
}

impl Life {
    fn new(revision: RevisionName, access: BusAccess, skip: u32, times: u32) -> Self {
        let world = world(revision, Limits::default());
        let life = Self {
            world,
            what: format!("{revision}: {access:?}, {skip} pass, then {times} fail"),
        };
        life.world.machine_mut().memory.plan_fault(FaultPlan {
            site: FaultSite::Bus(access),
            skip,
            times,
        });
        life
    }

    /// Carries an operation out; it has to end.
    fn operate(&mut self, operation: HostOperation) -> Result<(), Errno> {
        let task = self.world.start(0, operation);
        let ending = self.world.run_until(|world| world.ended_at(task).is_some());
        assert_eq!(
            ending,
            Ok(Ending::Reached),
            "{operation:?} does not end: {}",
            self.what
        );
        self.world.settle().unwrap();
        self.world.outcome(0, task).unwrap()
    }

    fn request(&mut self, pages: i32) {
        // A device whose driver is not there refuses.
        let _refused = order(&mut self.world, &request_pages(pages));
        self.world.settle().unwrap();
    }

    /// Bind, use, unbind. Returns whether an access failed.
    fn live(&mut self) -> bool {
        let loaded = self.operate(HostOperation::Load);
        self.request(64);
        self.request(-64);
        let enabled = self.operate(HostOperation::EnableVfs(2));
        let disabled = self.operate(HostOperation::DisableVfs);
        self.world.pass(Cycles::from_secs(400)).unwrap();
        let unloaded = self.operate(HostOperation::Unload);
        self.world.pass(Cycles::from_secs(400)).unwrap();
        let books = self.world.driver().books();
        let told = self
            .world
            .driver()
            .messages_after(0)
            .iter()
            .any(|message| matches!(message.kind, MessageKind::BusFailed { .. }));
        if !told {
            for (operation, outcome) in [
                ("load", loaded),
                ("enable VFs", enabled),
                ("disable VFs", disabled),
                ("unload", unloaded),
            ] {
                assert_eq!(
                    outcome,
                    Ok(()),
                    "{operation} fails without a message: {}",
                    self.what
                );
            }
        }
        assert!(!books.bound && !books.loaded, "still bound: {}", self.what);
        told
    }

    /// That nothing is left of the driver.
    fn leaves_nothing(&self) {
        let tasks = self.world.runtime().tasks();
        assert_eq!(tasks, [], "{}", self.what);
        let (_, account, driver) = self.world.drivers().next().unwrap();
        assert_eq!(driver.lock_holders(), [], "{}", self.what);
        let left = self.world.machine().memory.holdings(account);
        assert_eq!(
            (left.pages, left.mappings, left.buffers),
            (0, 0, 0),
            "{}",
            self.what
        );
    }
}

/// Lets the first, second, third ... access of this kind fail, the later ones in growing steps, until a life has fewer of
/// them. Returns how many lives there were.
fn sweep(revision: RevisionName, access: BusAccess, times: u32) -> u32 {
    let mut lives = 0;
    let mut skip = 0;
    loop {
        let mut life = Life::new(revision, access, skip, times);
        let failed = life.live();
        if !failed {
            return lives;
        }
        lives += 1;
        // What the bus does not take back is lost on purpose: the device may still write it.
        if access != BusAccess::Unmap {
            life.leaves_nothing();
        }
        skip += 1 + skip / 8;
    }
}

fn survives(access: BusAccess) {
    for revision in [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust] {
        for times in [1, u32::MAX] {
            let lives = sweep(revision, access, times);
            assert!(lives > 0, "{revision} has no access of the kind {access:?}");
        }
    }
}

#[test]
fn a_driver_survives_reads_of_registers_that_fail() {
    survives(BusAccess::RegisterRead);
}

#[test]
fn a_driver_survives_writes_of_registers_that_fail() {
    survives(BusAccess::RegisterWrite);
}

#[test]
fn a_driver_survives_reads_of_memory_that_fail() {
    survives(BusAccess::MemoryRead);
}

#[test]
fn a_driver_survives_writes_of_memory_that_fail() {
    survives(BusAccess::MemoryWrite);
}

#[test]
fn a_driver_survives_memory_that_the_bus_does_not_take_back() {
    survives(BusAccess::Unmap);
}

#[test]
fn a_driver_survives_vectors_that_are_not_enabled_or_not_disabled() {
    survives(BusAccess::InterruptEnable);
    survives(BusAccess::InterruptDisable);
}

#[test]
fn a_reset_that_the_host_cannot_do_is_an_error_and_a_message() {
    let mut life = Life::new(RevisionName::Merged, BusAccess::FunctionReset, 0, 1);
    assert_eq!(life.operate(HostOperation::Load), Ok(()));
    assert_eq!(life.operate(HostOperation::ResetFunction), Err(Errno::EIO));
    let warnings = life.world.driver().messages_after(0);
    assert!(warnings.iter().any(|message| matches!(
        message.kind,
        MessageKind::BusFailed {
            access: BusAccess::FunctionReset,
            ..
        }
    )));
}

#[test]
fn a_lost_device_comes_back_once_its_bus_works_again() {
    let mut life = Life::new(RevisionName::Merged, BusAccess::RegisterRead, 0, 0);
    assert_eq!(life.operate(HostOperation::Load), Ok(()));
    let before = life.world.driver().books();
    life.world.machine_mut().memory.plan_fault(FaultPlan {
        site: FaultSite::Bus(BusAccess::RegisterWrite),
        skip: 0,
        times: 1,
    });
    // The doorbell of the command that gives the pages is lost.
    life.request(64);
    life.world.pass(Cycles::from_secs(60)).unwrap();
    let after = life.world.driver().books();
    let messages = life.world.driver().messages_after(0);
    assert!(after.loaded && !after.error_state, "{messages:#?}");
    assert_eq!(after.counters.fw_pages_total, before.counters.fw_pages_total);
    assert!(
        messages
            .iter()
            .any(|message| message.kind == MessageKind::HandlingBadDevice)
    );
}
