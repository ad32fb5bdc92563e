//! How far a search may go.

/// What a search has spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Different states from which more than one way went on, or none.
    pub states: u64,
    /// Choices that were made.
    pub transitions: u64,
    /// Bytes of what it remembers of states.
    pub bytes: u64,
    /// The longest way, in choices.
    pub depth: u64,
}

impl Spent {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            states: self.states + other.states,
            transitions: self.transitions + other.transitions,
            bytes: self.bytes + other.bytes,
            depth: self.depth.max(other.depth),
        }
    }
}

/// Whether a search may go on. It is asked now and then.
pub trait Budget {
    /// Whether it may, after so much.
    fn allows(&self, spent: &Spent) -> bool;
}

/// As far as it takes.
impl Budget for () {
    fn allows(&self, _: &Spent) -> bool {
        true
    }
}

impl<F: Fn(&Spent) -> bool> Budget for F {
    fn allows(&self, spent: &Spent) -> bool {
        self(spent)
    }
}

/// How a search has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every way was gone, as far as the method says.
    Exhausted,
    /// It was stopped at what it was to look for.
    Stopped,
    /// Its budget was spent.
    Spent,
}
