//! The docs as a book: every page is in it, and every link of a page leads somewhere, there and in the project.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages, as paths from the root of the project.
fn pages() -> Vec<String> {
    let mut pages = Vec::new();
    for folder in ["docs", "docs/decisions"] {
        let files = fs::read_dir(root().join(folder)).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        pages.extend(
            names
                .filter(|name| name.ends_with(".md"))
                .map(|name| format!("{folder}/{name}")),
        );
    }
    pages.sort();
    pages
}

/// Where the links of a text lead, pictures included.
fn links(text: &str) -> Vec<&str> {
    let mut is_code = false;
    let prose = text.lines().filter(|line| {
        is_code ^= line.starts_with("```");
        !is_code && !line.starts_with("    ")
    });
    let behind = prose.flat_map(|line| line.split("](").skip(1));
    behind.filter_map(|rest| rest.split(')').next()).collect()
}

/// The names of a text's headings, as links give them.
fn places(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let names = headings.map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let kept = names.map(|name| {
        let kept = name
            .chars()
            .filter(|sign| sign.is_alphanumeric() || " -_".contains(*sign));
        kept.map(|sign| if sign == ' ' { '-' } else { sign }).collect()
    });
    kept.collect()
}

#[test]
fn every_page_is_in_the_book() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let listed: BTreeSet<String> = links(&summary)
        .into_iter()
        .map(|page| format!("docs/{page}"))
        .collect();
    let there: BTreeSet<String> = pages()
        .into_iter()
        .filter(|page| page != "docs/SUMMARY.md")
        .collect();
    assert_eq!(listed, there);
}

#[test]
fn every_link_leads_somewhere() {
    let mut dead = Vec::new();
    let beside = ["README.md", "SECURITY.md", "CHANGELOG.md", "fuzz/README.md"].map(str::to_owned);
    for page in pages().into_iter().chain(beside) {
        let text = fs::read_to_string(root().join(&page)).unwrap();
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => root().join(&page),
                file => root().join(&page).parent().unwrap().join(file),
            };
            let is_there = target.exists()
                && (place.is_empty()
                    || places(&fs::read_to_string(&target).unwrap_or_default()).contains(place));
            if !is_there {
                dead.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(dead.is_empty(), "these lead nowhere:\n{}", dead.join("\n"));
}

/// What `packaging/book.py` makes of a book with one page.
fn made(path: &str, content: &str) -> Value {
    let chapter = json!({ "Chapter": { "name": "Page", "content": content, "path": path, "sub_items": [] } });
    let book = json!([{}, { "sections": [chapter] }]);
    let mut python = Command::new("python3")
        .arg(root().join("packaging/book.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python
        .stdin
        .take()
        .unwrap()
        .write_all(book.to_string().as_bytes())
        .unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn in_the_book_no_link_leads_out_of_it() {
    let book = made(
        "page.md",
        "[why](../SECURITY.md#who) [how](scenarios.md) [code](../prm/src/lib.rs) [far](https://example.org/)",
    );
    let sections = book["sections"].as_array().unwrap();
    let wanted = "[why](security.md#who) [how](scenarios.md) code [far](https://example.org/)";
    assert_eq!(sections[0]["Chapter"]["content"], wanted);
    let names: Vec<&str> = sections
        .iter()
        .filter_map(|one| one["Chapter"]["path"].as_str())
        .collect();
    assert_eq!(
        names,
        ["page.md", "readme.md", "security.md", "changelog.md", "fuzz.md"]
    );
    let readme = sections[2]["Chapter"]["content"].as_str().unwrap();
    assert!(readme.contains("](tutorial.md)") && readme.contains("](pictures/report-run.png)"));
    assert!(!readme.contains("](docs/"));
    let below = made(
        "decisions/0001.md",
        "[why](../../SECURITY.md) [how](../scenarios.md)",
    );
    let content = &below["sections"][0]["Chapter"]["content"];
    assert_eq!(content, "[why](../security.md) [how](../scenarios.md)");
}
