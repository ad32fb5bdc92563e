//! The page of `--report` in a real browser: what it draws are the numbers of the other reports, the keyboard reaches all of
//! it, and it asks nobody for anything.
//!
//! They need a Chromium (`apt-get install chromium`). Without one they are ignored, and say so; where [`REQUIRED`] is set
//! they fail instead.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chromium;
#[path = "../needing/mod.rs"]
mod needing;
mod numbers;
mod pictures;
#[path = "../workbench/mod.rs"]
mod workbench;

use chromium::Browser;
use libtest_mimic::{Arguments, Failed, Trial};
use needing::needing;
use serde_json::{Value, json};
use std::process::ExitCode;
use workbench::{BOOT, Workbench};

/// Environment variable under which a missing browser is a failure.
const REQUIRED: &str = "MLX5_COSIM_REQUIRE_BROWSER";

type Test = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A browser takes several processors for itself.
    arguments.test_threads = Some(arguments.test_threads.unwrap_or(2).min(2));
    let tests: [(&str, Test); 9] = [
        (
            "charts_show_the_numbers_of_the_other_reports",
            numbers::shows_the_numbers,
        ),
        ("filters_show_what_is_asked_for", filters),
        ("the_keyboard_reaches_everything", obeys_keys),
        ("two_runs_stand_side_by_side", compares),
        ("what_a_file_says_is_text", is_text),
        ("it_is_readable_in_the_dark_and_without_colour", is_readable),
        ("a_race_is_told_turn_by_turn", tells_a_race),
        ("pictures_of_the_docs_are_taken", pictures::are_taken),
        ("pictures_of_the_docs_are_there", pictures::are_those_of_the_docs),
    ];
    let trials = tests.map(|(name, test)| Trial::test(name, test));
    let missing = chromium::locate().map(drop);
    let trials = needing(missing, REQUIRED, trials.into());
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The project's scenarios: one that drifts, one that wraps, one that corrupts.
const CASES: [&str; 3] = ["none-then-populate", "mixed-through-zero", "gate-take"];

/// Runs of the project's scenarios with a page, JSON lines and snapshots beside it.
fn project(test: &str) -> (Workbench, Vec<Value>, Browser) {
    let bench = Workbench::new(test);
    let mut arguments = vec!["run"];
    arguments.extend(CASES);
    arguments.extend([
        "--report",
        "out",
        "--json",
        "runs.jsonl",
        "--snapshots",
        "kept",
        "--update",
    ]);
    let ran = bench.tool(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = std::fs::read_to_string(bench.path("runs.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines = lines.collect();
    let browser = Browser::open(&bench.path("out/index.html")).unwrap();
    (bench, lines, browser)
}

fn quiet(browser: &mut Browser) -> Result<(), Failed> {
    let complaints = browser.complaints()?;
    match complaints.is_empty() {
        true => Ok(()),
        false => Err(complaints.join("\n").into()),
    }
}

fn filters() -> Result<(), Failed> {
    let (_bench, lines, mut browser) = project("browser-filters");
    let rows = "[...document.querySelectorAll('tr[data-case]')].filter((row) => !row.hidden).length";
    let wanted =
        "[...document.querySelectorAll('.cell:not(.unwanted)')].filter((one) => one.offsetParent).length";
    assert_eq!(browser.value(rows)?, 3);
    assert_eq!(browser.value(wanted)?, lines.len());
    browser.press(&["/", "g", "a", "t", "e"])?;
    assert_eq!(browser.value(rows)?, 1);
    browser.press(&["Escape", "Escape"])?;
    assert_eq!(browser.value(rows)?, 3);
    let press = |group: &str, value: &str| {
        format!("document.querySelector('[aria-label=\"{group}\"] [data-value=\"{value}\"]').click()")
    };
    browser.value(&press("Signs", "corruption"))?;
    let shown = browser.value(wanted)?.as_u64().unwrap();
    let tallied = "[...document.querySelectorAll('.tally[data-sign=\"corruption\"]')].reduce((sum, one) => sum + Number(one.dataset.times), 0)";
    assert_eq!(browser.value(tallied)?, shown);
    assert!(shown > 0);
    let words = browser.value("document.getElementById('shown').textContent")?;
    assert!(
        words
            .as_str()
            .unwrap()
            .starts_with(&format!("{shown} of 9 runs, ")),
        "{words}"
    );
    // A column that nobody wants to see is gone.
    browser.press(&["Escape"])?;
    browser.value("document.querySelectorAll('[aria-label=\"Columns\"] button')[2].click()")?;
    assert_eq!(browser.value(wanted)?, 6);
    quiet(&mut browser)
}

fn obeys_keys() -> Result<(), Failed> {
    let (_bench, lines, mut browser) = project("browser-keys");
    let focused = "document.activeElement.dataset.run";
    let view = "document.body.dataset.view";
    browser.press(&["j"])?;
    assert_eq!(browser.value(focused)?, "0");
    browser.press(&["j", "l"])?;
    assert_eq!(browser.value(focused)?, "4");
    browser.press(&["Enter"])?;
    assert_eq!(browser.value(view)?, "run");
    let told = browser.value("document.querySelector('.verdict').textContent")?;
    assert!(!told.as_str().unwrap().is_empty());
    // From step to step, to the run beside it, through the views of both books.
    browser.press(&["j", "j"])?;
    assert_eq!(
        browser.value("document.querySelector('li.step.selected').dataset.step")?,
        "2"
    );
    let marked = browser.value("document.querySelectorAll('.chart .at-step.selected').length")?;
    assert!(marked.as_u64().unwrap() > 0);
    browser.press(&["l"])?;
    assert_eq!(browser.value("location.hash")?, "#run/5");
    browser.press(&["1"])?;
    assert_eq!(browser.value("location.hash")?, "#run/3");
    for shown in ["folded", "true", "table", "steps"] {
        browser.press(&["b"])?;
        assert_eq!(
            browser.value("document.querySelector('.books').dataset.view")?,
            shown
        );
    }
    let wide = "Number(document.querySelector('svg.lanes').getAttribute('width'))";
    let before = browser.value(wide)?.as_f64().unwrap();
    browser.press(&["+"])?;
    assert!(browser.value(wide)?.as_f64().unwrap() > 1.9 * before);
    browser.press(&["?"])?;
    assert_eq!(browser.value("document.getElementById('help').open")?, true);
    browser.press(&["Escape"])?;
    assert_eq!(browser.value("document.getElementById('help').open")?, false);
    browser.press(&["Escape"])?;
    assert_eq!(browser.value(view)?, "matrix");
    // Back at the run that was open.
    assert_eq!(browser.value(focused)?, "3");
    assert_eq!(lines[3]["revision"], "reviewed");
    browser.press(&["t", "t"])?;
    assert_eq!(browser.value("document.documentElement.dataset.theme")?, "dark");
    quiet(&mut browser)
}

fn compares() -> Result<(), Failed> {
    let (_bench, lines, mut browser) = project("browser-compares");
    // The same case under two revisions: c holds the first, c on the second compares.
    browser.press(&["j", "c", "l", "c"])?;
    assert_eq!(browser.value("document.body.dataset.view")?, "compare");
    let names =
        browser.value("[...document.querySelectorAll('.side > h2')].map((one) => one.textContent)")?;
    let name = |line: &Value| {
        format!(
            "{}@{}",
            line["scenario"].as_str().unwrap(),
            line["revision"].as_str().unwrap()
        )
    };
    assert_eq!(names, json!([name(&lines[0]), name(&lines[1])]));
    let steps = browser.value("Number(document.querySelector('.difference').dataset.steps)")?;
    assert!(steps.as_u64().unwrap() > 0, "{steps}");
    let marks = browser.value("document.querySelectorAll('.side .other').length")?;
    assert!(marks.as_u64().unwrap() > 0);
    // Each row of the table is a number in which both differ.
    let rows = browser.value(
        "[...document.querySelectorAll('.differences tbody tr')].map((row) => [...row.querySelectorAll('td strong')].map((one) => one.textContent))",
    )?;
    let rows = rows.as_array().unwrap();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row[0] != row[1]),
        "{rows:?}"
    );
    // A run is the same as itself.
    browser.value("location.hash = 'compare/0/0'")?;
    browser.settle()?;
    assert_eq!(
        browser.value("document.querySelector('.difference').dataset.steps")?,
        "0"
    );
    browser.press(&["Escape", "Escape"])?;
    assert_eq!(browser.value("document.body.dataset.view")?, "matrix");
    quiet(&mut browser)
}

fn is_text() -> Result<(), Failed> {
    let bench = Workbench::new("browser-text");
    let evil = "</script><script>document.title = 'bad'</script><img src=https://example.org/x onerror=alert(1)> \
        & <!-- \u{1f980} \u{2028} {script} {data}";
    let mut scenario: Value = serde_json::from_str(BOOT).unwrap();
    scenario["concern"] = json!(evil);
    scenario["steps"][0]["note"] = json!(evil);
    bench.write("scenarios/boot.json", &scenario.to_string());
    let ran = bench.tool(&["run", "--report", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut browser = Browser::open(&bench.path("out/index.html"))?;
    browser.press(&["j", "Enter"])?;
    assert_eq!(browser.value("document.querySelectorAll('img').length")?, 0);
    let said = browser.value("document.querySelector('.facts dd').textContent")?;
    assert_eq!(said, evil.replace('\u{2028}', "\\u2028"));
    let title = browser.value("document.title")?;
    assert!(title.as_str().unwrap().starts_with("boot@"), "{title}");
    quiet(&mut browser)?;
    // The policy holds as well: what is not the page's own script does not run.
    browser.value(
        "(() => { const one = document.createElement('script'); one.textContent = 'document.title = \"bad\"'; document.body.append(one); })()",
    )?;
    let title = browser.value("document.title")?;
    assert!(title.as_str().unwrap().starts_with("boot@"), "{title}");
    Ok(())
}

fn is_readable() -> Result<(), Failed> {
    let (_bench, _, mut browser) = project("browser-dark");
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.order("Emulation.setEmulatedMedia", &media)?;
        browser.settle()?;
        let colours = browser.value(
            "(() => { const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]; })()",
        )?;
        assert_ne!(colours[0], colours[1]);
        grounds.push(colours[0].clone());
    }
    assert_ne!(grounds[0], grounds[1]);
    // Without colour the two books differ by the kind of line and the shape of its points, and every verdict has its sign.
    browser.value("location.hash = 'run/0'")?;
    browser.settle()?;
    let dashes = browser.value(
        "['driver', 'firmware'].map((book) => getComputedStyle(document.querySelector(`.steps-chart .line.${book}`)).strokeDasharray)",
    )?;
    assert_ne!(dashes[0], dashes[1]);
    let shapes = browser.value(
        "['driver', 'firmware'].map((book) => document.querySelector(`.steps-chart .dot.${book}`).tagName)",
    )?;
    assert_ne!(shapes[0], shapes[1]);
    let names = browser.value(
        "[...document.querySelectorAll('button, svg[role=img]')].filter((one) => \
        !(one.textContent.trim() || one.getAttribute('aria-label'))).length",
    )?;
    assert_eq!(names, 0, "everything has a name");
    quiet(&mut browser)
}

fn tells_a_race() -> Result<(), Failed> {
    let bench = Workbench::new("browser-race");
    let ran = bench.tool(&[
        "explore",
        RACE,
        "--first",
        "--revision",
        "reviewed",
        "--report",
        "out",
        "--record",
        "kept",
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 100, "{}", ran.stderr);
    let account: Value = serde_json::from_str(&ran.stdout).unwrap();
    let flaws = account["flaws"].as_array().unwrap();
    let mut browser = Browser::open(&bench.path("out/index.html"))?;
    // The survey, then a run for each thing that goes wrong.
    for (number, flaw) in flaws.iter().enumerate() {
        browser.value(&format!("location.hash = 'run/{}'", number + 1))?;
        browser.settle()?;
        let turns = flaw["story"].as_array().unwrap().len();
        assert_eq!(
            browser.value("document.querySelectorAll('.story li.step').length")?,
            turns
        );
        let told = browser.value("document.querySelector('.verdict').textContent")?;
        assert!(
            told.as_str().unwrap().contains(flaw["detail"].as_str().unwrap()),
            "{told}"
        );
        let bars = browser.value("document.querySelectorAll('.lanes .bar').length")?;
        assert_eq!(bars, turns);
    }
    browser.value("location.hash = 'run/0'")?;
    browser.settle()?;
    let ends = browser.value("document.querySelectorAll('.run-view table tbody tr').length")?;
    assert_eq!(ends, account["ends"].as_array().unwrap().len());
    quiet(&mut browser)
}

/// A race in which something goes wrong at once.
const RACE: &str = "drift";
