//! The driver's sources, held against what its waits promise: who waits does so in one place, and only there a time is compared.
//! Then all that a procedure depends on is a step's result, a notice of an object, or a limit that somebody else may let pass.

use std::fs;
use std::path::{Path, PathBuf};

/// Who may wait for a notice by himself.
const WAITERS: [&str; 4] = [
    "handle/wait.rs",
    "handle/lock.rs",
    "runtime/executor.rs",
    "runtime/race_points.rs",
];

/// Who may ask what time it is, and what for. Only the first may compare what he is told.
const CLOCKS: [(&str, &str); 12] = [
    (WAITS, "limits of waits"),
    (
        "handle/driver.rs",
        "hands the time on; messages and the loss of a device bear it",
    ),
    ("device_bus.rs", "the clock itself"),
    ("command.rs", "messages bear the time"),
    ("operations.rs", "the trace bears the time"),
    ("health/poll.rs", "the beginning of an interval between two polls"),
    ("health/recovery.rs", "a recovery is noted with its time"),
    (
        "health/sync_reset.rs",
        "the beginning of an interval between two looks",
    ),
    ("firmware_reset/negotiation.rs", "until when a reset is expected"),
    ("pages/reporting.rs", "the beginning of a window of messages"),
    ("pages/request.rs", "the trace bears the time"),
    ("pages/waiting.rs", "a wait is noted with its times"),
];

/// Where times are compared.
const WAITS: &str = "handle/wait.rs";

const COMPARISONS: [&str; 6] = [" < ", " > ", " <= ", " >= ", " == ", " != "];

/// Where the tests at the end of a file begin.
const TESTS: &str = "#[cfg(test)]\nmod tests {";

/// A source file of the driver without its tests and comments, line by line.
struct Source {
    path: String,
    lines: Vec<(usize, String)>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let (code, _) = text.split_once(TESTS).unwrap_or((text, ""));
        let lines = (1..).zip(code.lines().map(str::to_owned));
        Self {
            path: path.to_owned(),
            lines: lines
                .filter(|(_, line)| !line.trim_start().starts_with("//"))
                .collect(),
        }
    }

    fn tell(&self, (number, line): &(usize, String), what: &str) -> String {
        format!("{}:{number} {what}: {}", self.path, line.trim())
    }

    /// What this file does that it may not.
    fn offences(&self) -> Vec<String> {
        let mut offences = Vec::new();
        let path = self.path.as_str();
        let may_ask = CLOCKS.iter().any(|&(file, _)| file == path);
        let mut times = Vec::new();
        for line in &self.lines {
            let code = line.1.as_str();
            if code.contains(".with(") {
                offences.push(self.tell(line, "reaches the state without a step"));
            }
            if (code.contains(".wait(") || code.contains(".watch(")) && !WAITERS.contains(&path) {
                offences.push(self.tell(line, "waits by itself"));
            }
            if code.contains("now()") {
                if !may_ask {
                    offences.push(self.tell(line, "asks for the time"));
                }
                times.extend(names(code));
            }
        }
        for line in self.lines.iter().filter(|_| path != WAITS) {
            let code = line.1.as_str();
            let is_compared = COMPARISONS.iter().any(|sign| code.contains(sign));
            if is_compared && (code.contains("now()") || words(code).any(|word| times.contains(&word))) {
                offences.push(self.tell(line, "compares times"));
            }
        }
        offences
    }
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

/// The names that a line binds.
fn names(code: &str) -> Vec<&str> {
    let Some((bound, _)) = code.split_once('=').filter(|(left, _)| left.contains("let ")) else {
        return Vec::new();
    };
    words(bound)
        .filter(|word| !["", "let", "mut"].contains(word))
        .collect()
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the sources are there") {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).expect("it lies below the root");
            let name = name.to_string_lossy().replace('\\', "/");
            if !name.ends_with("tests.rs") && !name.starts_with("test_") {
                found.push(Source::new(
                    &name,
                    &fs::read_to_string(&path).expect("a source is a text"),
                ));
            }
        }
    }
    found
}

#[test]
fn who_waits_does_so_in_one_place_and_only_there_times_are_compared() {
    let sources = sources();
    let offences: Vec<String> = sources.iter().flat_map(Source::offences).collect();
    assert!(offences.is_empty(), "{}", offences.join("\n"));
    for (file, why) in CLOCKS {
        let source = sources.iter().find(|source| source.path == file);
        let asks = source.is_some_and(|source| source.lines.iter().any(|(_, line)| line.contains("now()")));
        assert!(asks, "{file} does not ask for the time any more ({why})");
    }
}

#[test]
fn each_offence_is_seen() {
    let offences = |path: &str, code: &str| Source::new(path, code).offences().len();
    assert_eq!(
        offences("pages/give.rs", "driver.with(|state| state.pages.mode)"),
        1
    );
    assert_eq!(
        offences(
            "pages/give.rs",
            "driver\n    .runtime()\n    .wait(object).await;"
        ),
        1
    );
    assert_eq!(
        offences("handle/lock.rs", "self.runtime().wait(object).await;"),
        0
    );
    assert_eq!(offences("pages/give.rs", "let began = driver.now();"), 1);
    assert_eq!(offences("pages/waiting.rs", "let began = driver.now();"), 0);
    assert_eq!(
        offences(
            "pages/waiting.rs",
            "let began = driver.now();\nif began < limit {"
        ),
        1
    );
    assert_eq!(offences("pages/waiting.rs", "if driver.now() >= limit {"), 1);
    assert_eq!(
        offences(
            "pages/waiting.rs",
            "// now() is told\n#[cfg(test)]\nmod tests {\nlet it = now();"
        ),
        0
    );
    assert_eq!(offences("handle/wait.rs", "if driver.now() >= limit {"), 0);
}
