//! One value.

use crate::touch::Touch;
use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

/// A value that notes how it is used. It is got at as through a pointer: to look leaves the note [`Touch::Read`], to be able to
/// change it [`Touch::Write`]. A new part counts as written: it may stand in the place of another.
pub struct Part<T> {
    value: T,
    touch: Cell<Touch>,
}

impl<T> Part<T> {
    /// A new part.
    pub const fn new(value: T) -> Self {
        Self {
            value,
            touch: Cell::new(Touch::Write),
        }
    }

    /// The value, for those who look from outside: no note is left.
    pub const fn peek(&self) -> &T {
        &self.value
    }

    /// How it was used since this was last asked.
    #[inline]
    pub fn take_touch(&self) -> Touch {
        self.touch.replace(Touch::Nothing)
    }
}

impl<T> Deref for Part<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.touch.set(self.touch.get() | Touch::Read);
        &self.value
    }
}

impl<T> DerefMut for Part<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.touch.set(Touch::Write);
        &mut self.value
    }
}

impl<T: Clone> Clone for Part<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            touch: Cell::default(),
        }
    }
}

impl<T: Default> Default for Part<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: PartialEq> PartialEq for Part<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Part<T> {}

impl<T: Hash> Hash for Part<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<T: fmt::Debug> fmt::Debug for Part<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T> From<T> for Part<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_and_changing_leave_notes_and_the_stronger_stays() {
        let mut part = Part::new(vec![1]);
        assert_eq!(part.take_touch(), Touch::Write, "it is new");
        assert_eq!(part.take_touch(), Touch::Nothing);
        assert_eq!(part.len(), 1);
        assert_eq!(part.take_touch(), Touch::Read);
        part.push(2);
        assert_eq!(part.first(), Some(&1));
        assert_eq!(part.take_touch(), Touch::Write);
        assert_eq!(part.take_touch(), Touch::Nothing);
    }

    #[test]
    fn those_who_look_from_outside_leave_none() {
        let part = Part::new(7).clone();
        let copy = part.clone();
        assert!(*part.peek() == 7 && part == copy && format!("{part:?}") == "7");
        assert_eq!(part.take_touch(), Touch::Nothing);
        let touched = Part::new(1);
        assert_eq!(*touched, 1);
        assert_eq!(touched.clone().take_touch(), Touch::Nothing, "a copy has no past");
    }
}
