//! From a scenario to its result in a guest, over as many boots as it takes.

use super::boot::{Boot, boot};
use super::booted::BootedGuest;
use super::error::GuestError;
use crate::play::{RunOptions, play_on, setup};
use crate::record::{Failure, RunResult};
use crate::scenario::ScenarioFile;
use crate::stage::news::NewsListener;
use crate::stage::ours::{ABILITIES, DriverStage};
use crate::stage::socket::SocketError;
use crate::stage::socket::control::SharedControl;
use crate::stage::socket::firmware::ControlFirmware;
use crate::stage::socket::room::Room;
use crate::stage::socket::server::{Server, Time};
use driver::RevisionName;
use driver_host::WorldSetup;
use driver_host::orders::DistantHost;
use embedding::RunSetup;
use files::Scratch;
use guest::image::{Image, ImageOptions};
use guest::kit::{Kit, KitOptions};
use guest::machine::Accelerator;
use guest_protocol::{Answer, Order};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Room for the functions that nearly every scenario's drivers are on. Each function that is plugged in makes a boot longer.
const USUAL: Room = Room {
    virtual_functions: 3,
    sf_windows: 8,
};

/// Runs scenarios in guests; keeps a guest from one to the next.
pub struct GuestBackend {
    kit: Kit,
    /// The program that has the command `serve`.
    program: PathBuf,
    initrd: PathBuf,
    interrupt: Option<OwnedFd>,
    running: Option<Running>,
    boots: u32,
    // Holds the initramfs.
    _folder: Scratch,
}

/// A guest and the server that its functions are of.
struct Running {
    guest: BootedGuest,
    server: Server,
}

/// Our driver in a guest, on a device behind a control socket.
type GuestStage<'guest> = DriverStage<DistantHost<&'guest mut BootedGuest>, ControlFirmware<SocketError>>;

impl GuestBackend {
    /// Finds the kit and builds the initramfs. `program` has the command `serve`.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn new(options: &KitOptions, program: &Path) -> Result<Self, GuestError> {
        let kit = Kit::locate(options)?;
        let folder = Scratch::new().map_err(GuestError::io("a folder for the initramfs"))?;
        let initrd = folder.path().join("initramfs.gz");
        Image::build(kit.modules(), &ImageOptions::of_our_driver())?.write(&initrd)?;
        Ok(Self {
            kit,
            program: program.to_owned(),
            initrd,
            interrupt: None,
            running: None,
            boots: 0,
            _folder: folder,
        })
    }

    /// Once this is readable, the run that is under way ends with [`GuestError::Interrupted`].
    pub fn interrupt_by(&mut self, interrupt: OwnedFd) {
        self.interrupt = Some(interrupt);
    }

    /// What drives the runs, in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        let how = match Accelerator::of_this_machine() {
            Accelerator::Kvm => "KVM",
            Accelerator::Tcg => "no KVM",
        };
        format!("{}, {how}", self.kit.describe())
    }

    /// Guests that were booted so far.
    #[must_use]
    pub const fn boots(&self) -> u32 {
        self.boots
    }

    /// QEMU's process and that of the server, while there is a guest.
    #[must_use]
    pub fn process_ids(&mut self) -> Option<(u32, u32)> {
        let Running { guest, server, .. } = self.running.as_mut()?;
        Some((guest.process_id()?, server.process()?.id()?))
    }

    /// Has the program that serves orders in the guest carry out one, while there is a guest.
    ///
    /// # Errors
    /// See [`GuestError`].
    pub fn order(&mut self, order: Order) -> Result<Option<Answer>, GuestError> {
        let running = self.running.as_mut();
        running.map(|running| running.guest.must(order)).transpose()
    }

    /// Runs a scenario, read from `file`, under `revision`.
    ///
    /// # Errors
    /// [`GuestError`] if no guest boots, or the one that there was is lost: the next run boots another.
    pub fn run(
        &mut self,
        scenario: &ScenarioFile,
        file: &str,
        revision: RevisionName,
        options: &RunOptions,
        news: &dyn NewsListener,
    ) -> Result<RunResult, GuestError> {
        let mut result = RunResult {
            backend: "guest".to_owned(),
            ..RunResult::empty(scenario, file, &revision.to_string(), options.seed)
        };
        let setup = setup(scenario, revision, options);
        // Which functions there are, and nothing else, is asked of a device as the one that is served.
        let silicon = match setup.silicon() {
            Ok(silicon) => silicon,
            Err(error) => {
                result.fail(Failure::Invalid, format!("the device cannot be built: {error}"));
                return Ok(result);
            }
        };
        let mut running = self.guest_for(Room::of(scenario), news)?;
        let run = Run {
            scenario,
            revision,
            setup: &setup,
            world: setup.world(&silicon),
        };
        match running.play(&run, &mut result) {
            Ok(()) => {
                self.running = Some(running);
                Ok(result)
            }
            Err(error) => Err(running.lost(error)),
        }
    }

    /// The guest that is there, if it has room for these functions, or another one.
    fn guest_for(&mut self, needs: Room, news: &dyn NewsListener) -> Result<Running, GuestError> {
        let room = needs.and(USUAL);
        if let Some(mut running) = self.running.take() {
            if running.server.room().holds(needs) {
                return Ok(running);
            }
            running.guest.log_interrupts();
        }
        let functions = u8::try_from(room.virtual_functions + 1).unwrap_or(u8::MAX);
        let what = format!("booting a guest with {functions} functions");
        tracing::info!(actor = "host", "{what}");
        news.begins(&what);
        let interrupt = self.interrupt.as_ref().map(OwnedFd::try_clone).transpose();
        let interrupt = interrupt.map_err(GuestError::io("signals cannot be heard"))?;
        self.boots += 1;
        let booted = Server::start(&self.program, room, Time::Virtual)
            .map_err(GuestError::from)
            .and_then(|server| {
                let guest = boot(Boot {
                    kit: &self.kit,
                    initrd: &self.initrd,
                    server: server.folder(),
                    functions,
                    interrupt,
                })?;
                Ok(Running { guest, server })
            });
        match &booted {
            Ok(running) => news.done(&what, running.guest.age()),
            Err(error) => news.failed(&what, &error.to_string()),
        }
        booted
    }
}

/// What is played.
struct Run<'a> {
    scenario: &'a ScenarioFile,
    revision: RevisionName,
    setup: &'a RunSetup,
    world: WorldSetup,
}

impl Drop for GuestBackend {
    fn drop(&mut self) {
        if let Some(running) = &mut self.running {
            running.guest.log_interrupts();
        }
    }
}

impl Running {
    /// Plays a scenario on a device that is as new.
    fn play(&mut self, run: &Run<'_>, result: &mut RunResult) -> Result<(), GuestError> {
        let control = SharedControl::new(self.server.play(&run.setup.device, run.setup.seed)?);
        let host = DistantHost::begin(&mut self.guest, run.world.clone())?;
        let firmware = ControlFirmware::new(control.clone())?;
        let mut stage: GuestStage<'_> = DriverStage::new(ABILITIES, host, firmware, &run.world);
        let ended = play_on(&mut stage, run.scenario, run.revision, result);
        let (host, firmware) = stage.into_parts();
        drop(firmware);
        if let Some(lost) = SocketError::of(ended, host.trouble()) {
            return Err(lost.into());
        }
        if let Some(control) = control.into_client() {
            self.server.give_back(control);
        }
        Ok(())
    }

    /// Why a run was cut short. That the server has ended is the cause of all else: QEMU may end of it, too.
    fn lost(self, error: GuestError) -> GuestError {
        let Self { guest, mut server } = self;
        let error = guest.lost(error);
        match server.end() {
            Some(end) if !matches!(error, GuestError::Interrupted) => {
                SocketError::Lost(format!("{end}; {error}")).into()
            }
            _ => error,
        }
    }
}
