//! Which commands answer which page request: the arrow from firmware's event over the task that serves it to the
//! commands that give or take the pages.
//!
//! Nothing on the wire names the request that a command answers. The driver serves the requests for one identity in
//! their order, so that the first command which moves pages of it in the right direction answers the oldest request
//! that has not got all of its pages.

use super::firmware::{DrawnCommand, identity};
use super::host::DrawnTask;
use super::marks::{Drawing, LaneKind, LaneNumber, Slice};
use crate::record::timeline::Timeline;
use emulator::{Owner, Record};
use prm::{Cycles, Function, WireIdentity};
use serde_json::json;
use std::collections::BTreeMap;

/// MANAGE_PAGES: the driver cannot give (`MLX5_PAGES_CANT_GIVE`).
const CANNOT_GIVE: u16 = 0;
/// MANAGE_PAGES: the driver gives (`MLX5_PAGES_GIVE`).
const GIVE: u16 = 1;
/// MANAGE_PAGES: the driver takes back (`MLX5_PAGES_TAKE`).
const TAKE: u16 = 2;

/// A page request event, and what answered it.
struct Request {
    posted: Cycles,
    supplier: Function,
    owner: Owner,
    identity: WireIdentity,
    /// Pages that firmware wants, or wants to get rid of where it is negative.
    pages: i32,
    release_all: bool,
    /// Pages that have not moved.
    open: u32,
    /// The commands, by their places.
    answers: Vec<usize>,
}

/// Draws every page request from its event to its last answer, with its arrows.
pub(super) fn draw(
    drawing: &mut Drawing,
    timeline: &Timeline,
    tasks: &[DrawnTask<'_>],
    commands: &[DrawnCommand<'_>],
) {
    let mut requests = requests(timeline);
    for place in 0..commands.len() {
        answer(&mut requests, commands, place);
    }
    let mut lanes: BTreeMap<(Function, Owner), Vec<Request>> = BTreeMap::new();
    for request in requests {
        lanes
            .entry((request.supplier, request.owner))
            .or_default()
            .push(request);
    }
    for ((supplier, owner), requests) in lanes {
        let slices: Vec<Slice> = requests.iter().map(|request| slice(request, commands)).collect();
        let name = format!("{supplier} page requests for {owner}");
        let drawn = drawing.draw(LaneKind::Requests, &name, &slices);
        for (request, lane) in requests.iter().zip(drawn) {
            drawing.arrow(way(request, lane, tasks, commands));
        }
    }
}

fn requests(timeline: &Timeline) -> Vec<Request> {
    let posted = timeline.records.iter().filter_map(|record| match record {
        Record::PageRequestPosted {
            cycles,
            supplier,
            owner,
            identity,
            pages,
            release_all,
        } => Some(Request {
            posted: *cycles,
            supplier: *supplier,
            owner: *owner,
            identity: *identity,
            pages: *pages,
            release_all: *release_all,
            open: if *release_all { 0 } else { pages.unsigned_abs() },
            answers: Vec::new(),
        }),
        _ => None,
    });
    posted.collect()
}

/// Finds the request that a command answers.
fn answer(requests: &mut [Request], commands: &[DrawnCommand<'_>], place: usize) {
    let command = commands[place].command;
    let asked = command.fields.entries.unwrap_or(0);
    let moved = match command.op_mod {
        GIVE | CANNOT_GIVE => asked,
        _ => command.fields.returned.unwrap_or(0),
    };
    let Some(identity) = identity(command).filter(|_| command.name == "MANAGE_PAGES") else {
        return;
    };
    let answered = requests.iter_mut().find(|request| {
        let wanted = match command.op_mod {
            TAKE => request.pages < 0,
            _ => request.pages > 0,
        };
        wanted
            && request.open > 0
            && request.supplier == command.endpoint
            && request.posted <= command.rung
            && (request.identity.id, request.identity.ec) == identity
    });
    if let Some(request) = answered {
        request.answers.push(place);
        let is_last = command.op_mod == CANNOT_GIVE || command.status != Some(0) || moved < asked;
        request.open = if is_last {
            0
        } else {
            request.open.saturating_sub(moved)
        };
    }
}

fn slice(request: &Request, commands: &[DrawnCommand<'_>]) -> Slice {
    let name = if request.release_all {
        format!("release all of {}", request.owner)
    } else {
        format!("{:+} pages of {}", request.pages, request.owner)
    };
    let ends = request
        .answers
        .iter()
        .map(|place| commands[*place].command.cycles);
    let ended = ends.max().unwrap_or(request.posted);
    Slice::new(name, request.posted, ended).with(json!({
        "identity": request.identity.id,
        "answers": request.answers.len(),
        "unanswered_pages": request.open,
    }))
}

/// Where the arrow leads: from the request over the waiting task to each command.
fn way(
    request: &Request,
    lane: LaneNumber,
    tasks: &[DrawnTask<'_>],
    commands: &[DrawnCommand<'_>],
) -> Vec<(LaneNumber, Cycles)> {
    let mut way = vec![(lane, request.posted)];
    for place in &request.answers {
        let DrawnCommand { command, lane } = &commands[*place];
        let mut waits = tasks.iter();
        way.extend(waits.find_map(|task| task.waits_for(command.endpoint, command.slot, command.rung)));
        way.push((*lane, command.rung));
    }
    way
}
