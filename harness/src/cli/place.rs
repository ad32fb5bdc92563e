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
use crate::stage::linux::{BackendError, LinuxBackend, Shelf, Workplace};
use crate::stage::news::NewsListener;
use crate::stage::socket::server::Time;
use crate::stage::socket::{SocketBackend, Source};
use ::guest::kit::{Kit, KitOptions};
use std::io;
use std::sync::{Arc, Once};

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
    /// Linux in a guest: that of the last run, if there was one.
    Linux {
        linux: Box<LinuxPlace>,
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

/// What the places of all workers have in common.
#[derive(Debug)]
pub(crate) struct Ground {
    /// The first place is described on standard error, or what is wrong with it.
    described: Once,
    /// What guests with Linux boot from, once somebody has made it.
    linux: Shelf,
}

impl Ground {
    /// Nothing is made yet.
    pub(crate) const fn new() -> Self {
        Self {
            described: Once::new(),
            linux: Shelf::new(),
        }
    }
}

/// Where runs on Linux happen.
pub(crate) struct LinuxPlace {
    workplace: Workplace,
    ground: Arc<Ground>,
    kit: KitOptions,
    full: bool,
    keep: Keep,
}

impl LinuxPlace {
    fn run(
        &mut self,
        job: &Job,
        seed: Option<u64>,
        news: &dyn NewsListener,
    ) -> Result<RunResult, BackendError> {
        let build = job.build.as_ref();
        let kit = build.map_or_else(|| self.kit.clone(), |build| build.kit.clone());
        let described = &self.ground.described;
        let made = |kit: &Kit| {
            described.call_once(|| {});
            streams::note(kit.describe());
        };
        let prepare = |backend: &mut LinuxBackend| {
            backend.keep(self.keep);
            backend.interrupt_by(EndSignals::listen()?.into());
            Ok(())
        };
        let how = (job.revision, self.full);
        let backend = self
            .workplace
            .backend(&kit, how, &self.ground.linux, made, prepare)?;
        run_on_linux(job, backend, seed, news)
    }
}

impl Place {
    /// A place for one worker. What takes long is told to `news`.
    pub(crate) fn of(arguments: &RunArguments, ground: &Arc<Ground>, news: &dyn NewsListener) -> Self {
        let described = &ground.described;
        match arguments.backend {
            Backend::Inproc => return Self::InProcess,
            Backend::Socket => return Self::sockets(arguments),
            Backend::Guest => return Self::guests(arguments, described, news),
            Backend::Linux => {}
        }
        let kit = arguments.kit.options();
        Self::on_linux(&kit, arguments.full, arguments.output.keep(), ground)
    }

    /// A place for one worker on Linux; with the kit that `kit` says where a job says none.
    pub(crate) fn on_linux(kit: &KitOptions, full: bool, keep: Keep, ground: &Arc<Ground>) -> Self {
        Self::Linux {
            linux: Box::new(LinuxPlace {
                workplace: Workplace::default(),
                ground: Arc::clone(ground),
                kit: kit.clone(),
                full,
                keep,
            }),
            failing: 0,
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
            Self::Linux { linux, failing } => match linux.run(job, seed, news) {
                Ok(result) => {
                    *failing = 0;
                    Ok(result)
                }
                Err(BackendError::Guest(GuestError::Interrupted)) => return Ran::Interrupted,
                Err(error) => {
                    *failing += 1;
                    match &error {
                        // Every run says so.
                        BackendError::Kit(_) | BackendError::Image(_) => {
                            linux.ground.described.call_once(|| report_backend(&error));
                        }
                        _ => report_backend(&error),
                    }
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
