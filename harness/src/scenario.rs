//! Scenario files: what they say, how they are read, and what is wrong with them.
//!
//! | where | what |
//! |---|---|
//! | [`model`], [`step`], [`deed`], [`together`], [`unfolding`], [`expectation`], [`outcome`], [`invariant`], [`vocabulary`] | the file as types |
//! | [`roster`] | which functions a device has |
//! | [`schema`] | the file as a JSON Schema |
//! | [`document`], [`shape`], [`validation`], [`problem`] | what is wrong with a file, and where |
//! | [`reading`], [`device_reading`] | from a file to a scenario, or to a device |
//! | [`collection`] | the scenario files under a path |
//! | [`explanation`] | a scenario as sentences |

pub mod collection;
pub mod deed;
pub mod device_reading;
pub mod document;
pub mod duration_range;
pub mod expectation;
pub mod explanation;
pub mod invariant;
pub mod model;
pub mod outcome;
pub mod problem;
pub mod reading;
pub mod roster;
pub mod schema;
pub mod shape;
pub mod step;
pub mod together;
pub mod unfolding;
pub mod validation;
pub mod vocabulary;

pub use collection::scenario_files;
pub use deed::{
    ALLOCATION_SITES, AllocationFault, Fault, FaultCount, FunctionOperation, FunctionStep, GateStep,
    HostStep, RaceStep, TimeStep,
};
pub use device_reading::{parse_device, read_device};
pub use duration_range::MsRange;
pub use expectation::{
    Books, ByRevision, End, ExpectedViolation, ExpectedWarning, REVISIONS, StepExpectation, StepReference,
};
pub use invariant::{InvariantName, Lasts, Sign, Subject};
pub use model::{HostConfig, Reachability, ScenarioFile};
pub use outcome::LinuxOutcome;
pub use problem::{Problem, Problems};
pub use reading::{ReadError, parse_scenario, read_scenario};
pub use step::{Action, Step};
pub use together::{Sizes, Together};
pub use unfolding::Line;
pub use vocabulary::{COUNTERS, counter_value};
