//! The audits of foreign code are about the versions that are built.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Audits {
    audit: Vec<Audit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Audit {
    #[serde(rename = "crate")]
    name: String,
    version: String,
    sees: String,
    limits: String,
    read: String,
    /// `.ci/supply` counts them.
    #[serde(rename = "unsafe_lines")]
    _unsafe_lines: u32,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
}

fn read<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = std::fs::read_to_string(path).expect("the file is there");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn every_audit_is_of_the_version_that_is_built_and_says_what_was_read() {
    let audits: Audits = read("supply/audits.toml");
    let lock: Lock = read("Cargo.lock");
    let locked: BTreeSet<(&str, &str)> = lock
        .package
        .iter()
        .map(|it| (it.name.as_str(), it.version.as_str()))
        .collect();
    assert!(!audits.audit.is_empty());
    for audit in &audits.audit {
        let (name, version) = (audit.name.as_str(), audit.version.as_str());
        let built = lock.package.iter().filter(|it| it.name == name);
        let built: Vec<&str> = built.map(|it| it.version.as_str()).collect();
        assert!(
            locked.contains(&(name, version)),
            "{name} {version} was read, but {built:?} is built: read what has changed, then write its version into supply/audits.toml"
        );
        for words in [&audit.sees, &audit.limits, &audit.read] {
            assert!(!words.trim().is_empty(), "{name}: a field says nothing");
        }
    }
}
