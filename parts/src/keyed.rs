//! A value for each key.

use crate::store::{Own, Shared, Store};
use crate::touch::Touch;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::collections::btree_map;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// Values by key, each a part of its own. That there is none under a key is something to be seen, too: a look for it leaves a
/// note under the key, and so does an entry that comes or goes. Whoever goes through all of them leaves a note of all, and new
/// ones count as all written.
pub struct Parts<K, T, S = Shared<BTreeMap<K, T>>> {
    values: S,
    notes: RefCell<Notes<K>>,
    /// Whether there are notes at all: most steps leave none.
    is_noted: Cell<bool>,
    of: PhantomData<T>,
}

/// Parts that are made of parts: copies do not share them, but what they are made of.
pub type Groups<K, T> = Parts<K, T, Own<BTreeMap<K, T>>>;

struct Notes<K> {
    /// Few: what one step uses.
    keys: Vec<(K, Touch)>,
    all: Touch,
}

impl<K> Default for Notes<K> {
    fn default() -> Self {
        Self {
            keys: Vec::new(),
            all: Touch::Nothing,
        }
    }
}

impl<K, T, S: Store<BTreeMap<K, T>>> Default for Parts<K, T, S> {
    fn default() -> Self {
        Self {
            values: S::new(BTreeMap::new()),
            notes: RefCell::new(Notes {
                keys: Vec::new(),
                all: Touch::Write,
            }),
            is_noted: Cell::new(true),
            of: PhantomData,
        }
    }
}

impl<K: Copy + Ord, T, S: Store<BTreeMap<K, T>>> Parts<K, T, S> {
    /// All values, for those who look from outside: no note is left.
    pub fn peek(&self) -> &BTreeMap<K, T> {
        self.values.get()
    }

    /// How they were used since this was last asked, in the order of first use: a key, or none for all of them.
    #[inline]
    pub fn take_touches(&self, take: impl FnMut(Option<K>, Touch)) {
        if self.is_noted.replace(false) {
            self.take_notes(take);
        }
    }

    fn take_notes(&self, mut take: impl FnMut(Option<K>, Touch)) {
        let mut notes = self.notes.borrow_mut();
        for (key, touch) in notes.keys.drain(..) {
            take(Some(key), touch);
        }
        match std::mem::take(&mut notes.all) {
            Touch::Nothing => {}
            touch => take(None, touch),
        }
    }

    fn note(&self, key: K, touch: Touch) {
        self.is_noted.set(true);
        let keys = &mut self.notes.borrow_mut().keys;
        match keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = *known | touch,
            None => keys.push((key, touch)),
        }
    }

    fn note_all(&self, touch: Touch) {
        self.is_noted.set(true);
        let all = &mut self.notes.borrow_mut().all;
        *all = *all | touch;
    }

    /// The value under a key.
    pub fn get(&self, key: &K) -> Option<&T> {
        self.note(*key, Touch::Read);
        self.values.get().get(key)
    }

    /// Whether there is one under a key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// All of them, by ascending key.
    pub fn iter(&self) -> btree_map::Iter<'_, K, T> {
        self.note_all(Touch::Read);
        self.values.get().iter()
    }

    /// The keys there are, ascending.
    pub fn keys(&self) -> btree_map::Keys<'_, K, T> {
        self.note_all(Touch::Read);
        self.values.get().keys()
    }

    /// The values, by ascending key.
    pub fn values(&self) -> btree_map::Values<'_, K, T> {
        self.note_all(Touch::Read);
        self.values.get().values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.note_all(Touch::Read);
        self.values.get().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.note_all(Touch::Read);
        self.values.get().is_empty()
    }
}

impl<K: Copy + Ord, T, S: Store<BTreeMap<K, T>>> Parts<K, T, S> {
    /// The value under a key, to change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut T> {
        self.note(*key, Touch::Write);
        self.values.get_mut().get_mut(key)
    }

    /// Puts a value under a key; the one that was there.
    pub fn insert(&mut self, key: K, value: T) -> Option<T> {
        self.note(key, Touch::Write);
        self.values.get_mut().insert(key, value)
    }

    /// Takes the value under a key away.
    pub fn remove(&mut self, key: &K) -> Option<T> {
        self.note(*key, Touch::Write);
        self.values.get_mut().remove(key)
    }

    /// The place under a key.
    pub fn entry(&mut self, key: K) -> btree_map::Entry<'_, K, T> {
        self.note(key, Touch::Write);
        self.values.get_mut().entry(key)
    }

    /// All of them, to change.
    pub fn iter_mut(&mut self) -> btree_map::IterMut<'_, K, T> {
        self.note_all(Touch::Write);
        self.values.get_mut().iter_mut()
    }

    /// Takes all of them away.
    pub fn clear(&mut self) {
        self.note_all(Touch::Write);
        self.values.get_mut().clear();
    }

    /// Takes those away that `keep` does not want.
    pub fn retain(&mut self, keep: impl FnMut(&K, &mut T) -> bool) {
        self.note_all(Touch::Write);
        self.values.get_mut().retain(keep);
    }
}

impl<'a, K: Copy + Ord, T, S: Store<BTreeMap<K, T>>> IntoIterator for &'a Parts<K, T, S> {
    type Item = (&'a K, &'a T);
    type IntoIter = btree_map::Iter<'a, K, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, K: Copy + Ord, T, S: Store<BTreeMap<K, T>>> IntoIterator for &'a mut Parts<K, T, S> {
    type Item = (&'a K, &'a mut T);
    type IntoIter = btree_map::IterMut<'a, K, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<K, T, S: Clone> Clone for Parts<K, T, S> {
    fn clone(&self) -> Self {
        Self {
            values: self.values.clone(),
            notes: RefCell::default(),
            is_noted: Cell::new(false),
            of: PhantomData,
        }
    }
}

impl<K: PartialEq, T: PartialEq, S: Store<BTreeMap<K, T>>> PartialEq for Parts<K, T, S> {
    fn eq(&self, other: &Self) -> bool {
        self.values.get() == other.values.get()
    }
}

impl<K: Hash, T: Hash, S: Store<BTreeMap<K, T>>> Hash for Parts<K, T, S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.values.hash_value(state);
    }
}

impl<K: fmt::Debug, T: fmt::Debug, S: Store<BTreeMap<K, T>>> fmt::Debug for Parts<K, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(parts: &Parts<u8, u32>) -> Vec<(Option<u8>, Touch)> {
        let mut taken = Vec::new();
        parts.take_touches(|key, touch| taken.push((key, touch)));
        taken
    }

    #[test]
    fn each_key_has_its_own_note_and_a_missing_one_too() {
        let mut parts: Parts<u8, u32> = Parts::default();
        assert_eq!(taken(&parts), [(None, Touch::Write)], "they are new");
        parts.insert(1, 10);
        assert_eq!(taken(&parts), [(Some(1), Touch::Write)]);
        assert!(parts.get(&1).is_some() && parts.get(&2).is_none());
        if let Some(value) = parts.get_mut(&1) {
            *value += 1;
        }
        assert_eq!(taken(&parts), [(Some(1), Touch::Write), (Some(2), Touch::Read)]);
        assert_eq!(parts.remove(&1), Some(11));
        assert_eq!(taken(&parts), [(Some(1), Touch::Write)]);
        assert_eq!(taken(&parts), []);
    }

    #[test]
    fn going_through_all_is_a_use_of_all() {
        let mut parts = Parts::<u8, u32>::default().clone();
        assert_eq!(parts.keys().count(), 0);
        assert_eq!(taken(&parts), [(None, Touch::Read)]);
        assert!(parts.is_empty());
        parts.clear();
        assert_eq!(taken(&parts), [(None, Touch::Write)]);
        assert!(parts.peek().is_empty());
        assert_eq!(taken(&parts), []);
    }
}
