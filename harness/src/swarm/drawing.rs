//! A scenario from a frame and a seed: the frame's first operations, some moves of firmware and host, and the driver's removal.

use crate::scenario::{ByRevision, End, Reachability, ScenarioFile};
use crate::swarm::book::Book;
use crate::swarm::device::draw_device;
use crate::swarm::dice::Dice;
use crate::swarm::draft::Drawing;
use crate::swarm::frame::{Frame, Reach};
use driver::HostOperation;
use emulator::config::{CommandExecution, FirmwareKnobs, OnDisable, ReturnOrder};
use std::collections::BTreeSet;

/// Within this time in ms of virtual time everything that was late has come: longer than any limit and latency that is drawn.
const SETTLING_MS: u32 = 20_000;

/// A move that is a quirk, where quirks are allowed, in percent.
const QUIRKS: usize = 30;

/// What firmware does under this seed. The same frame and seed draw the same, whatever other seeds draw.
#[must_use]
pub fn draw(frame: &Frame, seed: u64) -> ScenarioFile {
    draw_in(frame, Dice::new(seed), seed)
}

/// A device, what its host does, and what its firmware does, all of it from this seed.
#[must_use]
pub fn draw_all(reachability: Reachability, reach: Reach, seed: u64) -> ScenarioFile {
    let mut dice = Dice::new(seed);
    let device = draw_device(&mut dice, reach != Reach::Clean);
    let frame = Frame::around(device, reachability, reach);
    draw_in(&frame, dice, seed)
}

fn draw_in(frame: &Frame, mut dice: Dice, seed: u64) -> ScenarioFile {
    let mut file = frame.base.clone();
    file.name = format!("{}-seed-{seed}", frame.base.name);
    "What a kernel does under a firmware whose choices were drawn".clone_into(&mut file.concern);
    file.why = format!("Drawn from seed {seed} in the frame of `{}`.", frame.base.name);
    file.schedule_matters = true;
    file.expect = ByRevision {
        reviewed: None,
        // A file has to expect something. That operations end is what holds for every driver.
        merged: Some(End {
            pending: Some(false),
            ..End::default()
        }),
        robust: None,
    };
    if file.device.firmware == FirmwareKnobs::default() {
        file.device.firmware = knobs(&mut dice);
    }
    let mut drawing = Drawing {
        frame,
        book: Book::new(&file.device),
        dice,
        steps: Vec::new(),
        names: 0,
        active: BTreeSet::new(),
    };
    frame
        .first
        .iter()
        .for_each(|operation| drawing.operate(*operation));
    for _ in 0..drawing.dice.between(2, 6) {
        if frame.allows_quirks() && drawing.dice.chance(QUIRKS) && drawing.book.is_loaded() {
            drawing.quirk();
        } else {
            drawing.play();
        }
    }
    if frame.is_wide() {
        drawing.settle();
    }
    if drawing.book.is_loaded() {
        drawing.operate(HostOperation::Unload);
    }
    if frame.is_wide() {
        drawing.quiesce();
    }
    file.steps = drawing.steps;
    file
}

impl Drawing<'_> {
    /// Everything that is late comes, and every fault has ended.
    fn settle(&mut self) {
        self.pass(SETTLING_MS);
        self.book.give_at_once();
    }
}

/// What the interface leaves to firmware.
fn knobs(dice: &mut Dice) -> FirmwareKnobs {
    let orders = [ReturnOrder::Newest, ReturnOrder::Oldest, ReturnOrder::Seeded];
    let at_most = [(6, 0), (1, 1), (1, 16), (1, 64)];
    FirmwareKnobs {
        return_order: dice.pick(&orders).unwrap_or_default(),
        returns_at_most: dice.weighed(&at_most).unwrap_or(0),
        on_disable: match dice.below(8) {
            0..3 => OnDisable::default(),
            3 => OnDisable::Silent,
            _ => OnDisable::ReturnPages {
                after_ms: dice.latency(),
            },
        },
        command_execution: match dice.below(5) {
            0 => CommandExecution::Serial,
            _ => CommandExecution::Parallel,
        },
        ..FirmwareKnobs::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse_scenario;
    use crate::swarm::compliance::is_compliant;
    use crate::swarm::frame::tests::frame;
    use crate::swarm::saving::text_of;

    fn is_valid(file: &ScenarioFile) -> Result<(), String> {
        let text = text_of(file).unwrap();
        let read = parse_scenario("drawn", Some(&file.name), text).map_err(|wrong| format!("{wrong:?}"))?;
        assert_eq!(read, *file);
        Ok(())
    }

    #[test]
    fn a_seed_draws_the_same_whatever_others_draw() {
        let frame = frame("compliant_firmware");
        let alone = draw(&frame, 17);
        let among: Vec<ScenarioFile> = (0..40).map(|seed| draw(&frame, seed)).collect();
        assert_eq!(among[17], alone);
        assert!((0..36).all(|seed| among[seed].steps != among[seed + 4].steps));
    }

    #[test]
    fn what_is_drawn_is_valid_and_keeps_to_its_class() {
        for seed in 0..400 {
            let compliant = draw(&frame("compliant_firmware"), seed);
            assert_eq!(is_valid(&compliant), Ok(()), "seed {seed}");
            assert!(is_compliant(&compliant), "seed {seed}: {compliant:#?}");
            let quirky = draw(&frame("firmware_quirk"), seed);
            assert_eq!(is_valid(&quirky), Ok(()), "seed {seed}");
        }
        let quirks = (0..400).filter(|seed| !is_compliant(&draw(&frame("firmware_quirk"), *seed)));
        assert!(quirks.count() > 200);
    }
}
