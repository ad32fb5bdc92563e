//! Host operations of a run: which were started, which still run, how long they took.

use prm::Cycles;

/// An operation that was started. `T` is what the stage itself knows of it.
#[derive(Clone, Debug)]
pub struct Operation<T> {
    /// What it is, in one word.
    pub kind: &'static str,
    /// The step that started it, by the name a later step joins it with.
    pub name: Option<String>,
    /// When it was started.
    pub began: Cycles,
    /// When it was seen to have ended, and its result: 0 or a negative errno.
    pub end: Option<(Cycles, i32)>,
    /// What the stage knows of it.
    pub own: T,
}

impl<T> Operation<T> {
    /// Its result, once it has ended.
    #[must_use]
    pub fn returned(&self) -> Option<i32> {
        self.end.map(|(_, returned)| returned)
    }

    /// How long it took, once it has ended.
    #[must_use]
    pub fn took(&self) -> Option<Cycles> {
        self.end.map(|(ended, _)| ended.saturating_sub(self.began))
    }
}

/// Every operation of a run.
#[derive(Clone, Debug)]
pub struct Operations<T> {
    all: Vec<Operation<T>>,
}

impl<T> Default for Operations<T> {
    fn default() -> Self {
        Self { all: Vec::new() }
    }
}

impl<T> Operations<T> {
    /// Adds one that was started; returns its number.
    pub fn add(&mut self, operation: Operation<T>) -> usize {
        self.all.push(operation);
        self.all.len() - 1
    }

    /// The operation with this number.
    #[must_use]
    pub fn get(&self, number: usize) -> &Operation<T> {
        &self.all[number]
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Operation<T>> {
        self.all.iter()
    }

    /// Those that have not been seen to end, to change.
    pub fn pending_mut(&mut self) -> impl Iterator<Item = &mut Operation<T>> {
        self.all.iter_mut().filter(|operation| operation.end.is_none())
    }

    /// The number of the operation that the named step started.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<usize> {
        self.all
            .iter()
            .rposition(|operation| operation.name.as_deref() == Some(name))
    }

    /// Whether any operation still runs.
    #[must_use]
    pub fn any_pending(&self) -> bool {
        self.all.iter().any(|operation| operation.end.is_none())
    }

    /// Whether any operation has ended with an error.
    #[must_use]
    pub fn any_failed(&self) -> bool {
        let mut results = self.all.iter().filter_map(Operation::returned);
        results.any(|returned| returned != 0)
    }

    /// The operation that took longest, of those that have ended or still run.
    #[must_use]
    pub fn longest(&self, now: Cycles) -> Option<(&'static str, Cycles)> {
        let took = |operation: &Operation<T>| {
            let ended = operation.end.map_or(now, |(ended, _)| ended);
            ended.saturating_sub(operation.began)
        };
        self.all
            .iter()
            .map(|operation| (operation.kind, took(operation)))
            .max_by_key(|&(_, took)| took)
    }
}
