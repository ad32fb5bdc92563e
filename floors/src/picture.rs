//! The floors, drawn in plain characters for the document that explains the house.

use crate::error::FloorsError;
use crate::plan::{CratePlan, House};
use crate::reading::Reading;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The line after which the picture stands in the document.
pub const BEGIN: &str = "<!-- floors: drawn by `cargo floors draw` -->";

/// The line before which it ends.
pub const END: &str = "<!-- floors: end -->";

/// Columns of the picture.
const WIDTH: usize = 96;

/// Columns inside a box: its two walls and a space beside each are taken off.
const INSIDE: usize = WIDTH - 4;

/// Draws the house: the crates, then the floors of each.
#[must_use]
pub fn draw(house: &House, readings: &[Reading]) -> String {
    let mut drawn = String::from("The crates, each using only what stands below it:\n\n```text\n");
    let widest = house
        .crates
        .iter()
        .map(|plan| plan.name.len())
        .max()
        .unwrap_or_default();
    for plan in &house.crates {
        let indent = " ".repeat(widest + 2);
        let line = format!("{:widest$}  {}", plan.name, plan.says);
        let options = wrapping(WIDTH).subsequent_indent(&indent);
        for line in textwrap::wrap(&line, options) {
            drawn.push_str(&line);
            drawn.push('\n');
        }
    }
    drawn.push_str(
        "```\n\nThe floors of each crate, each using only its own and those below it:\n\n```text\n",
    );
    for (place, (plan, reading)) in house.crates.iter().zip(readings).enumerate() {
        if place > 0 {
            drawn.push('\n');
        }
        draw_crate(&mut drawn, plan, reading);
    }
    drawn.push_str("```\n");
    drawn
}

fn draw_crate(drawn: &mut String, plan: &CratePlan, reading: &Reading) {
    let title = format!("- {} ", plan.sources);
    wall(drawn, &title);
    for (depth, floor) in plan.floors.iter().enumerate() {
        if depth > 0 {
            wall(drawn, "");
        }
        let height = plan.floors.len() - 1 - depth;
        let on_it = |place: usize| plan.floor_of(&reading.read.files[place].path) == Some(height);
        let files = (0..reading.read.files.len()).filter(|&file| on_it(file)).count();
        let down = reading
            .uses
            .inside
            .keys()
            .filter(|(from, to)| on_it(from.0) && !on_it(to.0))
            .count();
        line(drawn, &format!("{}: {}", floor.name, floor.says), "");
        let arrows = if down == 0 {
            String::new()
        } else {
            format!(", {down} arrows down")
        };
        let rooms = format!(
            "{} ({files} {}{arrows})",
            floor.rooms.join("  "),
            if files == 1 { "file" } else { "files" }
        );
        line(drawn, &rooms, "    ");
    }
    wall(drawn, "");
}

/// How lines are wrapped. Nothing is left to the library's defaults: they depend on what others in the build ask of it.
fn wrapping<'a>(width: usize) -> textwrap::Options<'a> {
    textwrap::Options::new(width)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
}

fn wall(drawn: &mut String, title: &str) {
    drawn.push('+');
    drawn.push_str(title);
    let dashes = (WIDTH - 2).saturating_sub(title.chars().count());
    drawn.push_str(&"-".repeat(dashes));
    drawn.push_str("+\n");
}

fn line(drawn: &mut String, text: &str, indent: &str) {
    let options = wrapping(INSIDE).initial_indent(indent).subsequent_indent("    ");
    for line in textwrap::wrap(text, options) {
        let _ = writeln!(drawn, "| {line:INSIDE$} |");
    }
}

/// The document that shows the picture.
#[must_use]
pub fn document(root: &Path) -> PathBuf {
    root.join("docs/architecture.md")
}

/// The document's text with this picture in its frame.
///
/// # Errors
/// [`FloorsError::NoFrame`] where it has none.
pub fn hang(path: &Path, text: &str, picture: &str) -> Result<String, FloorsError> {
    let framed = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) = framed.ok_or_else(|| FloorsError::NoFrame {
        path: path.to_path_buf(),
        begin: BEGIN,
        end: END,
    })?;
    Ok(format!("{before}{BEGIN}\n\n{picture}\n{END}{after}"))
}
