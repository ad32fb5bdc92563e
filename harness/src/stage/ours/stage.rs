//! Our driver and a device, as a stage.

use super::firmware::Firmware;
use super::looking::{Teller, note_ends, questions, sights};
use super::task::OwnTask;
use crate::record::aspect::Deed;
use crate::record::result::StepRecord;
use crate::record::timeline::{Printed, Timeline};
use crate::scenario::{Action, Fault, FunctionOperation, HostStep, RaceStep};
use crate::stage::abilities::{Abilities, Insight, Obstacle};
use crate::stage::contract::{Closing, OrderRefused, Stage};
use crate::stage::foresight::Foreseen;
use crate::stage::heard::{Heard, is_printed};
use crate::stage::operations::{Operation, Operations};
use crate::stage::problem::Problem;
use crate::stage::sight::{Health, Sight};
use crate::stage::stop::Stop;
use driver::HostOperation;
use driver::books::OwnerKey;
use driver::runtime::RACE_POINTS;
use driver_host::fault::{FaultPlan, FaultSite};
use driver_host::{Ending, Hosting, WorldSetup};
use emulator::{CommandRecord, FirmwareOrder, GateOrder, HoldState, Record};
use prm::{Cycles, Function};
use serde_json::Value;

/// What a stage of our driver can do: everything.
pub const ABILITIES: Abilities = Abilities {
    race_points: &RACE_POINTS,
    frees_any_time: true,
    faults: true,
    subfunctions: true,
    page_sizes: true,
    eswitch: true,
    without_eswitch: true,
    modelled_objects: true,
    without_expectations: true,
    longest_s: None,
    insight: Insight::Whole,
};

/// Whose driver does what: its place and the operation; or why there is none.
type Wanted = Result<(usize, HostOperation), Problem>;

/// See the module's head.
pub struct DriverStage<H, F> {
    host: H,
    firmware: F,
    abilities: Abilities,
    /// The functions that a driver can bind to.
    functions: Vec<Function>,
    operations: Operations<OwnTask>,
    /// The command stream.
    commands: Vec<CommandRecord>,
    teller: Teller,
    /// What is compared with the messages of another run, where there is one.
    heard: Heard,
    /// When everything happened, where that is kept.
    timeline: Option<Timeline>,
    /// Who waited for what at the last look.
    waits: Vec<String>,
}

impl<H: Hosting, F: Firmware> DriverStage<H, F> {
    /// Drivers that nobody has bound yet, on a device that nobody has touched. The host is one of `setup`.
    #[must_use]
    pub fn new(abilities: Abilities, host: H, firmware: F, setup: &WorldSetup) -> Self {
        let timeline = setup
            .keep_activity
            .then(|| Timeline::new(setup.endpoint(), host.now()));
        Self {
            host,
            firmware,
            abilities,
            functions: setup.functions.clone(),
            operations: Operations::default(),
            commands: Vec::new(),
            teller: Teller::default(),
            heard: Heard::default(),
            timeline,
            waits: Vec::new(),
        }
    }

    /// The drivers' host and the firmware, when the run is over.
    #[must_use]
    pub fn into_parts(self) -> (H, F) {
        (self.host, self.firmware)
    }

    /// Whose driver does what.
    fn operation(&mut self, action: Action<'_>) -> Result<Wanted, Stop<F::Lost>> {
        let host = match action {
            Action::Host(host) => host,
            Action::Race(RaceStep::FreePage { key }) => {
                return Ok(Ok((0, HostOperation::FreePage(OwnerKey(*key)))));
            }
            _ => {
                return Ok(Err(Problem::new(
                    Deed::Step,
                    "a host operation",
                    "another action",
                )));
            }
        };
        Ok(Ok(match host {
            HostStep::Function(function) => {
                if !self.functions.contains(&function.which) {
                    let what = format!("{} has no interface of its own", function.which);
                    let expected = "a function a driver can bind to";
                    return Ok(Err(Problem::new(Deed::Function, expected, what)));
                }
                let operation = match function.operation {
                    FunctionOperation::Load => HostOperation::Load,
                    FunctionOperation::Unload => HostOperation::Unload,
                };
                (self.host.bind(function.which)?, operation)
            }
            HostStep::Operation(operation) => (0, *operation),
            HostStep::Flr(function) => (self.host.bind(*function)?, HostOperation::ResetFunction),
            HostStep::WaitFor(_) => {
                let problem = Problem::new(Deed::Step, "a host operation", "a wait for one");
                return Ok(Err(problem));
            }
        }))
    }
}

impl<H: Hosting, F: Firmware> Stage for DriverStage<H, F> {
    type Broken = F::Lost;
    type Own = OwnTask;

    fn abilities(&self) -> Abilities {
        self.abilities
    }

    fn begin_step(&mut self, _: Foreseen) -> Result<(), Stop<F::Lost>> {
        Ok(self.host.begin_step()?)
    }

    fn start(
        &mut self,
        action: Action<'_>,
        name: Option<String>,
    ) -> Result<Result<usize, Problem>, Stop<F::Lost>> {
        let (place, operation) = match self.operation(action)? {
            Ok(operation) => operation,
            Err(problem) => return Ok(Err(problem)),
        };
        let task = self.host.start(place, operation)?;
        Ok(Ok(self.operations.add(Operation {
            kind: operation.name(),
            name,
            began: self.host.now(),
            end: None,
            own: OwnTask { place, task },
        })))
    }

    fn join(&mut self, number: usize) -> Result<Option<String>, Stop<F::Lost>> {
        let task = self.operations.get(number).own.task;
        Ok(match self.host.run_until_ended(task)? {
            Ending::Reached => None,
            Ending::Stuck => Some(format!("everything waits, {}", self.host.waits()?.join("; "))),
        })
    }

    fn operations(&self) -> &Operations<OwnTask> {
        &self.operations
    }

    // A look notes what has ended, and between two looks nobody asks.
    fn observe(&mut self) {}

    fn order(&mut self, order: &FirmwareOrder) -> Result<Result<(), OrderRefused>, Stop<F::Lost>> {
        let done = self.firmware.order(order).map_err(Stop::Broken)?;
        self.host.device_acted()?;
        Ok(done)
    }

    fn gate(&mut self, order: &GateOrder) -> Result<Result<(), OrderRefused>, Stop<F::Lost>> {
        let done = self.firmware.gate(order).map_err(Stop::Broken)?;
        self.host.device_acted()?;
        Ok(done)
    }

    fn holds(&mut self) -> Result<Vec<HoldState>, F::Lost> {
        self.firmware.holds()
    }

    fn wait_held(&mut self, name: &str) -> Result<bool, Stop<F::Lost>> {
        Ok(self.host.run_until_caught(name)? == Ending::Reached)
    }

    fn fault(&mut self, fault: &Fault) -> Result<Result<(), Obstacle>, Stop<F::Lost>> {
        self.host.plan_fault(plan_of(fault))?;
        Ok(Ok(()))
    }

    fn race(&mut self, race: &RaceStep) -> Result<Result<(), Obstacle>, Stop<F::Lost>> {
        match race {
            RaceStep::Pause { at } => self.host.pause_at(at)?,
            RaceStep::Resume { at } => self.host.resume_at(at)?,
            // Started as an operation.
            RaceStep::FreePage { .. } => {}
        }
        Ok(Ok(()))
    }

    fn pass(&mut self, time: Cycles) -> Result<(), Stop<F::Lost>> {
        self.host.grant(time)?;
        Ok(self.host.pass(time)?)
    }

    fn quiesce(&mut self) -> Result<Option<String>, Stop<F::Lost>> {
        self.host.quiesce()?;
        Ok(None)
    }

    fn settle(&mut self) -> Result<(), Stop<F::Lost>> {
        Ok(self.host.settle()?)
    }

    fn look<R>(&mut self, see: impl FnOnce(&Sight<'_>) -> R) -> Result<R, Stop<F::Lost>> {
        let records = self.firmware.take_records().map_err(Stop::Broken)?;
        let Self {
            host,
            firmware,
            operations,
            teller,
            heard,
            abilities,
            timeline,
            waits,
            ..
        } = self;
        let seen = host.look(|look, memory| {
            note_ends(operations, &look.ended);
            *waits = look.waits;
            let questions = questions(&look.drivers);
            let drivers = sights(look.drivers, operations);
            if let Some(timeline) = timeline {
                timeline.records.extend(records.iter().cloned());
                let printed = drivers.iter().flat_map(|driver| &driver.messages);
                timeline.printed.extend(printed.map(|message| Printed {
                    at: message.at,
                    words: message.to_string(),
                }));
            }
            let messages = drivers.iter().flat_map(|driver| &driver.messages);
            let told: Vec<Value> = messages.filter_map(|message| teller.told(message)).collect();
            // Compared with another run, it is heard as a kernel is.
            if abilities.insight == Insight::Counters {
                heard
                    .messages
                    .extend(told.iter().filter(|message| is_printed(message)).cloned());
            }
            firmware.view(&questions, |device| {
                let sight = Sight {
                    device,
                    host: Some(memory),
                    now: look.now,
                    drivers,
                    records,
                    strays: look.strays,
                    cycles: look.cycles,
                    locks: look.locks,
                    told,
                    is_loaded: false,
                    health: Health::Alive,
                };
                (see(&sight), sight.records)
            })
        })?;
        let (seen, records) = seen.map_err(Stop::Broken)?;
        let commands = records.into_iter().filter_map(|record| match record {
            Record::Command(command) => Some(*command),
            _ => None,
        });
        self.commands.extend(commands);
        Ok(seen)
    }

    fn now(&self) -> Cycles {
        self.host.now()
    }

    fn waits(&self) -> Vec<String> {
        self.waits.clone()
    }

    fn heard(&self) -> &Heard {
        &self.heard
    }

    fn close(&mut self, steps: &[StepRecord]) -> Result<Closing, Stop<F::Lost>> {
        let closing = self.host.close()?;
        let timeline = self.timeline.take().map(|mut timeline| {
            timeline.add_activity(closing.activity.unwrap_or_default());
            let ends = steps
                .iter()
                .map(|step| (Cycles(step.after.virtual_ns), &step.after.ledger));
            timeline.add_ledger(ends);
            timeline
        });
        // Recorded streams are in the order of doorbells.
        self.commands.sort_by_key(|command| command.n);
        Ok(Closing {
            measured: None,
            took: closing.took,
            commands: std::mem::take(&mut self.commands),
            choices: closing.choices,
            unfollowed: closing.unfollowed,
            timeline,
        })
    }
}

/// What a fault of a file is to the host's allocators.
pub(crate) fn plan_of(fault: &Fault) -> FaultPlan {
    match fault {
        Fault::Allocation(fault) => FaultPlan {
            site: FaultSite::Allocation(fault.site.clone()),
            skip: fault.skip,
            times: fault.times,
        },
        Fault::PageAllocation(count) => FaultPlan {
            site: FaultSite::Page,
            skip: count.skip,
            times: count.times,
        },
        Fault::Mapping(count) => FaultPlan {
            site: FaultSite::Mapping,
            skip: count.skip,
            times: count.times,
        },
    }
}
