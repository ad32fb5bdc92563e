//! `docs/reference.md` is what the program says of itself, and the docs are a book without a page or a link that is lost.
//!
//! `WRITE_TABLES=1 cargo test -p mlx5-cosim --test reference` writes the page anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn help(verb: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mlx5-cosim"))
        .args(verb)
        .arg("--help")
        .env("COLUMNS", "96")
        .env("NO_COLOR", "1")
        .output()
        .expect("the tool can be started");
    assert!(output.status.success(), "{verb:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The verbs, as the help lists them.
fn verbs(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let lines = lines.take_while(|line| !line.trim().is_empty());
    let verbs = lines.filter_map(|line| {
        line.strip_prefix("  ")?
            .split_whitespace()
            .next()
            .filter(|_| !line.starts_with("   "))
    });
    verbs.filter(|verb| *verb != "help").map(str::to_owned).collect()
}

/// The page.
fn reference() -> String {
    let mut page = String::from(
        "# The command line\n\n\
         What `mlx5-cosim --help` and `mlx5-cosim VERB --help` print. `mlx5-cosim man DIR` writes the same as\n\
         manual pages, `mlx5-cosim completions SHELL` what completes it. The schema of scenario files is what\n\
         `mlx5-cosim schema` prints; [scenarios.md](scenarios.md) has it as tables.\n",
    );
    let whole = help(&[]);
    let mut section = |name: &str, text: &str| {
        page.push_str(&format!("\n## {name}\n\n"));
        for line in text.trim_end().lines() {
            page.push_str(format!("    {line}").trim_end());
            page.push('\n');
        }
    };
    section("mlx5-cosim", &whole);
    for verb in verbs(&whole) {
        let text = help(&[&verb]);
        section(&verb, &text);
        for below in verbs(&text) {
            section(&format!("{verb} {below}"), &help(&[&verb, &below]));
        }
    }
    page
}

#[test]
fn the_reference_is_what_the_program_says() {
    let file = root().join("docs/reference.md");
    let page = reference();
    for verb in ["run", "explore", "review", "snapshots review", "serve"] {
        assert!(page.contains(&format!("\n## {verb}\n")), "{verb} has no section");
    }
    if std::env::var_os("WRITE_TABLES").is_some() {
        fs::write(&file, &page).expect("the page can be written");
    }
    let old = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        old == page,
        "docs/reference.md is old: WRITE_TABLES=1 cargo test -p mlx5-cosim --test reference"
    );
}

/// The links of a text, without those that lead out of the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

/// The anchors of a text's headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter_map(|line| {
        line.trim_start_matches('#')
            .strip_prefix(' ')
            .filter(|_| line.starts_with('#'))
    });
    let anchor = |heading: &str| {
        let letters = heading.to_lowercase();
        let letters = letters
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'));
        letters.collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_page_is_in_the_book_and_no_link_is_lost() {
    let docs = root().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).expect("the summary");
    let listed: BTreeSet<&str> = links(&summary).collect();
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&docs).expect("the docs") {
        let file = entry.expect("an entry").path();
        let Some(name) = file
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| name.ends_with(".md"))
        else {
            continue;
        };
        if name != "SUMMARY.md" && !listed.contains(name) {
            wrong.push(format!("{name} is not in the book"));
        }
        let text = fs::read_to_string(&file).expect("a text");
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() {
                file.clone()
            } else {
                docs.join(path)
            };
            if !target.exists() {
                wrong.push(format!("{name}: {link} leads nowhere"));
            } else if !anchor.is_empty() && path.ends_with(".md") || !anchor.is_empty() && path.is_empty() {
                let text = fs::read_to_string(&target).expect("a text");
                if !anchors(&text).contains(anchor) {
                    wrong.push(format!("{name}: {link} has no such heading"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
