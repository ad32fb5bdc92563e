//! What the charts show, held against the JSON lines and the snapshots of the same runs.

use crate::chromium::Browser;
use crate::workbench::Workbench;
use crate::{project, quiet};
use libtest_mimic::Failed;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A counter as the kernel prints it, read as a signed number.
fn signed(value: u64) -> i64 {
    i64::from(u32::try_from(value).unwrap().cast_signed())
}

/// The driver's counters after each step, from a snapshot's changes.
fn counters_by_step(snapshot: &Value) -> Vec<BTreeMap<String, i64>> {
    let mut now = BTreeMap::new();
    let steps = snapshot["steps"].as_array().unwrap().iter();
    steps
        .map(|step| {
            for (name, change) in step["changes"].as_object().into_iter().flatten() {
                if let Some(counter) = name.strip_prefix("counters.") {
                    let new = change.as_str().unwrap().rsplit(" -> ").next().unwrap();
                    now.insert(counter.to_owned(), signed(new.parse().unwrap()));
                }
            }
            now.clone()
        })
        .collect()
}

/// For each counter and step, the driver's number and firmware's.
type Numbers = BTreeMap<(String, u64), (Option<i64>, i64)>;

/// What is drawn of a run.
fn drawn(browser: &mut Browser) -> Result<Numbers, String> {
    let read = "[...document.querySelectorAll('.steps-chart .at-step')].map((one) => [one.dataset.counter, \
        Number(one.dataset.step), JSON.parse(one.dataset.driver), Number(one.dataset.firmware)])";
    let rows = browser.value(read)?;
    let rows = rows.as_array().unwrap().iter();
    Ok(rows
        .map(|row| {
            let key = (row[0].as_str().unwrap().to_owned(), row[1].as_u64().unwrap());
            (key, (row[2].as_i64(), row[3].as_i64().unwrap()))
        })
        .collect())
}

fn snapshot(bench: &Workbench, line: &Value) -> Value {
    let name = format!(
        "__{}@{}.snap",
        line["scenario"].as_str().unwrap(),
        line["revision"].as_str().unwrap()
    );
    let files = std::fs::read_dir(bench.path("kept")).unwrap();
    let files = files.map(|entry| entry.unwrap().path());
    let file: PathBuf = files
        .into_iter()
        .find(|file| file.to_string_lossy().ends_with(&name))
        .unwrap_or_else(|| panic!("no snapshot {name}"));
    let text = std::fs::read_to_string(file).unwrap();
    // A snapshot of insta's begins with a head between two lines.
    let body = text
        .rsplit_once("\n---\n")
        .map_or(text.as_str(), |(_, body)| body);
    serde_json::from_str(body).unwrap()
}

/// Every number of every run.
pub fn shows_the_numbers() -> Result<(), Failed> {
    let (bench, lines, mut browser) = project("browser-numbers");
    assert_eq!(lines.len(), 9);
    let mut partings = 0;
    for (number, line) in lines.iter().enumerate() {
        let name = format!("{}@{}", line["scenario"], line["revision"]);
        browser.value(&format!("location.hash = 'run/{number}'"))?;
        browser.settle()?;
        let head = browser.value("document.querySelector('.run-view h1').textContent")?;
        assert!(
            head.as_str()
                .unwrap()
                .ends_with(line["scenario"].as_str().unwrap())
        );
        let current = "document.querySelector('.tab[aria-current]').textContent.slice(1)";
        assert_eq!(browser.value(current)?, line["revision"]);
        let replay = browser.value("document.querySelector('.replay').dataset.replay")?;
        assert_eq!(replay, line["replay"]);

        let drawn = drawn(&mut browser)?;
        let steps = line["steps"].as_u64().unwrap();
        // After every step the driver's numbers are those of the snapshot.
        let by_step = counters_by_step(&snapshot(&bench, line));
        assert_eq!(by_step.len(), usize::try_from(steps).unwrap());
        assert!(!drawn.is_empty(), "{name}");
        for ((counter, step), (driver, _)) in &drawn {
            let book = &by_step[usize::try_from(*step).unwrap() - 1];
            let known = book.get(counter).copied().unwrap_or(0);
            assert_eq!(*driver, Some(known), "{name}: {counter} after step {step}");
        }
        // After the last one they are those of the JSON lines, and so is firmware's total.
        for (counter, value) in line["counters"].as_object().unwrap() {
            let last = drawn.get(&(counter.clone(), steps));
            if let (Some(last), Some(value)) = (last, value.as_u64()) {
                assert_eq!(last.0, Some(signed(value)), "{name}: {counter}");
            }
        }
        let ledger: i64 = line["ledger"]
            .as_object()
            .unwrap()
            .values()
            .map(|pages| pages.as_i64().unwrap())
            .sum();
        assert_eq!(drawn[&("fw_pages_total".to_owned(), steps)].1, ledger, "{name}");
        // Each counter that parts is marked where the invariant broke first, with both numbers.
        for violation in line["violations"].as_array().unwrap() {
            if violation["invariant"] == "counter_matches_ledger" {
                let (counter, step) = (
                    violation["subject"].as_str().unwrap(),
                    violation["step"].as_u64().unwrap(),
                );
                let both = (
                    violation["driver"].as_i64(),
                    violation["firmware"].as_i64().unwrap(),
                );
                assert_eq!(drawn[&(counter.to_owned(), step)], both, "{name}");
                let flag = format!(
                    "(() => {{ const flag = document.querySelector('.steps-chart[data-counter=\"{counter}\"] .flag'); \
                     return [Number(flag.dataset.parting), flag.textContent]; }})()"
                );
                let flag = browser.value(&flag)?;
                assert!(flag[0].as_u64().unwrap() <= step, "{name}: {flag}");
                assert!(flag[1].as_str().unwrap().starts_with("part at step "), "{flag}");
                partings += 1;
            }
        }
        // There is a lane for every step, and a bar for it.
        let bars = browser.value("document.querySelectorAll('.lanes .bar.k-steps').length")?;
        assert_eq!(bars, steps, "{name}");
        let list = browser.value("document.querySelectorAll('.story li.step').length")?;
        assert_eq!(list, steps, "{name}");
    }
    assert!(partings > 3, "{partings}");
    quiet(&mut browser)
}
