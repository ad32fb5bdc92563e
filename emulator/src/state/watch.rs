//! Keeping an eye on what each act touches.

use crate::state::action::Act;
use crate::state::declaration::Declarations;
use crate::state::footprint::Footprint;
use crate::state::place::Place;
use parts::Touch;
use std::cell::Cell;
use std::hash::{Hash, Hasher};
use thiserror::Error;

/// An act has touched what it had not declared: whatever is concluded from declarations would be wrong.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("`{}` at {} {} {place}, which it may not", act.action, act.endpoint, verb(*touch))]
pub struct Surprise {
    /// What was done.
    pub act: Act,
    /// What was touched.
    pub place: Place,
    /// How.
    pub touch: Touch,
}

const fn verb(touch: Touch) -> &'static str {
    match touch {
        Touch::Nothing => "leaves alone",
        Touch::Read => "looks at",
        Touch::Write => "changes",
    }
}

/// Which act is under way, and what was seen of those before.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// None between two calls from outside.
    pub(crate) act: Option<Act>,
    /// Whether somebody outside may have left notes, which are no act's.
    looked_at: Cell<bool>,
    pub(crate) declarations: Declarations,
    /// The first there was.
    pub(crate) surprise: Option<Box<Surprise>>,
    /// What acts have touched, in their order, if somebody wants to know.
    pub(crate) footprints: Option<Vec<Footprint>>,
}

impl Default for Watch {
    /// Of a new silicon: all its parts count as written.
    fn default() -> Self {
        Self {
            act: None,
            looked_at: Cell::new(true),
            declarations: Declarations::default(),
            surprise: None,
            footprints: None,
        }
    }
}

impl Watch {
    /// Somebody looks at parts, from outside if no act is under way. Who does not say so leaves notes that count for the next
    /// act, which is wrong to the safe side.
    pub(crate) fn look(&self) {
        if self.act.is_none() {
            self.looked_at.set(true);
        }
    }

    /// Whether anybody has looked from outside since this was last asked.
    pub(crate) fn take_looks(&self) -> bool {
        self.looked_at.replace(false)
    }
}

impl Hash for Watch {
    /// It is about the past: nothing that the device does depends on it.
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
