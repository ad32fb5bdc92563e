//! From a scenario to its result, over as many boots as it takes.

use super::boot_files::BootFiles;
use super::build::abilities_of;
use super::error::BackendError;
use super::guest::Guest;
use super::profile::Profile;
use super::scaling;
use super::stage::LinuxStage;
use crate::play::execution::{Ended, Execution};
use crate::play::{RunOptions, run_scenario};
use crate::record::timeline::Keep;
use crate::record::{Failure, Outcome, RunResult};
use crate::scenario::{ScenarioFile, Sign};
use crate::stage::abilities::Abilities;
use crate::stage::contract::Stage;
use crate::stage::expenses::{Expenses, Purpose, Wear};
use crate::stage::heard::Heard;
use crate::stage::news::NewsListener;
use driver::RevisionName;
use emulator::config::DeviceConfig;
use guest::kit::KitOptions;
use prm::Cycles;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

/// A run that nobody has compared with another.
#[derive(Debug)]
pub struct Alone {
    /// What happened, step by step.
    pub result: RunResult,
    /// What the kernel was heard to say.
    pub heard: Heard,
}

/// Runs scenarios on Linux; keeps a guest from one to the next.
pub struct LinuxBackend {
    files: Arc<BootFiles>,
    guest: Option<Guest>,
    judged_as: RevisionName,
    abilities: Abilities,
    interrupt: Option<OwnedFd>,
    keep: Keep,
    /// Where the time since the last run went.
    expenses: Expenses,
    /// Why the last guest could not be used again.
    worn: Option<Wear>,
}

impl LinuxBackend {
    /// Guests of the kit that `options` name boot from `files`. Linux is judged by what files of scenarios expect of `judged_as`.
    #[must_use]
    pub fn booting(files: Arc<BootFiles>, options: &KitOptions, judged_as: RevisionName, full: bool) -> Self {
        Self {
            abilities: abilities_of(files.kit(), options, full),
            files,
            guest: None,
            judged_as,
            interrupt: None,
            keep: Keep::Nothing,
            expenses: Expenses::default(),
            worn: None,
        }
    }

    /// Once this is readable, the run that is under way ends with [`GuestError::Interrupted`](super::guest::GuestError::Interrupted).
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

    /// What drives the runs, in one line.
    #[must_use]
    pub fn describe(&self) -> String {
        self.files.kit().describe()
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
        if halted || reference.steps.len() != scaled.steps_of(self.judged_as).count() {
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
        let wear = match ended {
            Ended::Badly => Some(Wear::Failed),
            // Firmware has written, or may write, where the kernel has something else by now.
            Ended::Well if corrupts(&reference) => Some(Wear::Damaged),
            Ended::Well => stage.clean_up().unwrap_or_else(|error| {
                tracing::warn!(actor = "host", %error, "the guest cannot be used again");
                Some(Wear::Unusable)
            }),
        };
        self.expenses += stage.into_expenses();
        self.leave(guest, wear, news);
        Ok(result)
    }

    /// Runs a scenario whose times are those of the wall clock, without our driver's run beside it: nobody says what ought to be,
    /// and what the kernel was heard to say is returned with the result. No operation is waited for longer than `limit`.
    ///
    /// # Errors
    /// As [`LinuxBackend::run`].
    pub fn run_alone(
        &mut self,
        scenario: &ScenarioFile,
        seed: u64,
        limit: Cycles,
        news: &dyn NewsListener,
    ) -> Result<Alone, BackendError> {
        let mut result = RunResult::empty(scenario, &scenario.name, "linux", Some(seed));
        if let Some(obstacle) = self.abilities.obstacle(scenario, self.judged_as) {
            result.outcome = Outcome::Skip;
            result.reason = Some(obstacle.to_string());
            let heard = Heard::default();
            return Ok(Alone { result, heard });
        }
        let mut guest = self.guest_for(scenario, seed, news)?;
        let mut stage = LinuxStage::new(&mut guest, self.abilities, scenario.device.timeouts, false);
        stage.give_up_after(limit);
        let ended = Execution::new(scenario, self.judged_as, None, &mut stage).run(&mut result)?;
        let heard = stage.heard().clone();
        let left = result
            .measured
            .as_ref()
            .map_or(0, |measured| measured.left_with_firmware);
        let wear = match ended {
            Ended::Badly => Some(Wear::Failed),
            // Firmware may write where the kernel has something else by now.
            Ended::Well if left > 0 => Some(Wear::Damaged),
            Ended::Well => stage.clean_up().unwrap_or(Some(Wear::Unusable)),
        };
        self.expenses += stage.into_expenses();
        self.leave(guest, wear, news);
        Ok(Alone { result, heard })
    }

    /// The next run gets a fresh guest.
    pub fn boot_afresh(&mut self) {
        if self.guest.take().is_some() {
            self.worn = Some(Wear::Failed);
        }
    }

    /// Keeps the guest for the next run, or notes why it cannot be used again.
    fn leave(&mut self, guest: Guest, wear: Option<Wear>, news: &dyn NewsListener) {
        if let Some(wear) = wear {
            self.worn = Some(wear);
        } else {
            self.guest = Some(guest);
        }
        news.spent(&std::mem::take(&mut self.expenses));
    }

    /// A guest with the scenario's device in it: the one that is there, if it will do.
    fn guest_for(
        &mut self,
        scenario: &ScenarioFile,
        seed: u64,
        news: &dyn NewsListener,
    ) -> Result<Guest, BackendError> {
        let device = &scenario.device;
        if let Some(guest) = self.guest.take() {
            match self.reused(guest, device, seed)? {
                Ok(guest) => return Ok(guest),
                Err(wear) => self.worn = Some(wear),
            }
        }
        let purpose = self.worn.take().map_or(Purpose::FirstBoot, Purpose::FreshBoot);
        let what = format!("booting a guest with a {}", Profile::of(device));
        tracing::info!(actor = "host", "{what}");
        news.begins(&what);
        let interrupt = self.interrupt.as_ref().map(OwnedFd::try_clone).transpose()?;
        let files = &self.files;
        let booted = Guest::boot_with(
            files.kit(),
            files.initrd(),
            device,
            seed,
            files.learnt(),
            interrupt,
        );
        match &booted {
            // The device's clock began with the boot.
            Ok(guest) => {
                self.expenses.add(purpose, guest.now());
                news.done(&what, Duration::from_nanos(guest.now().0));
            }
            Err(error) => news.failed(&what, &error.to_string()),
        }
        Ok(booted?)
    }

    /// The guest that is there with another device, or why it will not do.
    fn reused(
        &mut self,
        mut guest: Guest,
        device: &DeviceConfig,
        seed: u64,
    ) -> Result<Result<Guest, Wear>, BackendError> {
        if !guest.has_room_for(device) {
            return Ok(Err(Wear::NoRoom));
        }
        // What it has printed since it was left in good order is nobody's, but its kernel is not as it was.
        let began = guest.now();
        let replaced = guest.replace_device(device, seed).and_then(|()| guest.is_quiet());
        let took = guest.now().saturating_sub(began);
        self.expenses.add(Purpose::Exchange, took);
        match replaced {
            Ok(true) => Ok(Ok(guest)),
            Ok(false) => {
                tracing::warn!(
                    actor = "host",
                    "the kernel has complained since; it is not used again"
                );
                Ok(Err(Wear::Complained))
            }
            Err(error) if error.is_of_the_machine() => Err(error.into()),
            Err(error) => {
                tracing::warn!(actor = "host", %error, "the guest cannot be used again");
                Ok(Err(Wear::Unusable))
            }
        }
    }
}

/// Whether memory is no longer whose it was, by our driver's run.
fn corrupts(reference: &RunResult) -> bool {
    let mut signs = reference.violations.iter().map(|broken| broken.invariant.sign());
    signs.any(|sign| matches!(sign, Sign::Corruption(_)))
}
