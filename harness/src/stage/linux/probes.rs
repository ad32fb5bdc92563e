//! What the driver keeps and does not show, by probes at its functions: the counter `self`, all counters when they go away, and how
//! long the driver waits for pages. Nothing of the driver is changed, and nothing of its layout is known beforehand: where a counter
//! lies is learnt from a load that means nothing, and checked there.

mod line;

use line::{Event, parse};
use prm::Cycles;
use std::collections::BTreeMap;

/// The files of debugfs whose counters lie beside that of the driver's own pages (`struct mlx5_priv`), by their distance from it.
const TYPES: [(&str, u64); 3] = [("fw_pages_vfs", 4), ("fw_pages_sfs", 8), ("fw_pages_host_pf", 12)];

/// The file whose reading tells the others' too.
const TOTAL: &str = "fw_pages_total";

/// The counter of the driver's own pages, which has no file.
const SELF: &str = "self";

/// The name of the device that a function of the driver is called for: `dev->device->kobj.name`, the first member each time.
const NAME: &str = "name=+0(+0(+0(%di))):string";

/// Where the driver keeps its counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// From the driver's structure to each counter, in bytes.
    offsets: BTreeMap<String, u64>,
}

impl Places {
    /// Events by which the places are learnt: who is loaded, and what is read for each file.
    pub(super) fn lessons() -> Vec<String> {
        vec![
            format!("p:kprobes/begins mlx5_core:mlx5_pagealloc_init at=%di:x64 {NAME}"),
            "p:kprobes/shows debugfs_u32_get at=%di:x64 before=-4(%di):u32".to_owned(),
        ]
    }

    /// The places, from a load of `device` and one reading of its counters. None if they are not as they should be.
    pub(super) fn learn(trace: &[String], device: &str, counters: &BTreeMap<String, u32>) -> Option<Self> {
        let events: Vec<_> = trace.iter().filter_map(|line| parse(line)).collect();
        let named = |event: &&line::Line| event.event == Event::Begins && event.text("name") == Some(device);
        let base = events.iter().rev().find(named)?.number("at")?;
        let shown = shown(&events, counters)?;
        let mut offsets = BTreeMap::new();
        for (name, event) in &shown {
            offsets.insert((*name).to_owned(), event.number("at")?.checked_sub(base)?);
        }
        let own = offsets.get(TYPES[0].0)?.checked_sub(TYPES[0].1)?;
        let beside = |(name, distance): &(&str, u64)| offsets.get(*name) == Some(&(own + distance));
        // All pages of a driver that has just been loaded are its own.
        let value = shown.get(TYPES[0].0)?.number("before")?;
        let is_known = TYPES.iter().all(beside) && Some(&u32::try_from(value).ok()?) == counters.get(TOTAL);
        offsets.insert(SELF.to_owned(), own);
        is_known.then_some(Self { offsets })
    }

    /// Events by which all that is hidden is seen, from then on.
    pub(super) fn events(&self) -> Vec<String> {
        let mut events = waits();
        let (own, total) = (self.offset(SELF), self.offset(TOTAL));
        let distance = if own < total {
            format!("-{}", total - own)
        } else {
            format!("+{}", own - total)
        };
        events.push(format!("p:kprobes/shows debugfs_u32_get own={distance}(%di):u32"));
        let words = self
            .offsets
            .iter()
            .map(|(name, at)| format!("{name}=+{at}(%di):u32"));
        let words: Vec<String> = words.collect();
        events.push(format!(
            "p:kprobes/ends mlx5_core:mlx5_pagealloc_cleanup {NAME} {}",
            words.join(" ")
        ));
        events
    }

    fn offset(&self, name: &str) -> u64 {
        self.offsets.get(name).copied().unwrap_or_default()
    }
}

/// Events that tell how long the driver waits, wherever its counters are.
pub(super) fn waits() -> Vec<String> {
    vec![
        format!("p:kprobes/waits mlx5_core:mlx5_wait_for_pages {NAME} pages=+0(%si):s32"),
        "r:kprobes/waited mlx5_core:mlx5_wait_for_pages returns=$retval:s32".to_owned(),
    ]
}

/// The reading of each file: files are read in the order of their names.
fn shown<'a>(
    events: &'a [line::Line],
    counters: &'a BTreeMap<String, u32>,
) -> Option<BTreeMap<&'a str, &'a line::Line>> {
    let shown: Vec<_> = events
        .iter()
        .filter(|event| event.event == Event::Shows)
        .collect();
    let first = shown.len().checked_sub(counters.len())?;
    let names = counters.keys().map(String::as_str);
    Some(names.zip(shown.into_iter().skip(first)).collect())
}

/// How long the driver waited for pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageWait {
    /// The function whose driver waited.
    pub device: String,
    /// How many pages it waited for at its beginning.
    pub pages: i32,
    /// How long, by the guest's clock.
    pub took: Cycles,
    /// What it returned.
    pub returns: i32,
}

/// What has been seen in a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// The counters of each function when its driver let them go.
    last: BTreeMap<String, BTreeMap<String, u32>>,
    /// Waits by task.
    waiting: BTreeMap<u32, (String, i32, u64)>,
    waits: Vec<PageWait>,
}

impl Seen {
    /// Takes note of the trace's lines, and adds the counter that was not shown to those that were.
    pub(super) fn note(&mut self, trace: &[String], counters: &mut BTreeMap<String, u32>) {
        let events: Vec<_> = trace.iter().filter_map(|line| parse(line)).collect();
        for event in &events {
            self.note_event(event);
        }
        let own = shown(&events, counters).and_then(|shown| shown.get(TOTAL)?.number("own"));
        if let Some(own) = own.and_then(|own| u32::try_from(own).ok()) {
            counters.insert(SELF.to_owned(), own);
        }
    }

    fn note_event(&mut self, event: &line::Line) {
        let number = |name| event.number(name).unwrap_or_default();
        let signed = |name| i32::try_from(event.signed(name).unwrap_or_default()).unwrap_or_default();
        let name = || event.text("name").unwrap_or_default().to_owned();
        match event.event {
            Event::Begins | Event::Shows => {}
            Event::Ends => {
                let words = event.names().filter(|word| *word != "name");
                let words =
                    words.map(|word| (word.to_owned(), u32::try_from(number(word)).unwrap_or_default()));
                self.last.insert(name(), words.collect());
            }
            Event::Waits => {
                self.waiting
                    .insert(event.task, (name(), signed("pages"), event.microseconds));
            }
            Event::Waited => {
                if let Some((device, pages, since)) = self.waiting.remove(&event.task) {
                    self.waits.push(PageWait {
                        device,
                        pages,
                        took: Cycles(event.microseconds.saturating_sub(since).saturating_mul(1000)),
                        returns: signed("returns"),
                    });
                }
            }
        }
    }

    /// The counters of a function when its driver let them go, if that was in this run.
    pub(super) fn last_of(&self, device: &str) -> Option<&BTreeMap<String, u32>> {
        self.last.get(device)
    }

    /// The waits that have ended since the last call.
    pub(super) fn take_waits(&mut self) -> Vec<PageWait> {
        std::mem::take(&mut self.waits)
    }
}

#[cfg(test)]
mod tests;
