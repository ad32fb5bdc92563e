//! Every command that README and docs show: it runs and ends as they say, or, where it needs a guest, a network or an hour, its
//! words are words of the command line at least, and the reason stands here.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a command is shown to work that does not simply end with 0 in a moment.
enum Otherwise {
    /// It ends with this exit code.
    Exit(i32),
    /// It cannot be run here; its words are checked.
    NotHere(&'static str),
}

use Otherwise::{Exit, NotHere};

const GUEST: &str = "it boots guests";
const LONG: &str = "it takes minutes";
const STAYS: &str = "it serves until it is ended; `serving` and `vm` test it";
const EXAMPLE: &str = "it is about a file of the reader's own";
const LOOP: &str = "its files come from a loop of the shell; `exploring` does the same";

/// The commands, as the docs show them behind `mlx5-cosim`.
const OTHERWISE: &[(&str, Otherwise)] = &[
    ("run --report out", NotHere("`browser` looks at such pages")),
    ("run early-sf --backend linux", NotHere(GUEST)),
    ("run none-then-populate --backend linux", NotHere(GUEST)),
    ("vm", NotHere(GUEST)),
    ("vm -- counters", NotHere(GUEST)),
    ("vm --exec 'dmesg | grep mlx5'", NotHere(GUEST)),
    ("vm --rootfs host -- devlink dev info", NotHere(GUEST)),
    (
        "vm --rootfs host --exec 'lspci -vv -s 01:00.0; devlink health'",
        NotHere(GUEST),
    ),
    ("run", NotHere("it is the main job of `.ci/run`")),
    (
        "run --junit j.xml --json runs.jsonl --trace t.json",
        NotHere("`outputs` and `reports` write these"),
    ),
    (
        "snapshots review",
        NotHere("`scenarios` compares all of them, `snapshot_review` walks"),
    ),
    (
        "review --only attribution/release-all-mixed 0001-net-mlx5-drop-a-counter.patch",
        NotHere(EXAMPLE),
    ),
    ("setup", NotHere("it fetches the guest kit")),
    ("run --backend linux", NotHere(GUEST)),
    (
        "run --backend linux --modules kit --modules v1 --modules v2",
        NotHere(GUEST),
    ),
    ("run --backend guest", NotHere(GUEST)),
    (
        "run scenarios/attribution/none-then-populate.json --backend guest --revision reviewed -v",
        NotHere(GUEST),
    ),
    ("run --backend socket", NotHere("`socket` runs everything so")),
    (
        "review 0001-net-mlx5-no-WARN.patch --only flr-after-request-b",
        NotHere(EXAMPLE),
    ),
    ("review 0001-net-mlx5-a-change.patch", NotHere(EXAMPLE)),
    (
        "serve --socket-dir $S --control $S/control.sock --boot-script $S/boot.sh",
        NotHere(STAYS),
    ),
    ("serve --socket-dir $S --control $S/control.sock", NotHere(STAYS)),
    (
        "vm --kernel arch/x86/boot/bzImage --modules path/to/modules",
        NotHere(STAYS),
    ),
    (
        "explore scenarios/races/drift.json --revision reviewed",
        Exit(100),
    ),
    (
        "explore scenarios/races/drift.json --revision merged --partition hash:$part/3 --states part-$part.json",
        NotHere(LOOP),
    ),
    (
        "merge part-1.json part-2.json part-3.json --against whole.json",
        NotHere(LOOP),
    ),
    (
        "merge part-1.jsonl part-2.jsonl --output all.jsonl",
        NotHere("`shards` joins such files"),
    ),
    (
        "explore scenarios/races/served-unload.json --revision merged",
        NotHere(LONG),
    ),
    (
        "explore scenarios/races/served-unload.json --revision robust",
        NotHere(LONG),
    ),
    ("explore --strategy swarm --seeds 0..10000", NotHere(LONG)),
    (
        "explore --strategy swarm --seeds 0..100000 --clean",
        NotHere(LONG),
    ),
    ("explore --strategy swarm --seeds 1000..2400", NotHere(LONG)),
    (
        "explore --strategy swarm --seeds 0..24 --clean --backend linux",
        NotHere(GUEST),
    ),
    (
        "explore --backend linux --strategy random --seeds 0..200 FILE",
        NotHere(GUEST),
    ),
    (
        "explore --backend linux --strategy random unknown-owners/typeless-reload-pf --seeds 0..2000 -j 2 --max-seconds 1800",
        NotHere(GUEST),
    ),
    ("check /tmp/cases/early-vf.json", NotHere(EXAMPLE)),
    ("explain /tmp/cases/early-vf.json", NotHere(EXAMPLE)),
    ("run /tmp/cases/early-vf.json", NotHere(EXAMPLE)),
];

/// A command line in a text.
struct Shown {
    /// Where it stands.
    place: String,
    /// Whatever it is, without comment.
    words: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// README and everything in docs that people read.
fn texts() -> Vec<PathBuf> {
    let mut texts = vec![
        root().join("README.md"),
        root().join("SECURITY.md"),
        root().join("fuzz/README.md"),
    ];
    for folder in ["docs", "docs/decisions"] {
        let entries = fs::read_dir(root().join(folder)).expect("the docs are there");
        let files = entries.map(|entry| entry.expect("an entry").path());
        texts.extend(files.filter(|file| file.extension().is_some_and(|ending| ending == "md")));
    }
    texts.sort();
    texts
}

/// The lines of code blocks that begin like a command; lines that end in a backslash go on.
fn shown(file: &Path) -> Vec<Shown> {
    const BEGINNINGS: [&str; 4] = ["cargo ", "mlx5-cosim ", ".ci/", "docs/ci/"];
    let text = fs::read_to_string(file).expect("a text");
    let mut shown = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(code) = line.strip_prefix("    ") else {
            continue;
        };
        let mut words = without_settings(code.trim_start().trim_start_matches("$ ")).to_owned();
        if !BEGINNINGS.iter().any(|beginning| words.starts_with(beginning)) {
            continue;
        }
        while let Some(begun) = words.strip_suffix('\\') {
            let Some((_, next)) = lines.next() else { break };
            words = format!("{}{}", begun, next.trim_start());
        }
        let words = words.split(" #").next().unwrap_or_default().trim().to_owned();
        let place = format!(
            "{}:{}",
            file.strip_prefix(root()).unwrap_or(file).display(),
            number + 1
        );
        shown.push(Shown { place, words });
    }
    shown
}

/// A command without the variables that are set for it.
fn without_settings(command: &str) -> &str {
    let is_setting = |word: &str| {
        let name = word.split_once('=').map_or("", |(name, _)| name);
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
    };
    let mut rest = command;
    while let Some((word, behind)) = rest.split_once(' ') {
        if !is_setting(word) {
            break;
        }
        rest = behind.trim_start();
    }
    rest
}

/// What a command asks of the tool, if it is one of the tool's.
fn of_the_tool(words: &str) -> Option<String> {
    let rest = ["mlx5-cosim ", "cargo run --release -- ", "cargo run -- "]
        .iter()
        .find_map(|beginning| words.strip_prefix(beginning))?;
    Some(rest.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A folder in which the project's scenarios, snapshots and devices are, to be written to.
fn workplace() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documented");
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("an old folder can be removed");
    }
    fs::create_dir_all(folder.join("bin")).expect("a folder can be made");
    for name in ["scenarios", "snapshots", "devices"] {
        let status = Command::new("cp")
            .arg("-r")
            .arg(root().join(name))
            .arg(&folder)
            .status();
        assert!(status.expect("cp can be started").success());
    }
    symlink(env!("CARGO_BIN_EXE_mlx5-cosim"), folder.join("bin/mlx5-cosim")).expect("a link can be made");
    folder
}

/// How long a command may take, in seconds; what takes longer has to be among [`OTHERWISE`]. It ends with 124 then.
const PATIENCE_S: u32 = 120;

/// Runs a command of the tool as a shell would.
fn run(folder: &Path, arguments: &str) -> (i32, String) {
    let path = format!("{}:/usr/bin:/bin", folder.join("bin").display());
    let output = Command::new("sh")
        .args(["-c", &format!("exec timeout {PATIENCE_S} mlx5-cosim {arguments}")])
        .current_dir(folder)
        .env("PATH", path)
        .env("S", folder.join("s"))
        .env("part", "1")
        .env("XDG_STATE_HOME", folder.join("state"))
        .output()
        .expect("a shell can be started");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), said)
}

#[test]
fn every_command_of_the_docs_works() {
    let folder = workplace();
    let mut unused: BTreeSet<&str> = OTHERWISE.iter().map(|(command, _)| *command).collect();
    let mut wrong = Vec::new();
    let mut done = BTreeSet::new();
    for Shown { place, words } in texts().iter().flat_map(|file| shown(file)) {
        let Some(command) = of_the_tool(&words) else {
            continue;
        };
        let known = OTHERWISE.iter().find(|(known, _)| *known == command);
        unused.remove(command.as_str());
        if !done.insert(command.clone()) {
            continue;
        }
        let (words, expected) = match known {
            None => (command.clone(), 0),
            Some((_, Exit(expected))) => (command.clone(), *expected),
            Some((_, NotHere(why))) => {
                assert!(!why.is_empty());
                // What does not fit is refused before the help is asked for. Behind ` -- ` are the words of a guest.
                let own = command.split(" -- ").next().unwrap_or_default();
                (format!("{own} --help"), 0)
            }
        };
        let (code, said) = run(&folder, &words);
        if code != expected {
            let said: Vec<&str> = said.lines().take(3).collect();
            wrong.push(format!(
                "{place}: `{command}` ends with {code}, not {expected}: {}",
                said.join(" / ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unused.is_empty(), "no text shows {unused:?}");
    assert!(done.len() > 20, "{done:?}");
}

/// Where the package `name` of this workspace is.
fn folder_of(name: &str) -> Option<PathBuf> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the workspace");
    let members = manifest.lines().find(|line| line.starts_with("members"))?;
    let mut folders = members
        .split('"')
        .skip(1)
        .step_by(2)
        .map(|member| root().join(member));
    folders.find(|folder| {
        let package = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        package.contains(&format!("\nname = \"{name}\"\n"))
    })
}

#[test]
fn every_other_command_of_the_docs_names_what_is_there() {
    let aliases = fs::read_to_string(root().join(".cargo/config.toml")).expect("cargo's configuration");
    let mut wrong = Vec::new();
    for Shown { place, words } in texts().iter().flat_map(|file| shown(file)) {
        if of_the_tool(&words).is_some() {
            continue;
        }
        let parts: Vec<&str> = words.split_whitespace().collect();
        let after = |flag: &str| {
            let place = parts.iter().position(|part| *part == flag)?;
            parts.get(place + 1).copied()
        };
        let is_there = match parts.as_slice() {
            ["cargo", "test" | "bench", ..] => {
                let Some(package) = after("-p").map_or_else(|| Some(root()), folder_of) else {
                    wrong.push(format!("{place}: {words}"));
                    continue;
                };
                let targets = [("--test", "tests"), ("--bench", "benches")];
                targets.iter().all(|(flag, folder)| {
                    after(flag).is_none_or(|name| {
                        let file = package.join(folder).join(name);
                        file.with_extension("rs").is_file() || file.join("main.rs").is_file()
                    })
                })
            }
            [
                "cargo",
                "install" | "deny" | "clippy" | "fmt" | "doc" | "build" | "fuzz" | "package" | "deb",
                ..,
            ] => true,
            ["cargo", alias, ..] => aliases.contains(&format!("\n{alias} = ")),
            [script, ..] => {
                let file = root().join(script);
                fs::metadata(file)
                    .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
            }
            [] => false,
        };
        if !is_there {
            wrong.push(format!("{place}: {words}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "what these name is not there:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn commands_are_found_in_texts() {
    assert_eq!(without_settings("A=1 B_2=x cargo test"), "cargo test");
    assert_eq!(without_settings("cargo test --x=1 y"), "cargo test --x=1 y");
    assert_eq!(
        of_the_tool("cargo run --release -- run  a"),
        Some("run a".to_owned())
    );
    assert_eq!(of_the_tool("cargo test"), None);
}
