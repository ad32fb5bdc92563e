//! How much firmware does at a time: all that is due, or a portion of it.

/// How much firmware does at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Pace {
    /// A doorbell is followed to its end when it is rung, and what is due is done to its end. Lists have a million pages at
    /// most.
    #[default]
    Whole,
    /// Long work is done in portions, by `Silicon::work`: of chains of mailboxes and of lists of pages. What a command
    /// does, and in which order, is the same; it takes its time in pieces, and those of several functions take turns. Lists
    /// have 262144 pages at most.
    Portions,
}

impl Pace {
    /// Mailboxes of a chain that are followed in one portion.
    pub(crate) const fn mailboxes(self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::Portions => 256,
        }
    }

    /// Longest list of pages of one MANAGE_PAGES. Drivers were seen to give 20000 and to take 50000 at a time, and the
    /// guests of a served device have not the memory for more than these. Booking a list is one piece of work.
    pub(crate) const fn longest_list(self) -> u32 {
        match self {
            Self::Whole => 1 << 20,
            Self::Portions => 1 << 18,
        }
    }

    /// Pages of a list that are written or looked at in one portion.
    pub(crate) const fn pages(self) -> usize {
        match self {
            Self::Whole => usize::MAX,
            Self::Portions => 4096,
        }
    }
}
