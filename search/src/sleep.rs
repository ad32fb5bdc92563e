//! Who sleeps: whose choice need not be made, since another way, where it was made first, comes to the same.

use crate::system::Conflict;
use crate::visited::Mask;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

/// Numbers of actors, in the order in which they were met. Several searches may have one.
#[derive(Debug)]
pub struct Roster<A> {
    numbers: Mutex<BTreeMap<A, u32>>,
}

impl<A> Default for Roster<A> {
    fn default() -> Self {
        Self {
            numbers: Mutex::default(),
        }
    }
}

impl<A: Copy + Ord> Roster<A> {
    /// The bit of an actor; none where there are too many.
    pub fn bit(&self, actor: A) -> Mask {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(numbers.len()).unwrap_or(Mask::BITS);
        let number = *numbers.entry(actor).or_insert(next);
        if number < Mask::BITS { 1 << number } else { 0 }
    }
}

/// One who sleeps, and what his choice touches.
#[derive(Debug)]
pub struct Sleeper<T> {
    /// His bit.
    pub bit: Mask,
    /// What he touched where it was his turn.
    pub touched: Rc<T>,
}

impl<T> Clone for Sleeper<T> {
    fn clone(&self) -> Self {
        Self {
            bit: self.bit,
            touched: Rc::clone(&self.touched),
        }
    }
}

/// The bits of several.
#[must_use]
pub fn mask<T>(sleepers: &[Sleeper<T>]) -> Mask {
    sleepers.iter().fold(0, |mask, sleeper| mask | sleeper.bit)
}

/// Who of them sleeps on when somebody else touches this.
pub fn undisturbed<T: Conflict>(sleepers: &[Sleeper<T>], touched: &T, who: Mask) -> Vec<Sleeper<T>> {
    let sleepers = sleepers.iter();
    let undisturbed =
        sleepers.filter(|sleeper| sleeper.bit != who && !sleeper.touched.conflicts_with(touched));
    undisturbed.cloned().collect()
}
