//! What the kernel prints, as the driver's messages.
//!
//! A line of mlx5_core has the driver, the device, for warnings and errors the place, and a text:
//!
//! ```text
//! mlx5_core 0000:00:04.0: give_pages:462:(pid 71): func_vhca_id 0x10, npages 4, err -110
//! mlx5_core 0000:00:04.0: E-Switch: FDB is not supported, aborting ...
//! ```
//!
//! A text becomes the message of ours that says the same, with the numbers that the text tells and no others: what a
//! kernel keeps to itself cannot be compared. The texts are those of the driver's messages, which print what Linux 7.2
//! prints ([`MessageKind::ROWS`]); `patterns` reads them back.
//!
//! A `WARN` prints up to three lines of its own, without the driver's name. The middle one is there only if the `WARN` has
//! a text, which then is the message. Without a text the file and the function have to tell:
//!
//! ```text
//! ------------[ cut here ]------------
//! VFs FW pages counter is 300 after reclaiming all pages
//! WARNING: drivers/net/ethernet/mellanox/mlx5/core/pagealloc.c:882 at mlx5_reclaim_startup_pages+0x1c/0x130 [mlx5_core], ...
//! ```
//!
//! Not every line is a message. `table` knows two other kinds: effects, which are allowed where something has gone wrong
//! that is compared by itself ([`Heard::effects`]), and what is harmless. A warning or an error of mlx5_core that
//! the table does not know fails a run ([`Heard::unknown`]); what is no louder than a notice is told as a note
//! ([`Heard::notes`]).

mod patterns;
mod table;
#[cfg(test)]
mod tests;

use crate::stage::heard::{Heard, kind};
use driver::message::Row;
use driver::{MessageKind, MessageLevel};
use guest_protocol::LogLine;
use patterns::{Pattern, compiled};
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;
use table::Says;

/// The loudest level is 0; what is louder than a notice (5) has to be understood.
const WARNING: u8 = 4;

/// The message that the kernel repeats for every page of a list.
const PAGE_NOT_FOUND: &str = "page_not_found";

static DEVICE_LINE: LazyLock<Regex> = LazyLock::new(|| {
    // After the device a network interface may be named, with its state of registration.
    let interface = r"(?: (?:\(unnamed net_device\)|[^\s:()]+)(?: \(\w+\))?)?";
    compiled(&format!(
        r"^mlx5_core[\w.-]* \S+?{interface}: (?:\w+:\d+:\(pid \d+\): )?(?<text>.*)$"
    ))
});

static WARNING_LINE: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"^WARNING: (?<place>\S+\.[ch]:\d+ at [\w.]+)"));

/// Printed when a limited message is printed again; the limit counts for each place, in all devices together. Pages that are not
/// found (`free_4k`) are left out here: they are told once in any case.
static SUPPRESSED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"^(?:mlx5_\w+|cmd_work_handler): \d+ callbacks suppressed$"));

/// What a device's driver says, after the place.
static TEXTS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| patterns::texts(printed().filter(|row| row.level != MessageLevel::Warn)).collect());
/// What a `WARN` says before it tells where it stands.
static WARN_TEXTS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| patterns::texts(printed().filter(|row| row.level == MessageLevel::Warn)).collect());
/// Where a `WARN` stands that says nothing: file, line, function. The compiler has put some functions into others, so the
/// function is named only where its file has other such places.
static WARN_PLACES: LazyLock<Vec<Pattern>> = LazyLock::new(|| patterns::places(printed()).collect());
static OTHERS: LazyLock<Vec<(Regex, Says)>> = LazyLock::new(|| {
    let rows = [table::HARMLESS, table::EFFECTS].into_iter().flatten();
    rows.map(|row| (compiled(row.pattern), row.says)).collect()
});

/// The kinds of messages that a kernel prints.
fn printed() -> impl Iterator<Item = &'static Row> {
    MessageKind::ROWS.iter().filter(|row| row.silent.is_empty())
}

/// Everything a run's kernel has printed.
#[derive(Debug, Default)]
pub struct KernelLog {
    /// As far as it is understood.
    pub heard: Heard,
    /// Whether the last message was about a page that the driver does not know.
    not_found: bool,
    scene: Scene,
}

/// What was said since a `cut here`.
#[derive(Debug, Default)]
enum Scene {
    /// No `WARN` is being printed.
    #[default]
    None,
    /// Nothing yet.
    Cut,
    /// A text that is no message.
    Text(String),
    /// A text that is one.
    Message,
}

/// What a line comes to.
enum Meaning {
    Message(Value),
    Effect,
    Nothing,
    Unknown(String),
}

impl KernelLog {
    /// Reads further lines; returns the messages among them.
    ///
    /// As in our own runs, a page that was not found is told once where the kernel tells it for each page of a list: how often it
    /// does is a matter of its rate limit.
    pub fn read(&mut self, lines: &[LogLine]) -> Vec<Value> {
        let mut messages = Vec::new();
        for line in lines {
            tracing::info!(actor = "kernel", "{line}");
            match self.meaning(line) {
                Meaning::Nothing => {}
                Meaning::Effect => self.heard.effects.push(line.text.clone()),
                Meaning::Unknown(text) if line.level > WARNING => self.heard.notes.push(text),
                Meaning::Unknown(text) => self.heard.unknown.push(text),
                Meaning::Message(message) => {
                    let not_found = kind(&message) == Some(PAGE_NOT_FOUND);
                    if !(not_found && self.not_found) {
                        messages.push(message);
                    }
                    self.not_found = not_found;
                }
            }
        }
        self.heard.messages.extend(messages.iter().cloned());
        messages
    }

    fn meaning(&mut self, line: &LogLine) -> Meaning {
        let text = line.text.as_str();
        if text.contains("[ cut here ]") {
            self.scene = Scene::Cut;
            Meaning::Nothing
        } else if let Some(parts) = DEVICE_LINE.captures(text) {
            device(&parts["text"]).unwrap_or_else(|| Meaning::Unknown(text.to_owned()))
        } else if let Some(parts) = WARNING_LINE.captures(text) {
            self.place(text, &parts["place"])
        } else if let Some(meaning) = look_up(&WARN_TEXTS, text) {
            self.scene = Scene::Message;
            meaning
        } else if SUPPRESSED.is_match(text) {
            Meaning::Unknown(text.to_owned())
        } else if text.starts_with("mlx5") {
            device(text).unwrap_or_else(|| Meaning::Unknown(text.to_owned()))
        } else {
            if matches!(self.scene, Scene::Cut) {
                self.scene = Scene::Text(text.to_owned());
            }
            Meaning::Nothing
        }
    }

    /// The line that tells where a `WARN` stands, and ends what it says.
    fn place(&mut self, line: &str, place: &str) -> Meaning {
        let unknown = match std::mem::take(&mut self.scene) {
            Scene::Message => return Meaning::Nothing,
            Scene::Text(text) => format!("{text}: {line}"),
            Scene::None | Scene::Cut => line.to_owned(),
        };
        // Also where it is not the driver's own: what the kernel warns of while the driver works may be its doing.
        look_up(&WARN_PLACES, place).unwrap_or(Meaning::Unknown(unknown))
    }
}

/// What a line of a device's driver says.
fn device(text: &str) -> Option<Meaning> {
    look_up(&TEXTS, text).or_else(|| {
        OTHERS
            .iter()
            .find(|(regex, _)| regex.is_match(text))
            .map(|(_, says)| match says {
                Says::Effect => Meaning::Effect,
                Says::Nothing => Meaning::Nothing,
            })
    })
}

/// The message of the first pattern that fits.
fn look_up(patterns: &[Pattern], text: &str) -> Option<Meaning> {
    patterns
        .iter()
        .find_map(|pattern| pattern.read(text))
        .map(Meaning::Message)
}
