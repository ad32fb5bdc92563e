//! What firmware does: commands, holds of the gate, the ledger, and what else it tells.

use super::marks::{Drawing, LaneKind, LaneNumber, Slice};
use crate::record::timeline::Timeline;
use emulator::{CommandRecord, Record};
use prm::saturated;
use prm::{Cycles, Function};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A command that is drawn.
pub(super) struct DrawnCommand<'a> {
    pub(super) command: &'a CommandRecord,
    pub(super) lane: LaneNumber,
}

/// A time in which a hold kept a command.
struct Kept<'a> {
    hold: &'a str,
    n: u64,
    began: Cycles,
    ended: Cycles,
}

/// Every slot of every command interface with its commands, from the doorbell to the owner bit.
pub(super) fn commands<'a>(drawing: &mut Drawing, timeline: &'a Timeline) -> Vec<DrawnCommand<'a>> {
    let kept = kept(timeline);
    let mut slots: BTreeMap<(Function, u8), Vec<(&CommandRecord, Slice)>> = BTreeMap::new();
    for record in &timeline.records {
        let (command, lost) = match record {
            Record::Command(command) => (command, None),
            Record::CommandUnfinished { command, why, .. } => (command, Some(why.as_ref())),
            _ => continue,
        };
        let slice = slice(command, lost, record.cycles(), &kept);
        let slot = slots.entry((command.endpoint, command.slot)).or_default();
        slot.push((command, slice));
    }
    let mut drawn = Vec::new();
    for ((endpoint, slot), commands) in slots {
        let (commands, slices): (Vec<_>, Vec<_>) = commands.into_iter().unzip();
        let name = format!("{endpoint} command slot {slot}");
        let lanes = drawing.draw(LaneKind::Commands, &name, &slices);
        let both = commands.into_iter().zip(lanes);
        drawn.extend(both.map(|(command, lane)| DrawnCommand { command, lane }));
    }
    drawn.sort_by_key(|drawn| drawn.command.n);
    drawn
}

fn slice(command: &CommandRecord, lost: Option<&str>, ended: Cycles, kept: &[Kept<'_>]) -> Slice {
    let mut args = serde_json::to_value(command).unwrap_or_default();
    if let (Some(args), Some(why)) = (args.as_object_mut(), lost) {
        args.insert("never_completes".to_owned(), json!(why));
    }
    let mut slice = Slice::new(words(command), command.rung, ended).with(args);
    let holds = kept.iter().filter(|kept| kept.n == command.n);
    slice.inner = holds
        .map(|kept| Slice::new(format!("held by {}", kept.hold), kept.began, kept.ended))
        .collect();
    slice
}

/// The command's name, and for pages which way they go.
fn words(command: &CommandRecord) -> String {
    let way = match (command.name.as_ref(), command.op_mod) {
        ("MANAGE_PAGES", 0) => " cannot give",
        ("MANAGE_PAGES", 1) => " give",
        ("MANAGE_PAGES", 2) => " take",
        _ => "",
    };
    format!("{}{way}", command.name)
}

/// What each hold kept, in the order in which it was caught; to the end of the run where nobody released it.
fn kept(timeline: &Timeline) -> Vec<Kept<'_>> {
    let mut kept: Vec<(Kept<'_>, bool)> = Vec::new();
    for record in &timeline.records {
        match record {
            Record::GateCaught { cycles, name, n } => {
                let caught = Kept {
                    hold: name,
                    n: *n,
                    began: *cycles,
                    ended: timeline.ended,
                };
                kept.push((caught, false));
            }
            Record::GateReleased { cycles, name, .. } => {
                let mut open = kept
                    .iter_mut()
                    .filter(|(kept, released)| kept.hold == name && !released);
                if let Some((kept, released)) = open.next() {
                    kept.ended = *cycles;
                    *released = true;
                }
            }
            _ => {}
        }
    }
    kept.into_iter().map(|(kept, _)| kept).collect()
}

/// Each hold with what it kept.
pub(super) fn holds(drawing: &mut Drawing, timeline: &Timeline) {
    let names: BTreeMap<u64, String> = timeline
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Command(command) | Record::CommandUnfinished { command, .. } => {
                Some((command.n, words(command)))
            }
            _ => None,
        })
        .collect();
    let mut holds: BTreeMap<&str, Vec<Slice>> = BTreeMap::new();
    for kept in kept(timeline) {
        let name = names.get(&kept.n).map_or("a command", String::as_str);
        let slice = Slice::new(format!("keeps {name}"), kept.began, kept.ended);
        holds
            .entry(kept.hold)
            .or_default()
            .push(slice.with(json!({ "n": kept.n })));
    }
    for (hold, slices) in holds {
        drawing.draw(LaneKind::Hold, &format!("hold {hold}"), &slices);
    }
}

/// What firmware tells beside commands and page requests, each where it happened.
pub(super) fn notices(drawing: &mut Drawing, timeline: &Timeline) {
    let mut lanes: BTreeMap<Function, LaneNumber> = BTreeMap::new();
    for record in &timeline.records {
        let endpoint = match record {
            Record::Event { endpoint, .. }
            | Record::EventLost { endpoint, .. }
            | Record::InterruptLost { endpoint, .. }
            | Record::FunctionReset { endpoint, .. }
            | Record::Link { endpoint, .. }
            | Record::Refused { endpoint, .. }
            | Record::Corruption { endpoint, .. }
            | Record::StrayDma { endpoint, .. }
            | Record::LateCompletion { endpoint, .. } => *endpoint,
            Record::PagesForgotten(moved) => moved.supplier,
            _ => continue,
        };
        let lane = *lanes
            .entry(endpoint)
            .or_insert_with(|| drawing.lane(LaneKind::Firmware, &format!("{endpoint} firmware")));
        drawing.instant(lane, record.cycles(), record.to_string());
    }
}

/// Pages that firmware books on each owner.
pub(super) fn ledger(drawing: &mut Drawing, timeline: &Timeline) {
    let mut rows: BTreeSet<&str> = BTreeSet::new();
    for sample in &timeline.ledger {
        let name = format!("ledger {}", sample.row);
        if rows.insert(&sample.row) && sample.at > timeline.began {
            drawing.counter(&name, timeline.began, 0);
        }
        drawing.counter(&name, sample.at, saturated::<i64>(sample.pages));
    }
}

/// A command's fields, of those that say whose pages it is about.
pub(super) fn identity(command: &CommandRecord) -> Option<(u16, bool)> {
    Some((
        command.fields.function_id?,
        command.fields.ec.is_some_and(|ec| ec != 0),
    ))
}
