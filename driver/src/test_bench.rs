//! A driver whose device does only what a test makes it do.

use crate::command::{enable, execute_raw, on_completion, set_mode, set_up};
use crate::handle::{Driver, DriverSetup, HostOptions};
use crate::message::MessageKind;
use crate::revision::RevisionName;
use crate::runtime::{DriverId, Object, Runtime, TaskRole};
use crate::state::command::{CommandError, Mode};
use crate::state::interface::DeviceState;
use crate::test_backing::SharedMachine;
use prm::command_queue::{CommandEntry, INLINE_OUTPUT_OFFSET, STATUS_OWNER_OFFSET};
use prm::function::Function;
use prm::init_segment::{INTERFACE_REVISION, QUEUE_ADDRESS_LOW};
use prm::{Cycles, Iova, Opcode};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

/// A driver whose command interface is up, and the device's end of it.
pub(crate) struct Bench {
    /// The driver.
    pub(crate) driver: Driver,
    /// The device's end.
    pub(crate) bus: SharedMachine,
    queue: Iova,
}

/// How a task ended, once it has.
pub(crate) type Outcome<T> = Rc<RefCell<Option<T>>>;

impl Bench {
    /// A driver that polls for completions.
    pub(crate) fn new(revision: RevisionName) -> Self {
        let bus = SharedMachine::default();
        bus.set_register(u32::try_from(INTERFACE_REVISION).unwrap(), 5 << 16);
        bus.set_register(u32::try_from(QUEUE_ADDRESS_LOW).unwrap(), 0x56);
        let driver = Driver::new(DriverSetup {
            id: DriverId(0),
            endpoint: Function::Pf,
            revision: revision.choices(),
            options: HostOptions::default(),
            runtime: Runtime::default(),
            bus: bus.bus(),
        });
        let mut bench = Self {
            driver,
            bus,
            queue: Iova(0),
        };
        let result = bench.start(|driver| async move { enable(&driver).await });
        assert_eq!(bench.result(&result), Some(Ok(())));
        bench.queue = Iova(u64::from(bench.register(QUEUE_ADDRESS_LOW)));
        let up = bench.start(|driver| async move { set_up(&driver).await });
        assert_eq!(bench.result(&up), Some(()));
        bench.set_device(DeviceState::Up);
        bench
    }

    /// The device's state as the driver sees it.
    pub(crate) fn set_device(&self, device: DeviceState) {
        let access = self.driver.writes(Object::DeviceState);
        self.driver
            .step_outside(access, |state, _| *state.interface.device = device);
    }

    /// The same with completions by event.
    pub(crate) fn events(self) -> Self {
        let done = self.start(|driver| async move { set_mode(&driver, Mode::Events).await });
        assert_eq!(self.result(&done), Some(()));
        self
    }

    /// Runs a task as far as it comes.
    pub(crate) fn start<T: 'static, F: Future<Output = T> + 'static>(
        &self,
        make: impl Fn(Driver) -> F + 'static,
    ) -> Outcome<T> {
        let outcome = Outcome::default();
        let place = Rc::clone(&outcome);
        self.driver.spawn(TaskRole::Test, move |driver| {
            let (future, place) = (make(driver), Rc::clone(&place));
            async move {
                let value = future.await;
                *place.borrow_mut() = Some(value);
            }
        });
        self.settle();
        outcome
    }

    /// Sends a command of 16 bytes.
    pub(crate) fn execute(&self, opcode: Opcode, out_len: usize) -> Outcome<Result<Vec<u8>, CommandError>> {
        let mut input = vec![0; 16];
        input[..2].copy_from_slice(&opcode.raw().to_be_bytes());
        self.start(move |driver| {
            let input = input.clone();
            async move { execute_raw(&driver, &input, out_len).await }
        })
    }

    /// How it has ended.
    pub(crate) fn result<T: Clone>(&self, outcome: &Outcome<T>) -> Option<T> {
        self.settle();
        outcome.borrow().clone()
    }

    /// Lets tasks run until none can.
    pub(crate) fn settle(&self) {
        while self.driver.runtime().run_one().unwrap() {}
    }

    /// What a register holds.
    pub(crate) fn register(&self, offset: u64) -> u32 {
        self.bus.register(u32::try_from(offset).unwrap())
    }

    /// What the queue holds for a slot.
    pub(crate) fn entry(&self, slot: u8) -> CommandEntry {
        let mut entry = CommandEntry::new();
        self.bus
            .get_memory(Iova(self.queue.0 + u64::from(slot) * 64), entry.as_bytes_mut());
        entry
    }

    /// The device writes the output's first bytes and gives the entry back.
    pub(crate) fn complete(&self, slot: u8, inline: [u8; 16], delivery: u8) {
        let at = self.queue.0 + u64::from(slot) * 64;
        let bus = &self.bus;
        bus.set_memory(Iova(at + INLINE_OUTPUT_OFFSET as u64), &inline);
        bus.set_memory(Iova(at + STATUS_OWNER_OFFSET as u64), &[delivery << 1]);
        self.driver.notify(Object::Device);
    }

    /// The device tells of completions.
    pub(crate) fn event(&self, slots: u32) {
        self.start(move |driver| async move { on_completion(&driver, slots, async |_| {}).await });
    }

    /// Time passes.
    pub(crate) fn pass(&self, time: Cycles) {
        let now = self.driver.now().saturating_add(time);
        // Time stops at every deadline on the way, as a clock's owner makes it.
        while let Some(deadline) = self
            .driver
            .runtime()
            .next_deadline()
            .filter(|&deadline| deadline <= now)
        {
            self.bus.0.borrow_mut().time = deadline;
            self.driver.runtime().expire(deadline);
            self.settle();
        }
        self.bus.0.borrow_mut().time = now;
        self.settle();
    }

    /// What was printed so far.
    pub(crate) fn printed(&self) -> Vec<MessageKind> {
        self.driver.look(|state| {
            state
                .messages
                .all()
                .iter()
                .map(|message| message.kind.clone())
                .collect()
        })
    }

    /// Slots that time-outs have cost.
    pub(crate) fn lost(&self) -> u32 {
        self.driver.look(|state| state.command.lost_slots())
    }
}
