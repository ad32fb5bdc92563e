//! Where the runs of one worker happen.

use crate::cli::backend::{run_in_guest, run_in_process, run_on_linux, run_over_sockets};
use crate::cli::job::{Backend, Job};
use crate::cli::run_arguments::{RunArguments, SocketArguments};
use crate::cli::setup;
use crate::cli::signals::EndSignals;
use crate::cli::streams;
use crate::play::RunOptions;
use crate::record::timeline::Keep;
use crate::record::{Failure, RunResult};
use crate::stage::guest::{self, GuestBackend};
use crate::stage::linux::guest::GuestError;
use crate::stage::linux::{BackendError, LinuxBackend};
use crate::stage::news::NewsListener;
use crate::stage::socket::server::Time;
use crate::stage::socket::{SocketBackend, Source};
use ::guest::kit::KitOptions;
use driver::RevisionName;
use std::io;
use std::sync::Once;

/// Guests in a row that may fail before nobody tries another.
const FAILING_GUESTS: u32 = 3;

/// Servers in a row that may fail before nobody tries another.
const FAILING_SERVERS: u32 = 3;

/// Where runs happen.
pub(crate) enum Place {
    InProcess,
    /// The driver in this process, the device behind sockets.
    Sockets {
        backend: Box<SocketBackend>,
        /// Servers that have failed since one served to its end.
        failing: u32,
    },
    /// Our driver in a guest.
    Guests {
        backend: Box<GuestBackend>,
        /// Guests that have failed since one served to its end.
        failing: u32,
    },
    Linux {
        backend: Box<LinuxBackend>,
        /// Guests that have failed since one served to its end.
        failing: u32,
    },
    /// There is no place, and why.
    Nowhere(String),
}

/// What became of a run.
pub(crate) enum Ran {
    /// It has a result, and may have come to its end.
    Run(Box<RunResult>),
    /// There is nothing in it but the reason why there was no run.
    Unrun(Box<RunResult>),
    /// The user has ended it.
    Interrupted,
}

impl Place {
    /// A place for one worker; the first one is described on standard error. What takes long is told
    /// to `news`.
    pub(crate) fn of(arguments: &RunArguments, described: &Once, news: &dyn NewsListener) -> Self {
        match arguments.backend {
            Backend::Inproc => return Self::InProcess,
            Backend::Socket => return Self::sockets(arguments),
            Backend::Guest => return Self::guests(arguments, described, news),
            Backend::Linux => {}
        }
        let options = arguments.kit.options();
        let judge = arguments.expect.revision();
        let mut place = Self::on_linux(&options, judge, arguments.full, described, news);
        if let Self::Linux { backend, .. } = &mut place {
            backend.keep(arguments.output.keep());
        }
        place
    }

    /// A place for one worker on Linux, with the kit that `options` say, judged by what files expect of `judge`.
    pub(crate) fn on_linux(
        options: &KitOptions,
        judge: RevisionName,
        full: bool,
        described: &Once,
        news: &dyn NewsListener,
    ) -> Self {
        let linux = || -> Result<LinuxBackend, BackendError> {
            news.begins("looking for the guest kit and packing its initramfs");
            let mut linux = LinuxBackend::new(options, judge, full)?;
            linux.interrupt_by(EndSignals::listen()?.into());
            Ok(linux)
        };
        match linux() {
            Ok(backend) => {
                described.call_once(|| streams::note(backend.describe()));
                Self::Linux {
                    backend: Box::new(backend),
                    failing: 0,
                }
            }
            Err(error) => {
                described.call_once(|| report_backend(&error));
                Self::Nowhere(error.to_string())
            }
        }
    }

    fn guests(arguments: &RunArguments, described: &Once, news: &dyn NewsListener) -> Self {
        let guests = || -> Result<GuestBackend, guest::GuestError> {
            news.begins("looking for the guest kit and packing its initramfs");
            let failed = |what| move |error| guest::GuestError::Io { what, error };
            let program = std::env::current_exe().map_err(failed("the program of this process"))?;
            let mut guests = GuestBackend::new(&arguments.kit.options(), &program)?;
            let signals = EndSignals::listen().map_err(failed("signals cannot be heard"))?;
            guests.interrupt_by(signals.into());
            Ok(guests)
        };
        match guests() {
            Ok(backend) => {
                described.call_once(|| streams::note(backend.describe()));
                Self::Guests {
                    backend: Box::new(backend),
                    failing: 0,
                }
            }
            Err(error) => {
                described.call_once(|| report_guest(&error));
                Self::Nowhere(error.to_string())
            }
        }
    }

    fn sockets(arguments: &RunArguments) -> Self {
        match sockets(&arguments.socket, arguments.full) {
            Ok(backend) => Self::Sockets {
                backend: Box::new(backend),
                failing: 0,
            },
            Err(error) => Self::Nowhere(format!("the program of this process: {error}")),
        }
    }

    /// Runs a job.
    pub(crate) fn run(&mut self, job: &Job, seed: Option<u64>, keep: Keep, news: &dyn NewsListener) -> Ran {
        let options = RunOptions {
            seed,
            keep,
            ..RunOptions::default()
        };
        let result = match self {
            Self::InProcess => {
                run_in_process(job, &options).map_err(|error| (Failure::Internal, error.to_string()))
            }
            Self::Nowhere(why) => Err((Failure::Backend, why.clone())),
            Self::Sockets { failing, .. } if *failing >= FAILING_SERVERS => {
                let why = format!("not tried: {FAILING_SERVERS} servers in a row have failed");
                Err((Failure::Backend, why))
            }
            Self::Sockets { backend, failing } => match run_over_sockets(job, backend, &options, news) {
                Ok(result) => {
                    *failing = 0;
                    Ok(result)
                }
                Err(error) => {
                    *failing += 1;
                    streams::error(&error);
                    Err((Failure::Backend, error.to_string()))
                }
            },
            Self::Guests { failing, .. } if *failing >= FAILING_GUESTS => {
                let why = format!("not tried: {FAILING_GUESTS} guests in a row have failed");
                Err((Failure::Backend, why))
            }
            Self::Guests { backend, failing } => match run_in_guest(job, backend, &options, news) {
                Ok(result) => {
                    *failing = 0;
                    Ok(result)
                }
                Err(guest::GuestError::Interrupted) => return Ran::Interrupted,
                Err(error) => {
                    *failing += 1;
                    report_guest(&error);
                    Err((Failure::Backend, error.to_string()))
                }
            },
            Self::Linux { failing, .. } if *failing >= FAILING_GUESTS => {
                let why = format!("not tried: {FAILING_GUESTS} guests in a row have failed");
                Err((Failure::Backend, why))
            }
            Self::Linux { backend, failing } => match run_on_linux(job, backend, seed, news) {
                Ok(result) => {
                    *failing = 0;
                    Ok(result)
                }
                Err(BackendError::Guest(GuestError::Interrupted)) => return Ran::Interrupted,
                Err(error) => {
                    *failing += 1;
                    report_backend(&error);
                    Err((Failure::Backend, error.to_string()))
                }
            },
        };
        match result {
            Ok(result) => Ran::Run(Box::new(result)),
            Err((failure, why)) => Ran::Unrun(Box::new(unrun(job, failure, &why))),
        }
    }
}

fn sockets(arguments: &SocketArguments, full: bool) -> io::Result<SocketBackend> {
    let time = if arguments.wall_time {
        Time::Wall
    } else {
        Time::Virtual
    };
    let source = match &arguments.socket_dir {
        Some(folder) => {
            let control = arguments.control.clone();
            Source::Running {
                folder: folder.clone(),
                control: control.unwrap_or_else(|| folder.join("control.sock")),
            }
        }
        None => Source::Own(std::env::current_exe()?),
    };
    Ok(SocketBackend::new(source, time, full))
}

fn report_guest(error: &guest::GuestError) {
    match error {
        guest::GuestError::Kit(error) => setup::print(error),
        other => streams::error(other),
    }
}

fn report_backend(error: &BackendError) {
    match error {
        BackendError::Kit(error) => setup::print(error),
        other => streams::error(other),
    }
}

/// The result of a job that could not be run.
pub(crate) fn unrun(job: &Job, failure: Failure, why: &str) -> RunResult {
    let file = job.loaded.file.display().to_string();
    let mut result = RunResult::unrun(&job.loaded.scenario.name, &file, &job.driver());
    result.backend = job.backend.to_string();
    result.fail(failure, why);
    result
}
