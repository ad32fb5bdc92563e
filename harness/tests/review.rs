//! `review` as a reviewer meets it: patches that break, mend and leave alone what Linux does, and patches that are none.
//!
//! The patches are made here, from the distribution's source in the workshop: a line that a pattern finds is dropped or
//! changed. They need the guest kit with its workshop, which `mlx5-cosim setup --workshop` brings. Without it they are ignored,
//! and say so; where [`REQUIRED`] is set they fail instead.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod needing;

use guest::kit::{Kit, KitOptions, Workshop};
use libtest_mimic::{Arguments, Failed, Trial};
use needing::needing;
use regex::Regex;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, ExitCode, Output};
use tempfile::TempDir;

/// Environment variable under which a missing kit is a failure.
const REQUIRED: &str = "MLX5_COSIM_REQUIRE_LINUX";

const PAGES: &str = "drivers/net/ethernet/mellanox/mlx5/core/pagealloc.c";
const HEADER: &str = "include/linux/mlx5/driver.h";
const ELSEWHERE: &str = "drivers/net/ethernet/mellanox/mlx4/main.c";

/// Shows N15, the WARN of a release-all for an owner without pages.
const WARNS: &str = "function-reset/flr-after-request-b";
/// Shows N18, the wait that looks at the device's state once.
const WAITS: &str = "device-error/fw-dies-in-wait";
/// Counts pages that are given and released.
const COUNTS: &str = "attribution/release-all-mixed";

type Test = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Builds wait for each other, and guests want a processor each.
    arguments.test_threads = Some(arguments.test_threads.unwrap_or(2).min(2));
    let tests: [(&str, Test); 9] = [
        ("a_counter_that_is_not_decremented_is_broken", breaks_a_counter),
        ("the_warn_of_release_all_is_mended", mends_the_warn),
        ("the_wait_that_looks_once_is_mended", mends_the_wait),
        ("a_comment_changes_nothing", changes_nothing),
        ("a_header_is_seen_by_the_compiler", reaches_headers),
        ("what_does_not_apply_shows_its_hunks", does_not_apply),
        ("what_does_not_compile_shows_the_error", does_not_compile),
        ("what_is_elsewhere_is_named", is_elsewhere),
        ("what_is_there_already_is_said", is_there),
    ];
    let missing = Workshop::locate()
        .map(drop)
        .and_then(|()| Kit::locate(&KitOptions::default()).map(drop))
        .map_err(|error| error.to_string());
    let trials = tests.map(|(name, test)| Trial::test(name, test));
    let trials = needing(missing, REQUIRED, trials.into());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The distribution's text of a file.
fn source(path: &str) -> String {
    let bytes = Workshop::locate().unwrap().read(Path::new(path)).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A patch that makes `new` of `old`, as a mail.
fn patch(folder: &TempDir, path: &str, old: &str, new: &str) -> String {
    assert_ne!(old, new, "the pattern is in the source");
    let diff = similar::TextDiff::from_lines(old, new);
    let diff = diff
        .unified_diff()
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string();
    let mail = format!(
        "From 0123456789abcdef Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\n\
         Subject: [PATCH net] net/mlx5: a change\n\nIt changes something.\n---\ndiff --git a/{path} b/{path}\n{diff}-- \n2.43\n"
    );
    let file = folder.path().join("0001-a-change.patch");
    std::fs::write(&file, mail).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The same for the first place that a pattern finds.
fn edited(folder: &TempDir, path: &str, pattern: &str, replacement: &str) -> String {
    let old = source(path);
    let new = Regex::new(pattern)
        .unwrap()
        .replacen(&old, 1, replacement)
        .into_owned();
    patch(folder, path, &old, &new)
}

fn review(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    command.current_dir(root).arg("review").args(words);
    command.output().unwrap()
}

/// Reviews one case: the exit code and the case's line.
fn judged(patch: &str, only: &str, more: &[&str]) -> (i32, Value) {
    let words = [&[patch, "--only", only, "--format", "json"], more].concat();
    let output = review(&words);
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let case = lines.find(|line| line["type"] == "case");
    let case = case.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code().unwrap(), case)
}

fn expect((code, case): (i32, Value), exit: i32, verdict: &str) -> Result<Value, Failed> {
    if code == exit && case["verdict"] == verdict {
        return Ok(case);
    }
    Err(format!("exit {code}, not {exit}; {case}").into())
}

/// A review that there is not: it ends with 103, and its error has these words.
fn refused(patch: &str, words: &[&str]) -> Result<(), Failed> {
    let output = review(&[patch, "--only", WARNS]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // Lines are wrapped.
    let flat = said
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace("│ ", "");
    let missing: Vec<&&str> = words.iter().filter(|word| !flat.contains(**word)).collect();
    if output.status.code() == Some(103) && missing.is_empty() {
        return Ok(());
    }
    Err(format!("{:?}, without {missing:?} in {said}", output.status.code()).into())
}

fn breaks_a_counter() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    // The sum of all pages, where they are released at once.
    let patch = edited(
        &folder,
        PAGES,
        r"(?s)(\n\t\})\n\n\tdev->priv\.fw_pages -= npages;\n",
        "$1\n",
    );
    let output = review(&[&patch, "--only", COUNTS, "--mail"]);
    let mail = String::from_utf8(output.stdout)?;
    let says = [
        "Broken:",
        "new   step 5: TOTAL ends at",
        "$ mlx5-cosim review --only",
    ];
    let is_wide = mail.lines().any(|line| line.len() > 72);
    match output.status.code() == Some(100) && !is_wide && says.iter().all(|words| mail.contains(words)) {
        true => Ok(()),
        false => Err(format!("{:?} {mail}", output.status.code()).into()),
    }
}

fn mends_the_warn() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let pattern = r"(?s)(static void release_all_pages\(.*?if \()WARN_ON_ONCE\((!root)\)";
    let case = expect(
        judged(&edited(&folder, PAGES, pattern, "$1$2"), WARNS, &[]),
        0,
        "mended",
    )?;
    match case["went"][0]["kind"] == "warn" {
        true => Ok(()),
        false => Err(case.to_string().into()),
    }
}

fn mends_the_wait() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let pattern = r"(?s)(int mlx5_wait_for_pages\(.*?while \(\*pages\) \{\n)";
    let looks = "${1}\t\tif (dev->state == MLX5_DEVICE_STATE_INTERNAL_ERROR)\n\t\t\treturn 0;\n";
    // The file waits for half a minute each time.
    expect(
        judged(&edited(&folder, PAGES, pattern, looks), WAITS, &["--once"]),
        0,
        "mended",
    )
    .map(drop)
}

fn changes_nothing() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let patch = edited(
        &folder,
        PAGES,
        r"\nint mlx5_wait_for_pages",
        "\n/* a wait */\nint mlx5_wait_for_pages",
    );
    expect(judged(&patch, WARNS, &[]), 0, "same").map(drop)
}

fn reaches_headers() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    // Most of the driver would be compiled again; the first error is enough to see that the header was read.
    let patch = edited(
        &folder,
        HEADER,
        r"(\n#endif[^\n]*\n)$",
        "\n#error a changed header\n$1",
    );
    refused(
        &patch,
        &[
            "does not compile",
            "include/linux/mlx5/driver.h",
            "a changed header",
        ],
    )
}

fn does_not_apply() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    // The lines beside the change are other ones, so that no fuzz helps.
    let old = source(PAGES).replace("used;", "taken;");
    let new = old.replacen(
        "free_fwp(dev, fwp, fwp->free_count);",
        "free_fwp(dev, fwp, 1);",
        1,
    );
    let patch = patch(&folder, PAGES, &old, &new);
    refused(
        &patch,
        &[
            "does not apply",
            PAGES,
            "free_fwp(dev, fwp, 1);",
            "0001-a-change.patch",
        ],
    )
}

fn does_not_compile() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let patch = edited(
        &folder,
        PAGES,
        r"(\nint mlx5_wait_for_pages[^{]*\{)",
        "$1\n\tthere_is_no_such_type x;",
    );
    refused(
        &patch,
        &[
            "does not compile",
            &format!("{PAGES}:"),
            "there_is_no_such_type",
            ".log",
        ],
    )
}

fn is_elsewhere() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let patch = patch(&folder, ELSEWHERE, "one\ntwo\n", "one\n2\n");
    refused(&patch, &["no file of mlx5_core is touched", ELSEWHERE])
}

fn is_there() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let new = source(PAGES);
    let old = new.replacen("msleep(50);", "msleep(500);", 1);
    refused(
        &patch(&folder, PAGES, &old, &new),
        &["is in the distribution's source", "already"],
    )
}
