//! Keeping records, and telling the log about them as they happen.

use crate::record::Record;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use tracing::Level;

/// The records since they were last taken. Copies share them until one of them keeps another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    records: Arc<Vec<Record>>,
    /// Whether something was refused before.
    has_refused: bool,
}

impl Hash for Journal {
    /// What happened is past: nothing that firmware does depends on it.
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Journal {
    /// Keeps a record and logs it as the firmware's.
    pub(crate) fn push(&mut self, record: Record) {
        let virtual_ns = record.cycles().0;
        let is_refusal = matches!(record, Record::Refused { .. });
        let is_first = is_refusal && !std::mem::replace(&mut self.has_refused, true);
        let level = if is_first { Level::INFO } else { record.level() };
        match level {
            Level::INFO => tracing::info!(actor = "firmware", virtual_ns, "{record}"),
            Level::DEBUG => tracing::debug!(actor = "firmware", virtual_ns, "{record}"),
            _ => tracing::trace!(actor = "firmware", virtual_ns, "{record}"),
        }
        Arc::make_mut(&mut self.records).push(record);
    }

    /// Hands the records over.
    pub(crate) fn take(&mut self) -> Vec<Record> {
        // Most accesses leave no record: then nothing is allocated.
        match self.records.is_empty() {
            true => Vec::new(),
            false => std::mem::take(Arc::make_mut(&mut self.records)),
        }
    }
}
