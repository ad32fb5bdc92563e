//! The pictures of README and docs, taken from the page as a reader would see it.
//!
//! `WRITE_PICTURES=1 cargo test -p mlx5-cosim --test browser pictures` takes them anew. Without it they go into the build's
//! temporary folder, to be looked at.

use crate::chromium::Browser;
use crate::quiet;
use crate::workbench::{Workbench, ends};
use base64::prelude::{BASE64_STANDARD, Engine};
use libtest_mimic::Failed;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One run of the project's scenarios.
type Case = (&'static str, &'static str);

/// What is shown.
enum View {
    Matrix,
    Run(Case),
    Compare(Case, Case),
}

use View::{Compare, Matrix, Run};

/// A picture: its file, the view, the part of the page as a selector, and how much of that, in pixels.
type Picture = (&'static str, View, &'static str, u32);

const PICTURES: [Picture; 7] = [
    ("report-matrix.png", Matrix, "body", 640),
    (
        "report-run.png",
        Run(("none-then-populate", "reviewed")),
        "body",
        790,
    ),
    (
        "report-lanes.png",
        Run(("gate-take", "merged")),
        ".lanes-section",
        446,
    ),
    (
        "report-compare.png",
        Compare(
            ("none-then-populate", "reviewed"),
            ("none-then-populate", "merged"),
        ),
        "body",
        720,
    ),
    ("gate-take.png", Run(("gate-take", "merged")), ".books", 290),
    (
        "mode-switch-window.png",
        Run(("mode-switch-window", "merged")),
        ".books",
        290,
    ),
    (
        "typeless-unload-pf.png",
        Run(("typeless-unload-pf", "merged")),
        ".lanes-section",
        460,
    ),
];

/// Beside those that a picture is of: what the table of all runs shows.
const OTHERS: [&str; 8] = [
    "mixed-through-zero",
    "boot-id-3",
    "give-timeout-late",
    "claim-overrun",
    "overflow",
    "release-all-mixed",
    "startup-livelock",
    "lock-one-request",
];

/// How wide the window is, in pixels.
const WIDTH: u32 = 1180;

pub fn are_taken() -> Result<(), Failed> {
    let bench = Workbench::new("browser-pictures");
    let mut cases: BTreeSet<&str> = OTHERS.into();
    for (_, view, _, _) in &PICTURES {
        match view {
            Matrix => {}
            Run((scenario, _)) => drop(cases.insert(scenario)),
            Compare(one, other) => cases.extend([one.0, other.0]),
        }
    }
    let mut words = vec!["run", "--report", "out"];
    words.extend(cases);
    ends(&bench.tool(&words), 0);
    let mut browser = Browser::open(&bench.path("out/index.html"))?;
    let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": "light" }] });
    browser.order("Emulation.setEmulatedMedia", &scheme)?;
    // A bar that is there before the picture and not in it would shift everything.
    browser.order("Emulation.setScrollbarsHidden", &json!({ "hidden": true }))?;
    let folder = match std::env::var_os("WRITE_PICTURES") {
        Some(_) => root().join("docs/pictures"),
        None => bench.path("pictures"),
    };
    fs::create_dir_all(&folder)?;
    for (file, view, part, most) in &PICTURES {
        let picture = taken(&mut browser, view, part, *most).map_err(|error| format!("{file}: {error}"))?;
        fs::write(folder.join(file), picture)?;
    }
    println!("pictures: {}", folder.display());
    quiet(&mut browser)
}

/// The bytes of a PNG file.
fn taken(browser: &mut Browser, view: &View, part: &str, most: u32) -> Result<Vec<u8>, String> {
    let window = json!({ "width": WIDTH, "height": most, "deviceScaleFactor": 1, "mobile": false });
    browser.order("Emulation.setDeviceMetricsOverride", &window)?;
    let mut number = |(scenario, revision): &Case| {
        let found = browser.value(&format!(
            "runs.findIndex((run) => caseOf(run).name === '{scenario}' && run.column.name === '{revision}')"
        ))?;
        found
            .as_u64()
            .ok_or_else(|| format!("no run {scenario}@{revision}"))
    };
    let place = match view {
        Matrix => String::new(),
        Run(case) => format!("run/{}", number(case)?),
        Compare(one, other) => format!("compare/{}/{}", number(one)?, number(other)?),
    };
    browser.value(&format!("go('{place}')"))?;
    browser.settle()?;
    let box_of = format!(
        "(() => {{ const box = document.querySelector('{part}').getBoundingClientRect(); \
         const rim = Math.min(12, box.x); \
         return {{ x: box.x + scrollX - rim, y: Math.max(0, box.y + scrollY - rim), width: box.width + 2 * rim, \
         height: Math.min(box.height + 2 * rim, {most}) }}; }})()"
    );
    let mut clip = browser.value(&box_of)?;
    clip["scale"] = json!(1);
    let shot = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
    let shot = browser.order("Page.captureScreenshot", &shot)?;
    let coded = shot["data"].as_str().ok_or("no picture")?;
    let bytes = BASE64_STANDARD.decode(coded).map_err(|error| error.to_string())?;
    let side = |at: usize| {
        bytes
            .get(at..at + 4)
            .map(|side| u32::from_be_bytes(side.try_into().unwrap()))
    };
    let sides = [side(16), side(20)].map(Option::unwrap_or_default);
    // One colour all over is a few hundred bytes.
    if sides[0] < WIDTH / 2 || sides[1] < most / 3 || bytes.len() < 10_000 {
        return Err(format!("{sides:?} pixels in {} bytes show nothing", bytes.len()));
    }
    Ok(bytes)
}

/// What the texts show is what is taken, and is there.
pub fn are_those_of_the_docs() -> Result<(), Failed> {
    let mut shown = BTreeSet::new();
    let docs = fs::read_dir(root().join("docs"))?.map(|entry| entry.map(|entry| entry.path()));
    let mut texts = docs.collect::<Result<Vec<_>, _>>()?;
    texts.push(root().join("README.md"));
    for text in texts
        .iter()
        .filter(|text| text.extension().is_some_and(|kind| kind == "md"))
    {
        let text = fs::read_to_string(text)?;
        shown.extend(text.split("pictures/").skip(1).filter_map(|rest| {
            let name = rest.split(')').next()?;
            name.ends_with(".png").then(|| name.to_owned())
        }));
    }
    let table: BTreeSet<String> = PICTURES.iter().map(|(file, ..)| (*file).to_owned()).collect();
    assert_eq!(shown, table);
    let is_missing = |file: &&String| !root().join("docs/pictures").join(file).is_file();
    let missing: Vec<&String> = table.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "{missing:?}");
    Ok(())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
