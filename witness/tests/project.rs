//! This project: what no test has seen has its reason in `witness.toml`.

use std::path::Path;
use witness::report;

#[test]
fn every_error_and_every_invariant_is_seen_by_a_test_or_has_its_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let report = report::of(&root).expect("the sources are readable");
    assert!(report.errors > 0 && !report.invariants.is_empty());
    assert!(report.is_clean(), "{report}");
}
