//! A scenario that is being drawn: its steps so far, and what firmware may know behind them.

use crate::scenario::{Fault, FunctionOperation, FunctionStep, GateStep, HostStep, Step, TimeStep};
use crate::swarm::book::Book;
use crate::swarm::dice::Dice;
use crate::swarm::frame::Frame;
use driver::HostOperation;
use emulator::order::{FirmwareOrder, Hold};
use prm::Function;
use std::collections::BTreeSet;

/// See the module's head.
pub(super) struct Drawing<'a> {
    pub(super) frame: &'a Frame,
    pub(super) dice: Dice,
    pub(super) book: Book,
    pub(super) steps: Vec<Step>,
    /// Names that were given.
    pub(super) names: u32,
    /// Scalable functions that are active, by the host's numbers.
    pub(super) active: BTreeSet<u16>,
}

impl Drawing<'_> {
    /// The host does something, and waits for its end.
    pub(super) fn operate(&mut self, operation: HostOperation) {
        self.book.begin(operation);
        self.book.end(operation);
        self.steps.push(Step {
            host: Some(HostStep::Operation(operation)),
            ..Step::default()
        });
    }

    /// The host begins something; returns the name to wait for.
    pub(super) fn begin(&mut self, operation: HostOperation) -> String {
        let name = self.name("runs");
        self.book.run(&name, operation);
        self.steps.push(Step {
            host: Some(HostStep::Operation(operation)),
            name: Some(name.clone()),
            background: true,
            ..Step::default()
        });
        name
    }

    /// The host waits for it.
    pub(super) fn join(&mut self, name: String) {
        self.book.join(&name);
        self.steps.push(Step {
            host: Some(HostStep::WaitFor(name)),
            ..Step::default()
        });
    }

    /// Firmware does something.
    pub(super) fn order(&mut self, order: FirmwareOrder) {
        self.steps.push(Step {
            firmware: Some(order),
            ..Step::default()
        });
    }

    /// The gate holds a command.
    pub(super) fn hold(&mut self, hold: Hold) {
        self.book.hold(&hold.name);
        self.steps.push(Step {
            gate: Some(GateStep::Hold(hold)),
            ..Step::default()
        });
    }

    /// The gate lets it go.
    pub(super) fn release(&mut self, name: String) {
        self.book.release(&name);
        self.steps.push(Step {
            gate: Some(GateStep::Release { name }),
            ..Step::default()
        });
    }

    /// A driver of its own is bound to a function, or removed.
    pub(super) fn bind(&mut self, which: Function, bound: bool) {
        self.book.bind(which, bound);
        let operation = if bound {
            FunctionOperation::Load
        } else {
            FunctionOperation::Unload
        };
        self.steps.push(Step {
            host: Some(HostStep::Function(FunctionStep { which, operation })),
            ..Step::default()
        });
    }

    /// One of the host's allocators is going to fail.
    pub(super) fn fail(&mut self, fault: Fault) {
        self.steps.push(Step {
            fault: Some(fault),
            ..Step::default()
        });
    }

    /// Time passes.
    pub(super) fn pass(&mut self, ms: u32) {
        self.steps.push(Step {
            time: Some(TimeStep::PassMs(ms.max(1).into())),
            ..Step::default()
        });
    }

    /// Time passes until nothing moves any more.
    pub(super) fn quiesce(&mut self) {
        self.steps.push(Step {
            time: Some(TimeStep::Quiesce),
            ..Step::default()
        });
    }

    pub(super) fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what}-{}", self.names)
    }
}
