//! Actions in words.

use super::wording::{count, enumeration};
use crate::scenario::deed::{Fault, FunctionOperation, GateStep, HostStep, RaceStep, TimeStep};
use crate::scenario::step::{Action, Step};
use crate::scenario::unfolding::Line;
use emulator::order::{
    Answer, AnswerRule, CommandMatch, FirmwareOrder, FunctionsChanged, Hold, HoldPoint, HostPfState, OrderAt,
    PageRequest, ReactionRule, StrayEvent, SyncResetOrder, VhcaStateOrder,
};
use prm::WireIdentity;

/// The step's action as one sentence.
#[must_use]
pub fn sentence(action: Action<'_>, step: &Step) -> String {
    match action {
        Action::Host(host) if step.background => {
            let name = step.name.as_deref().unwrap_or_default();
            format!("In the background (`{name}`), {}.", host_clause(host))
        }
        Action::Host(host) => capital(&format!("{}.", host_clause(host))),
        Action::Firmware(order) => capital(&format!("{}.", order_clause(order))),
        Action::Gate(gate) => gate_sentence(gate),
        Action::Fault(fault) => fault_sentence(fault),
        Action::Race(RaceStep::Pause { at }) => {
            format!("The next task of the driver that gets to `{at}` stops there.")
        }
        Action::Race(RaceStep::Resume { at }) => format!("The task that was stopped at `{at}` goes on."),
        Action::Race(RaceStep::FreePage { key }) => {
            format!("One boot page is freed that the driver holds under owner key {key:#x}.")
        }
        Action::Time(TimeStep::PassMs(milliseconds)) => format!("{} pass.", duration(*milliseconds)),
        Action::Together(together) => {
            let line = |line: Line| {
                let steps = line
                    .steps
                    .iter()
                    .filter_map(|step| Some(sentence(step.action()?, step)));
                format!("{}: {}", line.actor, steps.collect::<Vec<_>>().join(" Then: "))
            };
            let lines: Vec<String> = together.lines().into_iter().map(line).collect();
            format!("At the same time, each in order. {}", lines.join(" | "))
        }
        Action::Time(TimeStep::Quiesce) => "Time passes until nothing is left to do.".to_owned(),
    }
}

fn host_clause(host: &HostStep) -> String {
    match host {
        HostStep::Operation(operation) => format!("the host {}", operation.clause()),
        HostStep::Flr(function) => format!("the host resets {function}"),
        HostStep::WaitFor(name) => format!("the host waits until `{name}` has ended"),
        HostStep::Function(step) => {
            let verb = match step.operation {
                FunctionOperation::Load => "loads",
                FunctionOperation::Unload => "removes",
            };
            format!("the host {verb} a second driver on {}", step.which)
        }
    }
}

fn order_clause(order: &FirmwareOrder) -> String {
    match order {
        FirmwareOrder::RequestPages(request) => format!("firmware {}", request_clause(request)),
        FirmwareOrder::Answer(rule) => answer_clause(rule),
        FirmwareOrder::When(rule) => reaction_clause(rule),
        FirmwareOrder::Reset {} => "firmware is reset: it forgets every page and the page mode".to_owned(),
        FirmwareOrder::DeviceError(error) => {
            let fatal = if error.fatal { ", fatal" } else { "" };
            format!(
                "firmware reports an error (health syndrome {}{fatal})",
                error.syndrome
            )
        }
        FirmwareOrder::Link(link) => format!("the device's link is {}", link.word()),
        FirmwareOrder::VportChange { vport } => format!("firmware reports a change of vport {vport}"),
        FirmwareOrder::FunctionsChanged(changes) => functions_clause(changes),
        FirmwareOrder::VhcaState(VhcaStateOrder { function, state }) => {
            let state = state.map(|state| serde_json::to_value(state).unwrap_or_default());
            let state = state.and_then(|state| state.as_str().map(|name| format!(": {name}")));
            format!(
                "firmware reports a change of the state of `{function}`{}",
                state.unwrap_or_default()
            )
        }
        FirmwareOrder::SyncReset(order) => match order {
            SyncResetOrder::Request => "asks whether it may be reset, as another host wants".to_owned(),
            SyncResetOrder::Unload => "wants the driver to unload for the reset".to_owned(),
            SyncResetOrder::Abort => "gives the reset up".to_owned(),
        },
        FirmwareOrder::At(OrderAt { function, order }) => {
            format!("at the interface of `{function}`, {}", order_clause(order))
        }
        FirmwareOrder::StrayEvent(StrayEvent::HostVfs { count: vfs }) => {
            let vfs = count(*vfs, "VF");
            format!("firmware reports that the external host now has {vfs} enabled, more than there are")
        }
        FirmwareOrder::StrayEvent(StrayEvent::VhcaState(WireIdentity { id, ec })) => {
            let bit = if *ec { " with the ec bit" } else { "" };
            format!("firmware reports that function id {id}{bit} changed its state")
        }
        FirmwareOrder::Interrupts(rule) => {
            let which = match rule.times {
                0 => "from now on every interrupt".to_owned(),
                1 => "the next interrupt".to_owned(),
                times => format!("each of the next {times} interrupts"),
            };
            format!("{which} of {} {}", rule.queue.words(), rule.next.words())
        }
        FirmwareOrder::SpuriousInterrupt(interrupt) => {
            let queue = interrupt.queue.words();
            format!("firmware raises the interrupt of {queue} without an event")
        }
        FirmwareOrder::Reconfigure(change) => {
            let changed = serde_json::to_value(change).unwrap_or_default();
            let named = changed.as_object().into_iter().flatten();
            let named = named
                .filter(|(_, value)| !value.is_null() && value.as_object().is_none_or(|ids| !ids.is_empty()));
            let named: Vec<String> = named.map(|(name, value)| format!("`{name}` = {value}")).collect();
            format!("from now on firmware has {}", enumeration(&named))
        }
    }
}

fn functions_clause(changes: &FunctionsChanged) -> String {
    let vfs = changes.host_vfs;
    let vfs = vfs.map(|vfs| format!("the external host now has {} enabled", count(vfs, "VF")));
    let pf = changes.host_pf.map(|state| match state {
        HostPfState::InUse => "the external host has its PF in use".to_owned(),
        HostPfState::Disabled => "the external host's PF is disabled".to_owned(),
    });
    let satellites = changes.satellite_pfs.as_ref().map(|there| {
        let named: Vec<String> = there.iter().map(|function| format!("`{function}`")).collect();
        match named.is_empty() {
            true => "there are no satellite PFs any more".to_owned(),
            false => format!("of the satellite PFs there are {} now", enumeration(&named)),
        }
    });
    let told: Vec<String> = [vfs, pf, satellites].into_iter().flatten().collect();
    if told.is_empty() {
        return "firmware reports a change of functions, and nothing has changed".to_owned();
    }
    format!("firmware reports that {}", enumeration(&told))
}

fn request_clause(request: &PageRequest) -> String {
    let owner = match (request.function, request.identity) {
        (Some(function), _) => function.to_string(),
        (None, Some(identity)) if identity.ec => format!("id {} with the ec bit", identity.id),
        (None, Some(identity)) => format!("id {}", identity.id),
        (None, None) => "nobody".to_owned(),
    };
    if request.release_all {
        return format!("releases all pages of {owner}");
    }
    let pages = count(i64::from(request.pages).abs(), "page");
    if request.pages < 0 {
        format!("gives back {pages} of {owner}")
    } else {
        format!("asks for {pages} for {owner}")
    }
}

fn requests(requests: &[PageRequest]) -> String {
    enumeration(&requests.iter().map(request_clause).collect::<Vec<_>>())
}

fn command(command: &CommandMatch) -> String {
    let modifier = match (command.command.as_str(), command.op_mod) {
        (_, None) => String::new(),
        ("MANAGE_PAGES", Some(0)) => "(cannot give)".to_owned(),
        ("MANAGE_PAGES", Some(1)) => "(give)".to_owned(),
        ("MANAGE_PAGES", Some(2)) => "(take)".to_owned(),
        (_, Some(op_mod)) => format!("({op_mod:#x})"),
    };
    let mut text = format!("{}{modifier}", command.command);
    if let Some(function) = command.function {
        text.push_str(&format!(" about {function}"));
    } else if command.other == Some(true) {
        text.push_str(" about another function");
    }
    if let Some(id) = command.id {
        text.push_str(&format!(" with id {id}"));
    }
    if let Some(endpoint) = command.endpoint {
        text.push_str(&format!(" from the driver on {endpoint}"));
    }
    match command.skip {
        0 => {}
        1 => text.push_str(" (but the first)"),
        skip => text.push_str(&format!(" (but the first {skip})")),
    }
    text
}

fn commands(matching: &CommandMatch, times: u32) -> String {
    let command = command(matching);
    match times {
        0 => format!("from now on every {command}"),
        1 => format!("the next {command}"),
        times => format!("the next {times} times, {command}"),
    }
}

fn answer_clause(rule: &AnswerRule) -> String {
    let which = commands(&rule.to, rule.times);
    let how = rule.with.words();
    if let Answer::Needs { requests: needed } = &rule.with {
        return format!("{which} {how}: it {}", requests(needed));
    }
    format!("{which} {how}")
}

fn reaction_clause(rule: &ReactionRule) -> String {
    let which = commands(&rule.command, rule.times);
    let when = match rule.after_ms {
        0 => "at once".to_owned(),
        delay => format!("{} later", duration(delay.into())),
    };
    let then: Vec<String> = rule.then.iter().map(order_clause).collect();
    format!(
        "when firmware has executed {which}, {when} {}",
        enumeration(&then)
    )
}

fn gate_sentence(gate: &GateStep) -> String {
    match gate {
        GateStep::Hold(hold) => hold_sentence(hold),
        GateStep::Release { name } => format!("The gate releases `{name}`."),
        GateStep::WaitHeld { name } => format!("Things run on until the gate holds `{name}`."),
    }
}

fn hold_sentence(hold: &Hold) -> String {
    let place = match hold.at {
        HoldPoint::BeforeExecution => "before firmware executes it",
        HoldPoint::BeforeCompletion => "after firmware has executed it, before its outputs are written",
        HoldPoint::BeforeEvent => "after it is completed, before its event is posted",
    };
    let mut text = format!(
        "The gate will hold the next {} {place} (hold `{}`)",
        command(&hold.command),
        hold.name
    );
    if !hold.posts.is_empty() {
        text.push_str(&format!("; as it does, firmware {}", requests(&hold.posts)));
    }
    text + "."
}

fn fault_sentence(fault: &Fault) -> String {
    let (what, skip, times) = match fault {
        Fault::Allocation(fault) => (format!("allocation at `{}`", fault.site), fault.skip, fault.times),
        Fault::PageAllocation(count) => ("allocation of a host page".to_owned(), count.skip, count.times),
        Fault::Mapping(count) => ("mapping of a host page".to_owned(), count.skip, count.times),
    };
    let which = match times {
        1 => format!("The next {what} fails"),
        times => format!("The next {times} times, {what} fails"),
    };
    match skip {
        0 => format!("{which}."),
        skip => format!("{which}, after {skip} that succeed."),
    }
}

fn duration(milliseconds: u64) -> String {
    if milliseconds > 0 && milliseconds.is_multiple_of(1000) {
        format!("{} s", milliseconds / 1000)
    } else {
        format!("{milliseconds} ms")
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
