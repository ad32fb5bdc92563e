//! A small search of all interleavings: what a race can end in, told by every way of searching alike. A step that touches more than it
//! announces makes the ways differ.
//!
//! * `race` - the race: a VF enabled, a driver unloaded, a request for pages
//! * `search` - all ends, with and without believing that steps commute

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod race;
mod search;

use driver::runtime::Kind;
use driver::{HostOperation, RevisionName};
use race::Race;
use search::{Way, pairs_that_do_not_commute, search};

const ENABLE: [HostOperation; 1] = [HostOperation::EnableVfs(1)];
const ENABLE_UNLOAD: [HostOperation; 2] = [HostOperation::EnableVfs(1), HostOperation::Unload];

/// A search that believes that steps commute which touch nothing in common comes to the same ends as one that believes nothing.
fn believing_loses_no_end(revision: RevisionName, ends: usize) {
    let all = search(Race::begin(revision, &ENABLE), Way::Everything);
    let believing = search(Race::begin(revision, &ENABLE), Way::LessThatCommutes);
    println!(
        "{revision}: {}, every way; {} less what commutes",
        all.size(),
        believing.size()
    );
    assert_eq!(all.ends, believing.ends);
    assert_eq!(
        all.ends.len(),
        ends,
        "the page is the VF's or nobody's: {:?}",
        all.ends
    );
    assert!(all.states > 500, "{} states", all.states);
    assert!(
        believing.steps < all.steps * 3 / 4,
        "{} steps of {}",
        believing.steps,
        all.steps
    );
}

#[test]
fn what_steps_touch_loses_no_end_of_the_patch_as_first_posted() {
    believing_loses_no_end(RevisionName::Reviewed, 2);
}

#[test]
fn what_steps_touch_loses_no_end_of_linux() {
    believing_loses_no_end(RevisionName::Merged, 2);
}

#[test]
fn what_steps_touch_loses_no_end_of_the_robust_driver() {
    // Whoever learns that a VF is there takes its pages along.
    believing_loses_no_end(RevisionName::Robust, 1);
}

/// Everything that an unload can come to which a request for a page of its VF meets: the driver's counters, and what firmware holds.
fn unload_ends_as(revision: RevisionName, ends: &[&str]) {
    let found = search(Race::begin(revision, &ENABLE_UNLOAD), Way::LessThatCommutes);
    println!("{revision}, with an unload: {}", found.size());
    assert_eq!(found.ends.iter().collect::<Vec<_>>(), ends);
    assert!(found.states > 10_000, "{} states", found.states);
}

#[test]
fn the_patch_as_first_posted_can_leave_counters_apart_from_firmware_at_an_unload() {
    unload_ends_as(
        RevisionName::Reviewed,
        &[
            "total 0, vfs -1, self 0, none 1; pf 0, vf1 0",
            "total 0, vfs -1, self 0, none 1; pf 1, vf1 0",
            "total 0, vfs 0, self 0, none 0; pf 0, vf1 0",
            "total 0, vfs 0, self 0, none 0; pf 1, vf1 0",
            "total 0, vfs 1, self 0, none -1; pf 0, vf1 0",
            "total 1, vfs 1, self 0, none 0; pf 0, vf1 0",
        ],
    );
}

#[test]
fn linux_can_leave_a_page_behind_at_an_unload() {
    unload_ends_as(
        RevisionName::Merged,
        &[
            "total 0, vfs 0, self 0, none 0; pf 0, vf1 0",
            "total 0, vfs 0, self 0, none 0; pf 1, vf1 0",
            "total 1, vfs 0, self 0, none 1; pf 0, vf1 0",
            "total 1, vfs 1, self 0, none 0; pf 0, vf1 0",
        ],
    );
}

#[test]
fn the_robust_driver_leaves_nothing_at_an_unload() {
    unload_ends_as(
        RevisionName::Robust,
        &["total 0, vfs 0, self 0, none 0; pf 0, vf1 0"],
    );
}

/// That the ends could differ: who believes that everything commutes misses one.
#[test]
fn a_search_that_believes_too_much_loses_an_end() {
    let found = search(Race::begin(RevisionName::Merged, &ENABLE), Way::Credulously);
    assert!(found.ends.len() < 2, "{:?}", found.ends);
}

/// The kinds of objects that steps of this race did not announce once, or that were none: with the row of the table in
/// docs/decisions/0007-announcements.md for each. Whoever undoes a row takes such an announcement away again.
const ROWS: [(&str, Kind); 16] = [
    ("1, 2", Kind::Mailboxes),
    ("1, 2", Kind::PageSlot),
    ("3", Kind::CommandMode),
    ("4", Kind::CommandSlot),
    ("4", Kind::CommandSlots),
    ("5, 6", Kind::PageMode),
    ("7", Kind::TypeMap),
    ("8, 14", Kind::Vport),
    ("9", Kind::EswitchQueue),
    ("10", Kind::EswitchLock),
    ("11", Kind::PageQueue),
    ("12, 15", Kind::DeviceState),
    ("13", Kind::Interrupt),
    ("13", Kind::EventQueue),
    ("16", Kind::LoadTime),
    ("21", Kind::PageBook),
];

/// A search cannot even begin to believe a step that has kept something to itself.
#[test]
fn a_row_undone_stops_the_race_with_the_names_of_task_and_object() {
    for (row, kind) in ROWS {
        let race = Race::begin(RevisionName::Merged, &ENABLE_UNLOAD).raw();
        let stop = race.stops_without(kind).unwrap_or_default();
        println!("| {row} | `{kind:?}` | {stop} |");
        assert!(
            stop.contains(&format!("{kind:?}")) && stop.contains("but had announced"),
            "row {row}, {kind:?}: {stop}"
        );
    }
}

/// Two steps that announce nothing in common leave the same world, whichever comes first.
#[test]
fn what_is_said_to_commute_does() {
    for revision in [RevisionName::Reviewed, RevisionName::Merged, RevisionName::Robust] {
        for seed in 0..2 {
            let race = Race::begin(revision, &ENABLE_UNLOAD).raw();
            assert_eq!(
                pairs_that_do_not_commute(race, seed),
                Vec::<String>::new(),
                "{revision}"
            );
        }
    }
}
