//! From a scenario to its result, over as many boots as it takes.

use super::abilities::{abilities, with_helper};
use super::guest::{Guest, GuestError};
use super::profile::Profile;
use super::scaling;
use super::stage::{Aftermath, LinuxStage};
use crate::play::execution::{Ended, Execution};
use crate::play::{RunOptions, run_scenario};
use crate::record::timeline::Keep;
use crate::record::{Failure, Outcome, RunResult};
use crate::scenario::ScenarioFile;
use crate::stage::abilities::Abilities;
use crate::stage::news::NewsListener;
use driver::RevisionName;
use files::Scratch;
use guest::image::{AddedFile, Image, ImageError, ImageOptions};
use guest::kit::{HELPER, Kit, KitError, KitOptions};
use guest_protocol::MODULES_FOLDER;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

/// Why nothing can be run on Linux.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// There is no kit.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// The initramfs cannot be built.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The guest failed before any scenario began.
    #[error(transparent)]
    Guest(#[from] GuestError),
    /// A file of this process failed.
    #[error("the guest cannot be prepared: {0}")]
    Io(#[from] std::io::Error),
}

/// Runs scenarios on Linux; keeps a guest from one to the next where both need the same.
pub struct LinuxBackend {
    kit: Kit,
    initrd: PathBuf,
    guest: Option<Guest>,
    judged_as: RevisionName,
    abilities: Abilities,
    interrupt: Option<OwnedFd>,
    keep: Keep,
    // Holds the initramfs.
    _folder: Scratch,
}

impl LinuxBackend {
    /// Finds the kit and builds the initramfs. Linux is judged by what files expect of `judged_as`.
    ///
    /// # Errors
    /// See [`BackendError`].
    pub fn new(options: &KitOptions, judged_as: RevisionName, full: bool) -> Result<Self, BackendError> {
        let kit = Kit::locate(options)?;
        let folder = Scratch::new()?;
        let initrd = folder.path().join("initramfs.gz");
        let mut image = ImageOptions::default();
        let mut abilities = abilities(options.subfunctions, full);
        if let Some(helper) = kit.helper() {
            // It is there, but inserted only where it is needed.
            image.files.push(AddedFile {
                source: helper.to_owned(),
                target: format!("{MODULES_FOLDER}/{HELPER}.ko"),
            });
            abilities = with_helper(abilities);
        }
        Image::build(kit.modules(), &image)?.write(&initrd)?;
        Ok(Self {
            kit,
            initrd,
            guest: None,
            judged_as,
            abilities,
            interrupt: None,
            keep: Keep::Nothing,
            _folder: folder,
        })
    }

    /// Once this is readable, the run that is under way ends with [`GuestError::Interrupted`].
    pub fn interrupt_by(&mut self, interrupt: OwnedFd) {
        self.interrupt = Some(interrupt);
    }

    /// From now on runs keep this of what happens.
    pub const fn keep(&mut self, keep: Keep) {
        self.keep = keep;
    }

    /// From now on Linux is judged by what files expect of this revision.
    pub const fn judge_as(&mut self, revision: RevisionName) {
        self.judged_as = revision;
    }

    /// Whether the driver's module has scalable functions.
    #[must_use]
    pub const fn has_subfunctions(&self) -> bool {
        self.abilities.subfunctions
    }

    /// What drives the runs, in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        self.kit.describe()
    }

    /// Runs a scenario, read from `file`. What firmware draws follows from `seed`; so does the order of tasks in our driver's run.
    /// Boots are told to `news`.
    ///
    /// # Errors
    /// [`BackendError::Guest`] if no guest boots, or one is lost for a reason that is not its own. What happens to a guest
    /// otherwise is the scenario's result.
    pub fn run(
        &mut self,
        scenario: &ScenarioFile,
        file: &str,
        seed: Option<u64>,
        news: &dyn NewsListener,
    ) -> Result<RunResult, BackendError> {
        let options = RunOptions {
            seed,
            ..RunOptions::default()
        };
        let scaled = scaling::scaled(scenario);
        if let Some(obstacle) = self.abilities.obstacle(scenario, self.judged_as) {
            let mut result = RunResult::empty(scenario, file, "linux", options.seed);
            result.outcome = Outcome::Skip;
            result.reason = Some(obstacle.to_string());
            return Ok(result);
        }
        let reference = run_scenario(&scaled, file, self.judged_as, &options);
        let mut result = RunResult::empty(scenario, file, "linux", options.seed);
        let halted = reference.outcome == Outcome::Fail && reference.mismatches.is_empty();
        if halted || reference.steps.len() != scaled.steps.len() {
            let failure = reference.failure().unwrap_or(Failure::Expectation);
            let reason = reference.reason.unwrap_or_default();
            result.fail(
                failure,
                format!("our driver's run did not come to its end: {reason}"),
            );
            return Ok(result);
        }
        let takes = reference.virtual_ns / 1_000_000_000;
        if let Some(obstacle) = self.abilities.too_long(takes) {
            result.outcome = Outcome::Skip;
            result.reason = Some(obstacle.to_string());
            return Ok(result);
        }
        let mut guest = self.guest_for(&scaled, seed.unwrap_or(0), news)?;
        let keep = self.keep == Keep::Everything;
        let mut stage = LinuxStage::new(&mut guest, self.abilities, scaled.device.timeouts, keep);
        let execution = Execution::new(&scaled, self.judged_as, Some(&reference), &mut stage);
        let ended = execution.run(&mut result)?;
        // The verdict stands, whatever becomes of the guest.
        let aftermath = match ended {
            Ended::Badly => Aftermath::Spent,
            Ended::Well => stage.clean_up().unwrap_or_else(|error| {
                tracing::warn!(actor = "host", %error, "the guest cannot be used again");
                Aftermath::Spent
            }),
        };
        if aftermath == Aftermath::Clean {
            self.guest = Some(guest);
        }
        Ok(result)
    }

    /// A guest with the scenario's device in it: the one that is there, if it will do.
    fn guest_for(
        &mut self,
        scenario: &ScenarioFile,
        seed: u64,
        news: &dyn NewsListener,
    ) -> Result<Guest, BackendError> {
        let profile = Profile::of(&scenario.device);
        if let Some(mut guest) = self.guest.take()
            && guest.profile() == profile
        {
            // What it has printed since it was left in good order is nobody's, but its kernel is not as it was.
            match guest
                .replace_device(&scenario.device, seed)
                .and_then(|()| guest.is_quiet())
            {
                Ok(true) => return Ok(guest),
                Ok(false) => tracing::warn!(
                    actor = "host",
                    "the kernel has complained since; it is not used again"
                ),
                Err(error) if error.is_of_the_machine() => return Err(error.into()),
                Err(error) => tracing::warn!(actor = "host", %error, "the guest cannot be used again"),
            }
        }
        let what = format!("booting a guest with a {profile}");
        tracing::info!(actor = "host", "{what}");
        news.begins(&what);
        let interrupt = self.interrupt.as_ref().map(OwnedFd::try_clone).transpose()?;
        let booted = Guest::boot_with(&self.kit, &self.initrd, &scenario.device, seed, interrupt);
        match &booted {
            // The device's clock began with the boot.
            Ok(guest) => news.done(&what, Duration::from_nanos(guest.now().0)),
            Err(error) => news.failed(&what, &error.to_string()),
        }
        Ok(booted?)
    }
}
