//! What a task has seen. A future cannot be copied; but another run of it that sees the same comes to where it stands.

use parts::CanonicalHasher;
use std::any::Any;
use std::rc::Rc;

/// One thing that a task has seen.
#[derive(Clone)]
pub(super) enum Seen {
    /// That it was its turn.
    Turn,
    /// What a step returned, or why a wait ended.
    Value(Rc<dyn Any>),
    /// A look at what it waits for begins here. If it shows nothing new, it is as if it had not been; the hash of all before it.
    Look(LookMark, Rc<CanonicalHasher>),
}

/// Where a task began to look at what it waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookMark(u64);

impl LookMark {
    /// The one that follows.
    pub(super) const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// All that a task has seen, in order. Copies share what they have in common.
#[derive(Clone, Default)]
pub(super) struct History {
    last: Option<Rc<Entry>>,
}

struct Entry {
    seen: Seen,
    before: Option<Rc<Self>>,
}

impl History {
    pub(super) fn push(&mut self, seen: Seen) {
        let before = self.last.take();
        self.last = Some(Rc::new(Entry { seen, before }));
    }

    /// Forgets everything since a look began. The hash of what was before it.
    pub(super) fn look_again(&mut self, mark: LookMark) -> Option<Rc<CanonicalHasher>> {
        let mut next = self.last.clone();
        while let Some(entry) = next {
            if let Seen::Look(begun, before) = &entry.seen
                && *begun == mark
            {
                let before = Rc::clone(before);
                self.last = Some(entry);
                return Some(before);
            }
            next = entry.before.clone();
        }
        None
    }

    /// Whether both are the same history, and not only alike.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        match (&self.last, &other.last) {
            (None, None) => true,
            (Some(last), Some(other)) => Rc::ptr_eq(last, other),
            _ => false,
        }
    }

    /// All of it, the oldest first.
    fn in_order(&self) -> Vec<Seen> {
        let mut all = Vec::new();
        let mut next = self.last.as_ref();
        while let Some(entry) = next {
            all.push(entry.seen.clone());
            next = entry.before.as_ref();
        }
        all.reverse();
        all
    }
}

impl Drop for History {
    /// One after the other: a long history would need a deep stack.
    fn drop(&mut self) {
        let mut next = self.last.take();
        while let Some(entry) = next {
            next = Rc::into_inner(entry).and_then(|mut entry| entry.before.take());
        }
    }
}

/// A history that is being told to another run of the same future.
pub(super) struct Recall {
    rest: std::vec::IntoIter<Seen>,
    /// It did not fit: the future asked for something else.
    pub(super) strays: bool,
}

impl Recall {
    pub(super) fn of(history: &History) -> Self {
        Self {
            rest: history.in_order().into_iter(),
            strays: false,
        }
    }

    /// Whether there is nothing more to tell.
    pub(super) fn is_over(&self) -> bool {
        self.rest.len() == 0
    }

    /// It was its turn.
    pub(super) fn turn(&mut self) {
        self.strays |= !matches!(self.rest.next(), Some(Seen::Turn));
    }

    /// A look began.
    pub(super) fn look(&mut self) -> LookMark {
        match self.rest.next() {
            Some(Seen::Look(mark, _)) => mark,
            _ => {
                self.strays = true;
                LookMark::default()
            }
        }
    }

    /// A value of this kind was seen. Without one the future has gone another way than it did.
    pub(super) fn value<T: Clone + 'static>(&mut self) -> Option<T> {
        let value = match self.rest.next() {
            Some(Seen::Value(value)) => value.downcast_ref::<T>().cloned(),
            _ => None,
        };
        self.strays |= value.is_none();
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(number: u32) -> Seen {
        Seen::Value(Rc::new(number))
    }

    #[test]
    fn copies_go_on_apart_and_are_told_in_order() {
        let mut one = History::default();
        one.push(value(1));
        let mut other = one.clone();
        assert!(one.is_same_as(&other));
        one.push(Seen::Turn);
        other.push(value(2));
        assert!(!one.is_same_as(&other));
        let mut recall = Recall::of(&other);
        assert_eq!((recall.value::<u32>(), recall.value::<u32>()), (Some(1), Some(2)));
        assert!(recall.is_over() && !recall.strays);
        let mut recall = Recall::of(&one);
        assert_eq!(recall.value::<u32>(), Some(1));
        recall.turn();
        assert!(recall.is_over() && !recall.strays);
    }

    #[test]
    fn who_asks_for_something_else_strays() {
        let mut history = History::default();
        history.push(value(1));
        let mut recall = Recall::of(&history);
        assert_eq!(recall.value::<u64>(), None);
        assert!(recall.strays);
        let mut recall = Recall::of(&history);
        recall.turn();
        assert!(recall.strays);
    }

    #[test]
    fn a_look_that_shows_nothing_new_is_forgotten() {
        let mut history = History::default();
        history.push(value(1));
        let mark = LookMark::default().next();
        assert!(history.look_again(mark).is_none());
        history.push(Seen::Look(mark, Rc::default()));
        let begun = history.clone();
        history.push(Seen::Turn);
        history.push(value(2));
        history.push(Seen::Look(mark.next(), Rc::default()));
        assert!(history.look_again(mark).is_some() && history.is_same_as(&begun));
        let mut recall = Recall::of(&history);
        assert_eq!(recall.value::<u32>(), Some(1));
        assert_eq!(recall.look(), mark);
        assert!(recall.is_over() && !recall.strays);
    }

    #[test]
    fn a_long_history_goes_without_a_deep_stack() {
        let mut history = History::default();
        (0..1_000_000).for_each(|_| history.push(Seen::Turn));
        drop(history);
    }
}
