//! The words a scenario may use for places in the driver are those that the driver has.

use harness::scenario::deed::{ALLOCATION_SITES, RACE_POINTS};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The texts that follow `call("` anywhere in the driver's sources.
fn named_in_the_driver(call: &str) -> BTreeSet<String> {
    fn visit(folder: &Path, opening: &str, names: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("the driver's sources are there") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                visit(&path, opening, names);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source can be read");
                names.extend(
                    text.split(opening)
                        .skip(1)
                        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
                );
            }
        }
    }
    let mut names = BTreeSet::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../driver/src");
    visit(&sources, &format!("{call}(\""), &mut names);
    names
}

#[test]
fn race_points_are_those_of_the_driver() {
    let known: BTreeSet<String> = RACE_POINTS.iter().map(ToString::to_string).collect();
    assert_eq!(known, named_in_the_driver("race_point"));
}

#[test]
fn allocation_sites_are_those_of_the_driver() {
    let known: BTreeSet<String> = ALLOCATION_SITES.iter().map(ToString::to_string).collect();
    assert_eq!(known, named_in_the_driver("allocate"));
}
