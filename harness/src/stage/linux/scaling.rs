//! The same scenario with waits that a wall clock bears.
//!
//! A driver's long waits are for time-outs, and the device prescribes most of them: the command limit (60 s unless
//! the device says otherwise), the wait for the pages of VFs (120 s), startup reclaim without progress (5 s), a function that
//! has to go off (2 s). The scaled device prescribes a few seconds, and what the scenario times by those limits moves
//! along. One limit is a constant of the kernel and stays: 5 s for a lost event after a command's limit.
//!
//! What is kept is the order of every time and every limit: `limits`.

mod limits;

use crate::scenario::{Action, GateStep, HostStep, ScenarioFile, Step, TimeStep, Together};
use emulator::config::OnDisable;
use emulator::order::{
    Answer, AnswerRule, FirmwareOrder, InterruptFate, InterruptRule, LinkState, OrderAt, QueueKind,
    ReactionRule, Reconfigure,
};
use limits::{Demand, Limits, Span};
use prm::saturated;

/// How a scenario's times map to the wall clock's.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scale(Limits);

impl Scale {
    /// The scale for a scenario: its limits outlast what comes before them.
    fn of(scenario: &ScenarioFile) -> Self {
        let given = scenario.device.timeouts;
        let steps: Vec<Step> = scenario.in_file_order().collect();
        let is_held = |step: &Step| matches!(step.gate, Some(GateStep::Hold(_) | GateStep::Release { .. }));
        let operates = |step: &Step| step.background || matches!(step.host, Some(HostStep::WaitFor(_)));
        let orders = || steps.iter().filter_map(|step| step.firmware.as_ref());
        let holds = steps
            .iter()
            .any(|step| matches!(step.gate, Some(GateStep::Hold(_))));
        Self(Limits::of(
            given,
            &Demand {
                times: times(scenario),
                held: longest_span(scenario, given.command_ms.into(), is_held),
                operating: longest_span(scenario, given.reclaim_vfs_pages_ms.into(), operates),
                dies: orders().any(reports_an_error),
                leaves: orders().any(cuts_the_link),
                stalls: holds || orders().any(stalls_a_command),
            },
        ))
    }

    fn short(&self, ms: u32) -> u32 {
        saturated::<u32>(self.0.time(ms.into()))
    }
}

/// Whether an order makes the device report an error or go away, at once or as a reaction.
pub(super) fn reports_an_error(order: &FirmwareOrder) -> bool {
    match order {
        FirmwareOrder::DeviceError(_) | FirmwareOrder::Link(LinkState::Down) => true,
        FirmwareOrder::When(ReactionRule { then, .. }) => then.iter().any(reports_an_error),
        _ => false,
    }
}

/// Whether an order takes the device out of its host's reach, at once or as a reaction.
fn cuts_the_link(order: &FirmwareOrder) -> bool {
    match order {
        FirmwareOrder::Link(LinkState::Down) => true,
        FirmwareOrder::When(ReactionRule { then, .. }) => then.iter().any(cuts_the_link),
        _ => false,
    }
}

/// Whether an order keeps a command waiting, at once or as a reaction.
fn stalls_a_command(order: &FirmwareOrder) -> bool {
    match order {
        FirmwareOrder::Answer(rule) => matches!(
            rule.with,
            Answer::Late { .. }
                | Answer::CompletedLate { .. }
                | Answer::Never {}
                | Answer::LostEvent {}
                | Answer::LostInterrupt {}
                | Answer::Needs { .. }
        ),
        FirmwareOrder::Interrupts(rule) => rule.queue == QueueKind::Commands,
        FirmwareOrder::When(ReactionRule { then, .. }) => then.iter().any(stalls_a_command),
        _ => false,
    }
}

/// The scenario with the device's limits, its own delays and its pauses scaled.
#[must_use]
pub fn scaled(scenario: &ScenarioFile) -> ScenarioFile {
    let scale = Scale::of(scenario);
    let mut scaled = scenario.clone();
    scaled.device.timeouts = scale.0.timeouts;
    scale_on_disable(&mut scaled.device.firmware.on_disable, &scale);
    let mut waits = Waits::default();
    for step in &mut scaled.steps {
        if let Some(TimeStep::PassMs(ms)) = &mut step.time {
            *ms = waits.pass(*ms, &scale);
        }
        let together = step.together.iter_mut().flat_map(Together::orders_mut);
        for order in step.firmware.iter_mut().chain(together) {
            scale_order(order, &scale);
        }
        waits.note(step);
    }
    scaled
}

/// What has been waiting, and for how long: pauses in a row may reach a limit that none of them does alone.
#[derive(Debug, Default)]
struct Waits(Vec<Wait>);

#[derive(Debug)]
struct Wait {
    /// The hold, or the operation.
    name: String,
    given: u64,
    scaled: u64,
}

impl Waits {
    /// The scaled pause.
    fn pass(&mut self, ms: u64, scale: &Scale) -> u64 {
        let rests = self
            .0
            .iter()
            .map(|wait| scale.0.rest(wait.given, wait.scaled, ms));
        let scaled = rests.fold(scale.0.time(ms), u64::max);
        for wait in &mut self.0 {
            wait.given += ms;
            wait.scaled += scaled;
        }
        scaled
    }

    /// What begins or ends to wait in a step.
    fn note(&mut self, step: &Step) {
        let (begins, ends) = match (&step.gate, &step.host) {
            (Some(GateStep::Hold(hold)), _) => (Some(&hold.name), None),
            (Some(GateStep::Release { name }), _) | (_, Some(HostStep::WaitFor(name))) => (None, Some(name)),
            (_, Some(_)) if step.background => (step.name.as_ref(), None),
            _ => (None, None),
        };
        if let Some(name) = ends {
            self.0.retain(|wait| wait.name != *name);
        }
        self.0.extend(begins.map(|name| Wait {
            name: name.clone(),
            given: 0,
            scaled: 0,
        }));
    }
}

fn scale_on_disable(on_disable: &mut OnDisable, scale: &Scale) {
    if let OnDisable::ReturnPages { after_ms } = on_disable {
        *after_ms = scale.short(*after_ms);
    }
}

fn scale_order(order: &mut FirmwareOrder, scale: &Scale) {
    match order {
        FirmwareOrder::Answer(AnswerRule {
            with: Answer::Late { after_ms } | Answer::CompletedLate { after_ms },
            ..
        })
        | FirmwareOrder::Interrupts(InterruptRule {
            next: InterruptFate::Late { after_ms },
            ..
        }) => *after_ms = scale.short(*after_ms),
        FirmwareOrder::When(ReactionRule { after_ms, then, .. }) => {
            *after_ms = scale.short(*after_ms);
            then.iter_mut().for_each(|order| scale_order(order, scale));
        }
        FirmwareOrder::At(OrderAt { order, .. }) => scale_order(order, scale),
        FirmwareOrder::Reconfigure(Reconfigure {
            on_disable: Some(on_disable),
            ..
        }) => scale_on_disable(on_disable, scale),
        _ => {}
    }
}

/// What there is from the first to the last step of a kind, as far as it takes less than `limit` in the scenario: what is shorter
/// than a limit there must not be longer than the scaled limit.
fn longest_span(scenario: &ScenarioFile, limit: u64, is_end: impl Fn(&Step) -> bool) -> Span {
    let steps: Vec<Step> = scenario.in_file_order().collect();
    let first = steps.iter().position(&is_end);
    let last = steps.iter().rposition(&is_end);
    let mut span = Span::default();
    let (Some(first), Some(last)) = (first, last) else {
        return span;
    };
    let mut given = 0;
    for step in steps.get(first..last).unwrap_or_default() {
        span.steps += 1;
        if let Some(TimeStep::PassMs(ms)) = step.time {
            given += ms;
            if given >= limit {
                break;
            }
            span.pauses.push(ms);
        }
    }
    span
}

/// Every time that the scenario names, in ms.
fn times(scenario: &ScenarioFile) -> Vec<u64> {
    let mut times = Vec::new();
    on_disable_time(scenario.device.firmware.on_disable, &mut times);
    for step in scenario.in_file_order() {
        match step.action() {
            Some(Action::Time(TimeStep::PassMs(ms))) => times.push(*ms),
            Some(Action::Firmware(order)) => order_times(order, &mut times),
            _ => {}
        }
    }
    times
}

fn on_disable_time(on_disable: OnDisable, times: &mut Vec<u64>) {
    if let OnDisable::ReturnPages { after_ms } = on_disable {
        times.push(after_ms.into());
    }
}

fn order_times(order: &FirmwareOrder, times: &mut Vec<u64>) {
    match order {
        FirmwareOrder::Answer(AnswerRule {
            with: Answer::Late { after_ms } | Answer::CompletedLate { after_ms },
            ..
        })
        | FirmwareOrder::Interrupts(InterruptRule {
            next: InterruptFate::Late { after_ms },
            ..
        }) => times.push((*after_ms).into()),
        FirmwareOrder::When(ReactionRule { after_ms, then, .. }) => {
            times.push((*after_ms).into());
            then.iter().for_each(|order| order_times(order, times));
        }
        FirmwareOrder::At(OrderAt { order, .. }) => order_times(order, times),
        FirmwareOrder::Reconfigure(Reconfigure {
            on_disable: Some(on_disable),
            ..
        }) => on_disable_time(*on_disable, times),
        _ => {}
    }
}
