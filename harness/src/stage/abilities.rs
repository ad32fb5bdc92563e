//! What a stage can do and what it shows; why a scenario cannot be played on it.

use crate::scenario::{Action, HostStep, RaceStep, ScenarioFile, Step};
use driver::{HostOperation, Needs, RevisionName};
use emulator::config::{DemandProfile, Port};
use emulator::order::{FirmwareOrder, StrayEvent};
use std::fmt;

/// How far a stage lets people look into the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insight {
    /// Every book, and the same clock that the driver goes by.
    Whole,
    /// The counters that it shows and the results of operations; times are those of a wall clock.
    Counters,
}

/// See the module's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// Points between two of its own steps where it stops the driver.
    pub race_points: &'static [&'static str],
    /// It frees a page behind the driver's back at any time, and not only while the driver is stopped.
    pub frees_any_time: bool,
    /// It makes a chosen allocation fail.
    pub faults: bool,
    /// Its driver has scalable functions.
    pub subfunctions: bool,
    /// Its host can have pages of any size, not of 4 KiB only.
    pub page_sizes: bool,
    /// Its driver can have support of the embedded switch.
    pub eswitch: bool,
    /// Its driver can be built without support of the embedded switch.
    pub without_eswitch: bool,
    /// Its network devices need the pages that our driver's need, in every mode of the switch.
    pub modelled_objects: bool,
    /// It plays a file that expects nothing of the revision.
    pub without_expectations: bool,
    /// What waits longer than this in our driver's run is not played, in seconds.
    pub longest_s: Option<u64>,
    /// How far people can look into the driver.
    pub insight: Insight,
}

/// Why a stage cannot play a scenario. Its text is the reason of the skip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The file does not say what ought to be.
    NothingExpected,
    /// Pages of another size.
    PageSize,
    /// A driver without the switch.
    NoEswitchSupport,
    /// A driver with the switch.
    EswitchSupport,
    /// Objects of the network device that our driver does not have.
    OtherObjects,
    /// A race point.
    RacePoint,
    /// A page that is freed while the driver runs.
    FreeWhileRunning,
    /// An allocation that is to fail.
    ChosenAllocation,
    /// Scalable functions.
    Subfunctions,
    /// It waits longer than so many seconds.
    TooLong(u64),
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingExpected => "the file expects nothing of the revision that Linux is judged as",
            Self::PageSize => "x86 has host pages of 4 KiB only",
            Self::NoEswitchSupport => {
                "the kernel is built with CONFIG_MLX5_ESWITCH; `setup --no-eswitch` builds a module without it"
            }
            Self::EswitchSupport => "the module is built without CONFIG_MLX5_ESWITCH",
            Self::OtherObjects => {
                "the kernel's network device has other objects in switchdev mode, which need other pages than those of our driver"
            }
            Self::RacePoint => {
                "it stops the driver between two of its own steps, which needs the helper module (`setup --workshop` builds it) and a call that the kernel makes there"
            }
            Self::FreeWhileRunning => {
                "it frees a page while the driver runs, and the helper module knows the device of a driver only where it has stopped it"
            }
            Self::ChosenAllocation => {
                "it makes a chosen allocation fail, which needs the helper module; `setup --workshop` builds it"
            }
            Self::Subfunctions => {
                "the kernel is built without CONFIG_MLX5_SF; `setup --subfunctions` builds a module that has it"
            }
            Self::TooLong(seconds) => {
                return write!(
                    f,
                    "it waits longer than {seconds} s on the wall clock; --full runs it"
                );
            }
        })
    }
}

impl Abilities {
    /// Why a scenario cannot be played and judged as `judged_as`; `None` if it can.
    #[must_use]
    pub fn obstacle(&self, scenario: &ScenarioFile, judged_as: RevisionName) -> Option<Obstacle> {
        if !self.without_expectations && scenario.expect.get(judged_as).is_none() {
            return Some(Obstacle::NothingExpected);
        }
        if !self.page_sizes && scenario.host.page_size != 4096 {
            return Some(Obstacle::PageSize);
        }
        if !self.without_eswitch && !scenario.host.eswitch_support {
            return Some(Obstacle::NoEswitchSupport);
        }
        if !self.eswitch && scenario.host.eswitch_support {
            return Some(Obstacle::EswitchSupport);
        }
        let modes = |step: &Step| {
            matches!(
                step.host,
                Some(HostStep::Operation(HostOperation::SetEswitchMode(_)))
            )
        };
        if !self.modelled_objects
            && scenario.device.port == Port::Ethernet
            && scenario.device.demand.profile == DemandProfile::Modelled
            && scenario.steps.iter().any(modes)
        {
            return Some(Obstacle::OtherObjects);
        }
        let steps: Vec<Step> = scenario.in_file_order().collect();
        let mut actions = steps.iter().filter_map(Step::action);
        let mut is_stopped = false;
        actions.find_map(|action| {
            match action {
                Action::Race(RaceStep::Pause { .. }) => is_stopped = true,
                Action::Race(RaceStep::Resume { .. }) => is_stopped = false,
                Action::Race(RaceStep::FreePage { .. }) if !is_stopped && !self.frees_any_time => {
                    return Some(Obstacle::FreeWhileRunning);
                }
                _ => {}
            }
            self.action_obstacle(action)
        })
    }

    /// Why a run that takes so many seconds in our driver's time is not played; `None` if it is.
    #[must_use]
    pub fn too_long(&self, takes_s: u64) -> Option<Obstacle> {
        let longest = self.longest_s.filter(|&longest| takes_s > longest);
        longest.map(Obstacle::TooLong)
    }

    fn action_obstacle(&self, action: Action<'_>) -> Option<Obstacle> {
        match action {
            Action::Race(race) => {
                let stops = match race {
                    RaceStep::Pause { at } | RaceStep::Resume { at } => {
                        self.race_points.contains(&at.as_str())
                    }
                    RaceStep::FreePage { .. } => !self.race_points.is_empty(),
                };
                (!stops).then_some(Obstacle::RacePoint)
            }
            Action::Fault(_) => (!self.faults).then_some(Obstacle::ChosenAllocation),
            action if needs_subfunctions(action) => (!self.subfunctions).then_some(Obstacle::Subfunctions),
            _ => None,
        }
    }
}

/// Whether a driver without scalable functions cannot do this.
#[must_use]
pub fn needs_subfunctions(action: Action<'_>) -> bool {
    match action {
        Action::Host(HostStep::Operation(operation)) => operation.needs() == Needs::Subfunctions,
        // A driver without them does not listen.
        Action::Firmware(FirmwareOrder::StrayEvent(StrayEvent::VhcaState(_))) => true,
        Action::Host(HostStep::Function(function)) => matches!(function.which, prm::Function::Sf(_)),
        _ => false,
    }
}
