//! A server that plays devices for us: a process of our own, or one that is there.

use super::control::{ControlClient, ControlError};
use super::process::{ProcessOptions, ServerProcess, StartError};
use super::room::Room;
use emulator::DeviceConfig;
use prm::link::TimeAnswer;
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};

/// By whose time a device lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Its clock stands until it is moved.
    Virtual,
    /// Its clock is the wall's.
    Wall,
}

/// Why there is no server that will do.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// None could be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Nobody takes orders there.
    #[error("{}: {error}; a server that takes orders there is `mlx5-cosim serve --flat {} --socket-dir {} --control {}{}`",
        .path.display(), Room::USUAL.virtual_functions, .folder.display(), .path.display(), .time.option())]
    NoControl {
        /// The control socket.
        path: PathBuf,
        /// The folder of the others.
        folder: PathBuf,
        /// Whose time is wanted.
        time: Time,
        /// What the system says.
        error: io::Error,
    },
    /// It serves the functions as SR-IOV shows them.
    #[error("the server in {} has no socket `f0.sock`: it has to be started with `--flat {}`",
        .0.display(), Room::USUAL.virtual_functions)]
    NotFlat(PathBuf),
    /// It has another clock than is wanted.
    #[error("the server in {} lives by {}: {}", .folder.display(), .has.words(), .has.way_out())]
    OtherClock {
        /// The folder of its sockets.
        folder: PathBuf,
        /// Its clock.
        has: Time,
    },
    /// It has no room for all drivers of a scenario.
    #[error("the server has sockets for {} virtual functions, and the scenario's drivers need {}: serve with `--flat {}`",
        .has.virtual_functions, .needs.virtual_functions, .needs.virtual_functions)]
    TooSmall {
        /// What there is.
        has: Room,
        /// What is needed.
        needs: Room,
    },
    /// It does not do what it is told.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl Time {
    const fn words(self) -> &'static str {
        match self {
            Self::Virtual => "virtual time",
            Self::Wall => "the wall clock",
        }
    }

    const fn way_out(self) -> &'static str {
        match self {
            Self::Virtual => "run without `--wall-time`, or serve without `--virtual-time`",
            Self::Wall => "serve with `--virtual-time`, or run with `--wall-time`",
        }
    }

    const fn option(self) -> &'static str {
        match self {
            Self::Virtual => " --virtual-time",
            Self::Wall => "",
        }
    }
}

/// See the module's head. What it serves is over when this is dropped, if the process is ours.
#[derive(Debug)]
pub struct Server {
    /// Where orders are given; gone while a run has it, and after a run that lost it.
    control: Option<ControlClient>,
    folder: PathBuf,
    room: Room,
    process: Option<ServerProcess>,
}

impl Server {
    /// Starts a process that has the command `serve`.
    ///
    /// # Errors
    /// [`ServerError::Start`], [`ServerError::NoControl`].
    pub fn start(program: &Path, room: Room, time: Time) -> Result<Self, ServerError> {
        let process = ServerProcess::start(&ProcessOptions {
            program: program.to_owned(),
            virtual_time: time == Time::Virtual,
            virtual_functions: room.virtual_functions,
            sf_windows: room.sf_windows,
        })?;
        let folder = process.folder().to_owned();
        let control = connect(&process.control(), &folder, time)?;
        Ok(Self {
            control: Some(control),
            folder,
            room,
            process: Some(process),
        })
    }

    /// Takes a server that serves in a folder and takes orders at `control`.
    ///
    /// # Errors
    /// See [`ServerError`]: it has to be one that any device fits into, with the clock that is wanted.
    pub fn join(folder: &Path, control: &Path, time: Time) -> Result<Self, ServerError> {
        let mut client = connect(control, folder, time)?;
        if !folder.join("f0.sock").exists() {
            return Err(ServerError::NotFlat(folder.to_owned()));
        }
        // A clock that can be moved to where it has been is one that stands.
        let has = match client.ask::<TimeAnswer>("time", &json!({ "advance_to_ns": 0 })) {
            Ok(_) => Time::Virtual,
            Err(ControlError::Refused(_)) => Time::Wall,
            Err(error) => return Err(error.into()),
        };
        if has != time {
            let folder = folder.to_owned();
            return Err(ServerError::OtherClock { folder, has });
        }
        let sockets = (1..=u8::MAX).take_while(|place| folder.join(format!("f{place}.sock")).exists());
        Ok(Self {
            control: Some(client),
            folder: folder.to_owned(),
            room: Room {
                virtual_functions: u16::try_from(sockets.count()).unwrap_or(u16::MAX),
                // What a BAR does not have, the bus says.
                sf_windows: u16::MAX,
            },
            process: None,
        })
    }

    /// Puts a device behind the sockets, as if it had just been powered on, and hands out the way to its firmware. It is to
    /// be brought back by [`Self::give_back`].
    ///
    /// # Errors
    /// [`ServerError::Control`].
    pub fn play(&mut self, device: &DeviceConfig, seed: u64) -> Result<ControlClient, ServerError> {
        let mut control = self.control.take().ok_or(ControlError::Closed)?;
        let _there: serde_json::Value = control.ask("replace", &json!({ "device": device, "seed": seed }))?;
        Ok(control)
    }

    /// Brings back what [`Self::play`] has handed out.
    pub fn give_back(&mut self, control: ControlClient) {
        self.control = Some(control);
    }

    /// The folder with its sockets.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// For how many functions it has room.
    #[must_use]
    pub const fn room(&self) -> Room {
        self.room
    }

    /// The process, if it is ours.
    pub const fn process(&mut self) -> Option<&mut ServerProcess> {
        self.process.as_mut()
    }

    /// How a process of ours has ended, in words; `None` while it runs.
    pub fn end(&mut self) -> Option<String> {
        let process = self.process.as_mut()?;
        let status = process.ended()?;
        Some(format!(
            "the server has ended ({status}): {}",
            process.last_words()
        ))
    }
}

fn connect(path: &Path, folder: &Path, time: Time) -> Result<ControlClient, ServerError> {
    ControlClient::connect(path).map_err(|error| ServerError::NoControl {
        path: path.to_owned(),
        folder: folder.to_owned(),
        time,
        error,
    })
}
