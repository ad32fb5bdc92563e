//! The same scenario with waits that a wall clock bears.
//!
//! A driver's long waits are for time-outs, and the device prescribes most of them: the command limit (60 s unless
//! the device says otherwise) and the wait for the pages of VFs (120 s). The scaled device prescribes a few seconds, and
//! what the scenario times by those limits moves along. Two limits are constants of the kernel and stay: 5 s for
//! a lost event after a command's limit, and 5 s of startup reclaim without progress. Orders of magnitude stay in order:
//! what was shorter than a limit still is, by as much as the scenario needs.

use crate::scenario::{Action, GateStep, HostStep, ScenarioFile, Step, TimeStep};
use emulator::config::Timeouts;
use emulator::order::{Answer, AnswerRule, FirmwareOrder, ReactionRule};

/// The driver's own command limit, in ms: what scenarios are written for.
const COMMAND_LIMIT: u64 = 60_000;
/// The least that a command's limit is scaled to: the guest has one slow processor.
const LEAST_COMMAND_LIMIT: u64 = 2_000;
/// What a step takes beside its own delay, while an operation or a command is kept waiting: settling, and looking at the
/// books.
const STEP: u64 = 2_500;
/// The least that a wait for pages is scaled to.
const LEAST_PAGE_WAIT: u64 = 4_000;
/// What lasts longer than this, short of a limit, is meant to be long, not to be exact.
const LONG: u64 = 10_000;

/// The driver's own limit for a function that has to go off after a fatal error.
const GOING_DOWN: u64 = 2_000;
/// The same where a scenario reports such an error. The kernel looks at a device's health every 2 s and a random second more;
/// what the scenario does in between has to find it waiting all the same.
const DYING: u64 = 6_000;

/// How a scenario's times map to the wall clock's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    command_limit: u64,
    page_wait: u64,
    /// How long the driver waits for a function to go off after a fatal error.
    going_down: u64,
}

impl Scale {
    /// The scale for a scenario: its limits outlast each of its delays.
    #[must_use]
    pub fn of(scenario: &ScenarioFile) -> Self {
        let longest = delays(scenario)
            .into_iter()
            .filter(|&delay| delay < COMMAND_LIMIT)
            .map(|delay| delay.min(LONG))
            .max()
            .unwrap_or(0);
        let held = longest_span(scenario, |step| {
            matches!(step.gate, Some(GateStep::Hold(_) | GateStep::Release { .. }))
        });
        let operating = longest_span(scenario, |step| {
            step.background || matches!(step.host, Some(HostStep::WaitFor(_)))
        });
        let dies = scenario
            .steps
            .iter()
            .any(|step| step.firmware.as_ref().is_some_and(reports_an_error));
        let held = if dies { held.max(2 * DYING) } else { held };
        Self {
            command_limit: LEAST_COMMAND_LIMIT.max(2 * longest).max(held),
            page_wait: LEAST_PAGE_WAIT.max(2 * longest).max(operating),
            going_down: if dies { DYING } else { GOING_DOWN },
        }
    }

    /// A time of the scenario, in ms, on the wall clock.
    #[must_use]
    pub fn time(self, ms: u64) -> u64 {
        if ms < COMMAND_LIMIT {
            return ms.min(LONG);
        }
        // As many whole limits, each with its 5 s for a lost event, as the scenario means, and the rest as it is.
        let whole = COMMAND_LIMIT + 5_000;
        let limits = (ms / whole).max(1);
        let beyond = (ms - COMMAND_LIMIT).min(LONG + 2_000);
        // A kernel's timers have slots that are coarser the later they are: what is long comes up to an eighth late.
        let limit = self.command_limit + self.command_limit / 8;
        if ms < 2 * whole {
            limit + beyond
        } else {
            limits * (limit + 5_000)
        }
    }

    fn timeouts(self, given: Timeouts) -> Timeouts {
        let scaled = |ms: u64| u32::try_from(ms).unwrap_or(u32::MAX);
        Timeouts {
            command_ms: scaled(self.command_limit),
            reclaim_vfs_pages_ms: scaled(self.page_wait),
            pcie_toggle_ms: scaled(self.going_down),
            ..given
        }
    }
}

/// Whether an order makes the device report an error, at once or as a reaction.
pub(super) fn reports_an_error(order: &FirmwareOrder) -> bool {
    match order {
        FirmwareOrder::DeviceError(_) => true,
        FirmwareOrder::When(ReactionRule { then, .. }) => then.iter().any(reports_an_error),
        _ => false,
    }
}

/// The scenario with the device's limits, its own delays and its pauses scaled.
#[must_use]
pub fn scaled(scenario: &ScenarioFile) -> ScenarioFile {
    let scale = Scale::of(scenario);
    let mut scaled = scenario.clone();
    scaled.device.timeouts = scale.timeouts(scenario.device.timeouts);
    for step in &mut scaled.steps {
        if let Some(TimeStep::PassMs(ms)) = &mut step.time {
            *ms = scale.time(*ms);
        }
        if let Some(order) = &mut step.firmware {
            scale_order(order, scale);
        }
    }
    scaled
}

fn scale_order(order: &mut FirmwareOrder, scale: Scale) {
    match order {
        FirmwareOrder::Answer(AnswerRule {
            with: Answer::Late { after_ms } | Answer::CompletedLate { after_ms },
            ..
        }) => *after_ms = u32::try_from(scale.time((*after_ms).into())).unwrap_or(u32::MAX),
        FirmwareOrder::When(ReactionRule { after_ms, then, .. }) => {
            *after_ms = u32::try_from(scale.time((*after_ms).into())).unwrap_or(u32::MAX);
            then.iter_mut().for_each(|order| scale_order(order, scale));
        }
        _ => {}
    }
}

/// How long it takes from the first to the last step of a kind, in ms. What is shorter than a limit in the scenario must not be
/// longer than the scaled limit.
fn longest_span(scenario: &ScenarioFile, is_end: impl Fn(&Step) -> bool) -> u64 {
    let first = scenario.steps.iter().position(&is_end);
    let last = scenario.steps.iter().rposition(&is_end);
    let (Some(first), Some(last)) = (first, last) else {
        return 0;
    };
    let time = |step: &Step| match step.time {
        Some(TimeStep::PassMs(ms)) if ms < COMMAND_LIMIT => STEP + ms.min(LONG),
        _ => STEP,
    };
    let steps = scenario.steps.get(first..last).unwrap_or_default();
    steps.iter().map(time).sum()
}

/// Every time that the scenario names, in ms.
fn delays(scenario: &ScenarioFile) -> Vec<u64> {
    let mut delays = Vec::new();
    for step in &scenario.steps {
        match step.action() {
            Some(Action::Time(TimeStep::PassMs(ms))) => delays.push(*ms),
            Some(Action::Firmware(order)) => order_delays(order, &mut delays),
            _ => {}
        }
    }
    delays
}

fn order_delays(order: &FirmwareOrder, delays: &mut Vec<u64>) {
    match order {
        FirmwareOrder::Answer(AnswerRule {
            with: Answer::Late { after_ms } | Answer::CompletedLate { after_ms },
            ..
        }) => delays.push((*after_ms).into()),
        FirmwareOrder::When(ReactionRule { after_ms, then, .. }) => {
            delays.push((*after_ms).into());
            then.iter().for_each(|order| order_delays(order, delays));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale {
        command_limit: 2_000,
        page_wait: 4_000,
        going_down: 2_000,
    };

    #[test]
    fn short_times_stay_and_long_ones_follow_the_limit() {
        assert_eq!(SCALE.time(500), 500);
        assert_eq!(SCALE.time(24_000), 10_000);
        assert_eq!(SCALE.time(60_000), 2_250);
        assert_eq!(SCALE.time(66_000), 8_250);
        assert_eq!(SCALE.time(70_000), 12_250);
    }

    #[test]
    fn several_limits_in_a_row_stay_several() {
        assert_eq!(SCALE.time(8 * 65_000), 8 * 7_250);
    }
}
