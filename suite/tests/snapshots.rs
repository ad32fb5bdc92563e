//! Whether any run of the project is not as its snapshot says.

use std::path::Path;

#[test]
fn every_run_is_as_its_snapshot_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let first = std::env::var("SUITE_FIRST").unwrap_or_default();
    let first: Vec<&str> = first.split_whitespace().collect();
    let runs = suite::play(&root, &first).unwrap_or_else(|differs| panic!("{differs}"));
    assert!(runs > 0, "there is no run");
}
