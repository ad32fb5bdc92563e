//! The verbs of a host as plain data, so that drivers can be hosted where only lines go: in a guest.
//!
//! Whoever plays a scenario has a [`DistantHost`], which sends a [`HostOrder`] for each verb and gets a [`HostReply`]. The
//! program at the other end makes a world of the [`Begin`](HostOrder::Begin) that each run starts with, and has [`carry_out`]
//! do the rest.

mod operation;

use crate::fault::FaultPlan;
use crate::holdings::{HostView, ShownMemory};
use crate::hosting::{HostLost, HostStop, Hosting};
use crate::look::{HostClosing, HostLook};
use crate::setup::WorldSetup;
use crate::world::Ending;
use driver::HostOperation;
use driver::runtime::TaskId;
use prm::{Cycles, Function};
use serde::{Deserialize, Serialize};

/// A verb of [`Hosting`], or the beginning of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostOrder {
    /// Another run begins: whatever there was of drivers is gone, the device is as new.
    Begin(Box<WorldSetup>),
    /// See [`Hosting::begin_step`].
    BeginStep,
    /// See [`Hosting::grant`].
    Grant(Cycles),
    /// See [`Hosting::bind`].
    Bind(Function),
    /// See [`Hosting::start`].
    Start {
        /// The driver's place.
        place: usize,
        /// What it does.
        #[serde(with = "operation")]
        operation: HostOperation,
    },
    /// See [`Hosting::run_until_ended`].
    RunUntilEnded(TaskId),
    /// See [`Hosting::run_until_caught`].
    RunUntilCaught(String),
    /// See [`Hosting::pass`].
    Pass(Cycles),
    /// See [`Hosting::quiesce`].
    Quiesce,
    /// See [`Hosting::settle`].
    Settle,
    /// See [`Hosting::device_acted`].
    DeviceActed,
    /// See [`Hosting::pause_at`].
    PauseAt(String),
    /// See [`Hosting::resume_at`].
    ResumeAt(String),
    /// See [`Hosting::plan_fault`].
    PlanFault(FaultPlan),
    /// See [`Hosting::waits`].
    Waits,
    /// See [`Hosting::look`].
    Look,
    /// See [`Hosting::close`].
    Close,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostAnswer {
    /// It is done.
    Done,
    /// The place of a driver.
    Place(usize),
    /// The task of an operation.
    Task(TaskId),
    /// How a wait ended.
    Ending(Ending),
    /// Who waits for what, in words.
    Waits(Vec<String>),
    /// What there is to see.
    Look(Box<Shown>),
    /// What is kept of the run.
    Closing(Box<HostClosing>),
}

/// A look, with the books of the host's memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The drivers.
    pub look: HostLook,
    /// The memory.
    pub memory: ShownMemory,
}

/// The reply to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostReply {
    /// The time after it.
    pub now: Cycles,
    /// What has gone wrong first between the host and its device, in words; nothing while all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What came of it.
    pub outcome: Result<HostAnswer, HostStop>,
}

/// Carries out an order of a run that has begun.
///
/// # Errors
/// [`HostStop`]. A [`Begin`](HostOrder::Begin) is for whoever makes worlds: here it is lost.
pub fn carry_out(host: &mut impl Hosting, order: HostOrder) -> Result<HostAnswer, HostStop> {
    let done = |()| HostAnswer::Done;
    match order {
        HostOrder::Begin(_) => {
            let words = "a run begins where another one is under way";
            Err(HostLost(words.to_owned()).into())
        }
        HostOrder::BeginStep => host.begin_step().map(done),
        HostOrder::Grant(time) => host.grant(time).map(done),
        HostOrder::Bind(function) => host.bind(function).map(HostAnswer::Place),
        HostOrder::Start { place, operation } => host.start(place, operation).map(HostAnswer::Task),
        HostOrder::RunUntilEnded(task) => host.run_until_ended(task).map(HostAnswer::Ending),
        HostOrder::RunUntilCaught(hold) => host.run_until_caught(&hold).map(HostAnswer::Ending),
        HostOrder::Pass(time) => host.pass(time).map(done),
        HostOrder::Quiesce => host.quiesce().map(done),
        HostOrder::Settle => host.settle().map(done),
        HostOrder::DeviceActed => host.device_acted().map(done),
        HostOrder::PauseAt(point) => host.pause_at(&point).map(done),
        HostOrder::ResumeAt(point) => host.resume_at(&point).map(done),
        HostOrder::PlanFault(plan) => host.plan_fault(plan).map(done),
        HostOrder::Waits => host.waits().map(HostAnswer::Waits),
        HostOrder::Look => host.look(|look, memory| {
            let memory = memory.shown();
            HostAnswer::Look(Box::new(Shown { look, memory }))
        }),
        HostOrder::Close => host.close().map(|closing| HostAnswer::Closing(Box::new(closing))),
    }
}

/// The way to a program that hosts drivers: an order there, its reply back.
pub trait Port {
    /// Sends an order and waits for its reply.
    ///
    /// # Errors
    /// Why there is none, in words.
    fn call(&mut self, order: &HostOrder) -> Result<HostReply, String>;
}

impl<P: Port> Port for &mut P {
    fn call(&mut self, order: &HostOrder) -> Result<HostReply, String> {
        (**self).call(order)
    }
}

/// A host elsewhere.
#[derive(Debug)]
pub struct DistantHost<P> {
    port: P,
    now: Cycles,
    trouble: Option<String>,
}

impl<P: Port> DistantHost<P> {
    /// Begins a run at the other end of a port.
    ///
    /// # Errors
    /// [`HostStop::Lost`].
    pub fn begin(port: P, setup: WorldSetup) -> Result<Self, HostStop> {
        let mut host = Self {
            port,
            now: Cycles::ZERO,
            trouble: None,
        };
        host.done(&HostOrder::Begin(Box::new(setup)))?;
        Ok(host)
    }

    /// What has gone wrong first between the host and its device, in words, as last told.
    #[must_use]
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn ask<T>(
        &mut self,
        order: &HostOrder,
        expected: impl FnOnce(HostAnswer) -> Option<T>,
    ) -> Result<T, HostStop> {
        let reply = self.port.call(order).map_err(HostLost)?;
        self.now = reply.now;
        self.trouble = reply.trouble;
        let other = || HostLost(format!("the answer to {order:?} is another's"));
        Ok(expected(reply.outcome?).ok_or_else(other)?)
    }

    fn done(&mut self, order: &HostOrder) -> Result<(), HostStop> {
        self.ask(order, |answer| (answer == HostAnswer::Done).then_some(()))
    }
}

impl<P: Port> Hosting for DistantHost<P> {
    fn now(&self) -> Cycles {
        self.now
    }

    fn begin_step(&mut self) -> Result<(), HostStop> {
        self.done(&HostOrder::BeginStep)
    }

    fn grant(&mut self, time: Cycles) -> Result<(), HostStop> {
        self.done(&HostOrder::Grant(time))
    }

    fn bind(&mut self, function: Function) -> Result<usize, HostStop> {
        self.ask(&HostOrder::Bind(function), |answer| match answer {
            HostAnswer::Place(place) => Some(place),
            _ => None,
        })
    }

    fn start(&mut self, place: usize, operation: HostOperation) -> Result<TaskId, HostStop> {
        self.ask(&HostOrder::Start { place, operation }, |answer| match answer {
            HostAnswer::Task(task) => Some(task),
            _ => None,
        })
    }

    fn run_until_ended(&mut self, task: TaskId) -> Result<Ending, HostStop> {
        self.ask(&HostOrder::RunUntilEnded(task), ending)
    }

    fn run_until_caught(&mut self, hold: &str) -> Result<Ending, HostStop> {
        self.ask(&HostOrder::RunUntilCaught(hold.to_owned()), ending)
    }

    fn pass(&mut self, time: Cycles) -> Result<(), HostStop> {
        self.done(&HostOrder::Pass(time))
    }

    fn quiesce(&mut self) -> Result<(), HostStop> {
        self.done(&HostOrder::Quiesce)
    }

    fn settle(&mut self) -> Result<(), HostStop> {
        self.done(&HostOrder::Settle)
    }

    fn device_acted(&mut self) -> Result<(), HostStop> {
        self.done(&HostOrder::DeviceActed)
    }

    fn pause_at(&mut self, point: &str) -> Result<(), HostStop> {
        self.done(&HostOrder::PauseAt(point.to_owned()))
    }

    fn resume_at(&mut self, point: &str) -> Result<(), HostStop> {
        self.done(&HostOrder::ResumeAt(point.to_owned()))
    }

    fn plan_fault(&mut self, plan: FaultPlan) -> Result<(), HostStop> {
        self.done(&HostOrder::PlanFault(plan))
    }

    fn waits(&mut self) -> Result<Vec<String>, HostStop> {
        self.ask(&HostOrder::Waits, |answer| match answer {
            HostAnswer::Waits(waits) => Some(waits),
            _ => None,
        })
    }

    fn look<R>(&mut self, see: impl FnOnce(HostLook, &dyn HostView) -> R) -> Result<R, HostStop> {
        let shown = self.ask(&HostOrder::Look, |answer| match answer {
            HostAnswer::Look(shown) => Some(shown),
            _ => None,
        })?;
        let Shown { look, memory } = *shown;
        Ok(see(look, &memory))
    }

    fn close(&mut self) -> Result<HostClosing, HostStop> {
        self.ask(&HostOrder::Close, |answer| match answer {
            HostAnswer::Closing(closing) => Some(*closing),
            _ => None,
        })
    }
}

fn ending(answer: HostAnswer) -> Option<Ending> {
    match answer {
        HostAnswer::Ending(ending) => Some(ending),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Answers(Vec<HostAnswer>);

    impl Port for Answers {
        fn call(&mut self, _: &HostOrder) -> Result<HostReply, String> {
            let answer = self.0.pop().ok_or("the port was closed")?;
            Ok(HostReply {
                now: Cycles(7),
                trouble: None,
                outcome: Ok(answer),
            })
        }
    }

    fn setup() -> WorldSetup {
        WorldSetup {
            functions: vec![Function::Pf],
            total_vfs: 2,
            light_subfunctions: false,
            page_bytes: 4096,
            revision: driver::RevisionName::Merged,
            eswitch_support: true,
            schedule: crate::Schedule::Seeded(3),
            limits: crate::limits::Limits::default(),
            keep_activity: false,
        }
    }

    #[test]
    fn an_answer_of_another_kind_and_a_closed_port_are_a_lost_host() {
        let port = Answers(vec![HostAnswer::Place(1), HostAnswer::Done]);
        let mut host = DistantHost::begin(port, setup()).unwrap();
        assert_eq!(host.now(), Cycles(7));
        assert!(matches!(host.settle(), Err(HostStop::Lost(_))));
        assert_eq!(
            host.settle(),
            Err(HostLost("the port was closed".to_owned()).into())
        );
    }

    #[test]
    fn orders_are_read_as_they_were_written() {
        let start = |operation| HostOrder::Start { place: 1, operation };
        let orders = [
            HostOrder::Begin(Box::new(setup())),
            start(HostOperation::Load),
            start(HostOperation::EnableVfs(-2)),
            start(HostOperation::SetEswitchMode(prm::EswitchMode::Switchdev)),
            start(HostOperation::ResetFunction),
            start(HostOperation::FreePage(driver::books::OwnerKey(0x1_0003))),
            HostOrder::PlanFault(FaultPlan {
                site: crate::fault::FaultSite::Allocation("page_root".to_owned()),
                skip: 1,
                times: 2,
            }),
            HostOrder::RunUntilCaught("give".to_owned()),
            HostOrder::Pass(Cycles(5)),
            HostOrder::Look,
        ];
        for order in orders {
            let line = serde_json::to_string(&order).unwrap();
            assert_eq!(serde_json::from_str::<HostOrder>(&line).unwrap(), order, "{line}");
        }
    }
}
