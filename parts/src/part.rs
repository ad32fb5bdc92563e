//! One value.

use crate::store::{Own, Shared, Store};
use crate::touch::Touch;
use std::cell::Cell;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A value that notes how it is used. It is got at as through a pointer: to look leaves the note [`Touch::Read`], to be able to
/// change it [`Touch::Write`]. A new part counts as written: it may stand in the place of another.
///
/// Copies share the value until one of them changes it, and its hash is known until then.
pub struct Part<T, S = Shared<T>> {
    value: S,
    touch: Cell<Touch>,
    of: PhantomData<T>,
}

/// A part that is made of parts: copies do not share it, but what it is made of.
pub type Group<T> = Part<T, Own<T>>;

impl<T, S: Store<T>> Part<T, S> {
    /// A new part.
    pub fn new(value: T) -> Self {
        Self {
            value: S::new(value),
            touch: Cell::new(Touch::Write),
            of: PhantomData,
        }
    }

    /// The value, for those who look from outside: no note is left.
    pub fn peek(&self) -> &T {
        self.value.get()
    }

    /// How it was used since this was last asked.
    #[inline]
    pub fn take_touch(&self) -> Touch {
        self.touch.replace(Touch::Nothing)
    }
}

impl<T, S: Store<T>> Deref for Part<T, S> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.touch.set(self.touch.get() | Touch::Read);
        self.value.get()
    }
}

impl<T, S: Store<T>> DerefMut for Part<T, S> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.touch.set(Touch::Write);
        self.value.get_mut()
    }
}

impl<T, S: Clone> Clone for Part<T, S> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            touch: Cell::default(),
            of: PhantomData,
        }
    }
}

impl<T: Default, S: Store<T>> Default for Part<T, S> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: PartialEq, S: Store<T>> PartialEq for Part<T, S> {
    fn eq(&self, other: &Self) -> bool {
        self.peek() == other.peek()
    }
}

impl<T: Eq, S: Store<T>> Eq for Part<T, S> {}

impl<T: Hash, S: Store<T>> Hash for Part<T, S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash_value(state);
    }
}

impl<T: fmt::Debug, S: Store<T>> fmt::Debug for Part<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.peek().fmt(f)
    }
}

impl<T, S: Store<T>> From<T> for Part<T, S> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::Digest;

    #[test]
    fn looking_and_changing_leave_notes_and_the_stronger_stays() {
        let mut part = Part::<_>::new(vec![1]);
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
        let part = Part::<_>::new(7).clone();
        let copy = part.clone();
        assert!(*part.peek() == 7 && part == copy && format!("{part:?}") == "7");
        assert_eq!(part.take_touch(), Touch::Nothing);
        let touched = Part::<_>::new(1);
        assert_eq!(*touched, 1);
        assert_eq!(touched.clone().take_touch(), Touch::Nothing, "a copy has no past");
    }

    #[test]
    fn copies_share_the_value_and_its_hash_until_one_of_them_changes() {
        let hash = |part: &Part<Vec<u8>>| Digest::of(part);
        let mut part = Part::<_>::new(vec![1]);
        let copy = part.clone();
        assert_eq!(hash(&part), hash(&copy));
        part.push(2);
        assert_eq!((part.peek(), copy.peek()), (&vec![1, 2], &vec![1]));
        assert_ne!(hash(&part), hash(&copy));
        part.pop();
        assert_eq!(hash(&part), hash(&copy), "a hash is of the value alone");
    }

    #[test]
    fn notes_in_a_copy_of_a_group_are_its_own() {
        let group: Group<Part<u8>> = Group::new(Part::new(1));
        let _new = group.peek().take_touch();
        let copy = group.clone();
        assert_eq!(**copy, 1);
        assert_eq!(group.peek().take_touch(), Touch::Nothing);
        assert_eq!(
            (copy.take_touch(), copy.peek().take_touch()),
            (Touch::Read, Touch::Read)
        );
    }
}
