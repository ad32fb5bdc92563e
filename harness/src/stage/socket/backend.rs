//! From a scenario to its result, over as many servers as it takes.

use super::control::SharedControl;
use super::error::SocketError;
use super::firmware::ControlFirmware;
use super::machine::{SocketMachine, machine};
use super::room::Room;
use super::server::{Server, ServerError, Time};
use crate::play::execution::Execution;
use crate::play::{RunOptions, run_scenario, setup};
use crate::record::{Failure, Outcome, RunResult};
use crate::scenario::ScenarioFile;
use crate::stage::abilities::{Abilities, Insight};
use crate::stage::linux::scaling;
use crate::stage::news::NewsListener;
use crate::stage::ours::{ABILITIES, DriverStage};
use driver::RevisionName;
use driver_host::World;
use emulator::Silicon;
use std::path::PathBuf;
use std::time::Duration;

/// What waits longer than this on the wall clock is played only when asked for, in seconds.
const LONGEST_S: u64 = 80;

/// Where a server comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A process of our own, of a program that has the command `serve`.
    Own(PathBuf),
    /// One that is there.
    Running {
        /// The folder of its sockets.
        folder: PathBuf,
        /// Its control socket.
        control: PathBuf,
    },
}

/// Plays scenarios on a server; keeps it from one to the next.
#[derive(Debug)]
pub struct SocketBackend {
    source: Source,
    time: Time,
    abilities: Abilities,
    server: Option<Server>,
}

impl SocketBackend {
    /// Servers from `source` that live by `time`; none is there yet. `full`: what waits long on a wall clock is played, too.
    #[must_use]
    pub const fn new(source: Source, time: Time, full: bool) -> Self {
        let abilities = match time {
            Time::Virtual => ABILITIES,
            Time::Wall => Abilities {
                insight: Insight::Counters,
                longest_s: if full { None } else { Some(LONGEST_S) },
                ..ABILITIES
            },
        };
        Self {
            source,
            time,
            abilities,
            server: None,
        }
    }

    /// Whose time its devices live in.
    #[must_use]
    pub const fn time(&self) -> Time {
        self.time
    }

    /// The server, while there is one.
    pub const fn server(&mut self) -> Option<&mut Server> {
        self.server.as_mut()
    }

    /// Plays `scenario`, read from `file`, under `revision`. In virtual time the same arguments yield the same result as
    /// [`run_scenario`], to the last byte; on the wall clock the run is compared with one of that.
    ///
    /// # Errors
    /// See [`SocketError`]. The next run has another server then.
    pub fn run(
        &mut self,
        scenario: &ScenarioFile,
        file: &str,
        revision: RevisionName,
        options: &RunOptions,
        news: &dyn NewsListener,
    ) -> Result<RunResult, SocketError> {
        let empty = RunResult {
            backend: "socket".to_owned(),
            ..RunResult::empty(scenario, file, &revision.to_string(), options.seed)
        };
        if self.time == Time::Virtual {
            return self.play(scenario, revision, options, None, empty, news);
        }
        let scaled = scaling::scaled(scenario);
        let reference = run_scenario(&scaled, file, revision, options);
        let mut result = empty;
        if reference.steps.len() != scaled.steps_of(revision).count() {
            let failure = reference.failure().unwrap_or(Failure::Expectation);
            let reason = reference.reason.unwrap_or_default();
            result.fail(
                failure,
                format!("the run in this process did not come to its end: {reason}"),
            );
            return Ok(result);
        }
        if let Some(obstacle) = self.abilities.too_long(reference.virtual_ns / 1_000_000_000) {
            result.outcome = Outcome::Skip;
            result.reason = Some(obstacle.to_string());
            return Ok(result);
        }
        self.play(&scaled, revision, options, Some(&reference), result, news)
    }

    fn play(
        &mut self,
        scenario: &ScenarioFile,
        revision: RevisionName,
        options: &RunOptions,
        reference: Option<&RunResult>,
        mut result: RunResult,
        news: &dyn NewsListener,
    ) -> Result<RunResult, SocketError> {
        let setup = setup(scenario, revision, options);
        // Which functions there are, and nothing else, is asked of a device as the one that is served.
        let like = match setup.silicon() {
            Ok(silicon) => silicon,
            Err(error) => {
                result.fail(Failure::Invalid, format!("the device cannot be built: {error}"));
                return Ok(result);
            }
        };
        let mut server = self.server_for(Room::of(scenario), news)?;
        let control = SharedControl::new(server.play(&setup.device, setup.seed)?);
        let refused = refused(&control)?;
        let world = setup.world(&like);
        let machine = self.machine(&server, &control, &like, setup.page_bytes)?;
        let host = World::new(machine, world.clone());
        // A wall clock shows how long the server has been there; a virtual one begins anew with each device.
        let began = host.now().0;
        let machine = host.shared_machine();
        let firmware = ControlFirmware::<SocketError>::new(control.clone())?;
        let mut stage = DriverStage::new(self.abilities, host, firmware, &world);
        let ended = Execution::new(scenario, revision, reference, &mut stage).run(&mut result);
        let failure = machine.borrow().failure().map(str::to_owned);
        drop((stage, machine));
        if let Some(lost) = SocketError::of(ended, failure.as_deref()) {
            return Err(lost.with(server.end()));
        }
        let more = self::refused(&control)?.saturating_sub(refused);
        if more > 0 {
            return Err(SocketError::Refused(more));
        }
        if let Some(control) = control.into_client() {
            server.give_back(control);
            self.server = Some(server);
        }
        result.count_time_from(began);
        Ok(result)
    }

    fn machine(
        &self,
        server: &Server,
        control: &SharedControl,
        like: &Silicon,
        page_bytes: u64,
    ) -> Result<SocketMachine, SocketError> {
        Ok(machine(server.folder(), control, like, page_bytes, self.time)?)
    }

    /// A server that has room for these functions: the one that is there, if it will do.
    fn server_for(&mut self, needs: Room, news: &dyn NewsListener) -> Result<Server, SocketError> {
        if let Some(server) = self.server.take()
            && server.room().holds(needs)
        {
            return Ok(server);
        }
        let server = match &self.source {
            Source::Own(program) => {
                let what = "starting a server";
                news.begins(what);
                let began = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
                let server = Server::start(program, needs.and(Room::USUAL), self.time);
                let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
                match &server {
                    Ok(_) => news.done(what, Duration::try_from(now - began).unwrap_or_default()),
                    Err(error) => news.failed(what, &error.to_string()),
                }
                server?
            }
            Source::Running { folder, control } => {
                let server = Server::join(folder, control, self.time)?;
                if !server.room().holds(needs) {
                    return Err(ServerError::TooSmall {
                        has: server.room(),
                        needs,
                    }
                    .into());
                }
                server
            }
        };
        Ok(server)
    }
}

/// How many messages the server has refused. The client of the crate tells nobody.
fn refused(control: &SharedControl) -> Result<u64, SocketError> {
    let counters: serde_json::Value = control.ask("counters", &serde_json::json!({}))?;
    let functions = counters["functions"].as_array().into_iter().flatten();
    Ok(functions
        .filter_map(|function| function["refused"].as_u64())
        .sum())
}
