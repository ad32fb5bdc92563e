//! A turn of a race.

/// A turn of somebody who races with others.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Whose turn it is.
    pub actor: String,
    /// What he does.
    pub does: String,
    /// More about it.
    pub about: String,
    /// What has gone wrong by the end of it.
    pub wrong: Vec<String>,
}

impl Turn {
    /// It in words.
    pub(super) fn in_words(&self) -> String {
        let mut words = self.does.clone();
        if self.does != self.actor {
            words.push_str(&format!(" ({})", self.actor));
        }
        if !self.about.is_empty() {
            words.push(' ');
            words.push_str(&self.about);
        }
        words
    }
}
