//! Looks of the running task at what it waits for, and tasks whose deeds have no effect.

use super::executor::Runtime;
use super::executor::core::Record;
use super::history::LookMark;

impl Runtime {
    /// The running task begins to look at what it waits for: again and again, from here.
    pub(crate) fn begin_look(&self) -> LookMark {
        let mut core = self.core.borrow_mut();
        match &mut core.recall {
            Some(recall) => recall.look(),
            None => core.own_record().map(Record::begin_look).unwrap_or_default(),
        }
    }

    /// A look has shown nothing new, and the next one follows: the task stands where it stood when it began to look.
    pub(crate) fn look_again(&self, mark: LookMark) {
        let mut core = self.core.borrow_mut();
        if core.recall.is_none()
            && let Some(record) = core.own_record()
        {
            record.look_again(mark);
        }
    }

    /// Whether nothing that the running task does has an effect: it is told of its past, or is being thrown away.
    #[must_use]
    pub fn is_without_effect(&self) -> bool {
        let core = self.core.borrow();
        core.recall.is_some() || core.discards
    }
}
